"""`b24-edo activities`: what the portal offers to designers."""

import click

from activities import catalog, registering
from commands.output import json_option, portal_option, show
from commands.setting import setting
from registry.portals import Portals

COLUMNS = ("code", "kind", "state", "name")


@click.group("activities", help="Robots and activities.")
def group() -> None:
    pass


def kind_option(function):
    kinds = click.Choice(registering.KINDS)
    return click.option("--kind", type=kinds, help="Only robots or only activities; both without it.")(function)


@group.command("list", help="What of the catalogue is registered on the portal: registered, outdated or missing.")
@portal_option
@json_option
def list_activities(which: str, as_json: bool) -> None:
    found = setting()
    portal = found.portal(which)
    client = found.connections.bitrix24(portal)
    listed = registering.registrations(client, portal, public_url=found.config.public_url)
    show([_row(one) for one in listed], COLUMNS, as_json=as_json)


@group.command("register", help="Register everything; running it again changes nothing.")
@portal_option
@kind_option
@json_option
def register(which: str, kind: str | None, as_json: bool) -> None:
    found = setting()
    portal = found.portal(which)
    kinds = (kind,) if kind else registering.KINDS
    client, portals = found.connections.bitrix24(portal), Portals(found.database)
    done = registering.register(client, portals, portal, public_url=found.config.public_url, kinds=kinds)
    show([_row(one) for one in done], COLUMNS, as_json=as_json)


@group.command("unregister", help="Remove our robots and activities. Steps already placed in templates will fail.")
@portal_option
@kind_option
@json_option
@click.confirmation_option(prompt="Workflows that use these steps will fail. Go on?")
def unregister(which: str, kind: str | None, as_json: bool) -> None:
    found = setting()
    portal = found.portal(which)
    kinds = (kind,) if kind else registering.KINDS
    gone = registering.unregister(found.connections.bitrix24(portal), Portals(found.database), portal, kinds=kinds)
    show([_row(one) for one in gone], COLUMNS, as_json=as_json)


def _row(one: registering.Registered) -> dict[str, str]:
    activity = catalog().get(one.code.removesuffix("_activity"))
    return {"code": one.code, "kind": one.kind, "state": one.state, "name": activity.name.ru if activity else ""}
