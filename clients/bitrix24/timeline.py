"""What stands in an item's timeline beside comments: activities of an application's own look, and to-dos."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from clients.bitrix24 import reading, wire
from clients.bitrix24.caller import Caller
from clients.bitrix24.models import TimelineActivity

CONFIGURABLE, TODO = "CONFIGURABLE_REST_APP", "CRM_TODO"  # PROVIDER_ID, by which lists tell them apart
_SELECT = ("ID", "OWNER_ID", "OWNER_TYPE_ID", "SUBJECT", "COMPLETED", "RESPONSIBLE_ID", "ORIGINATOR_ID", "ORIGIN_ID")


class TimelineMethods(Caller):
    def crm_activity_configurable_add(
        self, *, entity_type_id: int, entity_id: int, fields: Mapping[str, Any], layout: Mapping[str, Any]
    ) -> int:
        """The id of a new entry. Never repeated here: an unclear failure is looked up by originatorId and originId.

        fields: completed, responsibleId, originatorId, originId …; layout: icon, header, body, footer. NotFoundThere
        when there is no such item, NoAccess outside an application or where the plan lacks the method.
        Source: crm/timeline/activities/configurable.
        """
        owner = {"ownerTypeId": entity_type_id, "ownerId": entity_id}
        params = {**owner, "fields": dict(fields), "layout": dict(layout)}
        return _id_of(self.call("crm.activity.configurable.add", params))

    def crm_activity_configurable_update(
        self, activity_id: int, *, fields: Mapping[str, Any], layout: Mapping[str, Any]
    ) -> None:
        """Replace an entry's look and some of its fields. NotFoundThere when somebody deleted it; vendor code
        ERROR_WRONG_APPLICATION when an earlier application of ours made it."""
        params = {"id": activity_id, "fields": dict(fields), "layout": dict(layout)}
        self.call("crm.activity.configurable.update", params, repeat=True)

    def crm_activity_todo_add(
        self,
        *,
        entity_type_id: int,
        entity_id: int,
        deadline: datetime,
        title: str,
        description: str = "",
        responsible_id: int = 0,
        ping_offsets: Sequence[int] = (),
    ) -> int:
        """The id of a new to-do. ping_offsets: minutes before the deadline. Never repeated here."""
        params: dict[str, Any] = {"ownerTypeId": entity_type_id, "ownerId": entity_id, "deadline": deadline}
        optional = {
            "title": title,
            "description": description,
            "responsibleId": responsible_id,
            "pingOffsets": list(ping_offsets),
        }
        params |= {name: value for name, value in optional.items() if value}
        return wire.as_int(wire.as_map(self.call("crm.activity.todo.add", params)).get("id"))

    def crm_activity_list(self, filter: Mapping[str, Any]) -> Iterator[TimelineActivity]:
        """Activities in the order of their ids, e.g. of {"OWNER_TYPE_ID": 2, "OWNER_ID": 17, "PROVIDER_ID": TODO}."""
        params = {"filter": dict(filter), "select": list(_SELECT)}
        return map(reading.timeline_activity, self.list_all("crm.activity.list", params))

    def crm_activity_update(self, activity_id: int, fields: Mapping[str, Any]) -> None:
        """Change a to-do, e.g. {"COMPLETED": "Y"}; NotFoundThere when it is gone. Not for configurable ones."""
        self.call("crm.activity.update", {"id": activity_id, "fields": dict(fields)}, repeat=True)


def _id_of(result: Any) -> int:
    return wire.as_int(wire.as_map(wire.as_map(result).get("activity")).get("id"))
