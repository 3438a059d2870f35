"""Packages that are being gathered: finding one, finding a document, adding a paper to it.

Sources: activities.md "Which package", `diadoc_add_document`.
"""

from activities import crm, values
from activities.context import Context
from activities.crm import WhichItem
from activities.fields import Line, label
from activities.values import Text
from errors import DocumentNotFound, PackageNotFound
from registry.tables import Document, Package

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


def _number(field: Text, text: str) -> int:
    return crm.read_id(field, values.read_line(text))
