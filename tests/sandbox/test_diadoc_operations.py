"""operationId: a repeat gets the first answer and sends nothing."""

import threading
import time

import pytest

from sandbox.diadoc.driver import DIRECTOR, ROMASHKA, DiadocSandbox
from tests.sandbox.diadoc_letters import BOX, attachment, letter, patch, post, refusal, send


def count(sandbox: DiadocSandbox) -> int:
    return len(sandbox.documents(ROMASHKA.box))


def test_the_same_id_in_any_case_gets_the_first_answer_even_for_another_body(diadoc_sandbox: DiadocSandbox):
    first = post(diadoc_sandbox, operationId="Package-7").json()
    again = post(diadoc_sandbox, letter(attachment(CustomDocumentId="other")), operationId="package-7").json()

    assert again == first
    assert count(diadoc_sandbox) == 1


def test_without_an_id_the_body_is_the_id(diadoc_sandbox: DiadocSandbox):
    first, again = post(diadoc_sandbox).json(), post(diadoc_sandbox).json()
    other = post(diadoc_sandbox, letter(attachment(CustomDocumentId="other"))).json()

    assert again == first
    assert other["MessageId"] != first["MessageId"]
    assert count(diadoc_sandbox) == 2


def test_different_ids_send_the_same_body_twice(diadoc_sandbox: DiadocSandbox):
    ids = {post(diadoc_sandbox, operationId=operation).json()["MessageId"] for operation in ("a", "b")}

    assert len(ids) == 2


def test_a_refused_operation_may_be_tried_again(diadoc_sandbox: DiadocSandbox):
    refused = post(diadoc_sandbox, letter(attachment(Metadata=[])), operationId="a")
    taken = post(diadoc_sandbox, operationId="a")

    assert (refused.status_code, taken.status_code) == (400, 200)


@pytest.mark.parametrize(
    ("mode", "status", "text"),
    [("204", 204, ""), ("409", 409, "Request processing is in progress. Please, retry later.")],
)
def test_the_first_answers_can_be_in_progress_though_the_work_is_done(diadoc_sandbox, mode, status, text):
    diadoc_sandbox.settings(post_in_progress_calls=2, post_in_progress_answer=mode)

    answers = [post(diadoc_sandbox, operationId="a") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].text == text
    assert count(diadoc_sandbox) == 1


def test_204_says_when_to_come_back(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(post_in_progress_calls=1, retry_after_seconds=4)

    answer = post(diadoc_sandbox, operationId="a")

    assert (answer.headers["Retry-After"], answer.content) == ("4", b"")


def test_a_repeat_while_the_first_call_runs_is_in_progress(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(post_seconds=1.0)
    answers = []
    first = threading.Thread(target=lambda: answers.append(post(DiadocSandbox(diadoc_sandbox.url), operationId="a")))
    first.start()
    deadline = time.monotonic() + 5
    while not diadoc_sandbox.requests("PostMessage"):
        assert time.monotonic() < deadline, "the first call did not arrive"

    while (during := post(diadoc_sandbox, operationId="a")).status_code == 200:
        assert time.monotonic() < deadline, "no repeat met the first call"
    first.join()

    assert during.status_code == 204
    assert answers[0].status_code == 200
    assert post(diadoc_sandbox, operationId="a").json() == answers[0].json()
    assert count(diadoc_sandbox) == 1


def test_a_patch_has_no_default_id(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    tag = [{"ParentEntityId": entity_id, "Operation": "Set", "Key": "stage", "Value": "1"}]

    anonymous = {patch(diadoc_sandbox, message_id, CustomDataPatches=tag).json()["PatchId"] for _ in range(2)}
    named = {
        patch(diadoc_sandbox, message_id, query="?operationId=x", CustomDataPatches=tag).json()["PatchId"]
        for _ in range(2)
    }

    assert (len(anonymous), len(named)) == (2, 1)


def test_a_patch_may_have_its_body_for_an_id(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(patch_operation_md5=True)
    message_id, (entity_id,) = send(diadoc_sandbox)
    tag = [{"ParentEntityId": entity_id, "Operation": "Set", "Key": "stage", "Value": "1"}]

    patches = {patch(diadoc_sandbox, message_id, CustomDataPatches=tag).json()["PatchId"] for _ in range(2)}

    assert len(patches) == 1


def test_a_result_may_be_forgotten_after_a_while(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(operation_memory_seconds=3600)
    first = post(diadoc_sandbox, operationId="a").json()

    diadoc_sandbox.advance_clock(3500)
    remembered = post(diadoc_sandbox, operationId="a").json()
    diadoc_sandbox.advance_clock(200)
    forgotten = post(diadoc_sandbox, operationId="a").json()

    assert remembered == first
    assert forgotten["MessageId"] != first["MessageId"]


def test_a_fresh_message_may_be_unknown_for_some_reads(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(fresh_404_reads=2)
    message_id, _ = send(diadoc_sandbox)

    answers = [diadoc_sandbox.call("GET", f"/V6/GetMessage?boxId={BOX}&messageId={message_id}") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [404, 404, 200]
    assert refusal(answers[0])[1] == f"Сообщение {message_id} не найдено"


def test_the_search_by_our_id_may_lag_behind(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(custom_id_lag_reads=1)
    send(diadoc_sandbox, attachment(CustomDocumentId="mine"))
    path = f"/GetDocumentsByCustomId?boxId={BOX}&customDocumentId=mine"

    counts = [diadoc_sandbox.call("GET", path).json()["TotalCount"] for _ in range(3)]

    assert counts == [0, 1, 1]


def test_operations_of_two_users_do_not_mix(diadoc_sandbox: DiadocSandbox):
    robots = post(diadoc_sandbox, operationId="a").json()
    directors = post(diadoc_sandbox, operationId="a", user=DIRECTOR).json()

    assert robots["MessageId"] != directors["MessageId"]
