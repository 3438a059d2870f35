"""Counteragents: the list, invitations, answers to them."""

import pytest

from sandbox.diadoc.driver import (
    BLOCKER,
    CLERK,
    ENTREPRENEUR,
    INVITER,
    LYUTIK,
    LYUTIK_TWIN,
    ROAMING_PARTNER,
    ROAMING_UNSET,
    DiadocSandbox,
)
from tests.sandbox.diadoc_letters import BOX, refusal


def listed(sandbox: DiadocSandbox, **query: object) -> dict:
    answer = sandbox.call("GET", "/V3/GetCounteragents", params={"myBoxId": BOX, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def boxes(page: dict) -> set[str]:
    return {one["Organization"]["Boxes"][0]["BoxIdGuid"] for one in page["Counteragents"]}


def status(sandbox: DiadocSandbox, box: str) -> str:
    answer = sandbox.call("GET", f"/V3/GetCounteragent?myBoxId={BOX}&counteragentBoxId={box}")
    return answer.json()["CurrentStatus"] if answer.ok else "none"


def invite(sandbox: DiadocSandbox, **body: str):
    return sandbox.call("POST", f"/V3/AcquireCounteragent?myBoxId={BOX}", json=body)


def result(sandbox: DiadocSandbox, task_id: str):
    return sandbox.call("GET", f"/V2/AcquireCounteragentResult?taskId={task_id}")


def test_counteragents_are_listed_by_status(diadoc_sandbox: DiadocSandbox):
    assert boxes(listed(diadoc_sandbox)) == {LYUTIK.box, ROAMING_PARTNER.box, INVITER.box, BLOCKER.box}
    assert boxes(listed(diadoc_sandbox, counteragentStatus="IsMyCounteragent")) == {LYUTIK.box, ROAMING_PARTNER.box}
    assert boxes(listed(diadoc_sandbox, counteragentStatus="InvitesMe")) == {INVITER.box}
    assert boxes(listed(diadoc_sandbox, counteragentStatus="Rejected")) == {BLOCKER.box}


def test_the_list_is_read_page_by_page_until_an_empty_one(diadoc_sandbox: DiadocSandbox):
    seen, key = set(), ""
    for _ in range(10):
        page = listed(diadoc_sandbox, pageSize=1, **({"afterIndexKey": key} if key else {}))
        if not page["Counteragents"]:
            break
        seen |= boxes(page)
        key = page["Counteragents"][-1]["IndexKey"]

    assert page["Counteragents"] == []
    assert len(seen) == page["TotalCount"] == 4


def test_the_list_is_searched_by_inn_but_not_from_a_key(diadoc_sandbox: DiadocSandbox):
    both = diadoc_sandbox.call("GET", f"/V3/GetCounteragents?myBoxId={BOX}&query=1&afterIndexKey=1")

    assert boxes(listed(diadoc_sandbox, query=LYUTIK.inn)) == {LYUTIK.box}
    assert refusal(both)[0] == 400


def test_no_relation_is_404(diadoc_sandbox: DiadocSandbox):
    answer = diadoc_sandbox.call("GET", f"/V3/GetCounteragent?myBoxId={BOX}&counteragentBoxId={ENTREPRENEUR.box}")

    assert refusal(answer)[0] == 404


def test_an_invitation_is_a_task_that_takes_a_while(diadoc_sandbox: DiadocSandbox):
    task_id = invite(diadoc_sandbox, BoxId=ENTREPRENEUR.box, MessageToCounteragent="Примите").json()["TaskId"]

    waiting, ready = result(diadoc_sandbox, task_id), result(diadoc_sandbox, task_id)

    assert (waiting.status_code, waiting.content, waiting.headers["Retry-After"]) == (204, b"", "1")
    assert ready.json() == {"BoxId": ENTREPRENEUR.box}
    assert status(diadoc_sandbox, ENTREPRENEUR.box) == "IsInvitedByMe"


@pytest.mark.parametrize(
    ("answer", "expected"), [("accept_invitation", "IsMyCounteragent"), ("reject_invitation", "RejectsMe")]
)
def test_the_other_side_answers_an_invitation(diadoc_sandbox: DiadocSandbox, answer: str, expected: str):
    invite(diadoc_sandbox, BoxId=ENTREPRENEUR.box)

    diadoc_sandbox.act(answer, box=BOX, by_box=ENTREPRENEUR.box)

    assert status(diadoc_sandbox, ENTREPRENEUR.box) == expected


def test_invitations_can_be_accepted_at_once(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(invitations="accept")

    invite(diadoc_sandbox, BoxId=ENTREPRENEUR.box)

    assert status(diadoc_sandbox, ENTREPRENEUR.box) == "IsMyCounteragent"


def test_inviting_somebody_who_invites_us_is_accepting(diadoc_sandbox: DiadocSandbox):
    invite(diadoc_sandbox, BoxId=INVITER.box)

    assert status(diadoc_sandbox, INVITER.box) == "IsMyCounteragent"


def test_inviting_twice_changes_nothing(diadoc_sandbox: DiadocSandbox):
    invite(diadoc_sandbox, BoxId=ENTREPRENEUR.box)
    before = listed(diadoc_sandbox)
    again = invite(diadoc_sandbox, BoxId=ENTREPRENEUR.box)

    assert again.status_code == 200
    assert listed(diadoc_sandbox) == before


@pytest.mark.parametrize("box", [ROAMING_UNSET.box, BLOCKER.box])
def test_a_failed_invitation_is_409_when_asked_for_its_result(diadoc_sandbox: DiadocSandbox, box: str):
    diadoc_sandbox.settings(acquire_pending_calls=0)

    task_id = invite(diadoc_sandbox, BoxId=box).json()["TaskId"]

    assert refusal(result(diadoc_sandbox, task_id))[0] == 409


def test_an_inn_leads_to_the_head_organization_created_last(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(acquire_pending_calls=0)

    task_id = invite(diadoc_sandbox, Inn=LYUTIK.inn).json()["TaskId"]

    assert result(diadoc_sandbox, task_id).json()["BoxId"] == LYUTIK_TWIN.box


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 400),
        ({"BoxId": LYUTIK.box, "InvitationDocument": {}}, 400),
        ({"BoxId": LYUTIK.box, "Inn": LYUTIK.inn}, 400),
        ({"Inn": "7700000000"}, 404),
    ],
)
def test_an_invitation_names_exactly_one_organization(diadoc_sandbox: DiadocSandbox, body: dict, code: int):
    answer = diadoc_sandbox.call("POST", f"/V3/AcquireCounteragent?myBoxId={BOX}", json={"Nonsense": 1, **body})

    assert refusal(answer)[0] == code


def test_a_long_message_is_refused(diadoc_sandbox: DiadocSandbox):
    assert refusal(invite(diadoc_sandbox, BoxId=ENTREPRENEUR.box, MessageToCounteragent="я" * 2001))[0] == 400


def test_inviting_needs_a_right(diadoc_sandbox: DiadocSandbox):
    answer = diadoc_sandbox.call(
        "POST", f"/V3/AcquireCounteragent?myBoxId={BOX}", user=CLERK, json={"BoxId": ENTREPRENEUR.box}
    )

    assert refusal(answer)[0] == 403


def test_an_unknown_task_is_404(diadoc_sandbox: DiadocSandbox):
    assert refusal(result(diadoc_sandbox, "nothing"))[0] == 404


def test_changes_of_relations_have_a_feed_of_their_own(diadoc_sandbox: DiadocSandbox):
    def events(**query: str) -> list[dict]:
        answer = diadoc_sandbox.call("GET", "/V1/GetCounteragentEvents", params={"boxId": BOX, **query})
        return answer.json()["Events"]

    last = events()[-1]["IndexKey"]
    invite(diadoc_sandbox, BoxId=ENTREPRENEUR.box)
    diadoc_sandbox.accept_invitation(ENTREPRENEUR.box)

    assert [one["Counteragent"]["CurrentStatus"] for one in events(afterIndexKey=last)] == [
        "IsInvitedByMe",
        "IsMyCounteragent",
    ]


def test_a_counteragent_can_be_refused(diadoc_sandbox: DiadocSandbox):
    query = {"myBoxId": BOX, "counteragentBoxId": LYUTIK.box, "comment": "хватит"}

    answer = diadoc_sandbox.call("POST", "/V2/BreakWithCounteragent", params=query)

    assert answer.status_code == 200
    assert status(diadoc_sandbox, LYUTIK.box) == "IsRejectedByMe"
