"""`b24-edo triggers`: what the automation rules of the portal's funnels may react to."""

import click

from activities import triggers
from activities.registering import Registered
from commands.output import json_option, portal_option, show
from commands.setting import setting
from registry.portal_registry import PortalRegistry
from registry.settings import change_settings

COLUMNS = ("code", "state", "name")
OPERATOR = 0  # whoever sits at our console is no user of the portal


@click.group("triggers", help="CRM triggers.")
def group() -> None:
    pass


@group.command("list", help="What of our triggers is registered on the portal: registered, outdated or missing.")
@portal_option
@json_option
def list_triggers(which: str, as_json: bool) -> None:
    found = setting()
    portal = found.portal(which)
    listed = triggers.registrations(found.connections.bitrix24(portal), language=portal.language)
    show(map(_row, listed), COLUMNS, as_json=as_json)


@group.command("register", help="Register every trigger; running it again changes nothing.")
@portal_option
@json_option
def register(which: str, as_json: bool) -> None:
    found = setting()
    portal = found.portal(which)
    client, registry = found.connections.bitrix24(portal), PortalRegistry(found.database, portal.id)
    change_settings(found.database, portal.id, user_id=OPERATOR, offers_triggers=True)
    show(map(_row, triggers.register(client, registry, language=portal.language)), COLUMNS, as_json=as_json)


@group.command(
    "unregister", help="Remove our triggers until they are registered again. Rules that use them do nothing."
)
@portal_option
@json_option
@click.confirmation_option(prompt="Automation rules that use these triggers will do nothing. Go on?")
def unregister(which: str, as_json: bool) -> None:
    found = setting()
    portal = found.portal(which)
    change_settings(found.database, portal.id, user_id=OPERATOR, offers_triggers=False)
    gone = triggers.unregister(found.connections.bitrix24(portal))
    show(map(_row, gone), COLUMNS, as_json=as_json)


def _row(one: Registered) -> dict[str, str]:
    name = triggers.TRIGGERS.get(one.code)
    return {"code": one.code, "state": one.state, "name": name.ru if name else ""}
