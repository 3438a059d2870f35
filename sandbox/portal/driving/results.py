"""What applications have left behind: timeline, Drive, documents, notifications, triggers."""

import base64
from typing import Any

from sandbox.portal.driving.base import Base
from sandbox.portal.driving.seeded import DEAL, DEAL_TYPE


class Results(Base):
    def table(self, name: str, portal: str = "first") -> list[Any]:
        return self.do("read_table", portal=portal, name=name)

    def timeline(
        self, entity_type_id: int = DEAL_TYPE, item_id: int = DEAL, portal: str = "first"
    ) -> list[dict[str, Any]]:
        """Comments {kind "comment", text, author_id, files: [{id, name, size, content: bytes}]} and activities
        {kind "todo" or "configurable", fields, layout …} of an item."""
        found = self.do("timeline", portal=portal, entity_type_id=entity_type_id, item_id=item_id)
        return [{**entry, "files": _with_bytes(entry.get("files", []))} for entry in found]

    def remove_activity(self, activity_id: int, portal: str = "first") -> None:
        """A person deletes an activity from the timeline."""
        self.do("remove_activity", portal=portal, activity_id=activity_id)

    def drive_files(self, portal: str = "first") -> list[dict[str, Any]]:
        """[{id, name, size, folder, content: bytes}] of every file on the Drive."""
        return _with_bytes(self.do("drive_files", portal=portal))

    def generated_documents(self, portal: str = "first") -> list[dict[str, Any]]:
        return self.do("generated_documents", portal=portal)

    def set_trigger(self, code: str, stage: str, entity_type_id: int = DEAL_TYPE, portal: str = "first") -> None:
        """Configure a trigger on the funnel: pulled, it moves the item to this stage."""
        self.do("set_trigger", portal=portal, code=code, stage=stage, entity_type_id=entity_type_id)

    def pulled_triggers(self, portal: str = "first") -> list[dict[str, Any]]:
        """[{code, entity_type_id, item_id, at, moved_to}]."""
        return self.do("pulled_triggers", portal=portal)

    def press_button(self, activity_id: int, action_id: str, portal: str = "first", **more: Any) -> None:
        """Press a button of a configurable activity; more: user_id, data (its actionParams)."""
        self.do("press_button", portal=portal, activity_id=activity_id, action_id=action_id, **more)

    def notifications(self, portal: str = "first") -> list[dict[str, Any]]:
        """[{user_id, author_id, message, tag, at}]."""
        return self.table("notifications", portal)

    def tasks(self, portal: str = "first") -> list[dict[str, Any]]:
        return self.table("tasks", portal)


def _with_bytes(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "content": base64.b64decode(one["content"])} for one in files]
