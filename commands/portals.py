"""`b24-edo portals`: who installed us and how fast each may be asked."""

import click

from activities.connections import PORTAL_BURST, PORTAL_RATE
from commands.output import json_option, portal_option, show
from commands.setting import setting
from registry.portals import Portals, host_of
from registry.throttle import set_rate


@click.group("portals", help="Portals that installed the application.")
def group() -> None:
    pass


@group.command("list", help="Every portal, its state and its open calls.")
@json_option
def list_portals(as_json: bool) -> None:
    portals = Portals(setting().database)
    waiting = portals.open_calls()
    rows = [
        {
            "id": portal.id,
            "host": host_of(portal),
            "member_id": portal.member_id,
            "status": portal.status,
            "reason": portal.status_text,
            "language": portal.language,
            "administrator": portal.installer_user_id,
            "registered": len(portal.registrations),
            "open_calls": waiting.get(portal.id, 0),
            "installed_at": portal.installed_at,
        }
        for portal in portals.all()
    ]
    columns = ("id", "host", "status", "reason", "registered", "open_calls", "installed_at")
    show(rows, columns, as_json=as_json)


@group.command("rate", help="Set how many requests a second a portal stands, and how many at once.")
@portal_option
@click.option("--rate", type=click.FloatRange(min=0.1), default=PORTAL_RATE, show_default=True)
@click.option("--burst", type=click.FloatRange(min=1), default=PORTAL_BURST, show_default=True)
def rate(which: str, rate: float, burst: float) -> None:
    found = setting()
    portal = found.portal(which)
    set_rate(found.database, name=f"portal:{portal.id}", rate=rate, burst=burst)
    click.echo(f"{host_of(portal)}: {rate} requests a second, {burst} at once.")
