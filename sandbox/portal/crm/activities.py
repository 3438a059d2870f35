"""crm.activity.get, list, update, delete: the older methods that see activities of every kind, in upper-case names."""

from typing import Any

from sandbox.portal.crm.requisites import listed
from sandbox.portal.errors import RestError
from sandbox.portal.methods import Call, Page, is_yes, method
from sandbox.portal.world import iso

PROVIDERS = {"configurable": ("CONFIGURABLE_REST_APP", "CONFIGURABLE"), "todo": ("CRM_TODO", "TODO")}
_OF_TODO = {"SUBJECT": "title", "DESCRIPTION": "description", "DEADLINE": "deadline", "END_TIME": "deadline"}


@method("crm.activity.list", scope="crm")
def list_activities(call: Call) -> Page:
    _check(call)
    return listed(call, [shown(row) for row in call.portal.tables["activities"].values()])


@method("crm.activity.get", scope="crm")
def get_activity(call: Call) -> dict[str, Any]:
    return shown(_found(call))


@method("crm.activity.update", scope="crm")
def update_activity(call: Call) -> bool:
    row, fields = _found(call), {name.upper(): value for name, value in call.map("fields").items()}
    if row["kind"] == "configurable":
        raise RestError("", "Use crm.activity.configurable.update for this activity provider")
    row |= {own: str(fields[name]) for name, own in _OF_TODO.items() if name in fields}
    if "COMPLETED" in fields:
        row["completed"] = "Y" if is_yes(fields["COMPLETED"]) else "N"
    if "RESPONSIBLE_ID" in fields:
        row["responsible_id"] = int(fields["RESPONSIBLE_ID"])
    return True


@method("crm.activity.delete", scope="crm")
def delete_activity(call: Call) -> bool:
    del call.portal.tables["activities"][_found(call)["id"]]
    return True


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """An activity as these methods tell of it: ids are texts."""
    provider, provider_type = PROVIDERS[row["kind"]]
    fields = row.get("fields", {})
    is_own = row["kind"] == "configurable"
    responsible = fields.get("responsibleId") or row.get("author_id", 1) if is_own else row["responsible_id"]
    return {
        "ID": str(row["id"]),
        "OWNER_TYPE_ID": str(row["owner"][0]),
        "OWNER_ID": str(row["owner"][1]),
        "TYPE_ID": "6",
        "PROVIDER_ID": provider,
        "PROVIDER_TYPE_ID": fields.get("typeId") or provider_type,
        "SUBJECT": row["layout"]["header"]["title"] if is_own else row["title"],
        "DESCRIPTION": row.get("description", ""),
        "COMPLETED": "Y" if is_yes(fields.get("completed") if is_own else row["completed"]) else "N",
        "RESPONSIBLE_ID": str(responsible),
        "DEADLINE": _moment(fields.get("deadline") if is_own else row["deadline"]),
        "ORIGINATOR_ID": fields.get("originatorId"),
        "ORIGIN_ID": fields.get("originId"),
    }


def _moment(value: Any) -> str | None:
    return iso(value) if hasattr(value, "isoformat") else value or None


def _check(call: Call) -> None:
    if not call.user.has_crm:
        raise RestError("", "Access denied.")


def _found(call: Call) -> dict[str, Any]:
    _check(call)
    row: dict[str, Any] | None = call.portal.tables["activities"].get(call.number("id"))
    if row is None:
        raise RestError("", "Activity is not found")
    return row
