"""Answers have the members and kinds of the documented structures. The shapes beside this file name every member."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.diadoc.driver import LYUTIK, DiadocSandbox
from tests.sandbox.diadoc_letters import BOX, INVOICE, attachment, feed, post, send

SHAPES = Path(__file__).parent / "diadoc_shapes"
KINDS = {"text": str, "int": int, "bool": bool}


def differences(value: Any, shape: Any, place: str) -> list[str]:
    """What a value has too much, too little, or of another kind; an empty list has any members."""
    if isinstance(shape, dict) and isinstance(value, dict):
        found = [f"{place}.{name} is {word}" for word, names in _odd(value, shape) for name in sorted(names)]
        both = set(shape) & set(value)
        return found + [one for name in both for one in differences(value[name], shape[name], f"{place}.{name}")]
    if isinstance(shape, list) and isinstance(value, list):
        return [one for item in value for one in differences(item, shape[0], f"{place}[]")] if shape else []
    if isinstance(shape, str) and type(value) is KINDS[shape]:
        return []
    return [f"{place} is {type(value).__name__}"]


def _odd(value: dict, shape: dict) -> list[tuple[str, set[str]]]:
    return [("missing", set(shape) - set(value)), ("unknown", set(value) - set(shape))]


def compare(value: Any, name: str) -> list[str]:
    return differences(value, json.loads((SHAPES / f"{name}.json").read_text(encoding="utf-8")), name)


def without(value: dict, *names: str) -> dict:
    return {name: member for name, member in value.items() if name not in names}


@pytest.fixture
def refused(diadoc_sandbox: DiadocSandbox) -> tuple[str, str]:
    """A letter that went all the way to a refusal."""
    body = attachment(Comment="к сделке", CustomData=[{"Key": "item", "Value": "1"}], metadata=INVOICE)
    lower = attachment("ProformaInvoice", metadata=INVOICE, CustomDocumentId="b")
    upper = body | {"CustomDocumentId": "a", "SubordinateDocumentIds": [{"MessageId": "", "EntityId": "b"}]}
    message_id, (entity_id, _) = send(diadoc_sandbox, upper, lower)
    diadoc_sandbox.sign_by_sender(message_id)
    diadoc_sandbox.refuse(message_id, "Неверная сумма")
    return message_id, entity_id


def test_a_message_and_its_entities(diadoc_sandbox: DiadocSandbox):
    message = post(diadoc_sandbox, {**_letter()}).json()
    document, comment = message["Entities"]

    assert compare(without(message, "Entities"), "message") == []
    assert compare(without(document, "DocumentInfo"), "document_entity") == []
    assert compare(comment, "comment_entity") == []
    assert compare(document["DocumentInfo"], "document") == []


def _letter() -> dict:
    body = attachment(Comment="c", CustomData=[{"Key": "item", "Value": "1"}], metadata=without(INVOICE, "TotalSum"))
    return {"FromBoxId": BOX, "ToBoxId": LYUTIK.box, "DelaySend": True, "DocumentAttachments": [body]}


def test_a_patch_and_a_signature(diadoc_sandbox: DiadocSandbox, refused: tuple[str, str]):
    patch = feed(diadoc_sandbox)[1]["Patch"]

    assert compare(without(patch, "Entities"), "patch") == []
    assert [compare(entity, "signature_entity") for entity in patch["Entities"]] == [[], []]


def test_a_document_with_its_docflow(diadoc_sandbox: DiadocSandbox, refused: tuple[str, str]):
    address = {"MessageId": refused[0], "EntityId": refused[1]}
    body = {"Requests": [{"DocumentId": address}]}

    answer = diadoc_sandbox.call("POST", f"/V4/GetDocflows?boxId={BOX}", json=body).json()

    assert compare(answer["Documents"][0], "docflow") == []


def test_a_docflow_event(diadoc_sandbox: DiadocSandbox, refused: tuple[str, str]):
    answer = diadoc_sandbox.call("POST", f"/V4/GetDocflowEvents?boxId={BOX}", json={"Filter": {}}).json()

    assert compare(answer["Events"][-1], "docflow_event") == []


def test_an_organization_and_a_counteragent(diadoc_sandbox: DiadocSandbox):
    organizations = diadoc_sandbox.call("GET", f"/GetOrganizationsByInnKpp?inn={LYUTIK.inn}").json()["Organizations"]
    counteragent = diadoc_sandbox.call(
        "GET", f"/V3/GetCounteragent?myBoxId={BOX}&counteragentBoxId={LYUTIK.box}"
    ).json()

    assert [compare(organization, "organization") for organization in organizations] == [[], [], []]
    assert compare(without(counteragent, "Organization"), "counteragent") == []


def test_a_document_type(diadoc_sandbox: DiadocSandbox):
    answer = diadoc_sandbox.call("GET", f"/V2/GetDocumentTypes?boxId={BOX}").json()
    non_formal = [one for one in answer["DocumentTypes"] if not one["RequiresFnsRegistration"]]

    assert [compare(one, "document_type") for one in non_formal] == [[]] * len(non_formal)


def test_the_comparison_itself_notices_what_is_wrong():
    assert differences({"a": 1, "c": "x"}, {"a": "text", "b": "int"}, "x") == [
        "x.b is missing",
        "x.c is unknown",
        "x.a is int",
    ]
