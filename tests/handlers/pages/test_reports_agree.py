"""The page, `b24-edo report` and /api/v1/reports tell the same numbers of one portal."""

import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from app import main
from registry.api_tokens import ApiTokens
from registry.portals import Portals
from registry.tables import Portal
from tests.conftest import SECRET_KEY
from tests.handlers.api_support import filled
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import Visit

Visits = Callable[..., Visit]
FILTERS = [{}, {"inn": "7707083893"}, {"state": "delivered"}, {"user": "7"}]
TABLES = ("stages", "bottlenecks", "people", "errors", "days")
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)


@pytest.fixture
def visitor(door: Door, visit: Visits) -> Visit:
    """An administrator on the page of a portal that has documents and calls."""
    visitor = visit()
    filled(door.database, portal_of(door))
    return visitor


def portal_of(door: Door) -> Portal:
    return Portals(door.database).all()[0]


@pytest.fixture
def period() -> dict[str, str]:
    """Days that are over: what is counted until their end is the same whenever it is asked."""
    today = datetime.now(UTC).date()
    return {"since": str(today - timedelta(days=20)), "until": str(today - timedelta(days=2))}


@pytest.fixture
def command(door: Door, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    parts = conninfo_to_dict(door.database.dsn)
    address = f"postgresql://{parts['user']}:{parts['password']}@/{parts['dbname']}?host={parts['host']}"
    settings = {
        "DATABASE_URL": address,
        "DATA_DIR": str(door.config.data_dir),
        "PUBLIC_URL": door.url,
        "SECRET_KEYS": SECRET_KEY,
        "BITRIX24_CLIENT_ID": "local.test",
        "BITRIX24_CLIENT_SECRET": "test-secret",
        "DIADOC_WEB_URL": door.config.diadoc_web_url,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> str:
        result = CliRunner().invoke(main, ["report", *words], prog_name="b24-edo")
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def options(period: dict[str, str], chosen: dict[str, str]) -> list[str]:
    named = {"from": period["since"], "to": period["until"], **chosen}
    return [word for name, value in named.items() for word in (f"--{name}", value)]


def by_api(door: Door, period: dict[str, str], chosen: dict[str, str]) -> dict[str, Any]:
    _, token = ApiTokens(door.database, portal_of(door).id).create(name="a", role="reader")
    query = {"from": period["since"], "to": period["until"], **chosen}
    answer = requests.get(
        f"{door.url}/api/v1/reports", params=query, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    """Without what depends on the second it is asked in."""
    period = {name: value for name, value in report["period"].items() if name != "counted_at"}
    stuck = [{name: value for name, value in one.items() if name != "days"} for one in report["stuck"]]
    return {**report, "period": period, "stuck": stuck}


@pytest.mark.parametrize("chosen", FILTERS)
def test_programs_get_the_same_by_the_command_line_and_by_the_api(
    door: Door, visitor: Visit, command: Callable[..., str], period: dict[str, str], chosen: dict[str, str]
) -> None:
    told = json.loads(command("--json", "--limit", "200", *options(period, chosen)))

    found = by_api(door, period, chosen)

    assert timeless(found) == timeless(told)
    assert found["stages"] or chosen


@pytest.mark.parametrize("chosen", FILTERS)
def test_people_save_the_same_tables_from_the_page_and_from_the_command_line(
    visitor: Visit, command: Callable[..., str], period: dict[str, str], chosen: dict[str, str]
) -> None:
    for section in TABLES:
        told = command("--csv", "--section", section, *options(period, chosen))

        saved = visitor.ask("app/reports/csv/" + section + query_of(period, chosen))

        assert rows(saved.content.decode("utf-8-sig")) == rows(told) != []


@pytest.mark.parametrize("chosen", FILTERS)
def test_what_the_page_shows_is_what_the_api_tells(
    door: Door, visitor: Visit, period: dict[str, str], chosen: dict[str, str]
) -> None:
    told = by_api(door, period, chosen)

    page = visitor.ask("app/reports/view" + query_of(period, chosen)).text

    assert shown(page, "stages") == [
        [
            one["name"]["ru"],
            *(str(one[name]) for name in ("documents", "overdue", "stays")),
            *(rounded(one[name]) for name in ("mean_days", "p90_days", "waiting_days")),
        ]
        for one in told["stages"]
    ]
    assert [row[2:] for row in shown(page, "bottlenecks")] == [
        [str(one["stays"]), rounded(one["waiting_days"])] for one in told["bottlenecks"]
    ]
    assert [row[:2] for row in shown(page, "errors")] == [[one["code"], str(one["calls"])] for one in told["errors"]]
    assert f'<div class="number">{told["stuck_count"]}</div>' in page


def query_of(period: dict[str, str], chosen: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in {**period, **chosen}.items())


def rows(table: str) -> list[list[str]]:
    return list(csv.reader(StringIO(table), delimiter=";"))


def shown(page: str, section: str) -> list[list[str]]:
    """The cells of a table of the page, as people read them."""
    after = page.partition(f'id="report-{section}"')[2]
    body = after.partition("<tbody>")[2].partition("</tbody>")[0] if "<tbody>" in after.split("</section>")[0] else ""
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in _CELL.findall(row)] for row in _ROW.findall(body)]


def rounded(days: float | None) -> str:
    return "—" if days is None else f"{days:.1f}".replace(".", ",")
