"""`b24-edo poll` tells what it read, what changed and what went wrong."""

import json

import pytest

from activities.following import begin_feed
from clients.diadoc.ids import normal_box_id
from commands.setting import setting
from credentials import Token
from registry.boxes import Boxes, Feeds
from registry.database import Database
from registry.portal_registry import PortalRegistry
from registry.tables import Box, Portal
from sandbox.diadoc import seed
from tests.activities.sent_packages import Sender
from tests.commands.conftest import Run


@pytest.fixture
def box(run: Run, database: Database, portal: Portal, diadoc_sandbox, monkeypatch: pytest.MonkeyPatch) -> Box:
    """Our box in the sandbox Diadoc, which commands reach by their settings."""
    monkeypatch.setenv("DIADOC_API_URL", diadoc_sandbox.url)
    monkeypatch.setenv("DIADOC_IDENTITY_URL", diadoc_sandbox.url)
    monkeypatch.setenv("DIADOC_CLIENT_ID", seed.CLIENT_ID)
    monkeypatch.setenv("DIADOC_CLIENT_SECRET", seed.CLIENT_SECRET)
    monkeypatch.setenv("DIADOC_SCOPE", "openid profile Diadoc.PublicAPI offline_access")
    monkeypatch.setenv("RETRY_SECONDS", "0.05")
    boxes = Boxes(database, portal.id)
    token = Token("", seed.first_refresh_token(seed.ROBOT))
    account_id = boxes.add_account(kind="oidc", login=seed.ROBOT.login, token=token)
    names = {"inn": seed.ROMASHKA.inn, "kpp": seed.ROMASHKA.kpp, "name": seed.ROMASHKA.name}
    return boxes.connect(account_id=account_id, box_id=normal_box_id(seed.ROMASHKA.box), **names)


@pytest.fixture
def sender(box: Box, database: Database, portal: Portal) -> Sender:
    client = setting().connections.diadoc(box)
    begin_feed(client, Feeds(database), box)
    return Sender(PortalRegistry(database, portal.id).packages, client, box)


@pytest.mark.parametrize("words", [(), ("--reconcile",)])
def test_a_box_is_shown_with_the_packages_that_changed(
    run: Run, box: Box, sender: Sender, diadoc_sandbox, words
) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)

    first = run("poll", "--json", *words)
    again = run("poll", "--json", *words)

    (row,) = json.loads(first.stdout)
    assert (first.exit_code, row["id"], row["read"], row["errors"]) == (0, box.id, True, [])
    assert row["changed"] == [package.id]
    assert json.loads(again.stdout)[0]["changed"] == []


def test_a_box_that_could_not_be_read_is_an_error_with_its_reason(
    run: Run, box: Box, sender: Sender, diadoc_sandbox
) -> None:
    diadoc_sandbox.revoke_tokens()

    result = run("poll", "--json")

    (row,) = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (row["read"], row["changed"], row["errors"]) == (False, [], ["DIADOC_AUTH_LOST"])
    assert row["reason"]


def test_people_are_told_which_box_failed_and_why(run: Run, box: Box, sender: Sender, diadoc_sandbox) -> None:
    diadoc_sandbox.lapse_subscription()

    result = run("poll")

    assert result.exit_code == 1
    assert "Boxes read: 0 of 1." in result.stdout
    assert seed.ROMASHKA.inn in result.stdout
