"""Check a package, send it to the counteragent through Diadoc, and wait for what comes of it if asked."""

from dataclasses import fields
from typing import Any

from activities import sending
from activities.base import Activity, Pending
from activities.checking import LOCKS, check_package
from activities.context import Context
from activities.counteragents import Recipient, WhichRecipient
from activities.fields import Choice, Flag, Line, TextBlock, User, Whole, label
from activities.file_names import title_of
from activities.following import begin_feed, refresh
from activities.gathering import WhichPackage, find_package
from activities.languages import language_of
from activities.our_boxes import WhichBox
from activities.registries import taking
from activities.status import status_outputs
from activities.values import Text
from errors import AlreadySent, AppError, InputInvalid, SignerNotFound
from registry.boxes import Feeds
from registry.tables import Box, Package

MODES = {
    "delay_send": Text("На подпись нашему сотруднику в Диадоке", "For our signer in Diadoc"),
    "draft": Text("Черновиком", "As a draft"),
}
_AGAIN = Text("Отправить ещё раз", "Send once more")
_GATHERED = Text(
    "Для этого же элемента собирается другой пакет: сначала отправьте или удалите его.",
    "Another package of the same item is being gathered: send or delete it first.",
)
WAITS = {
    "nothing": Text("Не ждать", "Do not wait"),
    "sent": Text("Отправки", "Until sent"),
    "delivered": Text("Доставки", "Until delivered"),
    "outcome": Text("Завершения", "Until the outcome"),
}


class DiadocSendPackage(Activity):
    code = "diadoc_send_package"
    name = Text("Диадок: отправить пакет", "Diadoc: send package")
    description = Text(
        "Проверяет пакет, отправляет его контрагенту через Диадок и, если нужно, ждёт исхода.",
        "Checks the package, sends it to the counteragent through Diadoc and waits for the outcome if asked.",
    )
    waits = True
    has_status = True

    class Input(WhichBox, WhichRecipient, WhichPackage):
        to_department_id = Line(metadata=label(ru="Подразделение получателя", en="Recipient's department"))
        mode = Choice(MODES, load_default="delay_send", metadata=label(ru="Как отправить", en="How to send"))
        lock = Choice(LOCKS, load_default="none", metadata=label(ru="Связь документов", en="Documents' lock"))
        signer = User(
            metadata=label(
                ru="Кто подпишет",
                en="Signer",
                help_ru="Сотрудник, сопоставленный пользователю Диадока; пусто — никому в отдельности",
                help_en="An employee mapped to a Diadoc user; empty: nobody in particular",
            )
        )
        message = TextBlock(metadata=label(ru="Сообщение контрагенту", en="Message to the counteragent"))
        wait_for = Choice(WAITS, load_default="nothing", metadata=label(ru="Чего ждать", en="What to wait for"))
        deadline_days = Whole(
            load_default=30, at_least=1, at_most=365, metadata=label(ru="Сколько дней ждать", en="Days to wait")
        )
        send_again = Flag(load_default=False, metadata=label(ru=_AGAIN.ru, en=_AGAIN.en))

    class Output(Activity.Output):
        package_id = Whole(metadata=label(ru="Номер пакета", en="Package number"))
        message_id = Line(metadata=label(ru="Сообщение в Диадоке", en="Message in Diadoc"))
        packet_id = Line(metadata=label(ru="Пакет в Диадоке", en="Packet in Diadoc"))
        counteragent_name = Line(metadata=label(ru="Контрагент", en="Counteragent"))
        counteragent_box_id = Line(metadata=label(ru="Ящик контрагента", en="Counteragent's box"))

    def run(self, context: Context, **inputs: Any) -> dict[str, Any] | Pending:
        _ensure_consistent(inputs)
        package = self._package(context, inputs)
        if package.state != "sent":  # else the workflow was restarted: the package is already on its way
            package = self._send(context, package, inputs)
        package = _followed_up(context, package)
        if inputs["wait_for"] == "nothing":
            return _outputs(context, package)
        return Pending(wait_for=inputs["wait_for"], package_id=package.id, deadline_days=inputs["deadline_days"])

    def finish(self, context: Context, pending: Pending, **inputs: Any) -> dict[str, Any]:
        return _outputs(context, _get(context, pending.package_id or 0))

    def _package(self, context: Context, inputs: dict[str, Any]) -> Package:
        package = find_package(context, inputs["use_package"], inputs["package_name"], inputs["crm_item"])
        if package.state != "sent" or not inputs["send_again"]:
            return package
        try:
            new_id = context.step("new_attempt", lambda: context.registry.packages.new_attempt(package.id).id)
        except AlreadySent as error:
            raise InputInvalid(field=_AGAIN, value="Y", hint=_GATHERED) from error
        return _get(context, new_id)

    def _send(self, context: Context, package: Package, inputs: dict[str, Any]) -> Package:
        taking.before_checking(context, package)
        try:
            return self._sent(context, package, inputs)
        except AppError as error:
            if not error.temporary:  # only on a package that is open again
                text = error.text(language_of(context.portal.language))
                context.registry.packages.mark_checked(package.id, error=text)
            raise

    def _sent(self, context: Context, package: Package, inputs: dict[str, Any]) -> Package:
        with context.registry.packages.exclusively(package.id):
            package = _get(context, package.id)  # another call may have sent it a moment ago
            if package.state == "sent":
                return package
            in_doubt = package.state == "sending"
            if not in_doubt:
                package = _checked_and_frozen(context, package, inputs)
            box = sending.box_of(context, package)
            package = sending.post(context, package, box=box, in_doubt=in_doubt)
        facts = {"message_id": package.message_id, "counteragent": package.counteragent.get("name", "")}
        context.registry.audit(actor=context.actor, action="package_sent", subject=f"package:{package.id}", **facts)
        _tell(context, package)
        return package


def _followed_up(context: Context, package: Package) -> Package:
    """What comes right after the letter, also when we were killed in between: the signer, the first state."""
    box = sending.box_of(context, package)
    if package.sending.get("signer") and not package.sending.get("signer_asked"):
        sending.ask_signer(context, package, box=box, diadoc_user_id=package.sending["signer"])
        context.registry.packages.mark_signer_asked(package.id)
    if package.docflow_state == "not_sent":
        documents = context.registry.packages.documents(package.id)
        refresh(documents, client=context.diadoc(box), packages=context.registry.packages, box=box)
    return _get(context, package.id)


def _ensure_consistent(inputs: dict[str, Any]) -> None:
    if inputs["mode"] == "draft" and inputs["signer"]:
        hint = Text("Черновик нельзя передать на подпись.", "A draft cannot be put before a signer.")
        raise InputInvalid(field=Text("Кто подпишет", "Signer"), value=inputs["signer"], hint=hint)


def _checked_and_frozen(context: Context, package: Package, inputs: dict[str, Any]) -> Package:
    documents = context.registry.packages.documents(package.id)
    recipient = Recipient(**{field.name: inputs[field.name] for field in fields(Recipient)})
    checked = check_package(context, package, documents, recipient, inputs["lock"])
    if checked.box is None or checked.faults:
        raise checked.error()
    # before the package is frozen: a box that does not even tell its feed will take nothing either
    begin_feed(context.diadoc(checked.box), Feeds(context.registry.database), checked.box)
    return sending.freeze(
        context,
        package,
        checked,
        mode=inputs["mode"],
        lock=inputs["lock"],
        to_department_id=inputs["to_department_id"],
        message=inputs["message"],
        signer=_signer(context, checked.box, inputs["signer"]) if inputs["signer"] else "",
    )


def _signer(context: Context, box: Box, bitrix_user_id: int) -> str:
    mapped = context.registry.boxes.signer(box.id, bitrix_user_id=bitrix_user_id)
    if mapped is None:
        raise SignerNotFound(signer=bitrix_user_id)
    return mapped


def _get(context: Context, package_id: int) -> Package:
    return find_package(context, str(package_id))


def _outputs(context: Context, package: Package) -> dict[str, Any]:
    documents = context.registry.packages.documents(package.id)
    return {
        "package_id": package.id,
        "message_id": package.message_id or "",
        "packet_id": package.packet_id or "",
        "counteragent_name": package.counteragent.get("name", ""),
        "counteragent_box_id": package.counteragent.get("box_id", ""),
        **status_outputs(context, package, documents),
    }


def _tell(context: Context, package: Package) -> None:
    documents = context.registry.packages.documents(package.id)
    ru, en = ("; ".join(title_of(one, language) for one in documents) for language in ("ru", "en"))
    name, inn = package.counteragent.get("name", ""), package.counteragent.get("inn", "")
    context.log(
        ru=f"Пакет {package.id} передан в Диадок, операция {context.operation_id}: {ru}. {name} (ИНН {inn}).",
        en=f"Package {package.id} is in Diadoc, operation {context.operation_id}: {en}. {name} (INN {inn}).",
    )
