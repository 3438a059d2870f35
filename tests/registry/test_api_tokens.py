"""Tokens of programs: told once, kept as digests, of one portal, ended at once, limited together."""

import threading

import pytest
from sqlalchemy import text

from registry import api_tokens
from registry.api_tokens import ApiTokens, TokenRefused, find, take_turn
from registry.database import Database
from registry.portals import Installation, Portals
from registry.tables import Portal


@pytest.fixture
def tokens(database: Database, portal: Portal) -> ApiTokens:
    return ApiTokens(database, portal.id)


@pytest.fixture
def another(database: Database) -> Portal:
    installation = Installation(
        member_id="f" * 32,
        client_endpoint="https://another.bitrix24.ru/rest/",
        server_endpoint="https://oauth.bitrix.info/rest/",
        application_token="another",
        user_id=1,
        access_token="a",
        refresh_token="r",
        expires_at=None,
    )
    return Portals(database).install(installation)


def test_a_token_stands_for_its_portal_and_role(database: Database, tokens: ApiTokens, portal: Portal) -> None:
    row, token = tokens.create(name=" Warehouse ", role="operator", created_by=7)

    bearer = find(database, token)

    assert bearer is not None
    assert (bearer.token_id, bearer.name, bearer.portal.id, bearer.is_operator) == (
        row.id,
        "Warehouse",
        portal.id,
        True,
    )
    assert tokens.list()[0].created_by == 7


def test_the_token_itself_is_kept_nowhere(database: Database, tokens: ApiTokens) -> None:
    _, token = tokens.create(name="a", role="reader")

    with database.session() as session:
        rows = session.execute(text("select to_jsonb(t)::text from api_token t")).scalars().all()

    assert token.startswith("b24edo_")
    assert len(token) > 40
    assert not any(token in row or token.removeprefix("b24edo_") in row for row in rows)


@pytest.mark.parametrize("strange", ["", "b24edo_", "b24edo_" + "a" * 43, "токен\0"])
def test_an_unknown_token_stands_for_nobody(database: Database, tokens: ApiTokens, strange: str) -> None:
    tokens.create(name="a", role="reader")

    assert find(database, strange) is None


def test_a_revoked_token_opens_nothing_and_is_listed_last(database: Database, tokens: ApiTokens) -> None:
    first, token = tokens.create(name="a", role="reader")
    second, _ = tokens.create(name="b", role="reader")

    done, again = tokens.revoke(first.id), tokens.revoke(first.id)

    assert (done, again) == (True, False)
    assert find(database, token) is None
    assert [row.id for row in tokens.list()] == [second.id, first.id]


def test_another_portals_token_can_neither_be_seen_nor_revoked(
    database: Database, tokens: ApiTokens, another: Portal
) -> None:
    row, token = tokens.create(name="a", role="reader")
    theirs = ApiTokens(database, another.id)

    assert theirs.list() == []
    assert theirs.revoke(row.id) is False
    assert find(database, token) is not None


def test_tokens_of_a_portal_that_removed_us_open_nothing(database: Database, tokens: ApiTokens, portal: Portal) -> None:
    _, token = tokens.create(name="a", role="reader")

    Portals(database).uninstall(portal.id)

    assert find(database, token) is None


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"name": "  ", "role": "reader"}, "name"),
        ({"name": "a" * 101, "role": "reader"}, "name"),
        ({"name": "a\0b", "role": "reader"}, "name"),
        ({"name": "a", "role": "administrator"}, "role"),
    ],
)
def test_what_cannot_be_a_token_is_refused_by_name(tokens: ApiTokens, values: dict[str, str], what: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        tokens.create(**values)

    assert refused.value.what == what


def test_there_are_never_too_many_even_when_made_at_once(
    database: Database, tokens: ApiTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_tokens, "MOST_TOKENS", 3)
    refused: list[str] = []

    def make(number: int) -> None:
        try:
            tokens.create(name=str(number), role="reader")
        except TokenRefused as error:
            refused.append(error.what)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tokens.list()) == 3
    assert refused == ["count"] * 3


def test_when_a_token_was_used_is_noted_but_not_every_time(database: Database, tokens: ApiTokens) -> None:
    row, token = tokens.create(name="a", role="reader")

    find(database, token)
    first = tokens.list()[0].last_used_at
    find(database, token)
    second = tokens.list()[0].last_used_at
    with database.session() as session:
        session.execute(text("update api_token set last_used_at = now() - interval '1 hour'"))
    find(database, token)

    assert row.last_used_at is None
    assert first is not None
    assert second == first
    assert (tokens.list()[0].last_used_at or first) >= first


def test_a_token_that_asks_too_often_is_told_how_long_to_wait(
    database: Database, tokens: ApiTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_tokens, "RATE", 0.01)
    monkeypatch.setattr(api_tokens, "BURST", 3.0)
    busy, quiet = (find(database, tokens.create(name=name, role="reader")[1]) for name in "ab")
    assert busy is not None
    assert quiet is not None

    turns = [take_turn(database, busy) for _ in range(4)]

    assert turns[:3] == [None, None, None]
    assert 90 < (turns[3] or 0) <= 100
    assert take_turn(database, quiet) is None
