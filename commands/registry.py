"""`b24-edo registry`: the registries of documents and packages in a portal's CRM."""

import sys
from typing import Any

import click

from activities import registries
from activities.context import Context, context_beside
from activities.registries import BACKENDS, PreparedRegistry
from activities.values import Text
from commands.output import json_option, portal_option, show
from commands.setting import Setting, setting
from registry.blobs import BlobStore
from registry.crm_registries import DOCUMENTS, PACKAGES

COLUMNS = ("kind", "backend", "title", "link", "is_new", "fields_made", "trouble")


@click.group("registry", help="Registries in the CRM.")
def group() -> None:
    pass


@group.command("prepare")
@portal_option
@click.option(
    "--backend",
    type=click.Choice(tuple(BACKENDS)),
    default=None,
    help="What keeps them: what kept them before, else smart processes.",
)
@click.option("--documents-list", type=int, default=0, help="Number of a list that a person made for documents.")
@click.option("--packages-list", type=int, default=0, help="Number of a list that a person made for packages.")
@json_option
def prepare(which: str, backend: str | None, documents_list: int, packages_list: int, as_json: bool) -> None:
    """Make the registries, or what they lack; running it again changes nothing.

    Ends with 1 when there is something that a person has to mend.
    """
    context = _context(setting(), which)
    chosen = backend or next((one.backend for one in registries.prepared_of(context).registries.values()), "")
    lists = {DOCUMENTS: documents_list, PACKAGES: packages_list}
    prepared = registries.prepare(
        context,
        chosen or ("list" if any(lists.values()) else "smart_process"),
        _tell,
        list_ids={kind: number for kind, number in lists.items() if number},
    )
    show([_row(one) for one in prepared.registries.values()], COLUMNS, as_json=as_json)
    if prepared.trouble:
        sys.exit(1)


@group.command("show", help="The registries that are prepared, and what has to be mended there.")
@portal_option
@json_option
def show_registries(which: str, as_json: bool) -> None:
    prepared = registries.prepared_of(_context(setting(), which))
    show([_row(one) for one in prepared.registries.values()], COLUMNS, as_json=as_json)


def _context(found: Setting, which: str) -> Context:
    return context_beside(
        portal=found.portal(which),
        database=found.database,
        connections=found.connections,
        blobs=BlobStore(found.config.blob_url),
    )


def _tell(done: int, total: int, what: Text) -> None:
    click.echo(f"{done + 1}/{total} {what.en}", err=True)


def _row(one: PreparedRegistry) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "backend": one.backend,
        "title": one.title,
        "link": one.link,
        "entity_type_id": one.entity_type_id,
        "iblock_id": one.iblock_id,
        "is_new": one.is_new,
        "fields_made": list(one.fields_made),
        "trouble": one.trouble,
    }
