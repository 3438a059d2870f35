"""Is everything in order? Looked at from the outside in: this machine, the portal, each box; `b24-edo doctor`."""

from collections.abc import Iterator

from activities.connections import Connections
from activities.context import Context
from activities.self_check.boxes import of_boxes
from activities.self_check.findings import Check, Finding, Level, looked
from activities.self_check.installation import of_installation
from activities.self_check.portal import of_portal

__all__ = ["Finding", "Level", "check", "check_installation"]


def check(context: Context, *, inbox_files: int) -> list[Finding]:
    """Everything about the context's portal and the machine that serves it. Never raises; takes up to a minute when
    somebody does not answer. inbox_files: how many calls wait in files for the database."""
    found = check_installation(context.connections, inbox_files=inbox_files)
    return found + _found(of_portal(context)) + _found(of_boxes(context))


def check_installation(connections: Connections, *, inbox_files: int) -> list[Finding]:
    """What concerns every portal of this installation, also before anybody has installed us."""
    return _found(of_installation(connections, inbox_files=inbox_files))


def _found(checks: Iterator[Check]) -> list[Finding]:
    return [finding for finding in map(looked, checks) if finding is not None]
