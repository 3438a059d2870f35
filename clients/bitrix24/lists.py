"""Universal lists: lists.*; an update overwrites an element, so give all of its values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clients.bitrix24 import wire
from clients.bitrix24.caller import Caller
from clients.bitrix24.crm import as_values
from clients.bitrix24.models import ListElement, ListField, PortalList

LISTS = "lists"


@dataclass(frozen=True, kw_only=True)
class WhichList:
    """type: "lists", "bitrix_processes" or "lists_socnet"."""

    id: int
    type: str = LISTS

    def params(self) -> dict[str, Any]:
        return {"IBLOCK_TYPE_ID": self.type, "IBLOCK_ID": self.id}


class ListMethods(Caller):
    """Every method raises NotFoundThere when there is no such list, NoAccess without its rights or the scope lists."""

    def lists_get(self, *, type: str = LISTS) -> tuple[PortalList, ...]:
        """The lists of a type that our user may see."""
        return tuple(map(_list, self.list_pages("lists.get", {"IBLOCK_TYPE_ID": type})))

    def lists_add(self, *, code: str, name: str, rights: Mapping[str, str], type: str = LISTS) -> int:
        """The id of a new list. Never repeated here: find what an unclear failure left by its code.

        rights: {"U1": "X", "*": "W"}, a user, a department or everybody, to a letter of the portal's; nobody
        else sees the list. Raises Conflict when the code is taken, NoAccess without an administrator.
        """
        fields = {"NAME": name, "BIZPROC": "Y"}
        params = {"IBLOCK_TYPE_ID": type, "IBLOCK_CODE": code, "FIELDS": fields, "RIGHTS": dict(rights)}
        return wire.as_int(self.call("lists.add", params))

    def lists_field_get(self, which: WhichList) -> tuple[ListField, ...]:
        """The fields of a list: NAME and the like, and its properties."""
        result = self.call("lists.field.get", which.params())
        found = wire.as_map(result).items()
        return tuple(_field(name, raw) for name, raw in found if isinstance(raw, Mapping))

    def lists_field_add(self, which: WhichList, *, code: str, name: str, type: str, sort: int = 100) -> str:
        """A new field: its name, PROPERTY_<number>. type: S, N, F, S:Date, S:DateTime, S:Money, S:ECrm, …"""
        fields = {"NAME": name, "CODE": code, "TYPE": type, "SORT": sort, "IS_REQUIRED": "N", "MULTIPLE": "N"}
        shown = {"SHOW_ADD_FORM": "Y", "SHOW_EDIT_FORM": "Y"}
        return wire.as_text(self.call("lists.field.add", {**which.params(), "FIELDS": {**fields, "SETTINGS": shown}}))

    def lists_element_get(self, which: WhichList, filter: Mapping[str, Any] | None = None) -> Iterator[ListElement]:
        """Elements, e.g. of {"=CODE": "…"} or {"=PROPERTY_951": "D_17"}."""
        params = {**which.params(), "FILTER": filter or {}, "ELEMENT_ORDER": {"ID": "ASC"}}
        return map(_element, self.list_pages("lists.element.get", params))

    def lists_element_add(self, which: WhichList, *, code: str, fields: Mapping[str, Any]) -> int:
        """The id of a new element. Never repeated here: find what an unclear failure left by its code.

        fields: NAME and properties; a file is a NewFile. Raises Conflict when the code is taken.
        """
        params = {**which.params(), "ELEMENT_CODE": code, "FIELDS": as_values(fields)}
        return wire.as_int(self.call("lists.element.add", params))

    def lists_element_update(self, which: WhichList, *, element_id: int, fields: Mapping[str, Any]) -> None:
        """Overwrite an element: what is left out of `fields` is cleared, except files."""
        params = {**which.params(), "ELEMENT_ID": element_id, "FIELDS": as_values(fields)}
        self.call("lists.element.update", params)

    def lists_element_get_file_url(self, which: WhichList, *, element_id: int, field_id: int) -> tuple[str, ...]:
        """Addresses of a file property that need a person's session."""
        params = {**which.params(), "ELEMENT_ID": element_id, "FIELD_ID": field_id}
        return tuple(map(wire.as_text, wire.as_list(self.call("lists.element.get.file.url", params))))


def _list(raw: Any) -> PortalList:
    item = wire.as_map(raw)
    return PortalList(
        id=wire.as_int(item.get("ID")),
        type=wire.as_text(item.get("IBLOCK_TYPE_ID")),
        code=wire.as_text(item.get("CODE")),
        name=wire.as_text(item.get("NAME")),
    )


def _field(name: str, raw: Mapping[str, Any]) -> ListField:
    return ListField(
        name=wire.as_text(raw.get("FIELD_ID")) or name,
        code=wire.as_text(raw.get("CODE")),
        type=wire.as_text(raw.get("TYPE")),
        title=wire.as_text(raw.get("NAME")),
        is_multiple=wire.as_flag(raw.get("MULTIPLE")),
    )


def _element(raw: Any) -> ListElement:
    item = wire.as_map(raw)
    values = {name: _texts(value) for name, value in item.items() if name.startswith("PROPERTY_")}
    return ListElement(
        id=wire.as_int(item.get("ID")),
        code=wire.as_text(item.get("CODE")),
        name=wire.as_text(item.get("NAME")),
        values=values,
    )


def _texts(value: Any) -> tuple[str, ...]:
    """{"value id": "value"}; HTML comes as {"TEXT": …, "TYPE": …}."""
    parts = wire.as_list(value) if isinstance(value, (Mapping, list)) else [value]
    return tuple(wire.as_text(part.get("TEXT") if isinstance(part, Mapping) else part) for part in parts)
