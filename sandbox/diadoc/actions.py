"""What people do: our signer and the counteragent in their web pages, the other operator, an administrator.

Each function is an action of `POST /_control/act` under its own name and raises `Refused` where the real system would
forbid it. Actions on a message append exactly one event to the feed of every box that may know of it.
"""

from collections.abc import Callable
from typing import Any

from sandbox.diadoc import editing, refusing, seed, signing
from sandbox.diadoc.attachments import CMS_MARK
from sandbox.diadoc.changes import Change
from sandbox.diadoc.errors import bad, conflict, not_found
from sandbox.diadoc.model import Document, Message
from sandbox.diadoc.state import World

Action = Callable[..., dict[str, Any]]
ACTIONS: dict[str, Action] = {}


def action(function: Action) -> Action:
    ACTIONS[function.__name__] = function
    return function


def find_message(world: World, message_id: str) -> Message:
    if message_id.lower() not in world.messages:
        raise not_found(f"no message {message_id}")
    return world.messages[message_id.lower()]


def chosen(message: Message, entity_ids: list[str] | None, usual: list[Document]) -> list[Document]:
    """The named documents, or the usual ones when none are named."""
    if entity_ids is None:
        documents = usual
    else:
        documents = [message.documents[one.lower()] for one in entity_ids if one.lower() in message.documents]
        if len(documents) < len(entity_ids):
            raise not_found("no such document in the message")
    if not documents:
        raise conflict("there is no document in the message to do this with")
    return documents


def side_box(message: Message, side: str) -> str:
    """side: sender or recipient."""
    if side not in ("sender", "recipient"):
        raise bad("side is sender or recipient")
    return message.from_box if side == "sender" else message.to_box


def cms(user: str) -> bytes:
    return CMS_MARK + b"signed by " + user.encode() + bytes(64)


def done(change: Change) -> dict[str, Any]:
    return {"patch_id": change.id, "at": change.at, "entity_ids": [entity.id for entity in change.entities]}


def _unsent(message: Message) -> list[Document]:
    return [one for one in message.documents.values() if not one.sent_at and message.from_box not in one.deleted_in]


# --- signing and delivery


@action
def sign_by_sender(
    world: World, message_id: str, entity_ids: list[str] | None = None, user: str = seed.DIRECTOR.id
) -> dict[str, Any]:
    message = find_message(world, message_id)
    change = Change(world, message, author_user=user)
    documents = chosen(message, entity_ids, _unsent(message))
    signing.sign_by_sender(change, {document: cms(user) for document in documents})
    return done(change.commit())


@action
def deliver(world: World, message_id: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
    message = find_message(world, message_id)
    documents = chosen(message, entity_ids, signing.on_the_way(list(message.documents.values())))
    change = signing.deliver(world, message, signing.on_the_way(documents))
    if change is None:
        raise conflict("the document is not on its way")
    return done(change)


@action
def sign_by_recipient(
    world: World, message_id: str, entity_ids: list[str] | None = None, user: str = "", kind: str = "signature"
) -> dict[str, Any]:
    message = find_message(world, message_id)
    change = Change(world, message, author_user=user)
    documents = chosen(message, entity_ids, signing.answerable(message))
    signing.sign_by_recipient(change, {document: cms(user) for document in documents}, kind=kind)
    return done(change.commit())


@action
def sign_with_disagreements(world: World, message_id: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
    return sign_by_recipient(world, message_id, entity_ids, kind="partial")


@action
def invalid_signature(
    world: World, message_id: str, entity_ids: list[str] | None = None, side: str = "sender"
) -> dict[str, Any]:
    """Somebody signs, and the check of the signature fails."""
    message = find_message(world, message_id)
    change = Change(world, message)
    if side_box(message, side) == message.from_box:
        documents = chosen(message, entity_ids, _unsent(message))
        signing.sign_by_sender(change, dict.fromkeys(documents, signing.INVALID_CMS))
    else:
        documents = chosen(message, entity_ids, signing.answerable(message))
        signing.sign_by_recipient(change, dict.fromkeys(documents, signing.INVALID_CMS))
    return done(change.commit())


@action
def receipt(world: World, message_id: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
    message = find_message(world, message_id)
    change = Change(world, message)
    waiting = [one for one in message.documents.values() if one.needs_receipt and one.delivered_at and not one.receipt]
    for document in chosen(message, entity_ids, waiting):
        editing.send_receipt(change, document, message.to_box, cms(""))
    return done(change.commit())


# --- refusing


@action
def refuse(
    world: World, message_id: str, reason: str, entity_ids: list[str] | None = None, form: str = ""
) -> dict[str, Any]:
    """The recipient refuses to sign. form: xml, text or universal; else what the setting `refusal_form` says."""
    message = find_message(world, message_id)
    change = Change(world, message)
    documents = chosen(message, entity_ids, signing.answerable(message))
    form = form or world.settings["refusal_form"]
    refusing.refuse(change, dict.fromkeys(documents, reason), cms(""), form=form)
    return done(change.commit())


@action
def request_signature(
    world: World,
    message_id: str,
    entity_ids: list[str] | None = None,
    target_user: str = seed.DIRECTOR.id,
    side: str = "sender",
    comment: str = "",
) -> dict[str, Any]:
    """Somebody asks a colleague of his own organization to sign."""
    message = find_message(world, message_id)
    change = Change(world, message)
    for document in chosen(message, entity_ids, _unsent(message)):
        box = side_box(message, side)
        editing.request_signature(change, document, box, target_user, "", "", comment)
    return done(change.commit())


@action
def refuse_by_our_signer(
    world: World, message_id: str, comment: str, entity_ids: list[str] | None = None, side: str = "sender"
) -> dict[str, Any]:
    """The colleague who was asked to sign refuses. 409 when nobody was asked."""
    message = find_message(world, message_id)
    box = side_box(message, side)
    asked = [one for one in message.documents.values() if box in one.resolutions]
    change = Change(world, message)
    for document in chosen(message, entity_ids, asked):
        editing.deny_signature(change, document, box, comment)
    return done(change.commit())


@action
def roaming_error(world: World, message_id: str, text: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
    message = find_message(world, message_id)
    change = Change(world, message)
    documents = chosen(message, entity_ids, signing.on_the_way(list(message.documents.values())))
    refusing.fail_in_roaming(change, documents, text)
    return done(change.commit())


@action
def delivery_failure(world: World, message_id: str, entity_id: str, text: str) -> dict[str, Any]:
    message = find_message(world, message_id)
    document = chosen(message, [entity_id], [])[0]
    change = Change(world, message)
    refusing.fail_delivery(change, document, text, document.sent_patch)
    return done(change.commit())
