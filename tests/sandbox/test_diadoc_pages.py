"""The pages: a person sees his box and presses for everybody."""

import html
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.diadoc.driver import DIRECTOR, ENTREPRENEUR, LYUTIK, SCOPE, DiadocSandbox
from tests.sandbox.diadoc_letters import BOX, PDF, document, send

FORM = re.compile(r'<form method="post" action="/_page/act">(.*?)</form>', re.S)
HIDDEN = re.compile(r'<input(?: type="hidden")? name="(\w+)" value="([^"]*)"')


def page(sandbox: DiadocSandbox, path: str = "/") -> str:
    answer = requests.get(sandbox.url + path, timeout=10)
    assert answer.status_code == 200
    return answer.text


def forms(text: str) -> dict[str, dict[str, str]]:
    """The forms of a page by their action."""
    found = [{name: html.unescape(value) for name, value in HIDDEN.findall(form)} for form in FORM.findall(text)]
    return {form["action"]: form for form in found}


def press(sandbox: DiadocSandbox, form: dict[str, str], **headers: str) -> requests.Response:
    return requests.post(f"{sandbox.url}/_page/act", data=form, headers=headers, allow_redirects=False, timeout=10)


def test_an_empty_box_says_so_in_both_languages(diadoc_sandbox: DiadocSandbox):
    assert "Документов пока нет." in page(diadoc_sandbox)
    assert "No documents yet." in page(diadoc_sandbox, "/?lang=en")


def test_pages_load_nothing_from_elsewhere(diadoc_sandbox: DiadocSandbox):
    send(diadoc_sandbox)

    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page(diadoc_sandbox))
    assert requests.get(f"{diadoc_sandbox.url}/_page/style.css", timeout=10).status_code == 200


def test_a_person_takes_a_letter_through_its_whole_life(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(delivery="manual")
    message_id, (entity_id,) = send(diadoc_sandbox)

    for action in ("sign_by_sender", "deliver", "sign_by_recipient"):
        answer = press(diadoc_sandbox, forms(page(diadoc_sandbox))[action])
        assert answer.status_code == 303

    assert document(diadoc_sandbox, message_id, entity_id)["RecipientResponseStatus"] == "WithRecipientSignature"
    assert "sign_by_recipient" not in forms(page(diadoc_sandbox))


def test_a_reason_is_typed_beside_the_button(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    text = page(diadoc_sandbox, f"/?box={LYUTIK.box}")

    press(diadoc_sandbox, forms(text)["refuse"] | {"reason": "Не та сумма"})

    assert (
        document(diadoc_sandbox, message_id, entity_id)["RecipientResponseStatus"]
        == "RecipientSignatureRequestRejected"
    )


def test_a_document_has_a_page_of_its_own_with_its_files(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)

    text = page(diadoc_sandbox, diadoc_sandbox.link(message_id, entity_id).removeprefix(diadoc_sandbox.url))
    (file,) = re.findall(r'href="(/_page/file/[^"]+)"', text)

    assert message_id in text
    assert requests.get(diadoc_sandbox.url + file, timeout=10).content == PDF


@pytest.mark.parametrize(
    "path", [f"/{BOX}/Document/Show?letterId=1&documentId=2", "/?box=nobody", f"/?box={DIRECTOR.id}"]
)
def test_a_page_of_nothing_is_404(diadoc_sandbox: DiadocSandbox, path: str):
    assert requests.get(diadoc_sandbox.url + path, timeout=10).status_code == 404


def test_a_box_does_not_show_what_has_not_reached_it(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)

    answer = requests.get(diadoc_sandbox.link(message_id, entity_id, box=LYUTIK.box), timeout=10)

    assert answer.status_code == 404


def test_an_invitation_is_answered_on_the_page(diadoc_sandbox: DiadocSandbox):
    body = {"BoxId": ENTREPRENEUR.box}
    diadoc_sandbox.call("POST", f"/V3/AcquireCounteragent?myBoxId={BOX}", json=body)

    press(diadoc_sandbox, forms(page(diadoc_sandbox))["accept_invitation"])

    path = f"/V3/GetCounteragent?myBoxId={BOX}&counteragentBoxId={ENTREPRENEUR.box}"
    assert diadoc_sandbox.call("GET", path).json()["CurrentStatus"] == "IsMyCounteragent"


def test_another_site_cannot_press_a_button(diadoc_sandbox: DiadocSandbox):
    send(diadoc_sandbox)
    form = forms(page(diadoc_sandbox))["delete"]

    assert press(diadoc_sandbox, form, Origin="http://evil.example").status_code == 403


def test_a_press_too_late_says_why(diadoc_sandbox: DiadocSandbox):
    message_id, entity_ids = send(diadoc_sandbox)
    form = forms(page(diadoc_sandbox))["sign_by_sender"]
    diadoc_sandbox.sign_by_sender(message_id)

    answer = press(diadoc_sandbox, form)

    assert json.loads(form["parameters"]) == {"message_id": message_id, "entity_ids": entity_ids}
    assert (answer.status_code, answer.text) == (409, "Текущее состояние документа не позволяет его подписать")


def test_the_answer_never_leads_away_from_the_sandbox(diadoc_sandbox: DiadocSandbox):
    send(diadoc_sandbox)
    form = forms(page(diadoc_sandbox))["sign_by_sender"] | {"back": "http://evil.example/x"}

    assert urlsplit(press(diadoc_sandbox, form).headers["Location"]).netloc in ("", urlsplit(diadoc_sandbox.url).netloc)


def test_consent_is_a_page_with_the_people_to_choose_from(diadoc_sandbox: DiadocSandbox):
    query = f"client_id={diadoc_sandbox.client_id}&redirect_uri=http://127.0.0.1/&response_type=code&scope={SCOPE}"

    text = page(diadoc_sandbox, f"/connect/authorize?{query}")
    hidden = dict(HIDDEN.findall(text))
    form = hidden | {"user": DIRECTOR.id, "decision": "allow"}
    answer = requests.post(f"{diadoc_sandbox.url}/connect/authorize", data=form, allow_redirects=False, timeout=10)

    assert DIRECTOR.name in text
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
