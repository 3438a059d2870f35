"""What the portals hold after a reset: people, companies with requisites, a deal, an item of a smart process."""

from typing import Any

from sandbox.portal import docgen
from sandbox.portal.crm import items
from sandbox.portal.crm.catalogue import OF_FLAG
from sandbox.portal.crm.requisites import BANK_FIELDS, PRESET_FIELDS, REQUISITE_FIELDS, add_row
from sandbox.portal.crm.types import COMPANY, CONTACT, DEAL, REQUISITE, SmartType, smart_types
from sandbox.portal.lists.fields import add_property
from sandbox.portal.lists.iblocks import add_iblock
from sandbox.portal.model import Portal, User
from sandbox.portal.world import World

ADMIN_ID, MANAGER_ID, DISMISSED_ID, SIGNER_ID, HEAD_ID, STRANGER_ID = 1, 2, 3, 4, 5, 6
OWN_COMPANY_ID, COUNTERAGENT_ID, TWO_REQUISITES_ID, ENTREPRENEUR_ID, DEAL_ID = 1, 2, 3, 1, 1
SMART_TYPE, SMART_ITEM_ID = 1220, 1
PRESET_COMPANY, PRESET_ENTREPRENEUR, PRESET_PERSON = 1, 2, 3
MEMBERS = {"first": "a223c6b3710f85df22e9377d6c4f7553", "second": "b77d0fd8a1c34d5e9b2f6a7c8d9e0f11"}

_USER_FIELDS = [
    ("CRM_DEAL", "UF_CRM_DOCUMENTS", "file", "Y", "Документы"),
    ("CRM_DEAL", "UF_CRM_CONTRACT_FILE", "file", "N", "Договор"),
    ("CRM_DEAL", "UF_CRM_SIGNED", "file", "Y", "Подписанные документы"),
    ("CRM_DEAL", "UF_CRM_1721244707107", "string", "N", "Состояние в Диадоке"),
    ("CRM_DEAL", "UF_CRM_CONTRACT_DATE", "date", "N", "Дата договора"),
    ("CRM_DEAL", "UF_CRM_CONTRACT_NUMBER", "string", "N", "Номер договора"),
    ("CRM_DEAL", "UF_CRM_CONTRACT_SUM", "money", "N", "Сумма договора"),
    ("CRM_1", "UF_CRM_1_DOCUMENTS", "file", "Y", "Документы"),
    ("CRM_1", "UF_CRM_1_DIADOC_ID", "string", "N", "Номер в Диадоке"),
    ("CRM_1", "UF_CRM_1_1639669411830", "string", "N", "Примечание"),
]
_LIST_FIELDS = [(951, "Номер", "NUMBER", "S"), (952, "Сумма", "SUM", "N"), (953, "Файл", "FILE", "F")]


def fill(world: World) -> None:
    """Two portals on their addresses; the spare address is empty."""
    for name, title in (("first", "Первый портал"), ("second", "Второй портал")):
        portal = Portal(name, MEMBERS[name], title, name)
        world.portals[name], world.places[name] = portal, name
        _people(portal)
        _presets(portal)
        _fields(portal)
        _crm(world, portal)
        _lists(portal)
        docgen.add_template(portal, "Счёт", ["2", "31", str(SMART_TYPE)])
        docgen.add_template(portal, "Акт", ["2_category_0", "31"])
        portal.webhooks[ADMIN_ID, "secretwebhookcode"] = ["crm", "bizproc", "disk", "im", "user", "task", "lists"]


def _people(portal: Portal) -> None:
    people = [
        User(ADMIN_ID, "Анна", "Админова", "admin@example.ru", is_admin=True, position="Администратор"),
        User(MANAGER_ID, "Пётр", "Менеджеров", "manager@example.ru", position="Менеджер", departments=[2]),
        User(DISMISSED_ID, "Иван", "Уволенный", "dismissed@example.ru", is_active=False),
        User(SIGNER_ID, "Ольга", "Подписантова", "signer@example.ru", position="Генеральный директор"),
        User(HEAD_ID, "Елена", "Главная", "head@example.ru", position="Руководитель отдела продаж", departments=[2]),
        User(STRANGER_ID, "Олег", "Складской", "stranger@example.ru", position="Кладовщик", may_see_deals=False),
    ]
    portal.users = {user.id: user for user in people}
    portal.tables["departments"][1] = {"ID": "1", "NAME": portal.title, "SORT": 500, "UF_HEAD": str(ADMIN_ID)}
    portal.tables["departments"][2] = {
        "ID": "2",
        "NAME": "Продажи",
        "SORT": 500,
        "PARENT": "1",
        "UF_HEAD": str(HEAD_ID),
    }


def _presets(portal: Portal) -> None:
    for name, code in (("Организация", "COMPANY"), ("ИП", "INDIVIDUAL"), ("Физ. лицо", "PERSON")):
        preset = {"ENTITY_TYPE_ID": REQUISITE, "COUNTRY_ID": "1", "NAME": name}
        preset["XML_ID"] = f"#CRM_REQUISITE_PRESET_DEF_RU_{code}#"
        add_row(portal, "presets", PRESET_FIELDS, preset, ADMIN_ID)


def _fields(portal: Portal) -> None:
    smart_types(portal)[1] = SmartType(
        portal.next_id("type"),
        SMART_TYPE,
        "Поставки",
        dict.fromkeys([*OF_FLAG, "isAutomationEnabled", "isBizProcEnabled"], "Y"),
        parents=[{"entityTypeId": DEAL, "isChildrenListEnabled": "Y"}],
        category_id=30,
    )
    for entity, name, kind, multiple, label in _USER_FIELDS:
        add_user_field(portal, entity, name, kind, multiple=multiple, label=label)


def add_user_field(
    portal: Portal, entity: str, name: str, kind: str, *, multiple: str = "N", label: str = "", **more: Any
) -> dict[str, Any]:
    number = portal.next_id("user_field", 101)
    row = {
        "id": number,
        "entityId": entity,
        "fieldName": name,
        "userTypeId": kind,
        "xmlId": None,
        "sort": "100",
        "multiple": multiple,
        "mandatory": "N",
        "showFilter": "N",
        "showInList": "Y",
        "editInList": "Y",
        "isSearchable": "N",
        "settings": {},
        "enum": [],
        "editFormLabel": {"ru": label or name, "en": label or name},
        **more,
    }
    portal.tables["user_fields"][number] = row
    return row


def _crm(world: World, portal: Portal) -> None:
    _company(world, portal, "ООО «Ромашка»", {"inn": "9660001014", "kpp": "966001001"}, own=True)
    _company(world, portal, "ООО «Лютик»", {"inn": "9660003036", "kpp": "966001001"})
    two = _company(world, portal, "АО «Два лица»", {"inn": "7805123400", "kpp": "780501001"})
    requisite(portal, COMPANY, two, {"inn": "7805123400", "kpp": "781245001", "name": "Филиал"})
    person = {"NAME": "Пётр", "LAST_NAME": "Астров", "SECOND_NAME": "Ильич"}
    contact = items.add_item(world, portal, CONTACT, person, ADMIN_ID)
    requisite(portal, CONTACT, contact.id, {"inn": "966000141485", "name": "ИП", "preset": PRESET_ENTREPRENEUR})
    sides = {"COMPANY_ID": COUNTERAGENT_ID, "CONTACT_IDS": [contact.id], "MYCOMPANY_ID": OWN_COMPANY_ID}
    deal = {"TITLE": "Поставка оборудования", "OPPORTUNITY": 120000, "ASSIGNED_BY_ID": MANAGER_ID, **sides}
    items.add_item(world, portal, DEAL, deal, ADMIN_ID)
    smart = {"TITLE": "Поставка 1", "PARENT_ID_2": DEAL_ID, "ASSIGNED_BY_ID": MANAGER_ID, **sides}
    items.add_item(world, portal, SMART_TYPE, smart, ADMIN_ID)


def _company(world: World, portal: Portal, title: str, codes: dict[str, str], *, own: bool = False) -> int:
    fields = {"TITLE": title, "IS_MY_COMPANY": "Y" if own else "N"}
    company = items.add_item(world, portal, COMPANY, fields, ADMIN_ID)
    number = requisite(portal, COMPANY, company.id, {"name": "Организация", "company": title, **codes})
    bank = {"ENTITY_ID": number, "NAME": "Основной счёт", "COUNTRY_ID": "1", "RQ_BIK": "044525225"}
    add_row(portal, "bank_details", BANK_FIELDS, {**bank, "RQ_ACC_NUM": "40702810900000000001"}, ADMIN_ID)
    return company.id


def _lists(portal: Portal) -> None:
    row = add_iblock(portal, "lists", "documents", {"NAME": "Документы"}, None)
    for number, name, code, kind in _LIST_FIELDS:
        add_property(portal, row, {"NAME": name, "CODE": code, "TYPE": kind}, number)


def requisite(portal: Portal, entity_type_id: int, entity_id: int, given: dict[str, Any]) -> int:
    """given: inn, kpp, name (of the requisite), company, preset, more (any RQ_ fields)."""
    row = {
        "ENTITY_TYPE_ID": entity_type_id,
        "ENTITY_ID": entity_id,
        "PRESET_ID": given.get("preset", PRESET_COMPANY),
        "NAME": given.get("name", "Реквизиты"),
        "RQ_INN": given.get("inn", ""),
        "RQ_KPP": given.get("kpp", ""),
        "RQ_COMPANY_NAME": given.get("company", ""),
        **given.get("more", {}),
    }
    return add_row(portal, "requisites", REQUISITE_FIELDS, row, ADMIN_ID)
