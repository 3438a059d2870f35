"""Who lives in the sandbox. Names and requisites are made up; the INNs carry correct check digits.

Tests and the demo name these by their constants; `driver.py` hands all of them out.
"""

from dataclasses import dataclass, field

from sandbox.diadoc.ids import HEAD_DEPARTMENT

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-client-secret"
DEVELOPER_KEY = "SandboxClient-0123456789abcdef"


@dataclass(frozen=True)
class Organization:
    """An organization and its one box. box: the dashed id; sociability: AllOrganizations or CounteragentsOnly."""

    box: str
    inn: str
    kpp: str
    name: str
    is_roaming: bool = False
    is_active: bool = True
    is_branch: bool = False
    liquidated: str = ""
    sociability: str = "AllOrganizations"
    features: tuple[str, ...] = ()
    departments: dict[str, str] = field(default_factory=dict)  # id -> name; the head department always exists
    roaming_set_up: bool = True  # False: invitations need a request to the operator first


@dataclass(frozen=True)
class User:
    """A person or a robot. access: AllDocuments or DepartmentOnly."""

    id: str
    login: str
    password: str
    name: str
    boxes: tuple[str, ...]
    can_sign: bool = False
    can_create: bool = True
    can_delete: bool = True
    can_manage_counteragents: bool = True
    can_request_resolutions: bool = True
    access: str = "AllDocuments"
    department: str = HEAD_DEPARTMENT


SALES = "5b0f1c2d-7c1e-4a55-9a34-0f5d0a6b7c01"
ACCOUNTING = "5b0f1c2d-7c1e-4a55-9a34-0f5d0a6b7c02"
LYUTIK_STORE = "5b0f1c2d-7c1e-4a55-9a34-0f5d0a6b7c03"

# Ours: one robot user works for both boxes; only the first pays for locked packets
ROMASHKA = Organization(
    "a97b5532-a940-4670-af07-453055431351",
    "9660001014",
    "966001001",
    "ООО «Ромашка»",
    features=("AllowSendLockedPackets", "AllowProxifiedDocuments"),
    departments={SALES: "Отдел продаж", ACCOUNTING: "Бухгалтерия"},
)
LOGISTICS = Organization("7207fd4d-0dfe-4b77-9316-0d319874eeef", "9660002025", "966001001", "ООО «Ромашка Логистика»")

# Counteragents of both our boxes, by accepted invitations
LYUTIK = Organization(
    "223da9b6-1b5c-4b74-b5a1-ed4d0b26cb50",
    "9660003036",
    "966001001",
    "ООО «Лютик»",
    departments={LYUTIK_STORE: "Склад"},
)
ROAMING_PARTNER = Organization(
    "dfb94b4c-3c5b-407d-9a0b-9332d460ad5c", "9660004047", "966001001", "ООО «Василёк»", is_roaming=True
)

# Related to the counteragent, but not the same box
LYUTIK_TWIN = Organization(
    "bccb879d-e3b3-43ad-9b88-4f87b55e655c", "9660003036", "966001001", "ООО «Лютик»", is_roaming=True
)
LYUTIK_BRANCH = Organization(
    "7db988e7-e19e-4d2c-8ea8-bce9c3f90a73", "9660003036", "966043001", "Филиал ООО «Лютик»", is_branch=True
)

# Everybody else
ENTREPRENEUR = Organization("85a46d91-3cff-457d-8f11-02f9fd7bda06", "966000141485", "", "ИП Астров Пётр Ильич")
LIQUIDATED = Organization(
    "74f60469-1dd6-47e8-b843-3a119711814c", "9660005058", "966001001", "ООО «Мимоза»", liquidated="15.03.2025"
)
CLOSED = Organization(
    "168e5b50-eb07-4985-98aa-58eb90f23b36",
    "9660006069",
    "966001001",
    "ООО «Недотрога»",
    sociability="CounteragentsOnly",
)
ROAMING_STRANGER = Organization(
    "549aaf0f-b1c1-4b2c-9d6b-ac52c5c26f76", "9660007070", "966001001", "ООО «Кактус»", is_roaming=True
)
ROAMING_UNSET = Organization(
    "9b6d5b1e-0c52-4f0e-8a53-2a7f4d0a7f11",
    "9660013130",
    "966001001",
    "ООО «Агава»",
    is_roaming=True,
    roaming_set_up=False,
)
INVITER = Organization("4986667e-4114-47cc-bb60-f4f260402746", "9660008080", "966001001", "ООО «Пион»")
BLOCKER = Organization("79326aea-209e-4234-bfae-f7a3f345bc74", "9660009091", "966001001", "ООО «Шиповник»")
SLEEPER = Organization(
    "8e17debd-a51b-4088-b859-26cb2a13d4df", "9660010107", "966001001", "ООО «Подснежник»", is_active=False
)
GEMINI = (  # two equal boxes under one INN and KPP: only a person can choose
    Organization("c083ae4d-683b-494b-8f82-85d437acfce7", "9660011118", "966001001", "ООО «Иван-да-Марья»"),
    Organization("bff22fee-c37e-4059-b776-3cbd2c5d9c60", "9660011118", "966001001", "ООО «Иван-да-Марья»"),
)
STRANGER = Organization("0df85f9a-50e4-4caf-b084-f7b8a675c26d", "9660012129", "966001001", "ООО «Чужая клумба»")

ORGANIZATIONS = (
    *(ROMASHKA, LOGISTICS, LYUTIK, LYUTIK_TWIN, LYUTIK_BRANCH, ROAMING_PARTNER, ENTREPRENEUR, LIQUIDATED, CLOSED),
    *(ROAMING_STRANGER, ROAMING_UNSET, INVITER, BLOCKER, SLEEPER, *GEMINI, STRANGER),
)
OUR_BOXES = (ROMASHKA.box, LOGISTICS.box)

RELATIONS = {  # for both our boxes: whose box -> the status that we see
    LYUTIK.box: "IsMyCounteragent",
    ROAMING_PARTNER.box: "IsMyCounteragent",
    INVITER.box: "InvitesMe",
    BLOCKER.box: "RejectsMe",
}

_PASSWORD = "sandbox-password"
ROBOT = User("4d1a8f30-2b1c-4c5d-9e6f-000000000001", "robot@romashka.test", _PASSWORD, "Робот", OUR_BOXES)
DIRECTOR = User(
    "4d1a8f30-2b1c-4c5d-9e6f-000000000002",
    "director@romashka.test",
    _PASSWORD,
    "Розова А. Б.",
    OUR_BOXES,
    can_sign=True,
)
CLERK = User(
    "4d1a8f30-2b1c-4c5d-9e6f-000000000003",
    "clerk@romashka.test",
    _PASSWORD,
    "Ландышев В. Г.",
    (ROMASHKA.box,),
    can_manage_counteragents=False,
    can_request_resolutions=False,
    access="DepartmentOnly",
    department=SALES,
)
VIEWER = User(
    "4d1a8f30-2b1c-4c5d-9e6f-000000000004",
    "viewer@romashka.test",
    _PASSWORD,
    "Гвоздикина Д. Е.",
    (ROMASHKA.box,),
    can_create=False,
    can_delete=False,
    can_manage_counteragents=False,
)
PARTNER_SIGNER = User(
    "4d1a8f30-2b1c-4c5d-9e6f-000000000005",
    "director@lyutik.test",
    _PASSWORD,
    "Лютиков Ж. З.",
    (LYUTIK.box, LYUTIK_BRANCH.box),
    can_sign=True,
)
STRANGER_ROBOT = User(
    "4d1a8f30-2b1c-4c5d-9e6f-000000000006", "robot@stranger.test", _PASSWORD, "Чужой робот", (STRANGER.box,)
)
USERS = (ROBOT, DIRECTOR, CLERK, VIEWER, PARTNER_SIGNER, STRANGER_ROBOT)


def first_refresh_token(user: User) -> str:
    """The refresh token that a user owns after a reset, as if he had consented long ago."""
    return f"seed-refresh-token-{user.login}"
