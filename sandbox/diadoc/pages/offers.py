"""Which buttons a document has: the actions that its state allows to the people around it."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.diadoc.model import Document, Message
from sandbox.diadoc.signing import answerable, on_the_way
from sandbox.diadoc.state import World


@dataclass
class Offer:
    """One button. reason: the parameter that takes a text typed beside it, "" = none."""

    action: str
    parameters: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


def offers(world: World, document: Document, box: str) -> list[Offer]:
    message = world.messages[document.message_id]
    side = "sender" if box == message.from_box else "recipient"
    if message.kind == "Draft":
        return [] if message.is_recycled else [Offer("send_draft"), Offer("recycle_draft")]
    if box in document.deleted_in:
        return [Offer("restore", {"side": side})]
    found = _before_sending(document, box) if side == "sender" and not document.sent_at else []
    found += _on_the_way(world, document, message)
    found += _answers(document, message)
    found += _revocation(document, box, side)
    return [*found, Offer("delete", {"side": side})]


def _before_sending(document: Document, box: str) -> list[Offer]:
    resolution = document.resolutions.get(box)
    if resolution and resolution.kind == "SignatureRequested":
        return [Offer("sign_by_sender"), Offer("refuse_by_our_signer", reason="comment")]
    return [Offer("sign_by_sender"), Offer("request_signature"), Offer("invalid_signature")]


def _on_the_way(world: World, document: Document, message: Message) -> list[Offer]:
    if not on_the_way([document]):
        return []
    is_roaming = world.organizations[message.to_box].is_roaming
    return [Offer("deliver"), *([Offer("roaming_error", reason="text")] if is_roaming else [])]


def _answers(document: Document, message: Message) -> list[Offer]:
    found = []
    if document in answerable(message):
        found += [Offer("sign_by_recipient"), Offer("sign_with_disagreements"), Offer("refuse", reason="reason")]
    if document.needs_receipt and document.delivered_at and not document.receipt:
        found.append(Offer("receipt"))
    return found


def _revocation(document: Document, box: str, side: str) -> list[Offer]:
    revocation = document.revocation
    if not document.delivered_at or (revocation and revocation.status == "accepted"):
        return []
    if revocation is None or revocation.status == "rejected":
        return [Offer("request_revocation", {"side": side}, "reason")]
    if revocation.initiator_box == box:
        side = "recipient" if side == "sender" else "sender"  # press for the other one
    return [Offer("accept_revocation", {"side": side}), Offer("reject_revocation", {"side": side}, "reason")]
