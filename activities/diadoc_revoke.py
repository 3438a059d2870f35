"""Have sent documents annulled, or answer the counteragent's proposal to do so, and wait for what comes of it.

Every revocation needs a signature: the step puts it before a person, who signs in Diadoc.
"""

from typing import Any

import structlog
from marshmallow import Schema

from activities import crm, timeline
from activities.base import DEADLINE_DAYS, Activity, Pending, error_outputs
from activities.context import Context
from activities.crm_ids import CrmItem
from activities.deadlines import LONGEST_DAYS
from activities.fields import Choice, Flag, Line, TextBlock, Whole, label
from activities.gathering import item_of
from activities.papers import title
from activities.states import DocflowState, Revocation, package_revocation
from activities.subjects import Subject, WhichDocument, find_subject, outputs_of, refreshed, subject_of
from activities.values import Text
from activities.waits import is_over, revocable
from errors import InputInvalid, RevocationInProgress, RevocationRejected, ServiceError, SignatureRequired
from registry.tables import Document

log = structlog.get_logger()

ACTIONS = {
    "request": Text("Предложить аннулировать", "Propose a revocation"),
    "accept": Text("Согласиться с предложением контрагента", "Accept the counteragent's proposal"),
    "refuse": Text("Отказать в аннулировании", "Refuse the counteragent's proposal"),
}
UNSENT = (
    DocflowState.NOT_SENT,
    DocflowState.DRAFT,
    DocflowState.WAITING_FOR_OUR_SIGNATURE,
    DocflowState.OUR_SIGNATURE_CHECKING,
    DocflowState.REFUSED_BY_OUR_SIGNER,
    DocflowState.INVALID_SIGNATURE,
)
GONE = (DocflowState.DELETED, DocflowState.ROAMING_FAILED)
_PACKAGE = Text("Номер пакета", "Package number")
_ACTION = Text("Действие", "Action")
_REASON = Text("Причина", "Reason")
_WHAT_TO_DO = {
    "request": Text(
        "Откройте документ в Диадоке и подпишите предложение об аннулировании.",
        "Open the document in Diadoc and sign a proposal to revoke it.",
    ),
    "accept": Text(
        "Контрагент предложил аннулирование. Откройте документ в Диадоке и подпишите согласие.",
        "The counteragent proposed a revocation. Open the document in Diadoc and sign your consent.",
    ),
    "refuse": Text(
        "Контрагент предложил аннулирование. Откройте документ в Диадоке и откажите.",
        "The counteragent proposed a revocation. Open the document in Diadoc and refuse it.",
    ),
}


class DiadocRevoke(Activity):
    code = "diadoc_revoke"
    name = Text(ru="Диадок: аннулировать документ", en="Diadoc: revoke document")
    description = Text(
        ru="Просит нашего сотрудника подписать аннулирование, согласие на него или отказ и ждёт, что из этого выйдет.",
        en="Asks our signer to sign a revocation, the consent to one or its refusal, and waits for what comes of it.",
    )
    waits = True
    has_status = True

    class Input(WhichDocument):
        action = Choice(ACTIONS, load_default="request", metadata=label(ru=_ACTION.ru, en=_ACTION.en))
        reason = TextBlock(
            metadata=label(
                ru=_REASON.ru,
                en=_REASON.en,
                help_ru="Обязательна для предложения и отказа",
                help_en="Required for a proposal and for a refusal",
            )
        )
        wait = Flag(load_default=True, metadata=label(ru="Ждать исхода", en="Wait for the outcome"))
        deadline_days = Whole(
            at_least=1,
            at_most=LONGEST_DAYS,
            load_default=DEADLINE_DAYS,
            metadata=label(ru="Сколько дней ждать", en="Days to wait"),
        )

    class Output(Schema):
        package_id = Whole(metadata=label(ru="Номер пакета", en="Package number"))
        revocation_state = Line(metadata=label(ru="Состояние аннулирования (код)", en="Revocation state (code)"))

    def run(
        self, context: Context, action: str, reason: str, wait: bool, deadline_days: int, **which: str
    ) -> dict[str, Any] | Pending:
        _ensure_reason(action, reason)
        subject = refreshed(context, _whole_if_locked(context, find_subject(context, **which)))
        _ensure_sent(subject)
        # where it stood when the call began: a repeated run must not take what our signer did meanwhile for a refusal
        begun = context.step("begun", lambda: {"revocation": _revocation(subject).value, "at": _now(context)})
        if begun["revocation"] == Revocation.ACCEPTED and action != "refuse":
            return _outputs(context, subject)
        _ensure_possible(action, Revocation(begun["revocation"]), subject)
        _ask_signer(context, subject, action, reason, item_of(context, which["crm_item"], subject.package))
        if not wait:
            outputs = _outputs(context, subject)
            return outputs | error_outputs(SignatureRequired(link=outputs["link"]), context.language)
        pending = Pending(
            wait_for="revocation",
            package_id=subject.package.id,
            document_id=subject.document.id if subject.document else None,
            deadline_days=deadline_days,
            since=begun["at"],
        )
        return self.finish(context, pending, action=action) if is_over(context.registry, pending) else pending

    def finish(self, context: Context, pending: Pending, action: str, **inputs: Any) -> dict[str, Any]:
        subject = subject_of(context, pending)
        is_rejected = _revocation(subject) == Revocation.REJECTED and is_over(context.registry, pending)
        if action == "request" and is_rejected:
            rejected = [one for one in _meant(subject) if one.revocation_state == Revocation.REJECTED]
            reasons = (one.raw_state.get("revocation_refusal_text", "") for one in rejected)
            raise RevocationRejected(document=_names(rejected), reason="; ".join(filter(None, reasons)))
        return _outputs(context, subject)


def _ensure_reason(action: str, reason: str) -> None:
    if action != "accept" and not reason:
        hint = Text("Назовите причину: контрагент её увидит.", "Give the reason: the counteragent will see it.")
        raise InputInvalid(field=_REASON, value="", hint=hint)


def _whole_if_locked(context: Context, subject: Subject) -> Subject:
    """Documents that are signed only together are revoked only together."""
    if subject.document is None or subject.package.lock_mode != "full":
        return subject
    return find_subject(context, use_document="", use_package=str(subject.package.id))


def _meant(subject: Subject) -> list[Document]:
    return [subject.document] if subject.document else revocable(subject.documents)


def _revocation(subject: Subject) -> Revocation:
    return package_revocation([Revocation(one.revocation_state) for one in _meant(subject)])


def _ensure_sent(subject: Subject) -> None:
    """Only what the counteragent has got is revoked. Raises InputInvalid saying what to do instead."""
    found = {one.docflow_state for one in _meant(subject)}
    if subject.package.state in ("open", "sending") or (found and found <= set(UNSENT)):
        hint = Text(
            "Он не отправлен контрагенту: удалите его шагом «Диадок: удалить неотправленное».",
            'It was not sent to the counteragent: delete it by the step "Diadoc: delete unsent".',
        )
        raise InputInvalid(field=_PACKAGE, value=subject.package.id, hint=hint)
    if subject.package.state == "deleted" or found <= {*UNSENT, *GONE}:
        hint = Text("Контрагент его не получил: аннулировать нечего.", "The counteragent never got it.")
        raise InputInvalid(field=_PACKAGE, value=subject.package.id, hint=hint)


def _ensure_possible(action: str, begun: Revocation, subject: Subject) -> None:
    """Raises RevocationInProgress, or InputInvalid where there is no proposal to answer."""
    is_theirs = begun == Revocation.REQUESTED_BY_COUNTERAGENT
    if action == "request" and (is_theirs or begun == Revocation.REQUESTED_BY_US):
        error = RevocationInProgress(document=_names(_meant(subject)))
        if is_theirs:
            error.who_must_act = "our_signer"
        raise error
    if action != "request" and not is_theirs:
        hint = Text(
            "Контрагент не предлагал аннулировать или ответ уже дан.",
            "The counteragent has not proposed a revocation, or it has been answered.",
        )
        raise InputInvalid(field=_ACTION, value=action, hint=hint)


def _ask_signer(context: Context, subject: Subject, action: str, reason: str, item: CrmItem) -> None:
    """Put it before people: a comment in the timeline, and a notice to the one responsible for the item."""
    language, link = context.language, outputs_of(context, subject)["link"]
    names = _names(_meant(subject)).of(language)
    lines = [f"{names}. {_WHAT_TO_DO[action].of(language)}"]
    lines += [f"{_REASON.of(language)}: {reason}"] if reason else []
    text = "\n".join([*map(timeline.plain, lines), timeline.link(link, Text("Диадок", "Diadoc").of(language))])
    timeline.tell(context, item, text)
    context.step("notice", _notify, context, item, text, tag=f"B24EDO|REVOCATION|{subject.package.id}|{action}")
    context.step("audit", _audit, context, subject, action, reason)


def _notify(context: Context, item: CrmItem, text: str, tag: str) -> int:
    """The notice's number, 0 when there is none: the timeline already says the same."""
    user_id = crm.Card(context, item).data.assigned_by_id
    try:
        return context.bitrix24.im_notify_system_add(user_id=user_id, message=text, tag=tag) if user_id else 0
    except ServiceError as error:
        if error.temporary:
            raise
        log.info("notice not taken", error_code=error.code, detail=str(error))
        return 0


def _audit(context: Context, subject: Subject, action: str, reason: str) -> bool:
    facts = {"reason": reason, "document_ids": [one.id for one in _meant(subject)]}
    about = f"package:{subject.package.id}"
    context.registry.audit(actor=context.actor, action=f"revocation_{action}", subject=about, **facts)
    return True


def _outputs(context: Context, subject: Subject) -> dict[str, Any]:
    return outputs_of(context, subject) | {"revocation_state": _revocation(subject).value}


def _names(documents: list[Document]) -> Text:
    names = [title(one.document_type, one.number, None, one.file_name) for one in documents]
    return Text("; ".join(one.ru for one in names), "; ".join(one.en for one in names))


def _now(context: Context) -> str:
    return context.now().isoformat()
