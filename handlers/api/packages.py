"""/packages and /documents: what was gathered and sent, and what became of it."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE

from handlers.api.access import registry_of
from handlers.api.paging import page
from handlers.api.queries import MOST_ID, DocumentsQuery, PackagesQuery
from handlers.api.refusals import FileGone, NotFoundHere
from handlers.api.shapes import DocumentSchema, PackageSchema, WholeDocumentSchema, WholePackageSchema, page_of
from handlers.api.streaming import stream
from handlers.services import Services
from registry.lists import Lists
from registry.tables import Document

ID = f"<int(max={MOST_ID}):number>"


def packages(services: Services) -> Blueprint:
    door = Blueprint("packages", __name__, url_prefix="/api/v1/packages", description="Documents that travel together")

    @door.get("")
    @door.arguments(PackagesQuery, location="query", unknown=RAISE)
    @door.response(200, page_of("packages", PackageSchema))
    def listed(asked: dict[str, Any]) -> dict[str, Any]:
        """Packages, the newest first."""
        registry = registry_of(services)
        return page("packages", Lists(registry.database, registry.portal_id).packages, asked)

    @door.get(f"/{ID}")
    @door.response(200, WholePackageSchema)
    def one(number: int) -> dict[str, Any]:
        """One package with its documents."""
        found = registry_of(services).packages.get(number)
        if found is None:
            raise NotFoundHere(what="package", number=number)
        documents = registry_of(services).packages.documents(number)
        return {**_columns(found), "documents": documents}

    return door


def documents(services: Services) -> Blueprint:
    door = Blueprint("documents", __name__, url_prefix="/api/v1/documents", description="Papers and their docflow")

    @door.get("")
    @door.arguments(DocumentsQuery, location="query", unknown=RAISE)
    @door.response(200, page_of("documents", DocumentSchema))
    def listed(asked: dict[str, Any]) -> dict[str, Any]:
        """Documents, the newest first."""
        registry = registry_of(services)
        return page("documents", Lists(registry.database, registry.portal_id).documents, asked)

    @door.get(f"/{ID}")
    @door.response(200, WholeDocumentSchema)
    def one(number: int) -> dict[str, Any]:
        """One document with its history and the files that were kept of it."""
        found, registry = _document(services, number), registry_of(services)
        history = Lists(registry.database, registry.portal_id).history(number)
        return {**_columns(found), "history": history, "files": registry.packages.kept_files(number)}

    @door.get(f"/{ID}/file")
    @door.response(200, description="The paper as it was added", content_type="application/octet-stream")
    def paper(number: int) -> Response:
        """The paper itself, as it was added."""
        found = _document(services, number)
        return stream(services.blobs, key=found.blob, name=found.file_name, size=found.file_size, sha256=found.sha256)

    return door


def files(services: Services) -> Blueprint:
    door = Blueprint("files", __name__, url_prefix="/api/v1/files", description="Files that came back and are kept")

    @door.get(f"/{ID}")
    @door.response(200, description="The file", content_type="application/octet-stream")
    def kept(number: int) -> Response:
        """The bytes of a kept file: signed originals, signatures, archives, print forms."""
        found = registry_of(services).packages.kept_file(number)
        if found is None:
            raise NotFoundHere(what="file", number=number)
        if not found.blob:
            raise FileGone
        return stream(services.blobs, key=found.blob, name=found.file_name, size=found.file_size, sha256=found.sha256)

    return door


def _document(services: Services, number: int) -> Document:
    found = registry_of(services).packages.document(number)
    if found is None:
        raise NotFoundHere(what="document", number=number)
    return found


def _columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
