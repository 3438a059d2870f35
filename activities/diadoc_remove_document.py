"""Take a document out of a package that has not been sent yet."""

from typing import Any

from marshmallow import Schema

from activities import gathering
from activities.base import Activity
from activities.context import Context
from activities.fields import Line, Whole, label
from activities.values import Text


class DiadocRemoveDocument(Activity):
    code = "diadoc_remove_document"
    name = Text(ru="Диадок: убрать документ из пакета", en="Diadoc: remove document from package")
    description = Text(
        ru="Убирает документ из пакета, пока пакет не отправлен.",
        en="Takes a document out of a package that has not been sent yet.",
    )

    class Input(Schema):
        use_document = Line(required=True, metadata=label(ru="Номер документа", en="Document number"))

    class Output(Schema):
        package_id = Whole(metadata=label(ru="Пакет", en="Package"))
        documents_count = Whole(metadata=label(ru="Документов в пакете", en="Documents in the package"))

    def run(self, context: Context, *, use_document: str) -> dict[str, Any]:
        # A repeat must not miss the document that the first run removed.
        package_id = context.step("remove_document", _remove, context, use_document)
        return {"package_id": package_id, "documents_count": context.registry.packages.count(package_id)}


def _remove(context: Context, use_document: str) -> int:
    document = gathering.find_document(context, use_document)
    context.registry.packages.remove_document(document)
    subject = f"document:{document.id}"
    facts = {"package_id": document.package_id, "file_name": document.file_name, "sha256": document.sha256}
    context.registry.audit(actor=context.actor, action="document_removed", subject=subject, **facts)
    name = document.file_name
    context.log(ru=f"Убран из пакета {document.package_id}: {name}", en=f"Removed from {document.package_id}: {name}")
    return document.package_id
