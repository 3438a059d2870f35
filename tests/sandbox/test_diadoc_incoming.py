"""Letters that come to our boxes, as our users see them in the feed."""

import pytest

from sandbox.diadoc.driver import CLERK, LYUTIK_STORE, ROAMING_PARTNER, SALES, DiadocSandbox, SandboxRefused
from tests.sandbox.diadoc_letters import BOX, feed


def test_a_letter_to_a_department_is_seen_by_its_people_and_by_who_sees_all(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.incoming([{}])
    to_sales = diadoc_sandbox.incoming([{}], to_department=SALES)

    everything = feed(diadoc_sandbox)
    theirs = diadoc_sandbox.call("GET", "/V8/GetNewEvents", user=CLERK, params={"boxId": BOX, "departmentId": SALES})

    assert len(everything) == 2
    [event] = theirs.json()["Events"]
    [document] = [one["DocumentInfo"] for one in event["Message"]["Entities"] if "DocumentInfo" in one]
    assert event["Message"]["MessageId"] == to_sales["message_id"]
    assert (document["DepartmentId"], document["DocumentDirection"]) == (SALES, "Inbound")


def test_a_department_of_somebody_else_takes_no_letter(diadoc_sandbox: DiadocSandbox):
    with pytest.raises(SandboxRefused) as refusal:
        diadoc_sandbox.incoming([{}], to_department=LYUTIK_STORE)

    assert refusal.value.status == 404


def test_a_letter_signed_in_parts_comes_as_a_message_and_a_patch(diadoc_sandbox: DiadocSandbox):
    letter = diadoc_sandbox.incoming([{}, {}], from_box=ROAMING_PARTNER.box, is_signed=False)
    before = feed(diadoc_sandbox)

    for entity_id in letter["entity_ids"]:
        diadoc_sandbox.sign_by_sender(letter["message_id"], [entity_id])

    first, second = feed(diadoc_sandbox)
    assert before == []
    assert [one["EntityId"] for one in first["Message"]["Entities"] if "DocumentInfo" in one] == [
        letter["entity_ids"][0]
    ]
    assert [one["EntityId"] for one in second["Patch"]["Entities"] if "DocumentInfo" in one] == [
        letter["entity_ids"][1]
    ]
