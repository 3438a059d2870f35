"""One `DocumentAttachment` of a message: everything Diadoc checks about it before it takes the message."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.diadoc import document_types, formal, shelf
from sandbox.diadoc.api import MAX_BODY_BYTES, Call
from sandbox.diadoc.body import Fields
from sandbox.diadoc.document_types import Kind
from sandbox.diadoc.errors import Refused, bad

COMMENT_LENGTH = 5000
TAG = re.compile(r"[A-Za-zА-Яа-яЁё0-9_-]{1,60}")
TAGS, TAG_VALUE_LENGTH = 30, 200
NOT_ALLOWED = "Документ не может быть отправлен в указанном формате"


@dataclass
class Attachment:
    """What is to become a document. signature: None = unsigned; links keep (message id, entity or custom id)."""

    kind: Kind
    workflow: int
    content: bytes
    signature: bytes | None
    file_name: str
    metadata: list[tuple[str, str]]
    custom_id: str
    comment: str
    needs_answer: bool
    needs_receipt: bool
    custom_data: dict[str, str] = field(default_factory=dict)
    initial: list[tuple[str, str]] = field(default_factory=list)
    subordinate: list[tuple[str, str]] = field(default_factory=list)


def read_attachment(call: Call, fields: Fields, place: str, *, unsigned: bool, lenient: bool) -> Attachment:
    """Raises 400 with `place` (`MessageToPost.DocumentAttachments[0]`) before the text.

    unsigned: a signature is forbidden; lenient: a draft that may lack metadata.
    """

    def wrong(text: str) -> Refused:
        return bad(f"{place}: {text}")

    kind = _kind(fields, wrong)
    content, signature = read_signed_content(call, fields, place, unsigned=unsigned)
    workflow = fields.number("WorkflowId", kind.workflows[0])
    if workflow not in kind.workflows:
        raise wrong(NOT_ALLOWED)
    if kind.is_formal:
        file_name, metadata = _of_xml(kind, content, wrong)
    else:
        file_name, metadata = _of_user(kind, fields, wrong, lenient)
    return Attachment(
        kind,
        workflow,
        content,
        signature,
        file_name,
        metadata,
        custom_id=fields.text("CustomDocumentId"),
        comment=_comment(fields, wrong),
        needs_answer=needs_answer(workflow, fields.flag("NeedRecipientSignature")),
        needs_receipt=fields.flag("NeedReceipt"),
        custom_data=_custom_data(fields, wrong),
        initial=_links(fields, "InitialDocumentIds"),
        subordinate=_links(fields, "SubordinateDocumentIds"),
    )


def _kind(fields: Fields, wrong: Callable[[str], Refused]) -> Kind:
    if not fields.text("TypeNamedId"):
        raise wrong("Incorrect DocumentAttachment. TypeNamedId must be specified")
    kind = document_types.find(fields.text("TypeNamedId"), fields.text("Function"), fields.text("Version"))
    if kind is None:
        raise wrong(NOT_ALLOWED)
    return kind


def needs_answer(workflow: int, asked: bool) -> bool:
    if workflow in document_types.OPTIONAL_WORKFLOWS:
        return asked
    return workflow in document_types.RESPONSE_WORKFLOWS


def read_signed_content(call: Call, fields: Fields, place: str, *, unsigned: bool) -> tuple[bytes, bytes | None]:
    """The bytes of a `SignedContent` and its signature. Raises 400."""
    given = fields.raw("SignedContent")
    if given is not None and not isinstance(given, dict):
        start = place[0].lower() + place[1:]
        raise bad(f"{start}.SignedContent: Error converting value \"{str(given)[:60]}\" to type 'SignedContent'")
    signed = fields.nested("SignedContent")
    if bool(signed.text("Content")) == bool(signed.text("NameOnShelf")):
        raise bad(f"{place}.SignedContent: exactly one of Content, NameOnShelf must be specified")
    content = signed.blob("Content") if signed.text("Content") else _from_shelf(call, signed.text("NameOnShelf"), place)
    if len(content) > MAX_BODY_BYTES:
        raise bad(f"{place}.SignedContent: document is larger than {MAX_BODY_BYTES} bytes")
    return content, _signature(call, signed, place, unsigned)


def _signature(call: Call, signed: Fields, place: str, unsigned: bool) -> bytes | None:
    ways = [name for name in ("Signature", "SignatureNameOnShelf") if signed.text(name)]
    if signed.flag("SignWithTestSignature"):
        ways.append("SignWithTestSignature")
    if ways and unsigned:
        raise bad(f"{place}.SignedContent.Signature should be empty in draft or delayed send")
    if len(ways) > 1:
        raise bad(f"{place}.SignedContent: at most one of {', '.join(ways)} must be specified")
    return read_signature(call, signed, place)


def read_signature(call: Call, fields: Fields, place: str) -> bytes | None:
    """A signature given as bytes, by its name on the shelf, or as a test signature; None when there is none."""
    if fields.text("SignatureNameOnShelf"):
        return _from_shelf(call, fields.text("SignatureNameOnShelf"), place)
    if fields.flag("SignWithTestSignature"):
        if not call.world.settings["test_stand"]:
            raise bad(f"{place}: SignWithTestSignature is allowed for test organizations only")
        return CMS_MARK + b"test"
    return fields.blob("Signature") if fields.text("Signature") else None


CMS_MARK = b"SANDBOX-CMS:"  # bytes that start so pass for a valid signature; all others are checked and found invalid


def _from_shelf(call: Call, name: str, place: str) -> bytes:
    try:
        return shelf.take(call.world, call.caller, name)
    except KeyError:
        status = call.world.settings["shelf_missing_status"]
        raise Refused(status, f"{place}.SignedContent: file {name[:80]} is not found on shelf") from None


def _of_xml(kind: Kind, content: bytes, wrong: Callable[[str], Refused]) -> tuple[str, list[tuple[str, str]]]:
    try:
        file = formal.read(content)
    except formal.NotFormal as problem:
        raise wrong(f"Ошибка валидации: {problem}") from None
    if kind.function != "default" and file.function != kind.function:
        raise wrong(NOT_ALLOWED)
    return f"{file.file_id}.xml", file.metadata


def _of_user(
    kind: Kind, fields: Fields, wrong: Callable[[str], Refused], lenient: bool
) -> tuple[str, list[tuple[str, str]]]:
    given = {item.text("Key"): item.text("Value") for item in fields.items("Metadata")}
    missing = [key for key in kind.required if not given.get(key)]
    if missing and not lenient:
        raise wrong(";".join(f"Невозможно получить данные по ключу: {key}" for key in missing))
    for key, value in given.items():
        if value and not document_types.value_fits(key, value):
            raise wrong(f"Некорректное значение по ключу: {key}")  # the text is invented
    known = [key for key in (*kind.required, *kind.optional) if key != "FileName" and given.get(key)]
    return given.get("FileName", ""), [(key, given[key]) for key in known]


def _comment(fields: Fields, wrong: Callable[[str], Refused]) -> str:
    comment = fields.text("Comment")
    if len(comment) > COMMENT_LENGTH:
        raise wrong(f"Comment is longer than {COMMENT_LENGTH}")
    return comment


def _custom_data(fields: Fields, wrong: Callable[[str], Refused]) -> dict[str, str]:
    tags = {item.text("Key"): item.text("Value") for item in fields.items("CustomData")}
    if len({key.lower() for key in tags}) > TAGS:
        raise wrong(f"more than {TAGS} items of CustomData")
    for key, value in tags.items():
        check_tag(key, value, wrong)
    return tags


def check_tag(key: str, value: str, wrong: Callable[[str], Refused] = bad) -> None:
    if not TAG.fullmatch(key) or len(value) > TAG_VALUE_LENGTH:
        raise wrong("CustomData item is incorrect")


def _links(fields: Fields, name: str) -> list[tuple[str, str]]:
    return [(item.text("MessageId"), item.text("EntityId")) for item in fields.items(name)]
