"""crm.activity.list, get, update, delete: every activity in the older shape, upper-case names and text ids."""

from typing import Any

from sandbox.portal.crm.configurable import CONFIGURABLE, complete, is_completed
from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.errors import RestError
from sandbox.portal.methods import Call, Page, as_list, as_map, is_yes, method, page_of, whole
from sandbox.portal.rights import may_see

PROVIDERS = {"todo": "CRM_TODO", "configurable": "CONFIGURABLE_REST_APP"}
_OF_TODO = {"SUBJECT": "title", "DESCRIPTION": "description", "DEADLINE": "deadline", "END_TIME": "deadline"}
NAMES = {"todo": "TODO", "configurable": CONFIGURABLE}


@method("crm.activity.list", scope="crm")
def list_activities(call: Call) -> Page:
    """Of the items that the caller may see; BINDINGS: any of several owners."""
    rules = as_map(call.get("filter"))
    wanted = [as_map(one) for one in as_list(rules.pop("BINDINGS", None))]
    own = [row for row in call.portal.tables["activities"].values() if may_see(call.user, row["owner"][0])]
    rows = [row for row in map(shown, own) if not wanted or any(_is_bound(row, one) for one in wanted)]
    order = {str(key): value for key, value in as_map(call.get("order")).items()} or {"START_TIME": "ASC"}
    rows = order_rows(filter_rows(rows, rules), order)
    select = [str(name) for name in as_list(call.get("select"))]
    kept = [
        {name: value for name, value in row.items() if not select or "*" in select or name in select} for row in rows
    ]
    return page_of(kept, call.get("start"))


@method("crm.activity.get", scope="crm")
def get(call: Call) -> dict[str, Any]:
    return shown(_row(call))


@method("crm.activity.update", scope="crm")
def update(call: Call) -> bool:
    """To-dos take a new subject, text, term, responsible and state; what an application draws has its own method."""
    row, fields = _row(call), as_map(call.required("fields"))
    if row["kind"] == "configurable":
        raise RestError("", "Use crm.activity.configurable.update for this activity provider")
    row |= {own: str(fields[name]) for name, own in _OF_TODO.items() if name in fields}
    row["responsible_id"] = whole(fields.get("RESPONSIBLE_ID")) or row["responsible_id"]
    if "COMPLETED" in fields:
        complete(row, done=is_yes(fields["COMPLETED"]))
    return True


@method("crm.activity.delete", scope="crm")
def delete(call: Call) -> bool:
    del call.portal.tables["activities"][_row(call)["id"]]
    return True


def shown(row: dict[str, Any]) -> dict[str, Any]:
    fields = row.get("fields", {})
    header = as_map(as_map(row.get("layout")).get("header"))
    responsible = row["responsible_id"] if row["kind"] == "todo" else fields.get("responsibleId") or row["author_id"]
    done = is_completed(row)
    deadline = row["deadline"] if row["kind"] == "todo" else fields.get("deadline") or None
    return {
        "ID": str(row["id"]),
        "OWNER_ID": str(row["owner"][1]),
        "OWNER_TYPE_ID": str(row["owner"][0]),
        "TYPE_ID": "6",
        "PROVIDER_ID": PROVIDERS[row["kind"]],
        "PROVIDER_TYPE_ID": NAMES[row["kind"]],
        "PROVIDER_GROUP_ID": None,
        "ASSOCIATED_ENTITY_ID": "0",
        "SUBJECT": row["title"] if row["kind"] == "todo" else _first(header.get("title")),
        "CREATED": row["created"],
        "LAST_UPDATED": row["updated"],
        "START_TIME": row["created"],
        "END_TIME": deadline or row["created"],
        "DEADLINE": deadline,
        "COMPLETED": "Y" if done else "N",
        "STATUS": "2" if done else "1",
        "RESPONSIBLE_ID": str(responsible),
        "PRIORITY": "2",
        "DESCRIPTION": row.get("description", ""),
        "DESCRIPTION_TYPE": "1",
        "DIRECTION": "1" if is_yes(fields.get("isIncomingChannel")) else "0",
        "ORIGINATOR_ID": fields.get("originatorId"),
        "ORIGIN_ID": fields.get("originId"),
        "AUTHOR_ID": str(row["author_id"]),
        "EDITOR_ID": str(row["author_id"]),
        "SETTINGS": [],
        "PROVIDER_PARAMS": [],
    }


def _first(text: Any) -> str:
    """Of texts by language, the one that is shown where no language is known."""
    return str(text.get("en") or next(iter(text.values()), "")) if isinstance(text, dict) else str(text or "")


def _row(call: Call) -> dict[str, Any]:
    row = call.portal.tables["activities"].get(whole(call.get("id")))
    if row is None:
        raise RestError("", "Activity is not found")
    if not may_see(call.user, row["owner"][0]):
        raise RestError("", "Access denied.")
    return row


def _is_bound(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(row[name] == str(wanted[name]) for name in ("OWNER_TYPE_ID", "OWNER_ID") if name in wanted)
