"""Signed papers come into the registry by themselves, before anybody reads that they are signed."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from activities import downloading, following, registries, signed_files
from activities.context import Context
from errors import Unavailable
from registry.crm_registries import packages_without_files
from registry.settings import change_settings
from registry.tables import Box, Package
from tests.activities.registries.conftest import Shown
from tests.activities.sent_packages import Sender


@pytest.fixture
def sender(context: Context, box: Box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def signed(context: Context, prepared: registries.Prepared, sender: Sender, diadoc_sandbox: Any) -> Package:
    """A package that both sides have signed, as our registry knows it."""
    diadoc_sandbox.settings(generation_pending_calls=0)
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    documents = sender.documents(package)
    following.refresh(documents, client=sender.client, packages=sender.packages, box=sender.box)
    return sender.again(package)


def kinds(context: Context, package: Package) -> set[str]:
    (document,) = context.registry.packages.documents(package.id)
    return {one.kind for one in context.registry.packages.kept_files(document.id)}


def missing(context: Context) -> list[int]:
    since = datetime.now(UTC) - timedelta(days=30)
    return packages_without_files(
        context.registry.database, context.portal.id, since=since, kinds=signed_files.CONTENTS
    )


def test_print_form_and_archive_are_kept_and_shown(context: Context, signed: Package, shown: Shown) -> None:
    assert missing(context) == [signed.id]

    signed_files.keep(context, signed.id)
    registries.show(context, signed.id)

    assert kinds(context, signed) == {"print_form", "archive"}
    names = [name for name, _ in shown.files(shown.one().id, "signed_files")]
    assert [name.rpartition(".")[2] for name in names] == ["pdf", "zip"]
    assert shown.one().values["state_code"] == "signed_by_counteragent"
    assert missing(context) == []


def test_what_is_kept_is_not_asked_for_again(context: Context, signed: Package, diadoc_sandbox: Any) -> None:
    signed_files.keep(context, signed.id)
    diadoc_sandbox.forget_requests()

    signed_files.keep(context, signed.id)

    assert diadoc_sandbox.requests() == []


def test_files_that_are_still_made_are_waited_for(
    context: Context, signed: Package, diadoc_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.downloading.ROUND_SECONDS", 0.0)
    diadoc_sandbox.settings(generation_pending_calls=1, retry_after_seconds=5)

    with pytest.raises(Unavailable):
        signed_files.keep(context, signed.id)
    signed_files.keep(context, signed.id)

    assert kinds(context, signed) == {"print_form", "archive"}


def test_files_of_many_papers_are_waited_for_together(
    context: Context,
    prepared: registries.Prepared,
    sender: Sender,
    diadoc_sandbox: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    clock = time.monotonic()
    monkeypatch.setattr("activities.downloading.monotonic", lambda: clock + sum(waited))
    monkeypatch.setattr("activities.signed_files.monotonic", lambda: clock + sum(waited))
    monkeypatch.setattr("activities.downloading.sleep", waited.append)
    diadoc_sandbox.settings(generation_pending_calls=1_000, retry_after_seconds=5)
    package = sender.send("act", "invoice", "contract")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    following.refresh(sender.documents(package), client=sender.client, packages=sender.packages, box=sender.box)

    with pytest.raises(Unavailable):
        signed_files.keep(context, package.id)

    assert sum(waited) <= downloading.ROUND_SECONDS


def test_after_a_quarter_of_an_hour_people_are_told_without_them(
    context: Context, signed: Package, diadoc_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.downloading.ROUND_SECONDS", 0.0)
    diadoc_sandbox.settings(generation_pending_calls=1_000, retry_after_seconds=5)

    with time_machine.travel(datetime.now(UTC) + signed_files.PATIENCE + timedelta(minutes=1)):
        signed_files.keep(context, signed.id)

    assert kinds(context, signed) == set()
    assert missing(context) == [signed.id]


def test_a_portal_that_wants_none_gets_none(context: Context, signed: Package) -> None:
    change_settings(context.registry.database, context.portal.id, user_id=1, keeps_signed=False)

    signed_files.keep(context, signed.id)

    assert kinds(context, signed) == set()


def test_without_registries_nothing_is_fetched(context: Context, signed: Package, database) -> None:
    with database.session() as session:
        session.connection().exec_driver_sql("delete from crm_registry")

    signed_files.keep(context, signed.id)

    assert kinds(context, signed) == set()


def test_a_refused_paper_has_no_signed_files(
    context: Context, prepared: registries.Prepared, sender: Sender, diadoc_sandbox: Any
) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.refuse(package.message_id, "Неверная сумма")
    following.refresh(sender.documents(package), client=sender.client, packages=sender.packages, box=sender.box)

    signed_files.keep(context, package.id)
    registries.show(context, package.id)

    assert kinds(context, package) == set()


def test_a_refusal_is_the_status_of_the_package_with_its_reason(
    context: Context, prepared: registries.Prepared, sender: Sender, diadoc_sandbox: Any, shown: Shown
) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.refuse(package.message_id, "Неверная сумма")
    following.refresh(sender.documents(package), client=sender.client, packages=sender.packages, box=sender.box)

    registries.show(context, package.id)

    values = shown.package().values
    assert (values["status_code"], values["state_code"]) == ("returned", "refused")
    assert "Неверная сумма" in values["error"]
    assert values["inn"]
    assert shown.one().values["problem"] == "Неверная сумма"
