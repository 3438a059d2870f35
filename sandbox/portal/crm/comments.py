"""crm.timeline.comment.*: comments in an item's timeline; their files lie on the Drive."""

from typing import Any

from sandbox.portal import drive
from sandbox.portal.crm import items
from sandbox.portal.crm.filters import filter_rows
from sandbox.portal.crm.owners import allowed
from sandbox.portal.crm.types import kind_by
from sandbox.portal.errors import missing, not_found
from sandbox.portal.methods import Call, Page, as_list, as_map, invalid_argument, method, page_of, whole
from sandbox.portal.model import Item
from sandbox.portal.values import decode_file
from sandbox.portal.world import iso, now


@method("crm.timeline.comment.add", scope="crm")
def add_comment(call: Call) -> int:
    fields = as_map(call.required("fields"))
    item = _owner_by_name(call, fields)
    text = str(fields.get("COMMENT") or "")
    if not text:
        raise invalid_argument("Empty comment message.")
    number = call.portal.next_id("comment", 1999)
    call.portal.tables["comments"][number] = {
        "ID": number,
        "ENTITY_TYPE_ID": item.entity_type_id,
        "ENTITY_ID": item.id,
        "ENTITY_TYPE": str(fields["ENTITY_TYPE"]).lower(),
        "CREATED": iso(now()),
        "COMMENT": text,
        "AUTHOR_ID": call.user.id,
        "FILES": _files(call, fields.get("FILES")),
    }
    return number


@method("crm.timeline.comment.update", scope="crm")
def update_comment(call: Call) -> bool:
    """The whole set of files is replaced when FILES is given."""
    row, fields = _comment(call), as_map(call.required("fields"))
    if "COMMENT" in fields and not fields["COMMENT"]:
        raise invalid_argument("Empty comment message.")
    if "COMMENT" in fields:
        row["COMMENT"] = str(fields["COMMENT"])
    if "FILES" in fields:
        row["FILES"] = _files(call, fields["FILES"])
    return True


@method("crm.timeline.comment.delete", scope="crm")
def delete_comment(call: Call) -> bool:
    del call.portal.tables["comments"][_comment(call)["ID"]]
    return True


@method("crm.timeline.comment.get", scope="crm")
def get_comment(call: Call) -> dict[str, Any]:
    return _shown_comment(call, _comment(call))


@method("crm.timeline.comment.list", scope="crm")
def list_comments(call: Call) -> Page:
    rules = {key.upper(): value for key, value in call.map("filter").items()}
    if not {"ENTITY_ID", "ENTITY_TYPE"} <= {key.lstrip("=") for key in rules}:
        raise invalid_argument("ENTITY_ID and ENTITY_TYPE are required in filter")
    rows = filter_rows(list(call.portal.tables["comments"].values()), rules)
    return page_of([_shown_comment(call, row) for row in rows], call.get("start"))


def _owner_by_name(call: Call, fields: dict[str, Any]) -> Item:
    kind = kind_by(call.portal, name=str(fields.get("ENTITY_TYPE") or ""))
    item = items.items_of(call.portal, kind.id).get(whole(fields.get("ENTITY_ID")) or 0) if kind else None
    return allowed(call, item)


def _comment(call: Call) -> dict[str, Any]:
    number = whole(call.get("id"))
    if number is None:
        raise missing("id")
    row = call.portal.tables["comments"].get(number)
    if row is None:
        raise not_found("Comment was not found")
    return row


def _files(call: Call, given: Any) -> list[int]:
    """Files of comments go to the Drive. An element is ["name", "base64"] or the id of a file already there."""
    numbers = []
    for part in as_list(given):
        if isinstance(part, list):
            name, content = decode_file(part)
            numbers.append(drive.store(call.portal, "comments", name, content, call.user.id)["ID"])
        elif whole(str(part).lstrip("n")) in call.portal.tables["drive"]:
            numbers.append(int(str(part).lstrip("n")))
    return numbers


def _shown_comment(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    files = {}
    for number in row["FILES"]:
        stored = call.portal.tables["drive"][number]
        url = f"{call.world.url_of(call.portal)}/disk/downloadFile/{number}/"
        files[str(number)] = {
            "id": number,
            "date": row["CREATED"],
            "type": "file",
            "name": stored["NAME"],
            "size": int(stored["SIZE"]),
            "authorId": row["AUTHOR_ID"],
            "urlShow": url,
            "urlDownload": url,
        }
    texts = {key: str(row[key]) for key in ("ID", "ENTITY_ID", "AUTHOR_ID")}
    kept = {key: row[key] for key in ("ENTITY_TYPE", "CREATED", "COMMENT")}
    return {**texts, **kept, **({"FILES": files} if files else {})}
