"""The timeline of an item as a person sees it: comments, activities of applications, to-dos and tasks."""

from typing import Any

from sandbox.portal.crm.types import kind_of
from sandbox.portal.methods import as_map, is_yes
from sandbox.portal.model import Item, Portal
from sandbox.portal.pages.bbcode import is_safe, shown
from sandbox.portal.pages.shown_values import Part
from sandbox.portal.values import site_time, to_moment

GLYPHS = {
    "attention": "!",
    "call": "☎",
    "call-completed": "☎",
    "check": "✓",
    "clock": "◷",
    "comment": "✎",
    "document": "▤",
    "document-print": "▤",
    "info": "i",
    "mail-outcome": "✉",
    "robot": "⚙",
    "task": "☑",
    "todo": "◷",
}
FINISHED_TASK = "5"


def entries(portal: Portal, item: Item, language: str) -> list[dict[str, Any]]:
    """What is to be done first, then the newest first."""
    owner = [item.entity_type_id, item.id]
    comments = [
        _comment(portal, row)
        for row in portal.tables["comments"].values()
        if [row["ENTITY_TYPE_ID"], row["ENTITY_ID"]] == owner
    ]
    own = [row for row in portal.tables["activities"].values() if row["owner"] == owner]
    activities = [_activity(portal, row, language) for row in own]
    found = [*comments, *activities, *_tasks(portal, item)]
    newest = sorted(found, key=lambda entry: (entry["moment"], entry["id"]), reverse=True)
    return sorted(newest, key=lambda entry: not entry["is_open"])


def translated(value: Any, language: str) -> str:
    """A text, or texts by language: the wanted one, else English, else the first."""
    if not isinstance(value, dict):
        return "" if value is None else str(value)
    return str(value.get(language) or value.get("en") or next(iter(value.values()), ""))


def action_at(layout: dict[str, Any], path: str) -> dict[str, Any] | None:
    """An action in a layout by its place: header.titleAction, footer.buttons.open, …"""
    found: Any = layout
    for step in path.split("."):
        found = as_map(found).get(step)
    action = found if path.endswith("Action") else as_map(found).get("action")
    return as_map(action) or None


def _entry(number: int, kind: str, moment: str, **more: Any) -> dict[str, Any]:
    at = to_moment(moment)
    usual = {"tags": [], "blocks": [], "buttons": [], "menu": [], "files": [], "is_open": False, "deadline": ""}
    glyph = GLYPHS.get(more.pop("icon", kind), "•")
    shown_at = site_time(at) if at else ""
    return {"id": number, "kind": kind, "moment": moment, "at": shown_at, "glyph": glyph, **usual, **more}


def _comment(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    files = [Part(portal.tables["drive"][n]["NAME"], f"/disk/downloadFile/{n}/") for n in row["FILES"]]
    author = portal.users.get(row["AUTHOR_ID"])
    name = author.full_name if author else ""
    return _entry(row["ID"], "comment", row["CREATED"], text=shown(row["COMMENT"]), files=files, author=name)


def _activity(portal: Portal, row: dict[str, Any], language: str) -> dict[str, Any]:
    if row["kind"] == "todo":
        is_open = row["completed"] != "Y"
        texts = {"title": row["title"], "text": shown(row["description"])}
        responsible = portal.users.get(row["responsible_id"])
        name = responsible.full_name if responsible else ""
        return _entry(
            row["id"], "todo", row["created"], **texts, is_open=is_open, deadline=_day(row["deadline"]), author=name
        )
    return _configurable(row, language)


def _configurable(row: dict[str, Any], language: str) -> dict[str, Any]:
    layout, fields = row["layout"], row["fields"]
    header, body, footer = (as_map(layout.get(name)) for name in ("header", "body", "footer"))
    deadline = _day(str(fields.get("deadline") or ""))
    menu = as_map(as_map(footer.get("menu")).get("items"))
    return _entry(
        row["id"],
        "configurable",
        row["updated"],
        icon=as_map(layout.get("icon")).get("code"),
        title=translated(header.get("title"), language),
        title_action=_action(header.get("titleAction"), "header.titleAction"),
        tags=_named(header.get("tags"), "header.tags", language),
        blocks=_blocks(body.get("blocks"), "body.blocks", language),
        buttons=_named(footer.get("buttons"), "footer.buttons", language),
        menu=_named(menu, "footer.menu.items", language),
        is_open=not is_yes(fields.get("completed")),
        deadline=deadline,
        lock=row.get("lock"),
    )


def _named(given: Any, path: str, language: str) -> list[dict[str, Any]]:
    """Tags, buttons and menu items: all have a title, most an action."""
    return [
        {
            "title": translated(one.get("title"), language),
            "type": one.get("type"),
            "action": _action(one.get("action"), f"{path}.{key}"),
            "path": f"{path}.{key}",
        }
        for key, one in ((key, as_map(value)) for key, value in as_map(given).items())
        if one.get("scope") in (None, "", "web")
    ]


def _blocks(given: Any, path: str, language: str) -> list[dict[str, Any]]:
    pairs = ((key, as_map(value)) for key, value in as_map(given).items())
    blocks = (_block(one, f"{path}.{key}", language) for key, one in pairs)
    return [block for block in blocks if block is not None]


def _block(block: dict[str, Any], path: str, language: str) -> dict[str, Any] | None:
    """A block with texts in one language; None for those of mobile devices."""
    properties = as_map(block.get("properties"))
    if properties.get("scope") not in (None, "", "web"):
        return None
    inner = f"{path}.properties"
    texts = {name: translated(properties.get(name), language) for name in ("value", "text", "title")}
    flags = {name: is_yes(properties.get(name)) for name in ("bold", "multiline", "inline")}
    return {
        "type": block.get("type"),
        **texts,
        **flags,
        "action": _action(properties.get("action"), inner),
        "block": _block(as_map(properties.get("block")), f"{inner}.block", language) if "block" in properties else None,
        "blocks": _blocks(properties.get("blocks"), f"{inner}.blocks", language),
    }


def _action(given: Any, path: str) -> dict[str, Any] | None:
    """What a click does, for the script of the page; the server is told its place in the layout."""
    action = as_map(given)
    if not action:
        return None
    uri = str(action.get("uri") or "")
    wanted = {"type": action.get("type"), "path": path, "animation": action.get("animationType")}
    return {**wanted, **({"uri": uri} if is_safe(uri) else {}), "slider": as_map(action.get("sliderParams"))}


def _tasks(portal: Portal, item: Item) -> list[dict[str, Any]]:
    kind = kind_of(portal, item.entity_type_id)
    bound = f"{kind.short}_{item.id}".lower() if kind else ""
    return [
        _entry(
            int(task["id"]),
            "task",
            task["createdDate"],
            title=task["title"],
            url=task_path(task),
            text=shown(task["description"]),
            is_open=task["status"] != FINISHED_TASK,
            deadline=_day(task["deadline"]),
            author=portal.users[int(task["responsibleId"])].full_name,
        )
        for task in portal.tables["tasks"].values()
        if bound in (str(one).lower() for one in task["ufCrmTask"])
    ]


def task_path(task: dict[str, Any]) -> str:
    return f"/company/personal/user/{task['responsibleId']}/tasks/task/view/{task['id']}/"


def _day(moment: Any) -> str:
    found = to_moment(moment) if moment else None
    return site_time(found)[:16] if found else ""
