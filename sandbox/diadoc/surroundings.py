"""More actions: letters that people write, drafts they send, invitations, subscriptions, tokens, the feed itself."""

import base64
from dataclasses import replace
from typing import Any

from sandbox.diadoc import document_types, housekeeping, posting, seed
from sandbox.diadoc.actions import action, cms, find_message
from sandbox.diadoc.attachments import Attachment, needs_answer
from sandbox.diadoc.auth import issue
from sandbox.diadoc.body import Fields
from sandbox.diadoc.counteragents import relate
from sandbox.diadoc.errors import bad, conflict, no_department, not_found
from sandbox.diadoc.ids import guid, new_id
from sandbox.diadoc.model import Message
from sandbox.diadoc.organizations import has_department
from sandbox.diadoc.state import World

# --- letters and drafts


@action
def write_letter(
    world: World,
    from_box: str,
    to_box: str,
    documents: list[dict[str, Any]],
    is_signed: bool = True,
    lock_mode: str = "None",
    to_department: str = "",
) -> dict[str, Any]:
    """A letter that somebody writes in his web page; signed ones are on their way at once.

    documents: type, file_name, content (base64), metadata, need_recipient_signature, custom_id; all may be left out.
    to_department: one of the recipient's, "" = the head department.
    """
    sender, recipient = world.organization(from_box).box, world.organization(to_box).box
    posting.check_recipient(world, sender, recipient)
    if to_department and not has_department(world.organizations[recipient], to_department):
        raise no_department()
    message = Message(new_id(), world.clock.tick(), sender, recipient, lock_mode=lock_mode)
    message.to_department = to_department
    attachments = [_attachment(spec, is_signed) for spec in documents]
    posting.create(world, message, attachments, Fields({}, "MessageToPost", world.settings), author=None)
    message.hidden_reads = message.hidden_finds = 0
    return {"message_id": message.id, "entity_ids": list(message.documents)}


def _attachment(spec: dict[str, Any], is_signed: bool) -> Attachment:
    kind = document_types.find(spec.get("type", "Nonformalized"), spec.get("function", ""), "")
    if kind is None:
        raise bad(f"no document type {spec.get('type')}")
    content = base64.b64decode(spec["content"]) if "content" in spec else b"written by a person"
    asked = bool(spec.get("need_recipient_signature", True))
    return Attachment(
        kind,
        kind.workflows[0],
        content,
        cms("") if is_signed else None,
        spec.get("file_name", "Письмо.pdf"),
        [(key, value) for key, value in spec.get("metadata", {}).items()],
        custom_id=spec.get("custom_id", ""),
        comment=spec.get("comment", ""),
        needs_answer=needs_answer(kind.workflows[0], asked),
        needs_receipt=bool(spec.get("need_receipt", False)),
    )


@action
def send_draft(
    world: World, message_id: str, gap: int = 0, letter_first: bool = True, to_box: str = ""
) -> dict[str, Any]:
    """A person signs and sends a draft: a letter with ids of its own appears and the draft is recycled.
    gap: so many events of other messages happen between the two."""
    draft = find_message(world, message_id)
    if draft.kind != "Draft" or draft.is_recycled:
        raise conflict("this is no draft, or it was sent or thrown away")
    signatures = {document: cms(seed.DIRECTOR.id) for document in draft.documents.values()}
    recipient = world.organization(to_box).box if to_box else draft.to_box
    letter = housekeeping.turn_into_letter(world, draft, signatures, seed.DIRECTOR, recipient, announced=letter_first)
    if letter_first:
        fill_feed(world, draft.from_box, gap)
        housekeeping.recycle(world, draft, letter)
    else:
        housekeeping.recycle(world, draft, letter)
        fill_feed(world, draft.from_box, gap)
        housekeeping.announce_letter(world, letter)
    return {"message_id": letter.id, "entity_ids": list(letter.documents)}


@action
def recycle_draft(world: World, message_id: str) -> dict[str, Any]:
    draft = find_message(world, message_id)
    if draft.kind != "Draft" or draft.is_recycled:
        raise conflict("this is no draft, or it was sent or thrown away")
    housekeeping.recycle(world, draft, None)
    return {}


# --- relations


@action
def invite(world: World, box: str, by_box: str, message: str = "") -> dict[str, Any]:
    """Somebody invites the box."""
    relate(world, guid(by_box), guid(box), "IsInvitedByMe", message=message)
    return {}


@action
def accept_invitation(world: World, box: str, by_box: str, message: str = "") -> dict[str, Any]:
    """by_box accepts the invitation of box. 409 when there is none."""
    return _answer_invitation(world, guid(box), guid(by_box), "IsMyCounteragent", message)


@action
def reject_invitation(world: World, box: str, by_box: str, message: str = "") -> dict[str, Any]:
    return _answer_invitation(world, guid(box), guid(by_box), "IsRejectedByMe", message)


def _answer_invitation(world: World, box: str, other: str, status: str, message: str) -> dict[str, Any]:
    if world.relation_status(box, other) != "IsInvitedByMe":
        raise conflict("there is no invitation to answer")
    relate(world, other, box, status, message=message)
    return {}


# --- money, tokens, rights, time


@action
def lapse_subscription(world: World, box: str) -> dict[str, Any]:
    world.unpaid.add(guid(box))
    return {}


@action
def renew_subscription(world: World, box: str) -> dict[str, Any]:
    world.unpaid.discard(guid(box))
    return {}


@action
def revoke_tokens(world: World, user: str = "", kinds: list[str] | None = None) -> dict[str, Any]:
    """user: "" = everybody's; kinds: some of access, refresh, diadoc, code; all when left out."""
    gone = [
        token
        for token, issued in world.tokens.items()
        if user in ("", issued.user_id) and (kinds is None or issued.kind in kinds)
    ]
    for token in gone:
        del world.tokens[token]
    return {"revoked": len(gone)}


@action
def issue_token(world: World, user: str, kind: str = "access") -> dict[str, Any]:
    """A token without the identity provider: access, refresh or diadoc."""
    if user not in world.users:
        raise not_found("no such user")
    scope = "openid profile email offline_access Diadoc.PublicAPI"
    return {"token": issue(world, kind, world.users[user], world.settings["access_token_seconds"], scope=scope)}


@action
def change_user(world: World, user: str, **rights: Any) -> dict[str, Any]:
    """Give or take rights: any member of seed.User, for example can_sign, access, boxes."""
    if user not in world.users:
        raise not_found("no such user")
    if "boxes" in rights:
        rights["boxes"] = tuple(guid(box) for box in rights["boxes"])
    world.users[user] = replace(world.users[user], **rights)
    return {}


@action
def change_organization(world: World, box: str, **members: Any) -> dict[str, Any]:
    """Any member of seed.Organization, for example liquidated, sociability, features, is_active."""
    if guid(box) not in world.organizations:
        raise not_found("no such organization")
    world.organizations[guid(box)] = replace(world.organizations[guid(box)], **members)
    return {}


@action
def advance_clock(world: World, seconds: float) -> dict[str, Any]:
    world.clock.advance(seconds)
    world.settle()
    return {}


# --- the feed


@action
def fill_feed(world: World, box: str, count: int = 1) -> dict[str, Any]:
    """Unsigned letters that other people of the organization write."""
    ours = guid(box)
    recipient = seed.LYUTIK.box if ours != seed.LYUTIK.box else seed.ROMASHKA.box
    written = [write_letter(world, ours, recipient, [{}], is_signed=False)["message_id"] for _ in range(count)]
    return {"message_ids": written}


@action
def hold_events(world: World, box: str, count: int = 1) -> dict[str, Any]:
    """The next events of the box keep their places in the feed, but are not shown."""
    world.feeds[guid(box)].hold_next = count
    return {}


@action
def release_events(world: World, box: str, at_the_end: bool = False) -> dict[str, Any]:
    """Show them: in their places, which a reader may have passed, or as the newest."""
    feed = world.feeds[guid(box)]
    feed.hold_next = 0
    return {"released": feed.release(at_the_end=at_the_end)}


@action
def share_next_key(world: World, box: str) -> dict[str, Any]:
    """The next event of the box gets the key of the last one."""
    world.feeds[guid(box)].share_next_key = True
    return {}


@action
def repeat_event(world: World, box: str, event_id: str = "") -> dict[str, Any]:
    """The event (the last one by default) comes once more, under a new key."""
    feed = world.feeds[guid(box)]
    event = feed.by_id(event_id.lower()) if event_id else feed.last()
    if event is None:
        raise not_found("no such event")
    feed.repeat(event)
    return {}
