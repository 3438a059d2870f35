"""What a box may send, as Diadoc's `GetDocumentTypes` says: large and seldom changed, so it is kept for a day."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from activities.context import Context
from clients.diadoc.models import (
    DocumentFunction,
    DocumentTitle,
    DocumentType,
    DocumentVersion,
    MetadataItem,
    Workflow,
)
from errors import ServiceError
from registry.tables import Box

FRESH = timedelta(days=1)


def document_types_of(context: Context, box: Box) -> tuple[DocumentType, ...]:
    """The box's list: as read within the last day, else asked of Diadoc and kept."""
    read_at = box.document_types_read_at
    if box.document_types and read_at is not None and context.now() - read_at < FRESH:
        return _unpacked(box.document_types)
    types = context.diadoc(box).get_document_types(box_id=box.box_id)
    context.registry.boxes.keep_document_types(box.id, [asdict(one) for one in types])
    return types


def document_types_if_known(context: Context, box: Box | None) -> tuple[DocumentType, ...] | None:
    """The same for whoever can do without: an older list when Diadoc does not answer, None when there is none."""
    if box is None:
        return None
    try:
        return document_types_of(context, box)
    except ServiceError:  # the list is checked again before sending, when Diadoc has to be there anyway
        return _unpacked(box.document_types) if box.document_types else None


def _unpacked(kept: list[dict[str, Any]]) -> tuple[DocumentType, ...]:
    return tuple(DocumentType(**{**one, "functions": tuple(map(_function, one["functions"]))}) for one in kept)


def _function(kept: dict[str, Any]) -> DocumentFunction:
    return DocumentFunction(name=kept["name"], versions=tuple(map(_version, kept["versions"])))


def _version(kept: dict[str, Any]) -> DocumentVersion:
    workflows = tuple(Workflow(**one) for one in kept["workflows"])
    return DocumentVersion(**{**kept, "workflows": workflows, "titles": tuple(map(_title, kept["titles"]))})


def _title(kept: dict[str, Any]) -> DocumentTitle:
    items = tuple(MetadataItem(**one) for one in kept["metadata_items"])
    return DocumentTitle(**{**kept, "metadata_items": items})
