"""Organizations, boxes, departments, employees."""

from typing import Any

from sandbox.diadoc import seed
from sandbox.diadoc.api import Call, api
from sandbox.diadoc.errors import bad, no_department, not_found
from sandbox.diadoc.ids import HEAD_DEPARTMENT, derived_id, guid, long_box_id
from sandbox.diadoc.seed import Organization, User

_ADDRESS = {"ZipCode": "620000", "Region": "66", "City": "Екатеринбург", "Street": "Садовая", "Building": "1"}


def organization_json(
    organization: Organization, *, departments: bool = False, employee: bool = False
) -> dict[str, Any]:
    """`Organization` with its one box."""
    name = organization.name
    return {
        "OrgIdGuid": org_id(organization),
        "OrgId": org_id(organization),
        "Inn": organization.inn,
        "Kpp": organization.kpp,
        "FullName": name,
        "ShortName": name,
        "JoinedDiadocTreaty": True,
        "Boxes": [box_json(organization)],
        "Ogrn": ("3" if len(organization.inn) == 12 else "1") + organization.inn + "99",
        "FnsParticipantId": _fns_participant_id(organization),
        "Address": {
            "RussianAddress": _ADDRESS,
            "AddressCode": "",
        },
        "Departments": departments_json(organization) if departments else [],
        "IfnsCode": organization.inn[:4],
        "IsPilot": False,
        "IsActive": organization.is_active,
        "IsTest": False,
        "IsBranch": organization.is_branch,
        "IsRoaming": organization.is_roaming,
        "IsEmployee": employee,
        "InvitationCount": 0,
        "SearchCount": 0,
        "Sociability": organization.sociability,
        **({"LiquidationDate": organization.liquidated} if organization.liquidated else {}),
        "IsForeign": False,
        "HasCertificateToSign": True,
        "OrganizationType": "Individual" if len(organization.inn) == 12 else "Juridical",
        "ReadyForEpdStatus": "UndefinedEpdStatus",
    }


def org_id(organization: Organization) -> str:
    return derived_id("organization", organization.box)


def box_json(organization: Organization) -> dict[str, Any]:
    return {
        "BoxId": long_box_id(organization.box),
        "BoxIdGuid": organization.box,
        "Title": organization.name,
        "InvoiceFormatVersion": "v5_02",
        "EncryptedDocumentsAllowed": False,
    }


def departments_json(organization: Organization) -> list[dict[str, Any]]:
    named = {HEAD_DEPARTMENT: "Головное подразделение", **organization.departments}
    return [
        {
            "DepartmentId": department_id,
            "ParentDepartmentId": "" if department_id == HEAD_DEPARTMENT else HEAD_DEPARTMENT,
            "Name": name,
            "Abbreviation": name[:2].upper(),
            "Kpp": organization.kpp,
            "IsDisabled": False,
        }
        for department_id, name in named.items()
    ]


def _fns_participant_id(organization: Organization) -> str:
    if organization.is_roaming:
        return f"2AE-{organization.box.upper()}-00001"
    kpp = f"-{organization.kpp}" if organization.kpp else ""
    return f"2BM-{organization.inn}{kpp}-202601150830000000000"


def has_department(organization: Organization, department_id: str) -> bool:
    return department_id in ("", HEAD_DEPARTMENT) or department_id.lower() in organization.departments


@api.get("/GetMyOrganizations")
def get_my_organizations(call: Call) -> dict[str, Any]:
    call.flag("autoRegister", True)
    mine = [call.world.organizations[box] for box in call.caller.boxes]
    return {"Organizations": [organization_json(one, departments=True, employee=True) for one in mine]}


@api.get("/GetOrganization", needs_user=False)
def get_organization(call: Call) -> dict[str, Any]:
    """By INN only when exactly one matches; by INN and an unknown KPP the head organization, silently."""
    keys = [name for name in ("orgId", "boxId", "fnsParticipantId", "inn") if call.get(name)]
    if len(keys) != 1:
        raise bad("Exactly one of orgId, boxId, fnsParticipantId, inn must be specified")
    value = call.get(keys[0])
    if keys[0] == "inn":
        return organization_json(_by_inn(call, value, call.get("kpp")), departments=True)
    for organization in call.world.organizations.values():
        if matches_id(organization, keys[0], value):
            return organization_json(organization, departments=True)
    raise not_found(f"Organization {value[:60]} is not found")


def matches_id(organization: Organization, key: str, value: str) -> bool:
    if key == "fnsParticipantId":
        return _fns_participant_id(organization) == value
    try:
        return guid(value) == (organization.box if key == "boxId" else org_id(organization))
    except ValueError:
        return False


def _by_inn(call: Call, inn: str, kpp: str) -> Organization:
    found = [one for one in call.world.organizations.values() if one.inn == inn]
    exact = [one for one in found if kpp and one.kpp == kpp]
    heads = [one for one in found if not one.is_branch]
    for candidates in (exact, heads if kpp else found):
        if len(candidates) == 1 or (candidates and kpp):
            return candidates[0]
    raise not_found(f"Organization with inn {inn[:20]} is not found")


@api.get("/GetOrganizationsByInnKpp", needs_user=False)
def get_organizations_by_inn_kpp(call: Call) -> dict[str, Any]:
    inn, kpp = call.need("inn"), call.get("kpp")
    if len(inn) not in (10, 12) or not inn.isdigit():
        raise bad("inn must have valid value")
    found = [one for one in call.world.organizations.values() if one.inn == inn and kpp in ("", one.kpp)]
    return {"Organizations": [organization_json(one) for one in found]}


@api.post("/V2/GetOrganizationsByInnList")
def get_organizations_by_inn_list(call: Call) -> dict[str, Any]:
    box = call.box("myBoxId")
    wanted = call.body("GetOrganizationsByInnListRequest").texts("InnList")
    found = [one for one in call.world.organizations.values() if one.inn in wanted]
    return {"Organizations": [_with_status(call, box, one) for one in found]}


def _with_status(call: Call, box: str, organization: Organization) -> dict[str, Any]:
    relation = call.world.relations.get((box, organization.box))
    return {
        "Organization": organization_json(organization),
        "CounteragentStatus": relation.status if relation else "NotInCounteragentList",
        "LastEventTimestampTicks": relation.changed if relation else 0,
        "MessageFromCounteragent": relation.to_us if relation else "",
        "MessageToCounteragent": relation.from_us if relation else "",
    }


@api.get("/GetBox")
def get_box(call: Call) -> dict[str, Any]:
    organization = call.world.organization(call.need("boxId"))
    return box_json(organization) | {"Organization": organization_json(organization)}


@api.get("/V2/GetDepartment")
def get_department(call: Call) -> dict[str, Any]:
    organization = call.world.organizations[call.box()]
    wanted = call.need("departmentId").lower()
    for department in departments_json(organization):
        if department["DepartmentId"] == wanted:
            return department
    raise no_department()


@api.get("/GetOrganizationFeatures")
def get_organization_features(call: Call) -> dict[str, Any]:
    organization = call.world.organizations[call.box()]
    return {
        "BlockStatus": {
            "ManualBlockStatus": {"IsBlocked": False, "RequestedTicks": 0},
            "AutoBlockStatus": {"IsBlocked": False},
        },
        "Features": list(organization.features),
    }


@api.get("/GetMyEmployee")
def get_my_employee(call: Call) -> dict[str, Any]:
    call.box()
    user = call.caller
    return {
        "User": {"UserId": user.id, "Login": user.login, "FullName": {"LastName": user.name}, "IsRegistered": True},
        "Permissions": _employee_permissions(user),
        "Position": "",
        "CanBeInvitedForChat": True,
        "CreationTimestamp": {"Ticks": 639000000000000000, "DateTime": "2025-12-01T00:00:00.0000000Z"},
    }


def _employee_permissions(user: User) -> dict[str, Any]:
    actions = {
        "CreateDocuments": user.can_create,
        "DeleteRestoreDocuments": user.can_delete,
        "SignDocuments": user.can_sign,
        "AddResolutions": True,
        "RequestResolutions": user.can_request_resolutions,
        "ManageCounteragents": user.can_manage_counteragents,
    }
    return {
        "UserDepartmentId": user.department,
        "IsAdministrator": False,
        "DocumentAccessLevel": user.access,
        "SelectedDepartmentIds": [],
        "Actions": [{"Name": name, "IsAllowed": allowed} for name, allowed in actions.items()],
    }


@api.get("/GetMyPermissions")
def get_my_permissions(call: Call) -> dict[str, Any]:
    wanted, user = call.need("orgId"), call.caller
    organization = next((one for one in seed.ORGANIZATIONS if matches_id(one, "orgId", wanted)), None)
    if organization is None:
        raise not_found(f"Organization {wanted[:60]} is not found")
    call.world.own_box(user, organization.box)
    return {
        "UserDepartmentId": user.department,
        "IsAdministrator": False,
        "DocumentAccessLevel": user.access,
        "CanSignDocuments": user.can_sign,
        "CanAddResolutions": True,
        "CanRequestResolutions": user.can_request_resolutions,
        "CanManageCounteragents": user.can_manage_counteragents,
        "CanCreateDocuments": user.can_create,
        "CanDeleteRestoreDocuments": user.can_delete,
        "SelectedDepartmentIds": [],
    }
