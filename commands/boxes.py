"""`b24-edo boxes`: our organizations in Diadoc, connecting them, and who signs for whom."""

import sys

import click

from activities.box_connecting import Login, connect_account, consent_address
from commands.output import json_option, portal_option, show
from commands.setting import Setting, setting
from registry.boxes import Boxes
from registry.portal_registry import PortalRegistry
from registry.tables import Box

COLUMNS = ("id", "name", "inn", "kpp", "status", "reason", "feed_read_at")


@click.group("boxes", help="Boxes in Diadoc.")
def group() -> None:
    pass


@group.command("list", help="Connected boxes and how they are.")
@portal_option
@json_option
def list_boxes(which: str, as_json: bool) -> None:
    found = setting()
    boxes = Boxes(found.database, found.portal(which).id).all()
    show([_row(box) for box in boxes], COLUMNS, as_json=as_json)


@group.command("connect")
@portal_option
@click.option("--login", help="Login of a Diadoc user, for a developer key (DIADOC_DEVELOPER_KEY).")
@json_option
def connect(which: str, login: str | None, as_json: bool) -> None:
    """Connect the boxes of a Diadoc user.

    Without --login it prints the address where that user consents in a browser. With --login it asks for the password
    and needs a developer key.
    """
    found = setting()
    registry = PortalRegistry(found.database, found.portal(which).id)
    if login:
        _connect_by_key(found, registry, login, as_json)
    else:
        _print_address(found, registry)


def _connect_by_key(found: Setting, registry: PortalRegistry, login: str, as_json: bool) -> None:
    password = click.prompt("Password", hide_input=True, err=True)
    boxes = connect_account(found.connections, registry, login=Login(login, password))
    registry.audit(actor="command line", action="boxes connected", subject=login, boxes=[box.id for box in boxes])
    show([_row(box) for box in boxes], COLUMNS, as_json=as_json)


def _print_address(found: Setting, registry: PortalRegistry) -> None:
    address = consent_address(found.connections, registry, administrator_id=registry.portal().installer_user_id)
    click.echo(
        "Open this address in a browser as the Diadoc user who works for the robot, within ten minutes:", err=True
    )
    click.echo(address)


@group.command("signer", help="Map a Bitrix24 user to the Diadoc user who signs: BOX is the number from the list.")
@click.argument("box", type=int)
@click.argument("bitrix_user_id", type=int)
@click.argument("diadoc_user_id")
@portal_option
def signer(box: int, bitrix_user_id: int, diadoc_user_id: str, which: str) -> None:
    found = setting()
    boxes = Boxes(found.database, found.portal(which).id)
    known = boxes.get(box)
    if known is None:
        sys.exit(f"There is no box {box}. See: b24-edo boxes list")
    boxes.map_signer(box, bitrix_user_id=bitrix_user_id, diadoc_user_id=diadoc_user_id)
    click.echo(f"User {bitrix_user_id} signs for {known.name} as {diadoc_user_id}.")


def _row(box: Box) -> dict[str, object]:
    return {
        "id": box.id,
        "box_id": box.box_id,
        "name": box.name,
        "inn": box.inn,
        "kpp": box.kpp,
        "status": box.status,
        "reason": box.status_text,
        "sees_all_documents": box.sees_all_documents,
        "features": box.features,
        "feed_read_at": box.feed_read_at,
        "connected_at": box.connected_at,
    }
