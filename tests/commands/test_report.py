"""`b24-edo report`: the same numbers as JSON, as a table and as CSV; spreadsheets get no formulas of strangers."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from activities.states import DocflowState
from registry.database import Database
from registry.tables import Portal
from tests.commands.conftest import Run
from tests.registry import reckoning
from tests.registry.reckoning import Asking, Paper, Step, World


@pytest.fixture
def world(database: Database, portal: Portal) -> World:
    """A contract that waits for its counteragent for five days, an invoice that is signed, and a call that failed."""
    now = datetime.now(UTC)
    usual = {"needs_reply": True, "box": 0, "total": "1220.50", "currency": "RUB", "deleted_hours": None}
    waits = Paper(
        created_at=now - timedelta(days=6),
        steps=(Step(DocflowState.DELIVERED, "", 24),),
        inn="7707083893",
        document_type="Contract",
        **usual,
    )
    signed = Paper(
        created_at=now - timedelta(days=3),
        steps=(Step(DocflowState.SIGNED_BY_COUNTERAGENT, "", 24),),
        inn="500100732259",
        document_type="Invoice",
        **usual,
    )
    call = Asking(7, "page", "diadoc_send_package", "INN_INVALID", "error", now - timedelta(days=1), 0, False)
    return reckoning.store(database, portal, [waits, signed], [call])


def test_programs_get_the_numbers(run: Run, world: World) -> None:
    told = json.loads(run("report", "--json").stdout)

    assert [(one["document_id"], one["state"], one["days"]) for one in told["stuck"]] == [
        (world.documents[0], "delivered", 5.0)
    ]
    assert told["stuck"][0]["total"] == "1220.50"
    assert told["stuck"][0]["name"] == {"ru": "Доставлен контрагенту", "en": "Delivered to the counteragent"}
    assert told["overdue"]["documents"] == 1
    assert told["money"] == [{"currency": "RUB", "documents": 1, "total": "1220.50", "overdue_total": "1220.50"}]
    assert [(one["code"], one["calls"]) for one in told["errors"]] == [("INN_INVALID", 1)]
    assert told["period"]["time_zone"] == "Europe/Moscow"


def test_filters_and_the_period_are_obeyed(run: Run, world: World) -> None:
    others = json.loads(run("report", "--json", "--inn", "500100732259").stdout)
    earlier = json.loads(run("report", "--json", "--from", "2020-01-01", "--to", "2020-02-01").stdout)

    assert others["stuck"] == []
    assert {one["state"] for one in others["stages"]} == {"not_sent", "signed_by_counteragent"}
    assert (earlier["errors"], earlier["bottlenecks"], earlier["stuck_count"]) == ([], [], 1)


def test_people_read_names_instead_of_codes(run: Run, world: World) -> None:
    russian, english = run("report").stdout, run("report", "--lang", "en").stdout

    assert "Доставлен контрагенту" in russian
    assert "контрагент" in russian
    assert "Delivered to the counteragent" in english
    assert "INN_INVALID" in english


def test_a_spreadsheet_gets_every_row_of_a_section(run: Run, world: World) -> None:
    stuck = list(csv.DictReader(StringIO(run("report", "--csv").stdout), delimiter=";"))
    stages = list(csv.DictReader(StringIO(run("report", "--csv", "--section", "stages", "--lang", "en").stdout)))

    assert [(row["Дней"], row["Сумма"], row["Вид"]) for row in stuck] == [("5,0", "1220,50", "Договор")]
    assert {row["Stage"]: row["Mean days"] for row in stages}["Delivered to the counteragent"] == "5.0"


@pytest.mark.parametrize("evil", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"])
def test_what_others_wrote_becomes_no_formula(run: Run, world: World, database: Database, evil: str) -> None:
    with database.session() as session:
        package = session.get_one(reckoning.Package, world.packages[0])
        package.counteragent = {**package.counteragent, "name": evil}

    (row,) = csv.DictReader(StringIO(run("report", "--csv").stdout), delimiter=";")

    assert row["Контрагент"] == f"'{evil}"


def test_a_period_that_cannot_be_is_said_so(run: Run, portal: Portal) -> None:
    result = run("report", "--from", "2026-02-01", "--to", "2026-01-01")

    assert result.exit_code == 2
    assert "--to" in result.output
