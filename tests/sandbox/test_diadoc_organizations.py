"""Who is found under which requisites, and what a user may do."""

import pytest

from sandbox.diadoc import driver
from sandbox.diadoc.driver import CLERK, DIRECTOR, LYUTIK, LYUTIK_BRANCH, LYUTIK_TWIN, ROMASHKA, SALES, DiadocSandbox
from tests.sandbox.diadoc_letters import BOX, refusal


def by_inn_kpp(sandbox: DiadocSandbox, inn: str, kpp: str = "") -> list[dict]:
    answer = sandbox.call("GET", "/GetOrganizationsByInnKpp", params={"inn": inn, **({"kpp": kpp} if kpp else {})})
    return answer.json()["Organizations"]


def boxes(organizations: list[dict]) -> list[str]:
    return [organization["Boxes"][0]["BoxIdGuid"] for organization in organizations]


def test_a_robot_has_several_boxes_and_a_clerk_one(diadoc_sandbox: DiadocSandbox):
    robots = diadoc_sandbox.call("GET", "/GetMyOrganizations?autoRegister=false").json()["Organizations"]
    clerks = diadoc_sandbox.call("GET", "/GetMyOrganizations", user=CLERK).json()["Organizations"]

    assert boxes(robots) == [ROMASHKA.box, driver.LOGISTICS.box]
    assert boxes(clerks) == [ROMASHKA.box]
    assert robots[0]["Boxes"][0]["BoxId"] == ROMASHKA.box.replace("-", "") + "@diadoc.ru"
    assert SALES in [department["DepartmentId"] for department in robots[0]["Departments"]]


def test_one_inn_and_kpp_may_name_a_roaming_twin_too(diadoc_sandbox: DiadocSandbox):
    found = by_inn_kpp(diadoc_sandbox, LYUTIK.inn, LYUTIK.kpp)

    assert boxes(found) == [LYUTIK.box, LYUTIK_TWIN.box]
    assert [organization["IsRoaming"] for organization in found] == [False, True]
    assert [organization["FnsParticipantId"][:3] for organization in found] == ["2BM", "2AE"]


def test_without_a_kpp_branches_are_found_as_well(diadoc_sandbox: DiadocSandbox):
    assert boxes(by_inn_kpp(diadoc_sandbox, LYUTIK.inn)) == [LYUTIK.box, LYUTIK_TWIN.box, LYUTIK_BRANCH.box]


def test_two_equal_boxes_are_both_found(diadoc_sandbox: DiadocSandbox):
    twins = driver.GEMINI

    assert boxes(by_inn_kpp(diadoc_sandbox, twins[0].inn, twins[0].kpp)) == [twin.box for twin in twins]


def test_an_unknown_inn_finds_nobody_and_a_wrong_one_is_400(diadoc_sandbox: DiadocSandbox):
    wrong = diadoc_sandbox.call("GET", "/GetOrganizationsByInnKpp?inn=12")

    assert by_inn_kpp(diadoc_sandbox, "7700000000") == []
    assert refusal(wrong)[0] == 400


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("ENTREPRENEUR", "Kpp", ""),
        ("ENTREPRENEUR", "OrganizationType", "Individual"),
        ("LIQUIDATED", "LiquidationDate", "15.03.2025"),
        ("CLOSED", "Sociability", "CounteragentsOnly"),
        ("SLEEPER", "IsActive", False),
        ("LYUTIK_BRANCH", "IsBranch", True),
        ("ROAMING_STRANGER", "IsRoaming", True),
    ],
)
def test_organizations_differ_where_sending_depends_on_it(diadoc_sandbox, name: str, field: str, value: object):
    organization = getattr(driver, name)

    found = by_inn_kpp(diadoc_sandbox, organization.inn, organization.kpp)

    assert [one[field] for one in found] == [value]


def test_get_organization_takes_exactly_one_key(diadoc_sandbox: DiadocSandbox):
    by_box = diadoc_sandbox.call("GET", f"/GetOrganization?boxId={LYUTIK.box}").json()
    by_org = diadoc_sandbox.call("GET", f"/GetOrganization?orgId={by_box['OrgId']}").json()
    by_fns = diadoc_sandbox.call("GET", f"/GetOrganization?fnsParticipantId={by_box['FnsParticipantId']}").json()
    by_two = diadoc_sandbox.call("GET", f"/GetOrganization?boxId={LYUTIK.box}&inn={LYUTIK.inn}")

    assert boxes([by_box, by_org, by_fns]) == [LYUTIK.box] * 3
    assert refusal(by_two)[0] == 400


def test_an_unknown_kpp_silently_leads_to_the_head_organization(diadoc_sandbox: DiadocSandbox):
    found = diadoc_sandbox.call("GET", f"/GetOrganization?inn={LYUTIK.inn}&kpp=111111111").json()
    ambiguous = diadoc_sandbox.call("GET", f"/GetOrganization?inn={LYUTIK.inn}")

    assert boxes([found]) == [LYUTIK.box]
    assert ambiguous.status_code == 404


def test_a_list_of_inns_comes_with_the_relation(diadoc_sandbox: DiadocSandbox):
    body = {"InnList": [LYUTIK.inn, driver.BLOCKER.inn, driver.ENTREPRENEUR.inn]}

    found = diadoc_sandbox.call("POST", f"/V2/GetOrganizationsByInnList?myBoxId={BOX}", json=body).json()

    statuses = {
        one["Organization"]["Boxes"][0]["BoxIdGuid"]: one["CounteragentStatus"] for one in found["Organizations"]
    }
    assert statuses[LYUTIK.box] == "IsMyCounteragent"
    assert statuses[driver.BLOCKER.box] == "RejectsMe"
    assert statuses[driver.ENTREPRENEUR.box] == "NotInCounteragentList"


def test_a_box_carries_its_organization(diadoc_sandbox: DiadocSandbox):
    box = diadoc_sandbox.call("GET", f"/GetBox?boxId={LYUTIK.box}").json()

    assert box["BoxIdGuid"] == LYUTIK.box
    assert box["Organization"]["Inn"] == LYUTIK.inn


def test_departments_are_found_by_id_or_not_at_all(diadoc_sandbox: DiadocSandbox):
    found = diadoc_sandbox.call("GET", f"/V2/GetDepartment?boxId={BOX}&departmentId={SALES}")
    missing = diadoc_sandbox.call("GET", f"/V2/GetDepartment?boxId={BOX}&departmentId={LYUTIK.box}")

    assert found.json()["Name"] == "Отдел продаж"
    assert refusal(missing) == (404, "Department wasn't found")
    assert missing.headers["X-Diadoc-ErrorCode"] == "OrganizationBoxService.Department.NotFound"


def test_only_the_first_box_pays_for_locked_packets(diadoc_sandbox: DiadocSandbox):
    def features(box: str) -> list[str]:
        return diadoc_sandbox.call("GET", f"/GetOrganizationFeatures?boxId={box}").json()["Features"]

    assert "AllowSendLockedPackets" in features(ROMASHKA.box)
    assert features(driver.LOGISTICS.box) == []


def test_rights_are_told_in_both_forms(diadoc_sandbox: DiadocSandbox):
    org_id = diadoc_sandbox.call("GET", f"/GetOrganization?boxId={BOX}").json()["OrgId"]
    employee = diadoc_sandbox.call("GET", f"/GetMyEmployee?boxId={BOX}", user=CLERK).json()
    permissions = diadoc_sandbox.call("GET", f"/GetMyPermissions?orgId={org_id}", user=DIRECTOR).json()

    actions = {one["Name"]: one["IsAllowed"] for one in employee["Permissions"]["Actions"]}
    assert employee["Permissions"]["DocumentAccessLevel"] == "DepartmentOnly"
    assert employee["Permissions"]["UserDepartmentId"] == SALES
    assert (actions["SignDocuments"], actions["CreateDocuments"], actions["ManageCounteragents"]) == (
        False,
        True,
        False,
    )
    assert permissions["CanSignDocuments"] is True
    assert permissions["DocumentAccessLevel"] == "AllDocuments"


def test_rights_and_organizations_can_be_changed_while_it_runs(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.act("change_user", user=driver.ROBOT.id, can_sign=True, boxes=[driver.LOGISTICS.box])
    diadoc_sandbox.act("change_organization", box=LYUTIK.box, sociability="CounteragentsOnly")

    mine = diadoc_sandbox.call("GET", "/GetMyOrganizations").json()["Organizations"]

    assert boxes(mine) == [driver.LOGISTICS.box]
    assert by_inn_kpp(diadoc_sandbox, LYUTIK.inn, LYUTIK.kpp)[0]["Sociability"] == "CounteragentsOnly"
