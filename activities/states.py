"""Where a document or a package stands: our states from Diadoc's codes, and what follows from a state.

One enum for all document types and both directions of travel. Decided by codes, never by Diadoc's status texts.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import NamedTuple, Self

from activities.values import Text
from clients.diadoc.models import Document
from clients.diadoc.states import (
    Direction,
    MessageType,
    ReceiptStatus,
    RecipientResponseStatus,
    ResolutionStatus,
    RevocationStatus,
    RoamingStatus,
    SenderSignatureStatus,
)


class _Spoken(StrEnum):
    """A code with what a person reads for it."""

    text: Text

    def __new__(cls, code: str, ru: str = "", en: str = "") -> Self:  # called with the code alone, it looks one up
        member = str.__new__(cls, code)
        member._value_ = code
        member.text = Text(ru, en)
        return member


class DocflowState(_Spoken):
    """Where a document stands."""

    NOT_SENT = "not_sent", "Не отправлен", "Not sent"
    DRAFT = "draft", "Черновик в Диадоке", "Draft in Diadoc"
    WAITING_FOR_OUR_SIGNATURE = "waiting_for_our_signature", "Ожидает нашей подписи", "Waiting for our signature"
    OUR_SIGNATURE_CHECKING = "our_signature_checking", "Наша подпись проверяется", "Our signature is being checked"
    REFUSED_BY_OUR_SIGNER = "refused_by_our_signer", "Наш сотрудник отказал в подписи", "Refused by our signer"
    SENT = "sent", "Отправлен", "Sent"
    DELIVERED = "delivered", "Доставлен контрагенту", "Delivered to the counteragent"
    SIGNED_BY_COUNTERAGENT = "signed_by_counteragent", "Подписан обеими сторонами", "Signed by both sides"
    SIGNED_WITH_DISCREPANCIES = "signed_with_discrepancies", "Подписан с расхождениями", "Signed with discrepancies"
    REFUSED = "refused", "Контрагент отказал в подписи", "Refused by the counteragent"
    REVOCATION_REQUESTED_BY_US = "revocation_requested_by_us", "Мы предложили аннулировать", "We proposed a revocation"
    REVOCATION_REQUESTED_BY_COUNTERAGENT = (
        "revocation_requested_by_counteragent",
        "Контрагент предложил аннулировать",
        "The counteragent proposed a revocation",
    )
    REVOKED = "revoked", "Аннулирован", "Revoked"
    ROAMING_FAILED = "roaming_failed", "Не доставлен: ошибка роуминга", "Not delivered: roaming failed"
    INVALID_SIGNATURE = "invalid_signature", "Подпись недействительна", "The signature is invalid"
    DELETED = "deleted", "Удалён в Диадоке", "Deleted in Diadoc"
    UNKNOWN = "unknown", "Состояние неизвестно", "State unknown"


class Outcome(_Spoken):
    """A state summed up for a condition in a workflow."""

    IN_PROGRESS = "in_progress", "Документооборот продолжается", "The docflow goes on"
    SUCCESS = "success", "Завершён успешно", "Finished successfully"
    DISCREPANCIES = "discrepancies", "Подписан с расхождениями", "Signed with discrepancies"
    REFUSED = "refused", "Отказ", "Refused"
    FAILED = "failed", "Не удалось отправить", "Sending failed"
    REVOKED = "revoked", "Аннулирован", "Revoked"
    DELETED = "deleted", "Удалён", "Deleted"


class Revocation(StrEnum):
    """What became of a proposal to revoke."""

    NONE = "none"
    REQUESTED_BY_US = "requested_by_us"
    REQUESTED_BY_COUNTERAGENT = "requested_by_counteragent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


S = DocflowState

DOCFLOW_STATES = {state: state.text for state in DocflowState}
OUTCOMES = {outcome: outcome.text for outcome in Outcome}

_ENDINGS = {
    S.SIGNED_BY_COUNTERAGENT: Outcome.SUCCESS,
    S.SIGNED_WITH_DISCREPANCIES: Outcome.DISCREPANCIES,
    S.REFUSED: Outcome.REFUSED,
    S.REFUSED_BY_OUR_SIGNER: Outcome.REFUSED,
    S.INVALID_SIGNATURE: Outcome.FAILED,
    S.ROAMING_FAILED: Outcome.FAILED,
    S.REVOKED: Outcome.REVOKED,
    S.DELETED: Outcome.DELETED,
}
# Of a package, the first of these that is present decides.
_TELLING = (
    S.INVALID_SIGNATURE,
    S.ROAMING_FAILED,
    S.REFUSED_BY_OUR_SIGNER,
    S.REFUSED,
    S.REVOCATION_REQUESTED_BY_US,
    S.REVOCATION_REQUESTED_BY_COUNTERAGENT,
    S.SIGNED_WITH_DISCREPANCIES,
    S.UNKNOWN,
)
_ADVANCE = (S.NOT_SENT, S.DRAFT, S.WAITING_FOR_OUR_SIGNATURE, S.OUR_SIGNATURE_CHECKING, S.SENT, S.DELIVERED)
_REVOCABLE = (S.SENT, S.DELIVERED, S.SIGNED_BY_COUNTERAGENT, S.SIGNED_WITH_DISCREPANCIES)
_BEYOND_SENDING = (
    S.DELIVERED,
    S.SIGNED_BY_COUNTERAGENT,
    S.SIGNED_WITH_DISCREPANCIES,
    S.REVOCATION_REQUESTED_BY_US,
    S.REVOCATION_REQUESTED_BY_COUNTERAGENT,
)
_ACTORS = {
    S.NOT_SENT: "operator",
    S.DRAFT: "our_signer",
    S.WAITING_FOR_OUR_SIGNATURE: "our_signer",
    S.REFUSED_BY_OUR_SIGNER: "operator",
    S.SIGNED_WITH_DISCREPANCIES: "operator",
    S.REFUSED: "operator",
    S.REVOCATION_REQUESTED_BY_US: "counteragent",
    S.REVOCATION_REQUESTED_BY_COUNTERAGENT: "our_signer",
    S.ROAMING_FAILED: "operator",
    S.INVALID_SIGNATURE: "our_signer",
    S.UNKNOWN: "operator",
}
_TO_US = (Direction.INBOUND, Direction.INTERNAL)
_UNANSWERED = (RecipientResponseStatus.WAITING, RecipientResponseStatus.NOT_ACCEPTABLE)


class Standing(NamedTuple):
    """A document of a package: its state, and whether the counteragent (or we, of an incoming one) has to answer."""

    state: DocflowState
    needs_reply: bool


def document_state(document: Document | None, *, needs_reply: bool) -> DocflowState:
    """The state of a document as Diadoc tells it; None is a document that Diadoc has not got yet. Never raises."""
    if document is None:
        return S.NOT_SENT
    if _is_revoked(document, needs_reply):
        return S.REVOKED
    if document.is_deleted:
        return S.DELETED
    if document.message_type == MessageType.DRAFT:
        return S.DRAFT
    state = _own_signature(document) or _answer(document) or _transport(document)
    return _with_revocation(document, state)


def needs_reply_by_status(document: Document) -> bool:
    """Does Diadoc expect an answer to this document? For documents that we did not send ourselves."""
    return document.recipient_response_status != RecipientResponseStatus.NOT_ACCEPTABLE


def revocation_state(document: Document | None, *, needs_reply: bool) -> Revocation:
    """What became of a proposal to revoke; a revocation that one side completes alone is `accepted`."""
    if document is None:
        return Revocation.NONE
    if _is_revoked(document, needs_reply):
        return Revocation.ACCEPTED
    answers: dict[str, Revocation] = {
        RevocationStatus.REQUESTED_BY_ME: Revocation.REQUESTED_BY_US,
        RevocationStatus.REQUESTS_MINE: Revocation.REQUESTED_BY_COUNTERAGENT,
        RevocationStatus.REJECTED: Revocation.REJECTED,
    }
    return answers.get(document.revocation_status, Revocation.NONE)


def package_state(documents: Iterable[Standing]) -> DocflowState:
    """The state of a package as designers see it. A package without documents is not sent."""
    standings = list(documents)
    for telling in _TELLING:
        if any(standing.state == telling for standing in standings):
            return telling
    left = _left(standings)
    if not left:
        return _all_gone(standings)
    going_on = [standing.state for standing in left if not is_final(*standing)]
    if going_on:
        return min(going_on, key=_ADVANCE.index)
    return S.SIGNED_BY_COUNTERAGENT if package_needs_reply(left) else S.DELIVERED


def package_needs_reply(documents: Iterable[Standing]) -> bool:
    """Does any document of the package that still counts need a reply?"""
    return any(standing.needs_reply for standing in _left(documents))


def package_revocation(revocations: Collection[Revocation]) -> Revocation:
    """One revocation state for a package: an open request first, then a rejection; accepted only if all are."""
    for telling in (Revocation.REQUESTED_BY_COUNTERAGENT, Revocation.REQUESTED_BY_US, Revocation.REJECTED):
        if telling in revocations:
            return telling
    accepted = bool(revocations) and all(one == Revocation.ACCEPTED for one in revocations)
    return Revocation.ACCEPTED if accepted else Revocation.NONE


def outcome(state: DocflowState, needs_reply: bool) -> Outcome:
    """The outcome of a document, or of a package with its `package_needs_reply`."""
    if state == S.DELIVERED and not needs_reply:
        return Outcome.SUCCESS
    return _ENDINGS.get(state, Outcome.IN_PROGRESS)


def is_final(state: DocflowState, needs_reply: bool) -> bool:
    """Is nothing more to be expected, apart from a revocation?"""
    return outcome(state, needs_reply) != Outcome.IN_PROGRESS


def is_reached(wait_for: str, state: DocflowState, needs_reply: bool, revocation: Revocation = Revocation.NONE) -> bool:
    """Is a wait for "sent", "delivered", "outcome" or "revocation" over? Any end ends it, except one for a revocation.

    Raises ValueError for anything else: an invitation has no docflow.
    """
    if wait_for == "revocation":
        return state == S.REVOKED or revocation in (Revocation.ACCEPTED, Revocation.REJECTED)
    if wait_for not in ("sent", "delivered", "outcome"):
        raise ValueError(f"{wait_for} is not waited for in a docflow")
    reached: dict[str, tuple[DocflowState, ...]] = {"sent": (S.SENT, *_BEYOND_SENDING), "delivered": _BEYOND_SENDING}
    return is_final(state, needs_reply) or state in reached.get(wait_for, ())


def who_must_act(state: DocflowState, needs_reply: bool, resolution_status: str = "") -> str:
    """Who has to do something now: "", "our_signer", "counteragent", "approver" or "operator"."""
    if state == S.WAITING_FOR_OUR_SIGNATURE and resolution_status == ResolutionStatus.APPROVEMENT_REQUESTED:
        return "approver"
    if state == S.DELIVERED:
        return "counteragent" if needs_reply else ""
    return _ACTORS.get(state, "")


def _is_revoked(document: Document, needs_reply: bool) -> bool:
    if document.revocation_status == RevocationStatus.ACCEPTED:
        return True
    # The sender alone revokes what needs no answer or has none yet; Diadoc goes on calling it "requested".
    senders_own = RevocationStatus.REQUESTS_MINE if _is_incoming(document) else RevocationStatus.REQUESTED_BY_ME
    unanswered = document.recipient_response_status in _UNANSWERED
    return document.revocation_status == senders_own and unanswered and not _has_receipt(document, needs_reply)


def _has_receipt(document: Document, needs_reply: bool) -> bool:
    """An invoice whose receipt was signed has been answered, though it needs no signature."""
    return not needs_reply and document.recipient_receipt_status == ReceiptStatus.FINISHED


def _is_incoming(document: Document) -> bool:
    return document.direction == Direction.INBOUND


def _own_signature(document: Document) -> DocflowState | None:
    """The states before sending; None when the sender's signature is in order."""
    if document.sender_signature_status == SenderSignatureStatus.INVALID:
        return S.INVALID_SIGNATURE
    if document.sender_signature_status == SenderSignatureStatus.UNCHECKED:
        return S.SENT if _is_incoming(document) else S.OUR_SIGNATURE_CHECKING
    if document.sender_signature_status != SenderSignatureStatus.WAITING:
        return None
    return S.UNKNOWN if _is_incoming(document) else _waiting_for_us(document)


def _waiting_for_us(document: Document) -> DocflowState:
    denied = document.resolution_status == ResolutionStatus.SIGNATURE_DENIED
    return S.REFUSED_BY_OUR_SIGNER if denied else S.WAITING_FOR_OUR_SIGNATURE


def _answer(document: Document) -> DocflowState | None:
    """The recipient's answer: newer than a roaming error, hence asked first."""
    by_us = document.direction in _TO_US
    answers: dict[str, DocflowState] = {
        RecipientResponseStatus.REJECTED: S.REFUSED_BY_OUR_SIGNER if by_us else S.REFUSED,
        RecipientResponseStatus.SIGNED: S.SIGNED_BY_COUNTERAGENT,
        RecipientResponseStatus.PARTIALLY_SIGNED: S.SIGNED_WITH_DISCREPANCIES,
        RecipientResponseStatus.INVALID: S.INVALID_SIGNATURE,
    }
    return answers.get(document.recipient_response_status)


def _transport(document: Document) -> DocflowState:
    if document.roaming_status == RoamingStatus.ERROR:
        return S.ROAMING_FAILED
    waiting = document.recipient_response_status == RecipientResponseStatus.WAITING
    if waiting and document.direction in _TO_US:
        return _waiting_for_us(document)
    if document.delivered_at is not None:
        return S.DELIVERED if document.recipient_response_status in _UNANSWERED else S.UNKNOWN
    return S.SENT if document.sender_signature_status == SenderSignatureStatus.VALID else S.UNKNOWN


def _with_revocation(document: Document, state: DocflowState) -> DocflowState:
    """An open proposal shows over what the other side has; a refusal or failure tells more than it."""
    if state not in _REVOCABLE:
        return state
    shown: dict[str, DocflowState] = {
        RevocationStatus.REQUESTED_BY_ME: S.REVOCATION_REQUESTED_BY_US,
        RevocationStatus.REQUESTS_MINE: S.REVOCATION_REQUESTED_BY_COUNTERAGENT,
    }
    return shown.get(document.revocation_status, state)


def _left(documents: Iterable[Standing]) -> list[Standing]:
    return [standing for standing in documents if standing.state not in (S.REVOKED, S.DELETED)]


def _all_gone(standings: list[Standing]) -> DocflowState:
    if not standings:
        return S.NOT_SENT
    return S.REVOKED if any(standing.state == S.REVOKED for standing in standings) else S.DELETED
