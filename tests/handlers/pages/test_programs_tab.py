"""Tokens of programs: shown once, of one portal, ended at once."""

import re

import pytest

from registry.api_tokens import ApiTokens, find
from registry.tables import Portal
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import NONCE, Visit, audits


def test_a_token_is_shown_once_and_a_form_makes_one(door: Door, ours: Portal, visitor: Visit) -> None:
    (nonce,) = NONCE.findall(visitor.ask("app/programs").text)
    form = {"name": "выгрузка", "role": "operator", "nonce": nonce}

    made = visitor.ask("app/programs", form)
    again = visitor.ask("app/programs", form)

    token = re.search(r"b24edo_[A-Za-z0-9_-]+", made.text)
    assert token is not None
    bearer = find(door.database, token[0])
    assert bearer is not None
    assert (bearer.portal.id, bearer.is_operator) == (ours.id, True)
    assert again.status_code == 409
    assert len(ApiTokens(door.database, ours.id).list()) == 1
    assert token[0] not in visitor.ask("app/programs").text
    assert token[0] not in str([one.facts for one in audits(door)])


@pytest.mark.parametrize("form", [{"name": ""}, {"name": "x" * 101}, {"name": "x", "role": "master"}])
def test_a_token_that_cannot_be_is_refused(form: dict[str, str], door: Door, ours: Portal, visitor: Visit) -> None:
    answer = visitor.ask("app/programs", {"role": "reader", "nonce": "n" * 20, **form})

    assert answer.status_code == 422
    assert ApiTokens(door.database, ours.id).list() == []


def test_another_portals_token_is_not_revoked(door: Door, visitor: Visit, portal: Portal) -> None:
    row, token = ApiTokens(door.database, portal.id).create(name="их", role="reader")

    assert visitor.ask(f"app/programs/{row.id}/revoke", {}).status_code == 404
    assert find(door.database, token) is not None
