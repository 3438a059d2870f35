import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from credentials import Token
from errors import DiadocAuthLost, PortalAuthLost, Unavailable
from registry.boxes import Boxes
from registry.database import Database
from registry.portals import Portals
from registry.tables import Portal
from registry.tokens import AccountTokens, PortalTokens


def fresh(number: int) -> Token:
    return Token(f"access-{number}", f"refresh-{number}", datetime.now(UTC) + timedelta(hours=1))


def test_fifty_at_once_with_a_spent_token_renew_it_once(database: Database, portal: Portal) -> None:
    asked: list[Token] = []
    got: list[str] = []

    def ask(stored: Token) -> Token:
        asked.append(stored)
        return fresh(len(asked))

    def use() -> None:
        tokens = PortalTokens(database, portal.id)
        got.append(tokens.renew(stale, ask).access_token)

    stale = PortalTokens(database, portal.id).read()
    threads = [threading.Thread(target=use) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(asked) == 1
    assert got == ["access-1"] * 50


def test_the_new_token_is_stored_before_it_is_used(database: Database, portal: Portal) -> None:
    tokens = PortalTokens(database, portal.id)

    renewed = tokens.renew(tokens.read(), lambda stored: fresh(1))

    assert tokens.read().refresh_token == renewed.refresh_token == "refresh-1"


def test_a_lost_grant_is_remembered_and_shown(database: Database, portal: Portal) -> None:
    tokens = PortalTokens(database, portal.id)

    def refused(stored: Token) -> Token:
        raise PortalAuthLost(system="Битрикс24", detail="invalid_grant")

    with pytest.raises(PortalAuthLost):
        tokens.renew(tokens.read(), refused)

    with pytest.raises(PortalAuthLost):
        tokens.read()
    assert Portals(database).get(portal.id).status == "auth_lost"


def test_an_auth_server_that_is_down_costs_no_token(database: Database, portal: Portal) -> None:
    tokens = PortalTokens(database, portal.id)

    def away(stored: Token) -> Token:
        raise Unavailable(system="Битрикс24", detail="503")

    with pytest.raises(Unavailable):
        tokens.renew(tokens.read(), away)

    assert tokens.read().access_token == "access"


def test_tokens_are_not_stored_in_clear_text(database: Database, portal: Portal) -> None:
    PortalTokens(database, portal.id).renew(PortalTokens(database, portal.id).read(), lambda stored: fresh(7))

    with database.session() as session:
        stored = session.execute(text("select t::text || p::text from portal_token t, portal p")).scalar_one()

    assert "access-7" not in stored
    assert "refresh-7" not in stored
    assert "application-token" not in stored


def test_a_lost_consent_closes_all_boxes_of_the_account(database: Database, portal: Portal) -> None:
    boxes = Boxes(database, portal.id)
    account_id = boxes.add_account(kind="oidc", token=fresh(1))
    box = boxes.connect(account_id=account_id, box_id="0" * 32, inn="7707083893", kpp="773601001", name="Box")
    tokens = AccountTokens(database, account_id)

    def refused(stored: Token) -> Token:
        raise DiadocAuthLost(system="Диадок", detail="invalid_grant")

    with pytest.raises(DiadocAuthLost):
        tokens.renew(tokens.read(), refused)

    found = boxes.get(box.id)
    assert found is not None
    assert found.status == "auth_lost"


def test_uninstalling_wipes_the_tokens_and_reinstalling_brings_new_ones(database: Database, portal: Portal) -> None:
    portals = Portals(database)

    portals.uninstall(portal.id)

    with pytest.raises(PortalAuthLost):
        PortalTokens(database, portal.id).read()
    with database.session() as session:
        assert session.execute(text("select access_token_sealed from portal_token")).scalar_one() == ""


def test_a_removal_that_wants_our_data_gone_forgets_the_consents_in_diadoc_too(
    database: Database, portal: Portal
) -> None:
    boxes = Boxes(database, portal.id)
    account_id = boxes.add_account(kind="developer_key", login="robot", password="word", token=fresh(1))
    boxes.connect(account_id=account_id, box_id="0" * 32, inn="7707083893", kpp="773601001", name="Box")

    Portals(database).uninstall(portal.id, wipe=True)

    with pytest.raises(DiadocAuthLost):
        AccountTokens(database, account_id).read()
    assert boxes.all() == []
    with database.session() as session:
        kept = session.execute(text("select login || password_sealed || access_token_sealed from account")).scalar_one()
    assert kept == ""


def test_a_plain_removal_keeps_the_boxes_for_a_reinstallation(database: Database, portal: Portal) -> None:
    boxes = Boxes(database, portal.id)
    account_id = boxes.add_account(kind="oidc", token=fresh(1))
    boxes.connect(account_id=account_id, box_id="0" * 32, inn="7707083893", kpp="773601001", name="Box")

    Portals(database).uninstall(portal.id)

    assert AccountTokens(database, account_id).read().access_token == "access-1"
    assert len(boxes.all()) == 1
