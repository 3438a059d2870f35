"""People of a portal: their departments, the notices and tasks they get."""

from collections.abc import Iterator, Mapping
from typing import Any

from clients.bitrix24 import reading, wire
from clients.bitrix24.caller import Caller
from clients.bitrix24.models import Department, Task


class PeopleMethods(Caller):
    def department_get(self, **filter: int) -> Iterator[Department]:
        """Departments, e.g. of ID=5 or PARENT=1; needs the scope department."""
        return map(reading.department, self.list_pages("department.get", filter))

    def im_notify_personal_add(self, *, user_id: int, message: str, message_out: str = "", tag: str = "") -> int:
        """A notice (BB-code) in the name of the token's user: its id, 0 when the portal did not create one.

        message_out: the same without BB-code, for mail. A new notice replaces those of the same tag, so only one with
        a tag is repeated after an unclear failure.
        """
        params = notice(user_id=user_id, message=message, message_out=message_out, tag=tag)
        return wire.as_int(self.call("im.notify.personal.add", params, repeat=bool(tag)))

    def im_notify_system_add(self, *, user_id: int, message: str, message_out: str = "", tag: str = "") -> int:
        """As im_notify_personal_add, in nobody's name."""
        params = notice(user_id=user_id, message=message, message_out=message_out, tag=tag)
        return wire.as_int(self.call("im.notify.system.add", params, repeat=bool(tag)))

    def tasks_task_add(self, fields: Mapping[str, Any]) -> Task:
        """fields in the vendor's words: TITLE, RESPONSIBLE_ID, DESCRIPTION, DEADLINE, UF_CRM_TASK ["D_10"]. Never
        repeated here."""
        result = wire.as_map(self.call("tasks.task.add", {"fields": dict(fields)}))
        return reading.task(result.get("task"))

    def tasks_task_list(self, filter: Mapping[str, Any]) -> Iterator[Task]:
        """Tasks that this user may see, the newest first, e.g. of {"TITLE": title, "UF_CRM_TASK": "D_10"}."""
        params = {
            "filter": dict(filter),
            "select": ["ID", "TITLE", "RESPONSIBLE_ID", "STATUS"],
            "order": {"ID": "desc"},
        }
        return map(reading.task, self.list_pages("tasks.task.list", params, "tasks"))


def notice(*, user_id: int, message: str, message_out: str = "", tag: str = "") -> dict[str, Any]:
    """The parameters of im.notify.personal.add and im.notify.system.add."""
    optional = {"MESSAGE_OUT": message_out, "TAG": tag}
    return {"USER_ID": user_id, "MESSAGE": message, **{name: value for name, value in optional.items() if value}}
