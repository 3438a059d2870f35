"""Put a document into the open package of a CRM item: its bytes are taken now and kept until it is sent."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from marshmallow import Schema

from activities import gathering, sources, values
from activities.base import Activity
from activities.context import Context
from activities.crm import Card
from activities.document_types import LABELS, OPTIONS, REPLY_CHOICES, VAT_MODES, DocumentRequisites
from activities.fields import Choice, Day, Flag, Line, Many, Money, TextBlock, Whole, label
from activities.papers import Description
from activities.registries import source as registry_source
from activities.registries.source import TakenItem
from activities.sources import FORMATS, SOURCES, Source, TakenFile
from activities.values import Text
from errors import InputInvalid
from registry.tables import Package


def _labelled(name: str, **helps: str) -> dict[str, Any]:
    return label(ru=LABELS[name].ru, en=LABELS[name].en, **helps)


class DiadocAddDocument(Activity):
    code = "diadoc_add_document"
    name = Text(ru="Диадок: добавить документ в пакет", en="Diadoc: add document to package")
    description = Text(
        ru="Берёт файл из CRM или с Диска вместе с реквизитами документа и кладёт его в пакет для отправки.",
        en="Takes a file from the CRM or the Drive with the document's requisites and puts it into a package.",
    )

    class Input(gathering.WhichPackage):
        source = Choice(SOURCES, required=True, metadata=label(ru="Откуда файл", en="Where the file is"))
        file_field = Line(metadata=label(ru="Поле с файлом", en="File field"))
        file_number = Whole(
            metadata=label(
                ru="Номер файла в поле",
                en="File number in the field",
                help_ru="Пусто — единственный файл",
                help_en="Empty: the only file",
            )
        )
        generated_document_id = Line(
            metadata=label(
                ru="Документ генератора",
                en="Generated document",
                help_ru="Пусто — самый новый",
                help_en="Empty: the newest",
            )
        )
        generated_format = Choice(
            FORMATS, load_default="pdf", metadata=label(ru="Формат документа генератора", en="Generated format")
        )
        drive_file_id = Line(metadata=label(ru="Файл на Диске", en="File on the Drive"))
        registry_item_id = Line(metadata=label(ru="Элемент реестра", en="Registry item"))
        rx_document_id = Line(metadata=label(ru="Документ Directum", en="Directum document"))
        rx_version = Line(metadata=label(ru="Версия документа Directum", en="Directum document version"))
        document_type = Choice(OPTIONS, required=True, metadata=label(ru="Вид документа", en="Document type"))
        document_function = Line(metadata=label(ru="Функция документа (XML)", en="Document function (XML)"))
        document_version = Line(metadata=label(ru="Версия формата (XML)", en="Format version (XML)"))
        number = Line(metadata=_labelled("number"))
        date = Day(metadata=_labelled("date"))
        total = Money(with_currency=True, metadata=_labelled("total"))
        vat = Money(with_currency=True, metadata=_labelled("vat"))
        vat_mode = Choice(VAT_MODES, load_default="amount", metadata=label(ru="НДС", en="VAT"))
        currency = Line(metadata=_labelled("currency", help_ru="Пусто — валюта элемента", help_en="Empty: the item's"))
        grounds = TextBlock(metadata=_labelled("grounds"))
        contract_number = Line(metadata=_labelled("contract_number"))
        contract_date = Day(metadata=_labelled("contract_date"))
        contract_type = Line(metadata=_labelled("contract_type"))
        effective_date = Day(metadata=_labelled("effective_date"))
        metadata = Many(
            Line(),
            metadata=label(
                ru="Другие реквизиты", en="Other requisites", help_ru="Ключ=значение", help_en="Key=value of Diadoc"
            ),
        )
        need_reply_signature = Choice(
            REPLY_CHOICES, load_default="by_type", metadata=label(ru="Ответная подпись", en="Reply signature")
        )
        comment = TextBlock(metadata=label(ru="Комментарий", en="Comment"))
        allow_duplicate = Flag(metadata=label(ru="Разрешить повторную отправку", en="Allow a duplicate"))

    class Output(Schema):
        package_id = Whole(metadata=label(ru="Пакет", en="Package"))
        document_id = Whole(metadata=label(ru="Документ", en="Document"))
        documents_count = Whole(metadata=label(ru="Документов в пакете", en="Documents in the package"))
        file_name = Line(metadata=label(ru="Имя файла", en="File name"))
        file_size = Whole(metadata=label(ru="Размер файла, байт", en="File size, bytes"))
        sha256 = Line(metadata=label(ru="SHA-256 файла", en="SHA-256 of the file"))
        replaced = Flag(metadata=label(ru="Документ заменён", en="Document was replaced"))

    def run(self, context: Context, **inputs: Any) -> dict[str, Any]:
        gathering.ensure_comment(inputs["comment"])
        package = gathering.package_to_fill(context, inputs["use_package"])
        card = Card(context, gathering.item_of(context, inputs["crm_item"], package))
        item = None
        if inputs["source"] == "registry":
            file, item = registry_source.take(context, inputs["registry_item_id"])
            inputs = registry_source.filled(self.inputs, inputs, item)
        else:
            file = sources.take(context, _source(inputs), card)
        # Once it is in, a repeat must neither call it replaced nor, after the sending, a duplicate of itself.
        placed = context.step("put_document", _put, context, inputs, package, card, file, item)
        return {
            **placed,
            "documents_count": context.registry.packages.count(placed["package_id"]),
            "file_name": file.file_name,
            "file_size": file.size,
            "sha256": file.sha256,
        }


def _put(
    context: Context,
    inputs: Mapping[str, Any],
    package: Package | None,
    card: Card,
    file: TakenFile,
    registry_item: TakenItem | None,
) -> dict[str, Any]:
    described, row = gathering.describe(context, _described(inputs, file), file, card)
    item = package.crm_item if package else card.item.short
    if not inputs["allow_duplicate"]:
        gathering.ensure_not_sent(context, described, crm_item=item)
    shown_by = registry_source.shown_by(context, registry_item) if registry_item else None
    packages = context.registry.packages
    # Opened only now: an empty package would hide the one that was sent before it.
    package = package or packages.open_or_create(crm_item=item, name=inputs["package_name"])
    document, replaced = packages.put_document(package.id, {**row, "comment": inputs["comment"]}, item=shown_by)
    _tell(context, package.id, document.id, described.name)
    return {"package_id": package.id, "document_id": document.id, "replaced": replaced}


def _tell(context: Context, package_id: int, document_id: int, name: Text) -> None:
    subject = f"document:{document_id}"
    context.registry.audit(actor=context.actor, action="document_added", subject=subject, package_id=package_id)
    context.log(ru=f"Добавлено в пакет {package_id}: {name.ru}", en=f"Added to package {package_id}: {name.en}")


def _source(inputs: Mapping[str, Any]) -> Source:
    return Source(**{one.name: inputs[one.name] for one in fields(Source)})


def _described(inputs: Mapping[str, Any], file: TakenFile) -> Description:
    known = {one.name: inputs[one.name] for one in fields(DocumentRequisites)}
    known |= {name: inputs[name].value if inputs[name] else None for name in ("total", "vat")}
    known["currency"] = _currency(inputs)
    return Description(
        document_type=inputs["document_type"],
        function=inputs["document_function"],
        version=inputs["document_version"],
        requisites=DocumentRequisites(**known),
        need_reply_signature=inputs["need_reply_signature"],
        file_name=file.file_name,
    )


def _currency(inputs: Mapping[str, Any]) -> str:
    """The currency of the input or of the sums, which carry one when they come from a money field."""
    of_sums = {amount.currency for amount in (inputs["total"], inputs["vat"]) if amount and amount.currency}
    named = of_sums | ({inputs["currency"].upper()} if inputs["currency"] else set())
    if len({_digits(currency) for currency in named}) > 1:
        hint = Text("Суммы и поле «Валюта» называют разные валюты.", "Sums and currency name different currencies.")
        raise InputInvalid(field=LABELS["currency"], value=", ".join(sorted(named)), hint=hint)
    return inputs["currency"] or next(iter(of_sums), "")


def _digits(currency: str) -> str:
    try:
        return values.okv(currency)
    except ValueError:
        return currency
