"""Control operations on CRM items, files and requisites: what a person would do by hand in the portal."""

from typing import Any

from sandbox.portal import seed
from sandbox.portal.crm import items
from sandbox.portal.crm.fields import fields_of, find_field
from sandbox.portal.crm.requisites import requisites_of
from sandbox.portal.crm.types import document_id, parse_document_id
from sandbox.portal.links import mime_of
from sandbox.portal.methods import as_list
from sandbox.portal.model import Item, Portal
from sandbox.portal.operations import decoded, encoded, operation
from sandbox.portal.world import World, iso


@operation
def create_item(
    world: World, portal: Portal, entity_type_id: int, fields: dict[str, Any], user_id: int = 1
) -> dict[str, Any]:
    return show_item(portal, items.add_item(world, portal, entity_type_id, fields, user_id))


@operation
def read_item(world: World, portal: Portal, entity_type_id: int, item_id: int) -> dict[str, Any]:
    return show_item(portal, items.get_item(portal, entity_type_id, item_id))


@operation
def change_item(
    world: World, portal: Portal, entity_type_id: int, item_id: int, fields: dict[str, Any], user_id: int = 1
) -> dict[str, Any]:
    item = items.get_item(portal, entity_type_id, item_id)
    items.update_item(world, portal, item, fields, user_id)
    return show_item(portal, item)


@operation
def remove_item(world: World, portal: Portal, entity_type_id: int, item_id: int, user_id: int = 1) -> bool:
    items.delete_item(world, portal, items.get_item(portal, entity_type_id, item_id), user_id)
    return True


@operation
def put_file(
    world: World, portal: Portal, entity_type_id: int, item_id: int, field: str, name: str, content: str
) -> int:
    """Put a file (base64) into a file field: a single one is replaced, a multiple one grows."""
    item = items.get_item(portal, entity_type_id, item_id)
    found = find_field(fields_of(portal, entity_type_id), field)
    if found is None or found.type != "file":
        raise LookupError(f"no file field {field}")
    stored = portal.add_file(name, decoded(content), mime_of(name))
    old = item.values.get(found.upper)
    item.values[found.upper] = [*as_list(old), stored.id] if found.multiple else stored.id
    return stored.id


@operation
def read_files(world: World, portal: Portal, entity_type_id: int, item_id: int, field: str) -> list[dict[str, Any]]:
    """Files of a field with their bytes (base64)."""
    item = items.get_item(portal, entity_type_id, item_id)
    found = find_field(fields_of(portal, entity_type_id), field)
    if found is None:
        raise LookupError(f"no field {field}")
    return [file_with_content(portal, number) for number in as_list(item.values.get(found.upper))]


@operation
def add_field(
    world: World, portal: Portal, entity_id: str, name: str, kind: str, multiple: str = "N", mandatory: str = "N"
) -> bool:
    seed.add_user_field(portal, entity_id, name, kind, multiple=multiple, mandatory=mandatory)
    return True


@operation
def set_requisite(
    world: World,
    portal: Portal,
    entity_type_id: int,
    entity_id: int,
    inn: str,
    kpp: str = "",
    name: str = "",
    index: int = 0,
) -> int:
    """Write INN and KPP (and the company's name) into the index-th requisite of a company or person, or add one."""
    rows = requisites_of(portal, entity_type_id, entity_id)
    if index >= len(rows):
        return seed.requisite(portal, entity_type_id, entity_id, {"inn": inn, "kpp": kpp, "company": name})
    rows[index] |= {"RQ_INN": inn or None, "RQ_KPP": kpp or None}
    if name:
        rows[index]["RQ_COMPANY_NAME"] = name
        items.get_item(portal, entity_type_id, entity_id).values["TITLE"] = name
    return int(rows[index]["ID"])


@operation
def remove_requisites(world: World, portal: Portal, entity_type_id: int, entity_id: int) -> int:
    rows = requisites_of(portal, entity_type_id, entity_id)
    for row in rows:
        del portal.tables["requisites"][int(row["ID"])]
    return len(rows)


@operation
def requisites(world: World, portal: Portal, entity_type_id: int, entity_id: int) -> list[dict[str, Any]]:
    return requisites_of(portal, entity_type_id, entity_id)


@operation
def link_requisites(
    world: World, portal: Portal, entity_type_id: int, entity_id: int, requisite_id: int = 0, my_requisite_id: int = 0
) -> bool:
    portal.tables["links"][entity_type_id, entity_id] = {
        "ENTITY_TYPE_ID": str(entity_type_id),
        "ENTITY_ID": str(entity_id),
        "REQUISITE_ID": str(requisite_id),
        "BANK_DETAIL_ID": "0",
        "MC_REQUISITE_ID": str(my_requisite_id),
        "MC_BANK_DETAIL_ID": "0",
    }
    return True


@operation
def read_table(world: World, portal: Portal, name: str) -> list[Any]:
    """Rows of tasks, notifications, timeline comments and the like, as they are kept."""
    rows = portal.tables[name].values()
    return [row if isinstance(row, dict) else vars(row) for row in rows]


def show_item(portal: Portal, item: Item) -> dict[str, Any]:
    values = {name: _printable(value) for name, value in item.values.items()}
    return {**values, "document_id": document_id(portal, item.entity_type_id, item.id)}


def file_with_content(portal: Portal, number: int) -> dict[str, Any]:
    stored = portal.files[number]
    return {"id": stored.id, "name": stored.name, "size": len(stored.content), "content": encoded(stored.content)}


def address_of(portal: Portal, document: list[str]) -> tuple[int, int]:
    """(entityTypeId, item id) of a workflow's document. Raises LookupError."""
    found = parse_document_id(portal, document)
    if found is None:
        raise LookupError(f"no such document: {document}")
    return found


def _printable(value: Any) -> Any:
    return iso(value) if hasattr(value, "isoformat") else value
