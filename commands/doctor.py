"""`b24-edo doctor`: is everything in order, and if not, who does what."""

import sys

import click
from rich.console import Console

from activities.context import Context, context_beside
from activities.self_check import Finding, check, check_installation
from commands.output import json_option, portal_option, show
from commands.setting import Setting, setting
from registry.blobs import BlobStore
from registry.portals import Portals, host_of
from registry.tables import Portal
from worker.inbox import Inbox

MARKS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "bad": "[red]bad[/]"}


@click.command("doctor", help="Check everything from the certificate to the boxes. Ends with 1 when something is bad.")
@portal_option
@click.option("--lang", "language", type=click.Choice(["ru", "en"]), default="ru")
@json_option
def command(which: str, language: str, as_json: bool) -> None:
    found = setting()
    findings = _look(found, which)
    if as_json:
        show([_row(one) for one in findings], (), as_json=True)
    else:
        _print(findings, language)
    if any(one.level == "bad" for one in findings):
        sys.exit(1)


def _look(found: Setting, which: str) -> list[Finding]:
    """Without a portal only what concerns every portal."""
    files = len(Inbox(found.config.inbox_dir, found.database.keyring).waiting())
    if not which and not Portals(found.database).all():
        return check_installation(found.connections, inbox_files=files)
    portal = found.portal(which)
    click.echo(host_of(portal), err=True)
    return check(_context(found, portal), inbox_files=files)


def _context(found: Setting, portal: Portal) -> Context:
    blobs = BlobStore(found.config.blob_url)
    return context_beside(portal=portal, database=found.database, connections=found.connections, blobs=blobs)


def _row(one: Finding) -> dict[str, object]:
    return {
        "code": one.code,
        "level": one.level,
        "name": {"ru": one.name.ru, "en": one.name.en},
        "text": {"ru": one.text.ru, "en": one.text.en},
        "who_must_act": one.who_must_act,
    }


def _print(findings: list[Finding], language: str) -> None:
    console = Console(width=None if sys.stdout.isatty() else 1000, highlight=False)
    for one in findings:
        console.print(MARKS[one.level], one.name.of(language), style="bold", end=": ")
        console.print(one.text.of(language), markup=False)
