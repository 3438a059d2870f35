"""`b24-edo poll`: read the feeds now instead of waiting for the clock."""

import sys
from typing import Any

import click

from commands.output import json_option, show
from commands.setting import setting
from registry.tables import Box
from worker import polling
from worker.boxes import Look
from worker.running import Running, make_running

COLUMNS = ("id", "name", "inn", "read", "changed", "reason")


@click.command("poll", help="Read the feed of every box now. Ends with 1 when one could not be read.")
@click.option("--reconcile", is_flag=True, help="Also compare every document under way, as the nightly check does.")
@json_option
def command(reconcile: bool, as_json: bool) -> None:
    found = setting()
    running = make_running(found.config, found.database)
    rows = [_read(running, box, reconcile) for box in running.feeds.to_read()]
    show(rows, COLUMNS, as_json=as_json)
    if not as_json:
        click.echo(f"Boxes read: {sum(row['read'] for row in rows)} of {len(rows)}.")
    if any(row["errors"] for row in rows):
        sys.exit(1)


def _read(running: Running, box: Box, reconcile: bool) -> dict[str, Any]:
    click.echo(f"{box.name} ({box.inn})", err=True)  # a long feed takes a while
    looks = [polling.poll(running, box_pk=box.id)]
    if reconcile:
        looks.append(polling.reconcile(running, box_pk=box.id))
    return _row(box, looks)


def _row(box: Box, looks: list[Look]) -> dict[str, Any]:
    """read: false also when another process is reading the box; changed: packages whose docflow changed."""
    errors = [look.error for look in looks if look.error is not None]
    return {
        "id": box.id,
        "portal": box.portal_id,
        "box_id": box.box_id,
        "name": box.name,
        "inn": box.inn,
        "read": all(look.was_read for look in looks),
        "changed": sorted(set().union(*(look.package_ids for look in looks))),
        "errors": [error.code for error in errors],
        "reason": "; ".join(map(str, errors)),
    }
