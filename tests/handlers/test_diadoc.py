"""The return from Diadoc's consent page: once, within ten minutes, for the portal that asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import func, select, update

import logs
from activities.box_connecting import consent_address
from registry.boxes import Boxes
from registry.portal_registry import PortalRegistry
from registry.portals import Portals
from registry.tables import Account, Audit, ConsentState, Portal
from sandbox.diadoc.driver import ROMASHKA, DiadocSandbox
from tests.handlers.conftest import Door


@pytest.fixture
def consent(door: Door, portal: Portal, diadoc_sandbox: DiadocSandbox) -> dict[str, str]:
    """The query of a consent address that was just made for the portal."""
    keys = {"diadoc_client_id": diadoc_sandbox.client_id, "diadoc_client_secret": diadoc_sandbox.client_secret}
    keys |= {"diadoc_api_url": diadoc_sandbox.url, "diadoc_identity_url": diadoc_sandbox.url}
    door.opens_with(replace(door.config, **keys))
    registry = PortalRegistry(door.database, portal.id)
    address = consent_address(door.services.connections, registry, administrator_id=7)
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def boxes(door: Door, portal: Portal) -> list[str]:
    return [box.inn for box in Boxes(door.database, portal.id).all()]


def number_of_accounts(door: Door) -> int:
    with door.database.session() as session:
        return session.scalar(select(func.count()).select_from(Account)) or 0


def test_a_consent_connects_the_boxes_and_shows_them(
    door: Door, portal: Portal, consent: dict[str, str], diadoc_sandbox: DiadocSandbox
) -> None:
    back = diadoc_sandbox.consent(consent)

    answer = requests.get(back, timeout=10)

    assert answer.status_code == 200
    assert "Диадок подключён" in answer.text
    assert ROMASHKA.inn in answer.text
    assert len(boxes(door, portal)) == 2
    assert "Set-Cookie" not in answer.headers
    with door.database.session() as session:
        audit = session.scalars(select(Audit).where(Audit.action == "box connected")).all()
    assert {(row.actor, row.portal_id) for row in audit} == {("user:7", portal.id)}


def test_an_address_is_good_once(
    door: Door, portal: Portal, consent: dict[str, str], diadoc_sandbox: DiadocSandbox
) -> None:
    back = diadoc_sandbox.consent(consent)
    requests.get(back, timeout=10)

    again = requests.get(back, timeout=10)

    assert again.status_code == 400
    assert number_of_accounts(door) == 1


def test_an_address_is_good_for_ten_minutes(
    door: Door, portal: Portal, consent: dict[str, str], diadoc_sandbox: DiadocSandbox
) -> None:
    back = diadoc_sandbox.consent(consent)
    with door.database.session() as session:
        session.execute(update(ConsentState).values(created_at=datetime.now(UTC) - timedelta(minutes=11)))

    answer = requests.get(back, timeout=10)

    assert answer.status_code == 400
    assert boxes(door, portal) == []


@pytest.mark.parametrize("query", ["", "state=", "state=invented&code=1", "code=1", f"state={'x' * 5000}&code=1"])
def test_an_invented_return_connects_nothing(
    query: str, door: Door, portal: Portal, consent: dict[str, str], diadoc_sandbox: DiadocSandbox
) -> None:
    answer = requests.get(f"{door.url}/diadoc/callback?{query}", timeout=10)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")
    assert number_of_accounts(door) == 0


def test_a_refused_consent_is_told_and_the_address_is_spent(
    door: Door, portal: Portal, consent: dict[str, str], diadoc_sandbox: DiadocSandbox
) -> None:
    back = diadoc_sandbox.consent(consent, decision="deny")

    answers = [requests.get(back, timeout=10) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [403, 400]
    assert "не был разрешён" in answers[0].text
    assert number_of_accounts(door) == 0


def test_an_invented_code_connects_nothing(
    door: Door, portal: Portal, consent: dict[str, str], diadoc_sandbox: DiadocSandbox
) -> None:
    answer = requests.get(f"{door.url}/diadoc/callback?state={consent['state']}&code=invented", timeout=10)

    assert answer.status_code == 403
    assert number_of_accounts(door) == 0


def test_a_provider_that_is_away_is_told_about(
    door: Door, portal: Portal, consent: dict[str, str], diadoc_sandbox: DiadocSandbox
) -> None:
    back = diadoc_sandbox.consent(consent)
    diadoc_sandbox.fault("*", "status", status=502, times=-1)

    answer = requests.get(back, timeout=10)

    assert answer.status_code == 503
    assert boxes(door, portal) == []


def test_a_portal_that_left_gets_no_boxes(
    door: Door, portal: Portal, consent: dict[str, str], diadoc_sandbox: DiadocSandbox
) -> None:
    back = diadoc_sandbox.consent(consent)
    Portals(door.database).uninstall(portal.id)

    answer = requests.get(back, timeout=10)

    assert answer.status_code == 403
    assert number_of_accounts(door) == 0


def test_no_code_state_or_token_is_logged_or_shown(
    door: Door,
    portal: Portal,
    consent: dict[str, str],
    diadoc_sandbox: DiadocSandbox,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up_logs("json")
    back = diadoc_sandbox.consent(consent)
    code = parse_qs(urlsplit(back).query)["code"][0]

    answer = requests.get(back, timeout=10)

    seen = capsys.readouterr().err + answer.text
    assert "boxes connected" in seen
    assert code not in seen
    assert consent["state"] not in seen
    assert diadoc_sandbox.client_secret not in seen
