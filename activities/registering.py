"""Keeps the catalogue registered on a portal: adds what is missing, updates what changed, removes when asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from activities import catalog
from activities.registration import activity_registration, fingerprint, robot_registration
from activities.step_layout import has_page
from clients.bitrix24.bizproc import Registration
from clients.bitrix24.client import Bitrix24Client
from errors import Conflict, NotFoundThere
from registry.portals import Portals
from registry.tables import Portal

KINDS = ("robot", "activity")
Progress = Callable[[int, int], None]


def untold(done: int, total: int) -> None:
    """Nobody looks at the progress."""


@dataclass(frozen=True)
class Registered:
    """One code on one portal. state: registered, outdated, missing; kind: robot or activity."""

    code: str
    kind: str
    state: str


@dataclass(frozen=True)
class _Wanted:
    kind: str
    registration: Registration
    mark: str


def registrations(client: Bitrix24Client, portal: Portal, *, public_url: str) -> list[Registered]:
    """What the portal has of our catalogue, asked now."""
    there = {"robot": set(client.bizproc_robot_list()), "activity": set(client.bizproc_activity_list())}
    found = []
    for wanted in _catalogue(portal, public_url, KINDS):
        code = wanted.registration.code
        known = portal.registrations.get(code) == wanted.mark
        state = "missing" if code not in there[wanted.kind] else "registered" if known else "outdated"
        found.append(Registered(code=code, kind=wanted.kind, state=state))
    return found


def register(
    client: Bitrix24Client,
    portals: Portals,
    portal: Portal,
    *,
    public_url: str,
    kinds: tuple[str, ...] = KINDS,
    progress: Progress = untold,
) -> list[Registered]:
    """Register everything of these kinds; running it again changes nothing. The list tells what stands there now.

    progress: told after each code how many are done, and of how many.
    """
    there = {"robot": set(client.bizproc_robot_list()), "activity": set(client.bizproc_activity_list())}
    marks = dict(portal.registrations)
    done = []
    catalogue = list(_catalogue(portal, public_url, kinds))
    for wanted in catalogue:
        code = wanted.registration.code
        if code not in there[wanted.kind]:
            _add(client, wanted)
        elif marks.get(code) != wanted.mark:
            _update(client, wanted)
        marks[code] = wanted.mark
        done.append(Registered(code=code, kind=wanted.kind, state="registered"))
        progress(len(done), len(catalogue))
    portals.remember_registrations(portal.id, marks)
    return done


def kinds_of(portal: Portal) -> tuple[str, ...]:
    """The kinds that an administrator keeps registered; all of them where nothing is registered yet."""
    own = {"activity" if code.removesuffix("_activity") != code else "robot" for code in portal.registrations}
    return tuple(kind for kind in KINDS if kind in own) or KINDS


def unregister(
    client: Bitrix24Client, portals: Portals, portal: Portal, *, kinds: tuple[str, ...] = KINDS
) -> list[Registered]:
    """Remove all our codes of these kinds, old ones too. Steps already placed in templates will fail afterwards."""
    marks = dict(portal.registrations)
    gone = []
    for kind in kinds:
        codes = client.bizproc_robot_list() if kind == "robot" else client.bizproc_activity_list()
        for code in codes:
            (client.bizproc_robot_delete if kind == "robot" else client.bizproc_activity_delete)(code)
            marks.pop(code, None)
            gone.append(Registered(code=code, kind=kind, state="missing"))
    portals.remember_registrations(portal.id, marks)
    return gone


def _catalogue(portal: Portal, public_url: str, kinds: tuple[str, ...]) -> Iterator[_Wanted]:
    for activity in catalog().values():
        handler = f"{public_url}/bitrix24/activities/{activity.code}"
        common: dict[str, Any] = {
            "handler_url": handler,
            "auth_user_id": portal.installer_user_id,
            "language": portal.language,
            "settings_url": f"{public_url}/bitrix24/pages/activity-settings" if has_page(activity.code) else "",
        }
        for kind in kinds:
            make = robot_registration if kind == "robot" else activity_registration
            described = make(activity, **common)
            yield _Wanted(kind, _typed(described), fingerprint(described))


def _typed(described: dict[str, Any]) -> Registration:
    return Registration(
        code=described["CODE"],
        handler=described["HANDLER"],
        name=described["NAME"],
        description=described.get("DESCRIPTION", ""),
        properties=described["PROPERTIES"],
        return_properties=described["RETURN_PROPERTIES"],
        auth_user_id=described.get("AUTH_USER_ID") or 0,
        include=tuple(described.get("FILTER", {}).get("INCLUDE", ())),
        placement_handler=described.get("PLACEMENT_HANDLER", ""),
    )


def _add(client: Bitrix24Client, wanted: _Wanted) -> None:
    add = client.bizproc_robot_add if wanted.kind == "robot" else client.bizproc_activity_add
    try:
        add(wanted.registration)
    except Conflict:  # there already after all: an earlier answer was lost
        _update(client, wanted)


def _update(client: Bitrix24Client, wanted: _Wanted) -> None:
    is_robot = wanted.kind == "robot"
    try:
        (client.bizproc_robot_update if is_robot else client.bizproc_activity_update)(wanted.registration)
    except NotFoundThere:
        (client.bizproc_robot_add if is_robot else client.bizproc_activity_add)(wanted.registration)
