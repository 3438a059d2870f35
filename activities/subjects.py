"""What a step is about once papers are being sent: a whole package, or one document of it."""

from dataclasses import dataclass
from typing import Any

from activities.base import Pending
from activities.context import Context
from activities.fields import Line, label
from activities.following import refresh_package
from activities.gathering import WhichPackage, find_document, find_package
from activities.status import revocation_of, status_outputs
from errors import DocumentNotFound, PackageNotFound
from registry.tables import Document, Package


class WhichDocument(WhichPackage):
    """The inputs that say which package, or which document of one, is meant."""

    use_document = Line(
        metadata=label(
            ru="Номер документа",
            en="Document number",
            help_ru="Пусто — весь пакет",
            help_en="Empty: the whole package",
        )
    )


@dataclass(frozen=True, kw_only=True)
class Subject:
    """document: None when the whole package is meant; documents: all of the package."""

    package: Package
    document: Document | None
    documents: list[Document]


def find_subject(context: Context, *, use_document: str, **which: str) -> Subject:
    """By use_document, else as find_package. Raises PackageNotFound, DocumentNotFound, InputInvalid."""
    if use_document:
        document = find_document(context, use_document)
        return _subject(context, document.package_id, document.id)
    return _subject(context, find_package(context, **which).id, None)


def subject_of(context: Context, pending: Pending) -> Subject:
    """What a waiting call is about. Raises PackageNotFound, DocumentNotFound for what is no more."""
    return _subject(context, pending.package_id or 0, pending.document_id)


def refreshed(context: Context, subject: Subject) -> Subject:
    """The same as Diadoc tells it now. Raises as refresh_package."""
    refresh_package(context, subject.package)
    return _subject(context, subject.package.id, subject.document.id if subject.document else None)


def outputs_of(context: Context, subject: Subject) -> dict[str, Any]:
    """*+status*, and what getting a status and waiting return besides."""
    status = status_outputs(context, subject.package, subject.documents, subject.document)
    revocation = revocation_of(subject.documents, subject.document)
    return status | {"package_id": subject.package.id, "revocation_state": revocation.value}


def _subject(context: Context, package_id: int, document_id: int | None) -> Subject:
    package = context.registry.packages.get(package_id)
    if package is None:
        raise PackageNotFound(package=package_id)
    documents = context.registry.packages.documents(package.id)
    document = next((one for one in documents if one.id == document_id), None)
    if document_id is not None and document is None:
        raise DocumentNotFound(document=document_id)
    return Subject(package=package, document=document, documents=documents)
