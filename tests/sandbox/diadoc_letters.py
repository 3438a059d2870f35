"""Letters for the tests of the sandbox Diadoc: bodies of PostMessage and short ways to send them."""

import base64
from typing import Any

from requests import Response

from sandbox.diadoc.driver import DIRECTOR, LYUTIK, PARTNER_SIGNER, ROBOT, ROMASHKA, DiadocSandbox, User

BOX = ROMASHKA.box
PDF = b"%PDF-1.4 a small file"
INVOICE = {"DocumentNumber": "77", "DocumentDate": "01.07.2026", "TotalSum": "120000.00"}


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def pairs(metadata: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in metadata.items()]


def attachment(type_name: str = "Nonformalized", *, metadata: dict[str, str] | None = None, **members: Any) -> dict:
    """A document that asks for an answer; members replace or add fields, None takes one away."""
    body = {
        "TypeNamedId": type_name,
        "SignedContent": {"Content": b64(PDF)},
        "Metadata": pairs({"FileName": "Договор.pdf", **(metadata or {})}),
        "NeedRecipientSignature": True,
    }
    return {name: value for name, value in (body | members).items() if value is not None}


def letter(*documents: dict, **members: Any) -> dict:
    """An unsigned letter from ROMASHKA to LYUTIK, for a person to sign."""
    body = {"FromBoxId": BOX, "ToBoxId": LYUTIK.box, "DelaySend": True, "LockMode": "None"}
    body["DocumentAttachments"] = list(documents) or [attachment()]
    return body | members


def post(sandbox: DiadocSandbox, body: dict | None = None, *, user: User = ROBOT, **query: str) -> Response:
    return sandbox.call("POST", "/V3/PostMessage", user=user, json=body or letter(), params=query)


def send(sandbox: DiadocSandbox, *documents: dict, **members: Any) -> tuple[str, list[str]]:
    """Post a letter; its message id and the ids of its documents in order."""
    response = post(sandbox, letter(*documents, **members))
    assert response.status_code == 200, response.text
    message = response.json()
    return message["MessageId"], [one["EntityId"] for one in message["Entities"] if "DocumentInfo" in one]


def document(sandbox: DiadocSandbox, message_id: str, entity_id: str, *, box: str = BOX, user: User = ROBOT) -> dict:
    query = {"boxId": box, "messageId": message_id, "entityId": entity_id, "injectEntityContent": "false"}
    response = sandbox.call("GET", "/V3/GetDocument", user=user, params=query)
    assert response.status_code == 200, response.text
    return response.json()


def feed(sandbox: DiadocSandbox, *, box: str = BOX, user: User = ROBOT, **query: Any) -> list[dict]:
    response = sandbox.call("GET", "/V8/GetNewEvents", user=user, params={"boxId": box, **query})
    assert response.status_code == 200, response.text
    return response.json()["Events"]


def events_added(sandbox: DiadocSandbox, count: int, box: str = BOX) -> list[dict]:
    """The last events of a box, and there are exactly so many after the letter itself."""
    user = PARTNER_SIGNER if box == LYUTIK.box else DIRECTOR
    events = feed(sandbox, box=box, user=user)[1:]
    assert len(events) == count
    return [event["Patch"] for event in events]


def docflow(sandbox: DiadocSandbox, message_id: str, entity_id: str, *, box: str = BOX, user: User = ROBOT) -> dict:
    body = {"Requests": [{"DocumentId": {"MessageId": message_id, "EntityId": entity_id}}]}
    response = sandbox.call("POST", "/V4/GetDocflows", user=user, params={"boxId": box}, json=body)
    assert response.status_code == 200, response.text
    return response.json()["Documents"][0]["Docflow"]


def patch(
    sandbox: DiadocSandbox, message_id: str, *, user: User = ROBOT, box: str = BOX, query: str = "", **items: Any
) -> Response:
    body = {"BoxId": box, "MessageId": message_id, **items}
    return sandbox.call("POST", f"/V4/PostMessagePatch{query}", user=user, json=body)


def upload(sandbox: DiadocSandbox, content: bytes, *, user: User = ROBOT) -> str:
    response = sandbox.call("POST", "/V2/ShelfUpload?fileExtension=.pdf", user=user, data=content)
    assert response.status_code == 200, response.text
    return response.text


def utd(*, function: str = "СЧФДОП", encoding: str = "windows-1251", number: str = "15") -> bytes:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<Файл ИдФайл="ON_NSCHFDOPPR_{number}" ВерсФорм="5.03">'
        f'<Документ КНД="1115131" Функция="{function}"><СвСчФакт НомерДок="{number}" ДатаДок="20.11.2026">'
        '<ДенИзм КодОКВ="643"/></СвСчФакт><ТаблСчФакт><ВсегоОпл СтТовУчНалВсего="122.00">'
        "<СумНалВсего><СумНДС>22.00</СумНДС></СумНалВсего></ВсегоОпл></ТаблСчФакт></Документ></Файл>"
    )
    return text.encode(encoding)


def utd_attachment(content: bytes | None = None, **members: Any) -> dict:
    body = {
        "TypeNamedId": "UniversalTransferDocument",
        "Function": "СЧФДОП",
        "Version": "utd970_05_03_01",
        "SignedContent": {"Content": b64(content or utd())},
        "Metadata": [],
    }
    return body | members


def refusal(response: Response) -> tuple[int, str]:
    """Status and text of a plain text error."""
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    return response.status_code, response.text
