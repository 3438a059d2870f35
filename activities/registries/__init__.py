"""The registries of documents and packages in a portal's CRM: made there, shown there, corrected there by people."""

from activities.registries.items import RegistryItem, find_item, item_link, items_of
from activities.registries.preparing import (
    BACKENDS,
    Prepared,
    PreparedRegistry,
    Progress,
    listen,
    prepare,
    prepared_of,
)
from activities.registries.showing import show, show_incoming
from activities.registries.taking import look_through, take_in

__all__ = [
    "BACKENDS",
    "Prepared",
    "PreparedRegistry",
    "Progress",
    "RegistryItem",
    "find_item",
    "item_link",
    "items_of",
    "listen",
    "look_through",
    "prepare",
    "prepared_of",
    "show",
    "show_incoming",
    "take_in",
]
