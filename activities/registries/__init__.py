"""The registries of documents and packages in a portal's CRM: made there, shown there, corrected there by people."""

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

__all__ = [
    "BACKENDS",
    "Prepared",
    "PreparedRegistry",
    "Progress",
    "listen",
    "prepare",
    "prepared_of",
    "show",
    "show_incoming",
]
