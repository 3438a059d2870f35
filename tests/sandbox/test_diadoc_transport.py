"""How the sandbox speaks HTTP: cases of paths, verbs, media types, plain text errors, limits."""

import time

import pytest
import requests

from sandbox.diadoc.driver import ENTREPRENEUR, LOGISTICS, LYUTIK, STRANGER, DiadocSandbox, SandboxRefused
from tests.sandbox.diadoc_letters import BOX, attachment, letter, post, refusal, send


@pytest.mark.parametrize("path", ["/getmyorganizations", "/GETMYORGANIZATIONS", "/GetMyOrganizations"])
def test_paths_are_read_in_any_case(diadoc_sandbox: DiadocSandbox, path: str):
    assert diadoc_sandbox.call("GET", path).status_code == 200


def test_parameters_are_read_in_any_case(diadoc_sandbox: DiadocSandbox):
    assert diadoc_sandbox.call("GET", f"/GetBox?BOXID={BOX}").status_code == 200


def test_a_wrong_verb_is_405_and_names_the_right_one(diadoc_sandbox: DiadocSandbox):
    answer = diadoc_sandbox.call("GET", "/V3/PostMessage")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "POST" in answer.text


def test_an_unknown_method_is_404(diadoc_sandbox: DiadocSandbox):
    assert diadoc_sandbox.call("GET", "/V9/GetEverything").status_code == 404


def test_without_accept_json_the_answer_is_protobuf(diadoc_sandbox: DiadocSandbox):
    answer = diadoc_sandbox.call("GET", "/GetMyOrganizations", headers={"Accept": "*/*"})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/x-protobuf"
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_body_must_be_named_json(diadoc_sandbox: DiadocSandbox):
    def with_type(content_type: str) -> requests.Response:
        headers = {"Content-Type": content_type} if content_type else {}
        return diadoc_sandbox.call("POST", "/V3/PostMessage", data=b'{"FromBoxId": "x"}', headers=headers)

    unreadable = (400, "Can't deserialize request body into type: MessageToPost")
    assert refusal(with_type("")) == unreadable
    assert refusal(with_type("application/x-protobuf")) == unreadable
    assert with_type("text/csv").status_code == 415


def test_a_get_may_say_json_but_not_protobuf(diadoc_sandbox: DiadocSandbox):
    json_type = {"Content-Type": "application/json; charset=utf-8"}
    protobuf_type = {"Content-Type": "application/x-protobuf"}

    assert diadoc_sandbox.call("GET", "/GetMyOrganizations", headers=json_type).status_code == 200
    assert diadoc_sandbox.call("GET", "/GetMyOrganizations", headers=protobuf_type).status_code == 400


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "Request body cannot be empty"),
        (b"{", "Can't deserialize request body into type: MessageToPost"),
        (b"[]", "Can't deserialize request body into type: MessageToPost"),
        ('{"FromBoxId": "я"}'.encode("windows-1251"), "Can't deserialize request body into type: MessageToPost"),
    ],
)
def test_a_body_that_is_none_is_400(diadoc_sandbox: DiadocSandbox, body: bytes, text: str):
    headers = {"Content-Type": "application/json; charset=utf-8"}

    answer = diadoc_sandbox.call("POST", "/V3/PostMessage", data=body, headers=headers)

    assert refusal(answer) == (400, text)
    assert answer.headers["X-Diadoc-ErrorCode"] == "Http.BadRequest"


def test_unknown_names_are_ignored_and_cases_do_not_matter(diadoc_sandbox: DiadocSandbox):
    body = letter(attachment(Nonsense=1, MetaData=[{"Key": "FileName", "Value": "a.pdf"}], Metadata=None), Extra={})

    assert post(diadoc_sandbox, body).status_code == 200


def test_exact_cases_can_be_demanded(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(json_names_any_case=False)
    body = letter(attachment(MetaData=[{"Key": "FileName", "Value": "a.pdf"}], Metadata=None))

    assert "FileName" in post(diadoc_sandbox, body).text


def test_enums_are_read_by_name_and_by_number(diadoc_sandbox: DiadocSandbox):
    by_number = post(diadoc_sandbox, letter(LockMode=2))
    diadoc_sandbox.settings(numeric_enums=False)
    refused = post(diadoc_sandbox, letter(LockMode=2), operationId="other")

    assert by_number.json()["LockMode"] == "Send"
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("box", "status"),
    [("", 400), ("not-a-box", 404), ("00000000-1111-4222-8333-444444444444", 404), (STRANGER.box, 403)],
)
def test_a_box_that_is_not_ours_is_refused(diadoc_sandbox: DiadocSandbox, box: str, status: int):
    assert refusal(diadoc_sandbox.call("GET", f"/V2/GetDocumentTypes?boxId={box}"))[0] == status


def test_a_foreign_box_may_say_that_access_was_asked_for(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(access_requests=True)

    answer = diadoc_sandbox.call("GET", f"/V8/GetNewEvents?boxId={STRANGER.box}")

    text = "Access to Box is denied. Request to admins of Box was created. Please try again later"
    assert refusal(answer) == (403, text)


def test_a_box_of_another_environment_is_named(diadoc_sandbox: DiadocSandbox):
    unknown = "00000000-1111-4222-8333-444444444444"

    answer = diadoc_sandbox.call("GET", f"/GetBox?boxId={unknown}")

    assert refusal(answer) == (404, f"Organization {unknown} is not found")


def test_a_setting_takes_only_values_that_mean_something(diadoc_sandbox: DiadocSandbox):
    with pytest.raises(SandboxRefused, match="delivery is one of auto, manual") as refused:
        diadoc_sandbox.settings(delivery="sometimes")

    assert refused.value.status == 400


def test_the_old_long_form_of_a_box_id_is_taken(diadoc_sandbox: DiadocSandbox):
    long_form = BOX.replace("-", "").upper() + "@diadoc.ru"

    assert diadoc_sandbox.call("GET", "/GetOrganizationFeatures", params={"boxId": long_form}).status_code == 200


@pytest.mark.parametrize(("mode", "kpp"), [("as_documented", ""), ("absent", "nothing"), ("null", None)])
def test_empty_strings_may_be_there_or_not(diadoc_sandbox: DiadocSandbox, mode: str, kpp: str | None):
    diadoc_sandbox.settings(empty_fields=mode)

    found = diadoc_sandbox.call("GET", f"/GetOrganization?boxId={ENTREPRENEUR.box}").json()

    assert found.get("Kpp", "nothing") == kpp


@pytest.mark.parametrize(
    ("form", "ours_is_long", "theirs_is_long"), [("mixed", False, True), ("long", True, True), ("dashed", False, False)]
)
def test_box_ids_come_in_either_form(diadoc_sandbox: DiadocSandbox, form, ours_is_long, theirs_is_long):
    diadoc_sandbox.settings(box_ids=form)

    message = post(diadoc_sandbox).json()

    counteragent = message["Entities"][0]["DocumentInfo"]["CounteragentBoxId"]
    assert [box.endswith("@diadoc.ru") for box in (message["FromBoxId"], counteragent)] == [
        ours_is_long,
        theirs_is_long,
    ]


def test_a_box_without_a_subscription_is_402_until_it_is_paid(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.lapse_subscription()

    unpaid = diadoc_sandbox.call("GET", f"/V8/GetNewEvents?boxId={BOX}")
    other = diadoc_sandbox.call("GET", f"/V8/GetNewEvents?boxId={LOGISTICS.box}")
    diadoc_sandbox.act("renew_subscription", box=BOX)
    paid = diadoc_sandbox.call("GET", f"/V8/GetNewEvents?boxId={BOX}")

    assert (refusal(unpaid)[0], other.status_code, paid.status_code) == (402, 200, 200)


def test_too_many_calls_in_a_second_are_429(diadoc_sandbox: DiadocSandbox):
    token = diadoc_sandbox.access_token()
    diadoc_sandbox.settings(rate_limit_per_second=3)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    time.sleep(1.05)  # calls of other tests leave the window

    answers = [requests.get(f"{diadoc_sandbox.url}/GetMyOrganizations", headers=headers, timeout=10) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["Retry-After"] == "1"


def test_a_method_on_its_way_out_says_when(diadoc_sandbox: DiadocSandbox):
    date = "Sat, 03 Apr 2027 00:00:00 GMT"
    diadoc_sandbox.settings(sunset={"GetNewEvents": date})

    leaving = diadoc_sandbox.call("GET", f"/v7/getnewevents?boxId={BOX}")
    staying = diadoc_sandbox.call("GET", "/GetMyOrganizations")

    assert leaving.headers["Sunset"] == date
    assert 'rel="sunset"' in leaving.headers["Link"]
    assert "Sunset" not in staying.headers


def test_faults_know_the_methods_by_name(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.fault("GetNewEvents", "status", status=500, body="oops")

    answers = [diadoc_sandbox.call("GET", f"/v8/getnewevents?boxId={BOX}").status_code for _ in range(2)]

    assert answers == [500, 200]


def test_a_lost_reply_of_a_post_leaves_the_message_behind(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.fault("PostMessage", "lost_reply")

    with pytest.raises(requests.ConnectionError):
        post(diadoc_sandbox, letter(attachment(CustomDocumentId="mine")), operationId="first")
    found = diadoc_sandbox.call("GET", f"/GetDocumentsByCustomId?boxId={BOX}&customDocumentId=mine").json()

    assert found["TotalCount"] == 1
    assert diadoc_sandbox.requests("PostMessage")[-1]["ids"] == {"operationId": "first"}


def test_a_reset_leaves_only_the_seed(diadoc_sandbox: DiadocSandbox):
    send(diadoc_sandbox)
    diadoc_sandbox.settings(delivery="manual")
    diadoc_sandbox.fault("*", "status", times=-1)

    diadoc_sandbox.reset()

    assert diadoc_sandbox.messages() == []
    assert diadoc_sandbox.requests() == []
    assert diadoc_sandbox.settings()["delivery"] == "auto"
    assert diadoc_sandbox.call("GET", f"/V3/GetCounteragent?myBoxId={BOX}&counteragentBoxId={LYUTIK.box}").ok
