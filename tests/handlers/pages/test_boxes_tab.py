"""Boxes on the application's page: connected, paused, removed and signed for, each portal its own."""

import pytest
from sqlalchemy import select, text

from registry.boxes import Boxes
from registry.tables import Account, Box, Portal
from sandbox.diadoc import seed
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import MANAGER
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import Visit, audits, connected, settings_of


@pytest.fixture
def box(door: Door, ours: Portal) -> Box:
    return connected(door, ours, seed.ROMASHKA)


def test_a_wrong_diadoc_password_connects_nothing_and_keeps_nothing(
    door: Door, visitor: Visit, diadoc_sandbox: DiadocSandbox
) -> None:
    answer = visitor.ask("app/boxes/login", {"login": seed.ROBOT.login, "password": "wrong"})

    assert answer.status_code == 403
    assert "wrong" not in answer.text
    with door.database.session() as session:
        assert list(session.scalars(select(Account))) == []


def test_a_second_login_leaves_no_dead_account_behind(
    door: Door, ours: Portal, visitor: Visit, diadoc_sandbox: DiadocSandbox
) -> None:
    form = {"login": seed.ROBOT.login, "password": seed.ROBOT.password}

    first = visitor.ask("app/boxes/login", form)
    second = visitor.ask("app/boxes/login", form)

    assert (first.status_code, second.status_code) == (200, 200)
    assert seed.ROBOT.password not in second.text
    boxes = Boxes(door.database, ours.id)
    with door.database.session() as session:
        (account,) = session.scalars(select(Account))
    assert boxes.accounts() == {account.id}
    assert seed.ROBOT.password not in str([one.facts for one in audits(door)])


def test_the_link_of_a_consent_is_waited_for_until_it_is_over(
    door: Door, visitor: Visit, diadoc_sandbox: DiadocSandbox
) -> None:
    link = visitor.ask("app/boxes/consent", {})
    waiting = visitor.ask("app/boxes/consent")
    with door.database.session() as session:
        session.execute(text("update consent_state set created_at = now() - interval '11 minutes'"))
    over = visitor.ask("app/boxes/consent")

    assert f'href="{diadoc_sandbox.url}/connect/authorize' in link.text
    assert 'target="_blank"' in link.text
    assert "Ждём разрешения" in waiting.text
    assert "Ссылка устарела" in over.text


def test_another_administrators_consent_is_not_waited_for(
    door: Door, ours: Portal, visitor: Visit, diadoc_sandbox: DiadocSandbox
) -> None:
    Boxes(door.database, ours.id).begin_consent("state", administrator_id=MANAGER)

    assert "Ссылка устарела" in visitor.ask("app/boxes/consent").text


def test_a_removed_box_forgets_its_access_and_comes_back_by_a_new_one(door: Door, ours: Portal, visitor: Visit) -> None:
    box = connected(door, ours, seed.ROMASHKA)

    assert visitor.ask(f"app/boxes/{box.id}/remove", {}).status_code == 200

    with door.database.session() as session:
        account = session.get_one(Account, box.account_id)
        assert (account.access_token_sealed, account.refresh_token_sealed) == ("", "")
        assert account.dead_since is not None
    assert Boxes(door.database, ours.id).all() == []
    again = connected(door, ours, seed.ROMASHKA)
    assert (again.id, again.status) == (box.id, "connected")


def test_access_that_another_box_needs_is_kept(door: Door, ours: Portal, visitor: Visit, box: Box) -> None:
    facts = {"inn": seed.LOGISTICS.inn, "kpp": seed.LOGISTICS.kpp, "name": seed.LOGISTICS.name}
    Boxes(door.database, ours.id).connect(account_id=box.account_id, box_id="c" * 32, **facts)

    visitor.ask(f"app/boxes/{box.id}/remove", {})

    with door.database.session() as session:
        assert session.get_one(Account, box.account_id).access_token_sealed != ""


@pytest.mark.parametrize("action", ["pause", "resume", "remove"])
def test_another_portals_box_is_as_absent_as_none(action: str, door: Door, visitor: Visit, portal: Portal) -> None:
    theirs = connected(door, portal, seed.LOGISTICS)

    answer = visitor.ask(f"app/boxes/{theirs.id}/{action}", {})

    assert answer.status_code == 404
    found = Boxes(door.database, portal.id).get(theirs.id)
    assert found is not None
    assert found.status == "connected"


def test_another_portals_box_is_no_default_and_has_no_signers_of_ours(
    door: Door, ours: Portal, visitor: Visit, portal: Portal
) -> None:
    theirs = connected(door, portal, seed.LOGISTICS)

    default = visitor.ask("app/boxes/default", {"default_box": str(theirs.id)})
    signer = visitor.ask(f"app/boxes/{theirs.id}/signers", {"bitrix_user": "5", "diadoc_user": seed.DIRECTOR.id})

    assert (default.status_code, signer.status_code) == (404, 404)
    assert settings_of(door, ours).default_box_pk == 0
    assert Boxes(door.database, portal.id).signers(theirs.id) == []


@pytest.mark.parametrize(
    "form",
    [
        {"bitrix_user": "", "diadoc_user": "id"},
        {"bitrix_user": "-5", "diadoc_user": "id"},
        {"bitrix_user": "5", "diadoc_user": ""},
        {"bitrix_user": "5", "diadoc_user": "x" * 201},
        {"bitrix_user": "5", "diadoc_user": "new\nline"},
    ],
)
def test_a_signer_who_cannot_be_is_refused(form: dict[str, str], visitor: Visit, box: Box) -> None:
    assert visitor.ask(f"app/boxes/{box.id}/signers", form).status_code == 422
