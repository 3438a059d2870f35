"""crm.item.productrow.*: goods and services in an item."""

from typing import Any

from sandbox.portal.crm import items
from sandbox.portal.crm.types import kind_by
from sandbox.portal.errors import RestError, item_access_denied, not_found
from sandbox.portal.methods import Call, Page, as_list, as_map, invalid_argument, is_yes, method, page_of, whole
from sandbox.portal.model import Item
from sandbox.portal.rights import may_see
from sandbox.portal.values import to_number

NUMBERS = {"price": 0.0, "quantity": 1.0, "discountRate": 0.0, "discountSum": 0.0, "taxRate": None}
TEXTS = {"productName": "", "measureName": "шт", "xmlId": ""}
WHOLE = {"productId": 0, "discountTypeId": 2, "measureCode": 796, "sort": 10, "type": 1, "storeId": None}


@method("crm.item.productrow.list", scope="crm")
def list_rows(call: Call) -> Page:
    rules = as_map(call.get("filter"))
    if "=ownerType" not in rules or "=ownerId" not in rules:
        raise invalid_argument("Fields =ownerType and =ownerId are required in filter")
    item = _owner(call, rules["=ownerType"], rules["=ownerId"])
    rows = rows_of(call, item)
    return page_of(rows, call.get("start"), lambda page: {"productRows": page})


@method("crm.item.productrow.set", scope="crm")
def set_rows(call: Call) -> dict[str, Any]:
    item = _owner(call, call.required("ownerType"), call.required("ownerId"))
    given = as_list(call.required("productRows"))
    table = call.portal.tables["product_rows"]
    made = [_row(call, item, as_map(row)) for row in given]
    for row in rows_of(call, item):
        del table[row["id"]]
    table |= {row["id"]: row for row in made}
    _sum_up(call, item)
    return {"productRows": [_shown(row) for row in made]}


@method("crm.item.productrow.add", scope="crm")
def add(call: Call) -> dict[str, Any]:
    fields = as_map(call.required("fields"))
    item = _owner(call, fields.get("ownerType"), fields.get("ownerId"))
    row = _row(call, item, fields)
    call.portal.tables["product_rows"][row["id"]] = row
    _sum_up(call, item)
    return {"productRow": _shown(row)}


@method("crm.item.productrow.update", scope="crm")
def update(call: Call) -> dict[str, Any]:
    row = _find(call)
    item = _owner(call, row["ownerType"], row["ownerId"])
    changed = {**_row(call, item, {**row, **as_map(call.required("fields"))}), "id": row["id"]}
    call.portal.tables["product_rows"][row["id"]] = changed
    _sum_up(call, item)
    return {"productRow": _shown(changed)}


@method("crm.item.productrow.get", scope="crm")
def get(call: Call) -> dict[str, Any]:
    return {"productRow": _shown(_find(call))}


@method("crm.item.productrow.delete", scope="crm")
def delete(call: Call) -> None:
    row = _find(call)
    item = _owner(call, row["ownerType"], row["ownerId"])
    del call.portal.tables["product_rows"][row["id"]]
    _sum_up(call, item)


@method("crm.item.productrow.fields", scope="crm")
def fields(call: Call) -> dict[str, Any]:
    described = {
        **dict.fromkeys(NUMBERS, "double"),
        **dict.fromkeys(TEXTS, "string"),
        **dict.fromkeys(WHOLE, "integer"),
    }
    described |= {"id": "integer", "ownerId": "integer", "ownerType": "string", "taxIncluded": "char"}
    return {"fields": {name: {"type": kind, "isReadOnly": name == "id"} for name, kind in described.items()}}


def rows_of(call: Call, item: Item) -> list[dict[str, Any]]:
    owner = (item.entity_type_id, item.id)
    rows = [row for row in call.portal.tables["product_rows"].values() if row["_owner"] == owner]
    return [_shown(row) for row in rows]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "_owner"}


def _owner(call: Call, owner_type: Any, owner_id: Any) -> Item:
    kind = kind_by(call.portal, short=str(owner_type or ""))
    item = items.items_of(call.portal, kind.id).get(whole(owner_id) or 0) if kind else None
    if item is None:
        raise RestError("OWNER_NOT_FOUND", "Owner of the product rows is not found")
    if not may_see(call.user, item.entity_type_id):
        raise item_access_denied()
    return item


def _find(call: Call) -> dict[str, Any]:
    row = call.portal.tables["product_rows"].get(call.number("id"))
    if row is None:
        raise not_found("Product row is not found")
    return row


def _row(call: Call, item: Item, given: dict[str, Any]) -> dict[str, Any]:
    kind = items.kind_of(call.portal, item.entity_type_id)
    row: dict[str, Any] = {"id": call.portal.next_id("product_row"), "ownerId": item.id}
    row |= {"ownerType": kind.short if kind else "", "_owner": (item.entity_type_id, item.id)}
    row |= {name: to_number(given[name]) if name in given else usual for name, usual in NUMBERS.items()}
    row |= {name: str(given.get(name) or usual) for name, usual in TEXTS.items()}
    row |= {name: whole(given.get(name, usual)) for name, usual in WHOLE.items()}
    row |= {"taxIncluded": "Y" if is_yes(given.get("taxIncluded")) else "N", "customized": "Y"}
    return {**row, **_prices(row)}


def _prices(row: dict[str, Any]) -> dict[str, float]:
    """price has discount and tax in it; the others leave out one or both."""
    price, tax = row["price"] or 0.0, (row["taxRate"] or 0.0) / 100
    exclusive = round(price / (1 + tax), 2)
    netto = exclusive + (row["discountSum"] or 0.0)
    return {
        "priceExclusive": exclusive,
        "priceNetto": netto,
        "priceBrutto": round(netto * (1 + tax), 2),
        "priceAccount": price,
    }


def _sum_up(call: Call, item: Item) -> None:
    """The item's sum follows its rows unless somebody has set it by hand."""
    if item.values.get("IS_MANUAL_OPPORTUNITY") == "Y":
        return
    total = sum((row["price"] or 0.0) * (row["quantity"] or 0.0) for row in rows_of(call, item))
    items.update_item(call.world, call.portal, item, {"OPPORTUNITY": total}, call.user.id)
