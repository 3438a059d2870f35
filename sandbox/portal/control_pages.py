"""Control operations that show and preset what people see on the pages: robots, notifications, tasks, cards."""

from typing import Any

from sandbox.portal.crm import items
from sandbox.portal.model import Portal
from sandbox.portal.operations import operation
from sandbox.portal.pages import robots as designer
from sandbox.portal.pages.card import placed
from sandbox.portal.templates import find_registration
from sandbox.portal.world import World


@operation
def robots(world: World, portal: Portal) -> list[dict[str, Any]]:
    """Placed robots: id, code, activity_name, entity_type_id, stage, values {id of a property: value}, template_id."""
    return list(portal.tables["robots"].values())


@operation
def save_robot(
    world: World,
    portal: Portal,
    code: str,
    values: dict[str, Any],
    entity_type_id: int = 2,
    stage: str = "",
    number: int = 0,
) -> dict[str, Any]:
    """Place a robot with these values, or (number) change a placed one, as «Сохранить» in its settings does."""
    found = find_registration(portal, code)
    if found is None:
        raise LookupError(f"no registration {code}")
    number = number or portal.next_id("robot")
    old = portal.tables["robots"].get(number, {})
    row = {"id": number, "code": found[1].code, "entity_type_id": entity_type_id, "stage": stage, "values": values}
    return designer.store(portal, {**row, "activity_name": old.get("activity_name") or designer.new_name()})


@operation
def card_pages(
    world: World, portal: Portal, entity_type_id: int, item_id: int, spot: str, language: str = "ru"
) -> list[dict[str, Any]]:
    """What applications show on a card: title and what opens the frame. spot: DETAIL_TAB or DETAIL_TOOLBAR."""
    return placed(portal, items.get_item(portal, entity_type_id, item_id), spot, language)
