"""`b24-edo report`: where documents stand, where time goes, what went wrong; the numbers of the page and of /api/v1."""

import json
import sys
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from activities.report_shapes import as_json
from activities.report_tables import SECTIONS, all_rows, cells_of, csv_lines, rows_of
from activities.reporting import MOST_STUCK, Report, Reports
from activities.values import Text
from commands.output import portal_option
from commands.setting import setting
from registry.portal_registry import PortalRegistry
from registry.reports import QueryWrong

TITLES = {
    "stages": Text("По стадиям", "By stage"),
    "bottlenecks": Text("Узкие места", "Bottlenecks"),
    "stuck": Text("Не завершены", "Not finished"),
    "people": Text("Люди", "People"),
    "errors": Text("Ошибки", "Errors"),
}
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("report", help="Documents by stage, bottlenecks, what waits, people, errors of a period.")
@portal_option
@click.option("--from", "since", type=_DAY, help="First day; thirty days before the last one without it.")
@click.option("--to", "until", type=_DAY, help="Last day, today without it. Days of the portal's time zone.")
@click.option("--box", type=int, help="Only this box of ours: its number from boxes list.")
@click.option("--inn", default="", help="Only this counteragent.")
@click.option("--type", "document_type", default="", help="Only this kind of document: Diadoc's code.")
@click.option("--user", type=int, help="Only what this Bitrix24 user had us do.")
@click.option("--state", default="", help="Only documents in this state.")
@click.option("--limit", type=click.IntRange(0, MOST_STUCK), default=50, show_default=True, help="Documents to list.")
@click.option("--section", type=click.Choice(list(SECTIONS)), default="stuck", show_default=True, help="For --csv.")
@click.option("--lang", "language", type=click.Choice(["ru", "en"]), default="ru")
@click.option("--json", "is_json", is_flag=True, help="Print JSON for programs.")
@click.option("--csv", "is_csv", is_flag=True, help="Print one section as CSV, every row of it.")
def command(
    which: str,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    section: str,
    language: str,
    is_json: bool,
    is_csv: bool,
    box: int | None,
    user: int | None,
    **filters: Any,
) -> None:
    found = setting()
    registry = PortalRegistry(found.database, found.portal(which).id)
    asked = Reports(registry, web_url=found.config.diadoc_web_url)
    days = {"since": since.date() if since else None, "until": until.date() if until else None}
    try:
        query = asked.query(**days, box_pk=box, user_id=user, **filters)
    except QueryWrong as wrong:
        raise click.UsageError(f"--{wrong.field}: the period is empty, too long or out of this world.") from None
    if is_csv:
        for line in csv_lines(section, all_rows(section, asked, query), language=language, time_zone=query.time_zone):
            click.echo(line, nl=False)
    elif is_json:
        click.echo(json.dumps(as_json(asked.report(query, limit=limit)), ensure_ascii=False, indent=2))
    else:
        _print(asked.report(query, limit=limit), language)


def _print(report: Report, language: str) -> None:
    console = Console(width=None if sys.stdout.isatty() else 1000, highlight=False)
    query = report.query
    console.print(f"{query.since:%d.%m.%Y} – {query.until:%d.%m.%Y}, {query.time_zone}")
    for line in _summary(report):
        console.print(line.of(language), markup=False)
    for section, title in TITLES.items():
        console.print(f"\n[bold]{title.of(language)}[/]")
        console.print(_table(section, report, language))


def _summary(report: Report) -> list[Text]:
    late, steps = report.overdue, report.steps
    share = "—" if steps.share is None else f"{steps.share:.0%}"
    money = "; ".join(f"{one.total} {one.currency}" for one in report.money) or "—"
    return [
        Text(f"Не завершено: {report.stuck_count} на {money}", f"Not finished: {report.stuck_count} worth {money}"),
        Text(
            f"Дольше {report.remind_after_days} дн.: {late.documents}; дольше {report.escalate_after_days} дн.:"
            f" {late.escalated}; срок шага вышел: {late.calls_past_limit}; ответов о таймауте: {late.timeouts}",
            f"Over {report.remind_after_days} days: {late.documents}; over {report.escalate_after_days} days:"
            f" {late.escalated}; past the step's limit: {late.calls_past_limit}; timeouts: {late.timeouts}",
        ),
        Text(
            f"Автоматических шагов: {share} ({steps.workflow} процессами, {steps.page} людьми, {steps.api} через API)",
            f"Automatic steps: {share} ({steps.workflow} by workflows, {steps.page} by people, {steps.api} by API)",
        ),
    ]


def _table(section: str, report: Report, language: str) -> Table:
    titles = [title.of(language) for title, _ in SECTIONS[section]]
    table = Table(*titles, box=None, header_style="bold", pad_edge=False)
    for row in rows_of(section, report):
        cells = cells_of(section, row, language=language, time_zone=report.query.time_zone)
        table.add_row(*map(escape, cells))
    return table
