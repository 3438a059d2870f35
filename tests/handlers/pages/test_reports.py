"""The tab of reports: for administrators of their own portal, with periods that can be, and tables as files."""

from collections.abc import Callable

import pytest

from registry.portals import Portals
from registry.tables import Portal
from sandbox.portal.driver import MANAGER
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import Visit

AT = "app/reports"
Visits = Callable[..., Visit]


@pytest.fixture
def ours(door: Door, visit: Visits) -> Portal:
    visit()
    return Portals(door.database).all()[0]


def test_the_tab_shows_every_part_of_the_report(visit: Visits) -> None:
    answer = visit().ask(AT)

    assert answer.status_code == 200
    for part in ("days", "stages", "bottlenecks", "people", "errors", "stuck"):
        assert f'id="report-{part}"' in answer.text


@pytest.mark.parametrize(
    "wrong",
    ["since=2026-11-20&until=2026-11-01", "since=yesterday", "since=2000-01-01&until=2026-01-01", "box=x", "user=-1"],
)
def test_a_wrong_filter_is_named_and_breaks_nothing(visit: Visits, wrong: str) -> None:
    visitor = visit()

    assert [visitor.ask(f"{AT}/{part}?{wrong}").status_code for part in ("view", "csv/stages")] == [422, 422]


def test_a_filter_that_names_nothing_finds_nothing(visit: Visits) -> None:
    answer = visit().ask(f"{AT}/view?inn=0000000000&box=999999&user=7&state=signed_by_counteragent")

    assert answer.status_code == 200


@pytest.mark.parametrize("section", ["days", "stages", "bottlenecks", "people", "errors", "stuck"])
def test_every_table_comes_as_a_file_for_spreadsheets(visit: Visits, section: str) -> None:
    answer = visit().ask(f"{AT}/csv/{section}?since=2026-11-01&until=2026-11-20")

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert f"{section}-2026-11-01-2026-11-20.csv" in answer.headers["Content-Disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert ";" in answer.content.decode("utf-8-sig").splitlines()[0]


def test_a_table_that_is_none_is_not_found(visit: Visits) -> None:
    assert visit().ask(f"{AT}/csv/secrets").status_code == 404


def test_who_may_not_administer_sees_no_report(visit: Visits) -> None:
    visitor = visit(MANAGER)

    assert [visitor.ask(f"{AT}{part}").status_code for part in ("", "/view", "/csv/people")] == [403, 403, 403]
