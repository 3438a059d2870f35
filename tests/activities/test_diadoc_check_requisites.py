import pytest

from activities.diadoc_check_requisites import DiadocCheckRequisites
from clients.diadoc.ids import normal_box_id
from errors import BoxNotChosen, InputInvalid, RequisiteAmbiguous, Unavailable
from sandbox.diadoc import seed
from sandbox.portal.driver import COMPANY_TYPE, DEAL_TYPE, ENTREPRENEUR_INN, TWO_REQUISITES

CHECK = DiadocCheckRequisites()


def test_the_client_of_the_deal_is_found_in_diadoc(run, box):
    found = run(CHECK)

    assert (found["result"], found["is_valid"], found["kind"], found["reasons"]) == ("ok", "Y", "legal_entity", [])
    assert (found["inn"], found["kpp"]) == (seed.LYUTIK.inn, seed.LYUTIK.kpp)
    assert found["counteragent_box_id"] == normal_box_id(seed.LYUTIK.box)
    assert found["counteragent_name"] == seed.LYUTIK.name
    assert found["counteragent_status"] == "ours"
    assert found["fns_participant_id"].startswith("2BM-")
    assert (found["candidates_count"], found["is_roaming"]) == (1, "N")
    assert (found["can_send"], found["send_obstacle"]) == ("Y", "")


def test_a_wrong_inn_is_a_finding_and_diadoc_is_not_asked(run, box, diadoc_sandbox):
    found = run(CHECK, for_inn="9660003037", for_kpp="966001001")

    assert (found["result"], found["is_valid"], found["reasons"]) == ("ok", "N", ["INN_CHECKSUM"])
    assert "опечатка" in found["reasons_text"]
    assert (found["can_send"], found["counteragent_status"], found["send_obstacle"]) == ("N", "", "")
    assert diadoc_sandbox.requests("GetOrganizationsByInnKpp") == []


def test_reasons_are_told_in_the_language_of_the_portal(run, again, lonely_context):
    found = run(CHECK, on=again(lonely_context, language="en"), for_inn="9660003036")

    assert found["reasons"] == ["KPP_REQUIRED"]
    assert found["reasons_text"] == "An organization must have a KPP."


def test_a_kpp_without_an_inn_is_a_missing_inn(run):
    found = run(CHECK, for_kpp="966001001")

    assert (found["is_valid"], found["reasons"]) == ("N", ["INN_EMPTY"])


def test_without_a_look_up_no_box_is_needed(run):
    found = run(CHECK, look_up_in_diadoc="N")

    assert (found["is_valid"], found["counteragent_box_id"]) == ("Y", "")
    assert found["counteragent_name"] == "ООО «Лютик»"


def test_a_look_up_without_a_box_is_an_error(run):
    with pytest.raises(BoxNotChosen):
        run(CHECK)


@pytest.mark.parametrize(
    ("organization", "status", "can_send", "obstacle"),
    [
        (seed.ENTREPRENEUR, "not_in_list", "Y", ""),
        (seed.SLEEPER, "not_in_list", "Y", ""),
        (seed.INVITER, "invites_us", "Y", ""),
        (seed.ROAMING_PARTNER, "ours", "Y", ""),
        (seed.ROAMING_STRANGER, "not_in_list", "N", "NOT_PARTNER"),
        (seed.CLOSED, "not_in_list", "N", "NOT_PARTNER"),
        (seed.BLOCKER, "rejects_us", "N", "NOT_PARTNER"),
        (seed.LIQUIDATED, "not_in_list", "N", "COUNTERPARTY_CLOSED"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_partnership_counts_only_where_it_is_asked_for(run, box, organization, status, can_send, obstacle):
    found = run(CHECK, for_inn=organization.inn, for_kpp=organization.kpp)

    assert found["counteragent_box_id"] == normal_box_id(organization.box)
    assert found["is_roaming"] == ("Y" if organization.is_roaming else "N")
    assert (found["counteragent_status"], found["can_send"], found["send_obstacle"]) == (status, can_send, obstacle)


def test_between_equal_boxes_a_person_has_to_choose(run, box):
    twins = {normal_box_id(one.box) for one in seed.GEMINI}

    found = run(CHECK, for_inn=seed.GEMINI[0].inn, for_kpp=seed.GEMINI[0].kpp)

    assert (found["counteragent_box_id"], found["candidates_count"]) == ("", 2)
    assert set(found["candidate_box_ids"]) == twins
    assert all(box_id in found["candidates_text"] for box_id in twins)
    assert (found["can_send"], found["send_obstacle"], found["counteragent_status"]) == ("N", "AMBIGUOUS_BOX", "")


def test_an_unknown_kpp_does_not_become_the_head_office(run, box):
    found = run(CHECK, for_inn=seed.LYUTIK.inn, for_kpp="966077001")

    assert (found["counteragent_box_id"], found["candidates_count"]) == ("", 0)
    assert (found["counteragent_status"], found["send_obstacle"]) == ("not_found", "COUNTERPARTY_NOT_FOUND")
    assert seed.LYUTIK.kpp in found["candidates_text"]
    assert seed.LYUTIK_BRANCH.kpp in found["candidates_text"]


def test_a_branch_is_found_by_its_own_kpp(run, box):
    found = run(CHECK, for_inn=seed.LYUTIK.inn, for_kpp=seed.LYUTIK_BRANCH.kpp)

    assert found["counteragent_box_id"] == normal_box_id(seed.LYUTIK_BRANCH.box)


def test_whom_diadoc_does_not_know_is_not_found(run, box):
    found = run(CHECK, for_inn="500100732259")

    assert (found["is_valid"], found["counteragent_status"]) == ("Y", "not_found")
    assert (found["can_send"], found["send_obstacle"]) == ("N", "COUNTERPARTY_NOT_FOUND")


def test_our_own_organization_is_nobodys_counteragent(run, box):
    found = run(CHECK, for_inn=seed.ROMASHKA.inn, for_kpp=seed.ROMASHKA.kpp)

    assert (found["counteragent_status"], found["can_send"]) == ("not_found", "N")


def test_different_requisites_of_a_company_have_to_be_chosen_between(run):
    with pytest.raises(RequisiteAmbiguous) as caught:
        run(CHECK, company_id=f"CO_{TWO_REQUISITES}")

    assert "780501001" in caught.value.text("ru")
    assert "781245001" in caught.value.text("ru")


def test_requisites_are_chosen_by_their_id(run, portal_sandbox):
    _, second = portal_sandbox.requisites(COMPANY_TYPE, TWO_REQUISITES)

    found = run(CHECK, requisite_id=second["ID"], look_up_in_diadoc="N")

    assert found["kpp"] == second["RQ_KPP"]


def test_requisites_chosen_in_the_item_win_over_those_of_its_company(run, portal_sandbox):
    portal_sandbox.change_item({"COMPANY_ID": TWO_REQUISITES})
    second = portal_sandbox.requisites(COMPANY_TYPE, TWO_REQUISITES)[1]
    portal_sandbox.link_requisites(requisite_id=int(second["ID"]))

    found = run(CHECK, look_up_in_diadoc="N")

    assert (found["inn"], found["kpp"]) == (second["RQ_INN"], second["RQ_KPP"])


def test_equal_requisites_of_a_company_are_one(run, portal_sandbox):
    portal_sandbox.set_requisite("7805123400", "780501001", company_id=TWO_REQUISITES, index=1)

    found = run(CHECK, company_id=str(TWO_REQUISITES), look_up_in_diadoc="N")

    assert (found["inn"], found["kpp"]) == ("7805123400", "780501001")


def test_an_entrepreneur_is_found_in_the_contact_when_there_is_no_company(run, portal_sandbox):
    portal_sandbox.change_item({"COMPANY_ID": 0})

    found = run(CHECK, look_up_in_diadoc="N")

    assert (found["is_valid"], found["kind"]) == ("Y", "individual_entrepreneur")
    assert (found["inn"], found["kpp"]) == (ENTREPRENEUR_INN, "")


def test_a_company_without_an_inn_leaves_it_to_the_contact(run, portal_sandbox):
    portal_sandbox.remove_requisites()

    found = run(CHECK, look_up_in_diadoc="N")

    assert found["inn"] == ENTREPRENEUR_INN


def test_nobody_with_requisites_is_a_missing_inn(run, portal_sandbox):
    deal = portal_sandbox.create_item(DEAL_TYPE, {"TITLE": "Без клиента"})

    found = run(CHECK, crm_item=f"D_{deal}")

    assert found["reasons"] == ["INN_EMPTY"]


def test_a_list_has_no_client_until_an_item_is_named(run, again, lonely_context):
    on_a_list = again(lonely_context, crm_item=None)

    with pytest.raises(InputInvalid):
        run(CHECK, on=on_a_list)
    found = run(CHECK, on=on_a_list, crm_item="D_1", look_up_in_diadoc="N")

    assert found["inn"] == seed.LYUTIK.inn


@pytest.mark.parametrize("inputs", [{"crm_item": "D_404"}, {"crm_item": "deal"}, {"requisite_id": "404"}])
def test_what_the_portal_does_not_have_is_named_as_a_wrong_input(run, inputs):
    with pytest.raises(InputInvalid) as caught:
        run(CHECK, **inputs)

    assert next(iter(inputs.values())) in caught.value.text("ru")


def test_while_diadoc_is_away_the_call_can_be_tried_again(run, box, diadoc_sandbox):
    diadoc_sandbox.fault("GetOrganizationsByInnKpp", "status", status=503, times=-1)

    with pytest.raises(Unavailable) as caught:
        run(CHECK)

    assert caught.value.temporary
