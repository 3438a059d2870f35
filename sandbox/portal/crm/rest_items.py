"""crm.item.*: reading and writing CRM items."""

from typing import Any

from sandbox.portal import links
from sandbox.portal.crm import items
from sandbox.portal.crm.fields import Field, fields_of
from sandbox.portal.crm.filters import filtered, ordered
from sandbox.portal.errors import RestError, item_access_denied
from sandbox.portal.methods import Call, Page, as_list, as_map, invalid_argument, is_yes, method, page_of, whole
from sandbox.portal.model import Item
from sandbox.portal.rights import may_see
from sandbox.portal.world import iso

IMPORTED = {
    "createdTime": "CREATED_TIME",
    "updatedTime": "UPDATED_TIME",
    "movedTime": "MOVED_TIME",
    "createdBy": "CREATED_BY",
    "updatedBy": "UPDATED_BY",
    "movedBy": "MOVED_BY",
}
IMPORT_LIMIT = 20


@method("crm.item.get", scope="crm")
def get(call: Call) -> dict[str, Any]:
    item = _item(call)
    return {"item": shown(call, item, full=True)}


@method("crm.item.list", scope="crm")
def list_items(call: Call) -> Page:
    known = _fields(call)
    rows = filtered(list(items.items_of(call.portal, _kind(call)).values()), as_map(call.get("filter")), known)
    rows = ordered(rows, as_map(call.get("order")), known)
    select = [str(name) for name in as_list(call.get("select"))]
    everything = not select or "*" in select

    def wrap(page: list[Item]) -> dict[str, Any]:
        return {"items": [_selected(call, item, known, None if everything else select, "*" in select) for item in page]}

    return page_of(rows, call.get("start"), wrap)


@method("crm.item.add", scope="crm")
def add(call: Call) -> dict[str, Any]:
    kind, given = _kind(call), as_map(call.required("fields"))
    item = items.add_item(call.world, call.portal, kind, given, call.user.id)
    _write_fm(item, given)
    return {"item": shown(call, item, full=True)}


@method("crm.item.update", scope="crm")
def update(call: Call) -> dict[str, Any]:
    item, given = _item(call), as_map(call.required("fields"))
    items.update_item(call.world, call.portal, item, given, call.user.id)
    _write_fm(item, given)
    return {"item": shown(call, item, full=True)}


@method("crm.item.delete", scope="crm")
def delete(call: Call) -> list[Any]:
    items.delete_item(call.world, call.portal, _item(call), call.user.id)
    return []


@method("crm.item.import", scope="crm")
def import_item(call: Call) -> dict[str, Any]:
    return {"item": shown(call, _import(call, as_map(call.required("fields"))), full=True)}


@method("crm.item.batchImport", scope="crm")
def batch_import(call: Call) -> dict[str, Any]:
    rows = as_list(call.required("data"))
    if len(rows) > IMPORT_LIMIT:
        raise RestError("MAX_IMPORT_BATCH_SIZE_EXCEEDED", f"Maximum number of items is {IMPORT_LIMIT}")
    answers: list[dict[str, Any]] = []
    for row in rows:
        try:
            answers.append({"item": {"id": _import(call, as_map(row)).id}})
        except RestError as error:
            answers.append({"error": error.body()})
    return {"items": answers}


@method("crm.item.fields", scope="crm")
def fields(call: Call) -> dict[str, Any]:
    original = is_yes(call.get("useOriginalUfNames"))
    return {"fields": {_name(found, original): _described(found) for found in _fields(call)}}


def shown(call: Call, item: Item, *, full: bool = False) -> dict[str, Any]:
    return _selected(
        call, item, fields_of(call.portal, item.entity_type_id, call.world.settings["uf_names"]), None, full
    )


def _selected(call: Call, item: Item, known: list[Field], select: list[str] | None, with_fm: bool) -> dict[str, Any]:
    original = is_yes(call.get("useOriginalUfNames"))
    row = {
        _name(found, original): rest_value(call, item, found)
        for found in known
        if select is None or found.camel in select or (found.dynamic and found.upper in select)
    }
    if with_fm or (select and "fm" in select):
        row["fm"] = item.values.get("FM") or []
    return {**row, **({"entityTypeId": item.entity_type_id} if select is None else {})}


def rest_value(call: Call, item: Item, found: Field) -> Any:
    value = item.values.get(found.upper)
    if found.type == "file":
        links_to = [_file(call, item, found, file_id) for file_id in as_list(value)]
        return links_to if found.multiple else next(iter(links_to), None)
    if found.multiple:
        return [_plain(part) for part in as_list(value)]
    return _plain(value)


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return iso(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _file(call: Call, item: Item, found: Field, file_id: int) -> dict[str, Any]:
    url = f"/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&entityTypeId={item.entity_type_id}"
    url += f"&id={item.id}&fieldName={found.upper}&fileId={file_id}"
    return {"id": file_id, "url": url, "urlMachine": links.download_link(call, file_id)}


def _kind(call: Call) -> int:
    kind = whole(call.required("entityTypeId"))
    if kind is None:
        raise invalid_argument("entityTypeId must be a number")
    if items.kind_of(call.portal, kind) is None:
        raise items.not_found("Smart process not found")
    if not may_see(call.user, kind):
        raise item_access_denied()
    return kind


def _item(call: Call) -> Item:
    kind = _kind(call)
    return items.get_item(call.portal, kind, call.number("id"))


def _fields(call: Call) -> list[Field]:
    return fields_of(call.portal, _kind(call), call.world.settings["uf_names"])


def _name(found: Field, original: bool) -> str:
    return found.upper if original and found.dynamic else found.camel


def _described(found: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": found.type,
        "isRequired": found.required,
        "isReadOnly": found.read_only,
        "isImmutable": False,
        "isMultiple": found.multiple,
        "isDynamic": found.dynamic,
        "title": found.title,
        "upperName": found.upper,
    }
    if found.settings:
        described["settings"] = found.settings
    return {**described, "items": found.items} if found.items else described


def _import(call: Call, given: dict[str, Any]) -> Item:
    item = items.add_item(call.world, call.portal, _kind(call), given, call.user.id, silent=True)
    for name, upper in IMPORTED.items():
        if call.user.is_admin and given.get(name):
            value = given[name]
            item.values[upper] = items.to_moment(value) if upper.endswith("TIME") else whole(value)
    return item


def _write_fm(item: Item, given: dict[str, Any]) -> None:
    """Phones and e-mails: without an id one is added, with an id changed."""
    if "fm" not in given:
        return
    rows: list[dict[str, Any]] = item.values.setdefault("FM", [])
    for entry in (as_map(part) for part in as_list(given["fm"])):
        old = next((row for row in rows if row["id"] == whole(entry.get("id"))), None)
        if old is None:
            old = {"id": len(rows) + 1, "typeId": "PHONE", "valueType": "WORK", "value": ""}
            rows.append(old)
        old.update({key: str(entry[key]) for key in ("typeId", "valueType", "value") if key in entry})
