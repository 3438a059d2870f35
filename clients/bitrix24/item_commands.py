"""crm.item.* as commands of a batch: what several items are told in one request."""

from collections.abc import Mapping
from typing import Any

from clients.bitrix24 import reading, references, wire
from clients.bitrix24.batch import Command
from clients.bitrix24.crm import as_values
from clients.bitrix24.models import CrmItem
from clients.bitrix24.streams import Base64


def item_to_add(*, entity_type_id: int, fields: Mapping[str, Any]) -> Command:
    """crm.item.add; values as in crm_item_update, small files only: a batch is held in memory."""
    return Command("crm.item.add", {"entityTypeId": entity_type_id, "fields": _written(fields), **_UF_NAMES})


def item_to_update(*, entity_type_id: int, item_id: int, fields: Mapping[str, Any]) -> Command:
    """crm.item.update, as item_to_add."""
    params = {"entityTypeId": entity_type_id, "id": item_id, "fields": _written(fields), **_UF_NAMES}
    return Command("crm.item.update", params)


def item_in(result: Any, *, entity_type_id: int) -> CrmItem:
    """The item that either command answers with."""
    return reading.crm_item(wire.as_map(result).get("item"), entity_type_id)


_UF_NAMES = {"useOriginalUfNames": "Y"}


def _written(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A form knows no empty lists: a field of several values is emptied by an empty text."""
    return {name: "" if value == [] else _plain(value) for name, value in as_values(fields).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return references.defused(value)
    if isinstance(value, Base64):
        return b"".join(value).decode()
    return [_plain(item) for item in value] if isinstance(value, list) else value
