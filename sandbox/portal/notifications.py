"""im.notify.*: notifications of people. A tag belongs to the application that gave it."""

import json
from typing import Any

from sandbox.portal.errors import RestError, access_denied
from sandbox.portal.methods import Call, method, whole
from sandbox.portal.world import iso, now

ATTACH_LIMIT = 60_000
PAGE = 50


@method("im.notify.personal.add", scope="im")
def personal(call: Call) -> int:
    return _add(call, call.user.id)


@method("im.notify.system.add", scope="im")
def system(call: Call) -> int:
    return _add(call, 0)


@method("im.notify", scope="im")
def notify(call: Call) -> int:
    return _add(call, 0 if call.text("TYPE").upper() == "SYSTEM" else call.user.id)


@method("im.notify.delete", scope="im")
def delete(call: Call) -> bool:
    """By ID any of one's own, by TAG or SUB_TAG those of this application."""
    number, tag, sub_tag = whole(call.get("ID")), call.text("TAG"), call.text("SUB_TAG")
    if not (number or tag or sub_tag):
        raise RestError("PARAMS_ERROR", "Incorrect params")
    table = call.portal.tables["notifications"]
    if number:
        gone = [key for key, row in table.items() if key == number and row["user_id"] == call.user.id]
    else:
        client_id, wanted = _client(call), {"tag": tag, "sub_tag": sub_tag}
        gone = [key for key, row in table.items() if row["client_id"] == client_id and _has(row, wanted)]
    for key in gone:
        del table[key]
    return bool(gone)


@method("im.notify.get", scope="im")
def get(call: Call) -> dict[str, Any]:
    """The caller's own, the newest first, after LAST_ID."""
    rows = [row for row in call.portal.tables["notifications"].values() if row["user_id"] == call.user.id]
    rows.sort(key=lambda row: row["id"], reverse=True)
    last, limit = whole(call.get("LAST_ID")), min(whole(call.get("LIMIT")) or PAGE, PAGE)
    page = [row for row in rows if last is None or row["id"] < last][:limit]
    return {
        "total_count": len(rows),
        "total_unread_count": sum(row["read"] == "N" for row in rows),
        "chat_id": 0,
        "notifications": [_shown(row) for row in page],
        "users": [],
    }


@method("im.notify.read", scope="im")
def read(call: Call) -> bool:
    row = call.portal.tables["notifications"].get(whole(call.get("ID")))
    if row is None or row["user_id"] != call.user.id:
        raise RestError("PARAMS_ERROR", "Incorrect params")
    row["read"] = "Y"
    return True


def _add(call: Call, author_id: int) -> int:
    """A notification replaces earlier ones with the same tag of the same application."""
    user_id, text = whole(call.text("USER_ID") or call.text("TO")) or 0, call.text("MESSAGE").strip()
    if user_id <= 0:
        raise RestError("USER_ID_EMPTY", "User ID can't be empty")
    if not text:
        raise RestError("MESSAGE_EMPTY", "Message can't be empty")
    _check_attach(call.get("ATTACH"))
    table, tag, sub_tag = call.portal.tables["notifications"], call.text("TAG"), call.text("SUB_TAG")
    client_id = _client(call) if tag or sub_tag else ""
    if user_id not in call.portal.users:
        return False
    for key in [key for key, old in table.items() if tag and (old["client_id"], old["tag"]) == (client_id, tag)]:
        del table[key]
    number = call.portal.next_id("notification")
    table[number] = {
        "id": number,
        "user_id": user_id,
        "author_id": author_id,
        "message": text,
        "message_out": call.text("MESSAGE_OUT"),
        "tag": tag,
        "sub_tag": sub_tag,
        "client_id": client_id,
        "at": iso(now()),
        "read": "N",
    }
    return number


def _has(row: dict[str, Any], tags: dict[str, str]) -> bool:
    return all(row[name] == value for name, value in tags.items() if value)


def _client(call: Call) -> str:
    """Whose tag it is; a webhook has to say so itself."""
    if call.app is not None:
        return call.app.client_id
    if not call.text("CLIENT_ID"):
        raise access_denied("Client ID not specified")
    return call.text("CLIENT_ID")


def _check_attach(attach: Any) -> None:
    if attach in (None, "", [], {}):
        return
    text = attach if isinstance(attach, str) else json.dumps(attach, ensure_ascii=False)
    if len(text) > ATTACH_LIMIT:
        raise RestError("ATTACH_OVERSIZE", "You have exceeded the maximum allowable size of attach")
    if isinstance(attach, str):
        try:
            json.loads(attach)
        except ValueError as error:
            raise RestError("ATTACH_ERROR", "Incorrect attach params") from error


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "chat_id": 0,
        "author_id": row["author_id"],
        "date": row["at"],
        "notify_type": 4 if row["author_id"] == 0 else 2,
        "notify_module": "rest",
        "notify_event": "rest_notify",
        "notify_tag": f"MP|{row['client_id']}|{row['tag']}" if row["tag"] else "",
        "notify_sub_tag": f"MP|{row['client_id']}|{row['sub_tag']}" if row["sub_tag"] else "",
        "text": row["message"],
        "notify_read": row["read"],
    }
