"""Events of items: noted for the worker when they concern a registry of ours, believed only from the portal."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from registry.crm_registries import DOCUMENTS, CrmRegistries
from registry.database import Database
from registry.mirror import Mirror
from registry.packages import Packages
from registry.tables import Portal

PAPER = {"sameness": "1", "document_type": "Contract", "file_name": "a", "file_size": 1, "sha256": "0", "blob": "b"}


@pytest.fixture
def package_id(database: Database, portal: Portal) -> int:
    """A package whose paper is item 6 of smart process 1030."""
    registries = CrmRegistries(database, portal.id)
    registries.keep(DOCUMENTS, type_id=16, entity_type_id=1030, fields={"number": "UF_CRM_16_EDO_NUMBER"})
    packages = Packages(database, portal.id)
    package = packages.open_or_create(crm_item="D_1", name="")
    document, _ = packages.put_document(package.id, PAPER)
    mirror = Mirror(database, portal.id, DOCUMENTS)
    mirror.intend(document.id)
    mirror.made(document.id, their_id=6, written={})
    return package.id


def event(**changes: Any) -> dict[str, str]:
    form = {
        "event": "ONCRMDYNAMICITEMUPDATE",
        "data[FIELDS][ID]": "6",
        "data[FIELDS][ENTITY_TYPE_ID]": "1030",
        "ts": "1790295294",
        "auth[member_id]": "0123456789abcdef0123456789abcdef",
        "auth[application_token]": "application-token",
        "auth[user_id]": "7",
    }
    changed = {**form, **changes}
    return {name: value for name, value in changed.items() if value is not None}


def jobs(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    with database.session() as session:
        rows = session.execute(text("select task_name, queue_name, args from procrastinate_jobs"))
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.mark.parametrize("name", ["ONCRMDYNAMICITEMUPDATE", "ONCRMDYNAMICITEMDELETE"])
def test_a_changed_item_of_ours_is_noted_for_the_worker(
    client: FlaskClient, database: Database, package_id: int, name: str
) -> None:
    answer = client.post("/bitrix24/events", data=event(event=name))

    assert answer.status_code == 200
    assert jobs(database) == [("take_in", "effects", {"package_id": package_id})]


def test_many_changes_of_one_package_are_one_job(client: FlaskClient, database: Database, package_id: int) -> None:
    for _ in range(3):
        client.post("/bitrix24/events", data=event())

    assert len(jobs(database)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"data[FIELDS][ID]": "7"},
        {"data[FIELDS][ENTITY_TYPE_ID]": "1032"},
        {"data[FIELDS][ID]": "'; --"},
        {"data[FIELDS][ID]": None},
    ],
)
def test_what_is_not_ours_is_nothing(
    client: FlaskClient, database: Database, package_id: int, change: dict[str, Any]
) -> None:
    answer = client.post("/bitrix24/events", data=event(**change))

    assert answer.status_code == 200
    assert jobs(database) == []


@pytest.mark.parametrize("token", ["forged", "", None])
def test_only_the_portal_is_believed(
    client: FlaskClient, database: Database, package_id: int, token: str | None
) -> None:
    answer = client.post("/bitrix24/events", data=event(**{"auth[application_token]": token}))

    assert answer.status_code == 403
    assert jobs(database) == []


def test_the_echo_of_our_own_writing_is_no_news_once(
    client: FlaskClient, database: Database, portal: Portal, package_id: int
) -> None:
    Mirror(database, portal.id, DOCUMENTS).made(1, their_id=6, written={"_echo": True})

    client.post("/bitrix24/events", data=event(**{"auth[user_id]": "1"}))
    echo = jobs(database)
    client.post("/bitrix24/events", data=event(**{"auth[user_id]": "1"}))

    assert echo == []
    assert len(jobs(database)) == 1


def test_another_persons_change_is_no_echo(
    client: FlaskClient, database: Database, portal: Portal, package_id: int
) -> None:
    Mirror(database, portal.id, DOCUMENTS).made(1, their_id=6, written={"_echo": True})

    client.post("/bitrix24/events", data=event())

    assert len(jobs(database)) == 1
