"""Packages that are being gathered: finding one, finding a document, adding a paper to it."""

import json
from typing import Any

from activities import crm, papers, type_lists, values
from activities.context import Context
from activities.crm import Card, WhichItem
from activities.crm_ids import CrmItem, from_short
from activities.document_types import DOCUMENT_TYPES
from activities.fields import Line, label
from activities.our_boxes import our_box
from activities.papers import Description, Types
from activities.sources import TakenFile
from activities.states import DocflowState, Outcome, outcome
from activities.values import Text
from errors import AlreadySent, BoxNotChosen, DocumentNotFound, Duplicate, InputInvalid, PackageNotFound
from registry.tables import Document, Package

COMMENT_LIMIT = 5_000  # of Diadoc
# What ended like this may be sent once more without asking for it.
_OVER = (Outcome.REFUSED, Outcome.REVOKED, Outcome.DELETED)
_PACKAGE = Text("Номер пакета", "Package number")
_DOCUMENT = Text("Номер документа", "Document number")


class WhichPackage(WhichItem):
    """The inputs that say which package is meant."""

    use_package = Line(
        metadata=label(
            ru=_PACKAGE.ru,
            en=_PACKAGE.en,
            help_ru="Пусто — собираемый пакет элемента CRM, после отправки последний отправленный",
            help_en="Empty: the CRM item's open package, after sending the last sent one",
        )
    )
    package_name = Line(
        metadata=label(
            ru="Имя пакета",
            en="Package name",
            help_ru="Своё слово, чтобы два пакета одной сделки не смешались",
            help_en="A word of your own, so that two packages of one deal do not mix",
        )
    )


def find_package(context: Context, use_package: str = "", package_name: str = "", crm_item: str = "") -> Package:
    """The package by its number; else the one of the CRM item and name that is open or being sent, else the last sent.

    Raises PackageNotFound, also for another portal's, and InputInvalid for what is no number.
    """
    if use_package:
        package = context.registry.packages.get(_number(_PACKAGE, use_package))
        if package is None:
            raise PackageNotFound(package=use_package)
        return package
    item = crm.chosen_item(context, crm_item).short
    packages = context.registry.packages
    found = packages.open_of(crm_item=item, name=package_name) or packages.last_sent_of(
        crm_item=item, name=package_name
    )
    if found is None:
        raise PackageNotFound(package=f"{item} {package_name}".strip())
    return found


def find_document(context: Context, use_document: str) -> Document:
    """Our document by its number. Raises DocumentNotFound, also for another portal's, and InputInvalid."""
    document = context.registry.packages.document(_number(_DOCUMENT, use_document))
    if document is None:
        raise DocumentNotFound(document=use_document)
    return document


def package_to_fill(context: Context, use_package: str) -> Package | None:
    """The open package of that number; None when no number is given. Raises PackageNotFound, AlreadySent."""
    if not use_package:
        return None
    package = find_package(context, use_package)
    if package.state != "open":
        raise AlreadySent(package_id=package.id)
    return package


def describe(
    context: Context, described: Description, file: TakenFile, card: Card | None
) -> tuple[Description, dict[str, Any]]:
    """The paper with what its XML and its item add, and the row of the registry that keeps it.

    Raises MetadataMissing naming all that is missing, ReplySignatureFixed, VatRateInvalid, InputInvalid.
    """
    types = _types_if_known(context, card)
    if DOCUMENT_TYPES[described.document_type].is_formal:
        formal = papers.read_xml(context, blob=file.blob, file_name=file.file_name)
        described = papers.from_xml(described, formal, types)
    version = papers.allowed_version(described.document_type, described.function, described.version, types)
    if card is not None and described.formal is None:
        described = papers.with_currency(described, version, lambda: card.currency)
    metadata = papers.metadata_of(described, version)
    papers.ensure_vat(described)
    row = {
        "document_type": described.document_type,
        "function": described.function,
        "version": described.version,
        "number": described.requisites.number,
        "date": f"{described.requisites.date:%d.%m.%Y}" if described.requisites.date else "",
        "requisites": papers.to_json(described.requisites),
        "metadata_": metadata,
        "recipient_in_file": papers.recipient_in_file(described),
        "need_reply_signature": described.need_reply_signature,
        "needs_reply": papers.needs_reply(described, version),
        "file_name": file.file_name,
        "file_size": file.size,
        "sha256": file.sha256,
        "blob": file.blob,
        "origin": file.origin,
    }
    return described, {**row, "sameness": sameness(described)}


def sameness(described: Description) -> str:
    """What makes two papers of one item the same: kind, number and date; without a number the file's name."""
    number = values.read_line(described.requisites.number).casefold()
    if not number:
        return json.dumps([described.document_type, "", described.file_name], ensure_ascii=False)
    day = described.requisites.date.isoformat() if described.requisites.date else ""
    return json.dumps([described.document_type, number, day], ensure_ascii=False)


def ensure_not_sent(context: Context, described: Description, *, crm_item: str) -> None:
    """Raises Duplicate naming the same paper of this item that was sent and neither refused, revoked nor deleted."""
    for document, package in context.registry.packages.same_documents(crm_item=crm_item, sameness=sameness(described)):
        is_on_its_way = package.state in ("sending", "sent")
        if is_on_its_way and outcome(DocflowState(document.docflow_state), document.needs_reply) not in _OVER:
            raise Duplicate(document=described.name, package_id=package.id, document_id=document.id)


def item_of(context: Context, crm_item: str, package: Package | None) -> CrmItem:
    """The item a paper belongs to: the chosen one, else that of the package. Raises InputInvalid."""
    if package is not None and not crm_item and context.crm_item is None:
        return from_short(package.crm_item)
    return crm.chosen_item(context, crm_item)


def ensure_comment(comment: str) -> None:
    """Raises InputInvalid over Diadoc's limit."""
    if len(comment) > COMMENT_LIMIT:
        hint = Text(f"Не больше {COMMENT_LIMIT} знаков.", f"At most {COMMENT_LIMIT} characters.")
        raise InputInvalid(field=Text("Комментарий", "Comment"), value=values.shorten(comment, 100), hint=hint)


def _types_if_known(context: Context, card: Card | None) -> Types | None:
    """The type list of the box that will probably send it. Adding must not depend on Diadoc: None is an answer too."""
    try:
        box = our_box(context, "", card)
    except BoxNotChosen:
        return None
    return type_lists.document_types_if_known(context, box)


def _number(field: Text, text: str) -> int:
    return crm.read_id(field, values.read_line(text))
