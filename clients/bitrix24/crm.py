"""The CRM: items of all types, requisites, the timeline, the document generator."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

from clients.bitrix24 import reading, wire
from clients.bitrix24.caller import Caller
from clients.bitrix24.models import (
    CrmField,
    CrmItem,
    CrmType,
    FileRef,
    GeneratedDocument,
    Requisite,
    RequisiteLink,
    TimelineComment,
)
from clients.bitrix24.streams import Base64
from errors import NotFoundThere, RequestRejected

# base64 adds a third, and a portal takes a request for a minute; what is larger goes to the Drive
FIELD_FILE_BYTES = 100 * 1024 * 1024
_TIMELINE_TYPES = {1: "lead", 2: "deal", 3: "contact", 4: "company", 7: "quote", 14: "order", 31: "smart_invoice"}
# the spelling of custom fields differs between versions of the portal, their original names do not
_UF_NAMES = {"useOriginalUfNames": "Y"}


@dataclass(frozen=True)
class NewFile:
    """A file to be written into a CRM field or a comment: at most 100 MB. content: bytes, or a seekable file, which
    is then sent with flat memory and left open."""

    name: str
    content: bytes | BinaryIO = field(repr=False)

    def value(self) -> list[Any]:
        """As the portal takes it. Raises RequestRejected over the limit."""
        encoded = Base64(BytesIO(self.content) if isinstance(self.content, bytes) else self.content)
        if encoded.size > FIELD_FILE_BYTES:
            detail = f"file {self.name} is over {FIELD_FILE_BYTES} bytes"
            raise RequestRejected(system=wire.SYSTEM, method="crm", detail=detail)
        return [self.name, encoded]


class CrmMethods(Caller):
    def crm_item_get(self, *, entity_type_id: int, item_id: int) -> CrmItem:
        params = {"entityTypeId": entity_type_id, "id": item_id, **_UF_NAMES}
        return self._item("crm.item.get", params)

    def crm_item_add(self, *, entity_type_id: int, fields: Mapping[str, Any]) -> CrmItem:
        """Values as in crm_item_update. Never repeated here: find what an unclear failure left by an id of your own."""
        params = {"entityTypeId": entity_type_id, "fields": as_values(fields), **_UF_NAMES}
        return self._item("crm.item.add", params)

    def crm_item_update(self, *, entity_type_id: int, item_id: int, fields: Mapping[str, Any]) -> CrmItem:
        """Set fields. A file is a NewFile; in a field of several files give the list of all that stay:
        NewFile, or FileRef for one that is already there. An unknown name is ignored by the portal without a word.
        """
        params = {"entityTypeId": entity_type_id, "id": item_id, "fields": as_values(fields), **_UF_NAMES}
        return self._item("crm.item.update", params)

    def _item(self, method: str, params: dict[str, Any]) -> CrmItem:
        item = wire.as_map(self.call(method, params)).get("item")
        if not item:
            raise NotFoundThere(system=wire.SYSTEM, method=method, detail="no item in the answer")
        return reading.crm_item(item, params["entityTypeId"])

    def crm_item_list(
        self, *, entity_type_id: int, filter: Mapping[str, Any] | None = None, select: Iterable[str] = ("*",)
    ) -> Iterator[CrmItem]:
        """Items in the order of their ids, page by page as they are consumed."""
        params = {"entityTypeId": entity_type_id, "filter": filter or {}, "select": list(select), **_UF_NAMES}
        items = self.list_all("crm.item.list", params, "items", id_field="id")
        return (reading.crm_item(item, entity_type_id) for item in items)

    def crm_item_fields(self, *, entity_type_id: int) -> dict[str, CrmField]:
        """Fields by the names under which CrmItem.fields holds them."""
        result = wire.as_map(self.call("crm.item.fields", {"entityTypeId": entity_type_id, **_UF_NAMES}))
        return {name: reading.crm_field(name, raw) for name, raw in wire.as_map(result.get("fields")).items()}

    def crm_type_list(self) -> tuple[CrmType, ...]:
        """The smart processes of the portal."""
        return tuple(map(reading.crm_type, self.list_pages("crm.type.list", key="types")))

    def crm_requisite_list(self, filter: Mapping[str, Any]) -> tuple[Requisite, ...]:
        """Requisites in the portal's own order, e.g. of {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 7} or {"=RQ_INN": inn}."""
        found = map(reading.requisite, self.list_all("crm.requisite.list", {"filter": dict(filter)}))
        return tuple(sorted(found, key=lambda requisite: (requisite.sort, requisite.id)))

    def crm_requisite_get(self, requisite_id: int) -> Requisite:
        """Raises NotFoundThere when there is none."""
        return reading.requisite(self.call("crm.requisite.get", {"id": requisite_id}))

    def crm_requisite_link_list(self, *, entity_type_id: int, entity_id: int) -> tuple[RequisiteLink, ...]:
        """Which requisites the item has chosen: at most one row, empty when nothing was chosen."""
        params = {"filter": {"ENTITY_TYPE_ID": entity_type_id, "ENTITY_ID": entity_id}}
        return tuple(map(reading.requisite_link, wire.as_list(self.call("crm.requisite.link.list", params))))

    def crm_timeline_comment_add(
        self, *, entity_type_id: int, entity_id: int, comment: str, files: Iterable[NewFile] = ()
    ) -> int:
        """The id of the new comment (BB-code). Never repeated here."""
        fields = {
            "ENTITY_TYPE": _timeline_type(entity_type_id),
            "ENTITY_ID": entity_id,
            "COMMENT": comment,
            "FILES": [file.value() for file in files],
        }
        params = {"fields": {key: value for key, value in fields.items() if value != []}}
        return wire.as_int(self.call("crm.timeline.comment.add", params))

    def crm_timeline_comment_list(self, *, entity_type_id: int, entity_id: int) -> Iterator[TimelineComment]:
        """The item's comments, the newest first where the portal keeps to the order that is asked for."""
        params = {
            "filter": {"ENTITY_TYPE": _timeline_type(entity_type_id), "ENTITY_ID": entity_id},
            "order": {"ID": "DESC"},
        }
        return map(reading.timeline_comment, self.list_pages("crm.timeline.comment.list", params))

    def crm_documentgenerator_document_get(self, document_id: int) -> GeneratedDocument:
        """Raises NotFoundThere when there is none."""
        result = wire.as_map(self.call("crm.documentgenerator.document.get", {"id": document_id}))
        return reading.generated_document(result.get("document"))

    def crm_documentgenerator_document_list(
        self, *, entity_type_id: int, entity_id: int, newest_first: bool = True
    ) -> Iterator[GeneratedDocument]:
        """The item's generated documents; without addresses where the portal's list has none (ask `get`)."""
        params = {
            "filter": {"entityTypeId": entity_type_id, "entityId": entity_id},
            "order": {"id": "DESC" if newest_first else "ASC"},
        }
        pages = self.list_pages("crm.documentgenerator.document.list", params, "documents")
        return map(reading.generated_document, pages)


def _timeline_type(entity_type_id: int) -> str:
    return _TIMELINE_TYPES.get(entity_type_id, f"dynamic_{entity_type_id}")


def as_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in fields.items()}


def _value(value: Any) -> Any:
    if isinstance(value, NewFile):
        return value.value()
    if isinstance(value, FileRef):
        return {"id": value.id}
    return [_value(item) for item in value] if isinstance(value, (list, tuple)) else value
