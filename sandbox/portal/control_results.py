"""Control operations that show what applications have left behind: timeline, Drive, generated documents, triggers."""

from typing import Any

from sandbox.portal.control_crm import file_with_content
from sandbox.portal.events import press
from sandbox.portal.model import Portal
from sandbox.portal.operations import operation
from sandbox.portal.world import World


@operation
def timeline(world: World, portal: Portal, entity_type_id: int, item_id: int) -> list[dict[str, Any]]:
    """Comments with their files (content in base64) and activities of an item, oldest first."""
    comments = [
        {
            "kind": "comment",
            "id": row["ID"],
            "text": row["COMMENT"],
            "author_id": row["AUTHOR_ID"],
            "at": row["CREATED"],
        }
        | {"files": [_drive_file(portal, number) for number in row["FILES"]]}
        for row in portal.tables["comments"].values()
        if (row["ENTITY_TYPE_ID"], row["ENTITY_ID"]) == (entity_type_id, item_id)
    ]
    owned = (row for row in portal.tables["activities"].values() if row["owner"] == [entity_type_id, item_id])
    return [*comments, *owned]


@operation
def remove_activity(world: World, portal: Portal, activity_id: int) -> bool:
    """A person deletes an activity of whatever kind from the timeline."""
    del portal.tables["activities"][activity_id]
    return True


@operation
def drive_files(world: World, portal: Portal) -> list[dict[str, Any]]:
    """All files of the Drive with their content in base64."""
    return [_drive_file(portal, row["ID"]) for row in portal.tables["drive"].values() if row["TYPE"] == "file"]


@operation
def generated_documents(world: World, portal: Portal) -> list[dict[str, Any]]:
    return list(portal.tables["docgen_documents"].values())


@operation
def set_trigger(world: World, portal: Portal, code: str, stage: str, entity_type_id: int = 2) -> bool:
    """Configure a trigger on the funnel: when it is pulled the item goes to this stage."""
    portal.tables["funnel_triggers"][entity_type_id, code] = stage
    return True


@operation
def pulled_triggers(world: World, portal: Portal) -> list[dict[str, Any]]:
    return list(portal.tables["pulls"].values())


@operation
def press_button(
    world: World, portal: Portal, activity_id: int, action_id: str, user_id: int = 1, data: Any = None
) -> bool:
    """A person presses a button of a configurable activity: its creator hears onCrmTimelineItemAction."""
    row = portal.tables["activities"][activity_id]
    return press(world, portal, row, {"id": action_id, "actionParams": data or {}}, user_id)


def _drive_file(portal: Portal, number: int) -> dict[str, Any]:
    row = portal.tables["drive"][number]
    return {**file_with_content(portal, row["FILE_ID"]), "id": number, "name": row["NAME"], "folder": row["PARENT_ID"]}
