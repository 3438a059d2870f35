"""Find every fault of a package and of its recipient before anything is sent."""

from typing import Any

from marshmallow import Schema

from activities import gathering
from activities.base import Activity
from activities.checking import LOCKS, check_package
from activities.context import Context
from activities.counteragents import Recipient, WhichRecipient
from activities.fields import Choice, Flag, Line, Many, TextBlock, Whole, label
from activities.languages import language_of
from activities.our_boxes import WhichBox
from activities.registries import taking
from activities.values import Text


class DiadocCheckPackage(Activity):
    code = "diadoc_check_package"
    name = Text(ru="Диадок: проверить пакет", en="Diadoc: check package")
    description = Text(
        ru="Проверяет все документы пакета и получателя и называет все ошибки сразу. Ничего не отправляет.",
        en="Checks all documents of the package and the recipient and names every fault at once. Sends nothing.",
    )

    class Input(WhichBox, WhichRecipient, gathering.WhichPackage):  # the portal shows the last base first
        lock = Choice(LOCKS, load_default="none", metadata=label(ru="Связь документов", en="Lock"))

    class Output(Schema):
        package_id = Whole(metadata=label(ru="Пакет", en="Package"))
        is_ready = Flag(metadata=label(ru="Можно отправлять", en="Ready to be sent"))
        fault_codes = Many(Line(), metadata=label(ru="Коды ошибок", en="Fault codes"))
        fault_document_ids = Many(Whole(), metadata=label(ru="Документы с ошибками", en="Documents at fault"))
        faults = TextBlock(metadata=label(ru="Ошибки", en="Faults"))
        documents_count = Whole(metadata=label(ru="Документов в пакете", en="Documents in the package"))
        counteragent_name = Line(metadata=label(ru="Контрагент", en="Counteragent"))
        counteragent_box_id = Line(metadata=label(ru="Найденный ящик контрагента", en="Counteragent's box found"))

    def run(
        self,
        context: Context,
        *,
        use_package: str,
        package_name: str,
        crm_item: str,
        lock: str,
        **whom: str,
    ) -> dict[str, Any]:
        package = gathering.find_package(context, use_package, package_name, crm_item)
        taking.before_checking(context, package)
        documents = context.registry.packages.documents(package.id)
        checked = check_package(context, package, documents, Recipient(crm_item=crm_item, **whom), lock)
        context.registry.packages.mark_checked(package.id, error=checked.text(language_of(context.portal.language)))
        counteragent, requisites = checked.counteragent, checked.requisites
        return {
            "package_id": package.id,
            "is_ready": checked.is_ready,
            "fault_codes": [fault.code for fault in checked.faults],
            "fault_document_ids": [fault.document_id for fault in checked.faults],
            "faults": checked.text(context.language),
            "documents_count": len(documents),
            "counteragent_name": counteragent.name if counteragent else requisites.name if requisites else "",
            "counteragent_box_id": counteragent.box_id if counteragent else "",
        }
