"""How listings are shown: a table for people, JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

Row = dict[str, Any]


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(function)


def portal_option(function: Callable[..., Any]) -> Callable[..., Any]:
    text = "Number, member id or host of the portal; not needed when there is only one."
    return click.option("--portal", "which", default="", help=text)(function)


def show(rows: Iterable[Row], columns: tuple[str, ...], *, as_json: bool) -> None:
    """Print rows; JSON holds every key, the table only `columns`."""
    if as_json:
        click.echo(json.dumps(list(rows), ensure_ascii=False, indent=2, default=plain))
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(cell(row.get(column)) for column in columns))
    # Into a file or another program nothing is cut: codes and ids are there to be copied.
    Console(width=None if sys.stdout.isatty() else 1000).print(table)


def show_one(row: Row, *, as_json: bool) -> None:
    """Print one thing: JSON, or a line a fact."""
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False, indent=2, default=plain))
        return
    for name, value in row.items():
        click.echo(f"{name}: {cell(value)}")


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=plain)
    return str(value)


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
