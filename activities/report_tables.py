"""A report as tables: the same rows for people on a page, in a terminal and in a spreadsheet."""

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from activities.document_types import DOCUMENT_TYPES
from activities.reporting import Paper, Report, Reports, state_name
from activities.situations import WHO
from activities.values import Text
from registry.reports import Bottleneck, Day, ErrorCount, Person, Query, Stage

Row = Paper | Stage | Bottleneck | Person | ErrorCount | Day
Column = tuple[Text, Callable[[Any], Any]]  # its title, and what stands in it

SECTIONS: dict[str, tuple[Column, ...]] = {
    "stuck": (
        (Text("Документ", "Document"), lambda one: one.document_id),
        (Text("Пакет", "Package"), lambda one: one.package_id),
        (Text("Элемент CRM", "CRM item"), lambda one: one.crm_item),
        (Text("Вид", "Type"), lambda one: type_name(one.document_type)),
        (Text("Номер", "Number"), lambda one: one.number),
        (Text("Дата", "Date"), lambda one: one.date),
        (Text("Файл", "File"), lambda one: one.file_name),
        (Text("Контрагент", "Counteragent"), lambda one: one.counteragent_name),
        (Text("ИНН", "INN"), lambda one: one.counteragent_inn),
        (Text("Стадия", "Stage"), lambda one: state_name(one.state)),
        (Text("Кто действует", "Who must act"), lambda one: who_name(one.who_must_act)),
        (Text("С", "Since"), lambda one: one.since),
        (Text("Дней", "Days"), lambda one: one.days),
        (Text("Сумма", "Total"), lambda one: one.total),
        (Text("Валюта", "Currency"), lambda one: one.currency),
        (Text("Диадок", "Diadoc"), lambda one: one.link),
        (Text("Битрикс24", "Bitrix24"), lambda one: one.item_link),
    ),
    "stages": (
        (Text("Стадия", "Stage"), lambda one: state_name(one.state)),
        (Text("Документов", "Documents"), lambda one: one.documents),
        (Text("Просрочено", "Overdue"), lambda one: one.overdue),
        (Text("Прохождений", "Stays"), lambda one: one.stays),
        (Text("Ещё идут", "Still going on"), lambda one: one.open_stays),
        (Text("Дней в среднем", "Mean days"), lambda one: one.mean_days),
        (Text("Дней, 90-й процентиль", "Days, 90th percentile"), lambda one: one.p90_days),
        (Text("Всего дней ожидания", "Waiting days"), lambda one: one.waiting_days),
    ),
    "bottlenecks": (
        (Text("Стадия", "Stage"), lambda one: state_name(one.state)),
        (Text("Кто действует", "Who must act"), lambda one: who_name(one.who_must_act)),
        (Text("Прохождений", "Stays"), lambda one: one.stays),
        (Text("Всего дней ожидания", "Waiting days"), lambda one: one.waiting_days),
    ),
    "people": (
        (Text("Пользователь", "User"), lambda one: one.user_id),
        (Text("Действий", "Steps"), lambda one: one.calls),
        (Text("Из процессов", "By workflows"), lambda one: one.by_workflow),
        (Text("На страницах", "On pages"), lambda one: one.by_page),
        (Text("Отправлено пакетов", "Packages sent"), lambda one: one.sent),
        (Text("Ошибок", "Errors"), lambda one: one.errors),
        (Text("Последнее", "Last"), lambda one: one.last_at),
    ),
    "errors": (
        (Text("Код", "Code"), lambda one: one.code),
        (Text("Вызовов", "Calls"), lambda one: one.calls),
        (Text("У скольких людей", "People"), lambda one: one.people),
        (Text("Последняя", "Last"), lambda one: one.last_at),
    ),
    "days": (
        (Text("День", "Day"), lambda one: one.day),
        (Text("Добавлено", "Added"), lambda one: one.added),
        (Text("Отправлено", "Sent"), lambda one: one.sent),
        (Text("Подписано", "Signed"), lambda one: one.signed),
    ),
}


def rows_of(section: str, report: Report) -> list[Row]:
    """The rows of a section of SECTIONS, as many as the report holds."""
    return list(getattr(report, section))


def all_rows(section: str, asked: Reports, query: Query) -> Iterable[Row]:
    """Every row of a section; stuck documents one at a time, for their number may be large."""
    return asked.stuck(query) if section == "stuck" else rows_of(section, asked.report(query, limit=0))


def type_name(code: str) -> Text:
    """What people read for a kind of document; its code where this version does not know it."""
    known = DOCUMENT_TYPES.get(code)
    return known.name if known else Text(code, code)


def who_name(who_must_act: str) -> Text:
    """What people read for who has to act; "" for nobody."""
    return WHO.get(who_must_act, Text("", ""))


def csv_lines(section: str, rows: Iterable[Row], *, language: str, time_zone: str) -> Iterator[str]:
    """The lines of a table, as spreadsheets of that language read them; one row at a time."""
    yield _line([title.of(language) for title, _ in SECTIONS[section]], language)
    for row in rows:
        cells = cells_of(section, row, language=language, time_zone=time_zone)
        yield _line([_harmless(cell) for cell in cells], language)


def cells_of(section: str, row: Row, *, language: str, time_zone: str) -> list[str]:
    """What stands in each column, as people of that language write it."""
    return [_cell(value(row), language, ZoneInfo(time_zone)) for _, value in SECTIONS[section]]


def _line(cells: list[str], language: str) -> str:
    written = StringIO()
    csv.writer(written, delimiter=";" if language == "ru" else ",", lineterminator="\r\n").writerow(cells)
    return written.getvalue()


def _cell(value: Any, language: str, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, Text):
        return value.of(language)
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%d.%m.%Y %H:%M" if language == "ru" else "%Y-%m-%d %H:%M")
    if isinstance(value, (float, Decimal)):
        plain = f"{Decimal(str(value)):f}"
        return plain.replace(".", ",") if language == "ru" else plain
    return str(value)


def _harmless(text: str) -> str:
    """What others wrote must not become a formula of whoever opens the file."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
