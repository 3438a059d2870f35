"""Documents that came to our box, shown to people: both emulators, a real database, no processes."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

import worker.incoming
from activities import incoming_facts, registries, triggers
from activities.context import Context, context_beside
from activities.registries.opening import shelves
from config import Config, read_config
from registry.crm_registries import DOCUMENTS
from registry.database import Database
from registry.portals import Portals
from registry.settings import change_settings
from registry.tables import Box, IncomingDocument, Portal
from registry.throttle import set_rate
from sandbox.diadoc import seed
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import ADMIN, COMPANY_TYPE, COUNTERAGENT, HEAD, MANAGER, TWO_REQUISITES, PortalSandbox
from scheduler.changes import enqueue_changes
from tests.activities.formal_files import transfer
from tests.conftest import SECRET_KEY
from tests.worker.workflows import installed
from worker.effects import BROKEN_ATTEMPTS
from worker.incoming import take_incoming
from worker.polling import begin_feed, poll
from worker.running import Running

ACT = {
    "type": "AcceptanceCertificate",
    "file_name": "Акт 8.pdf",
    "content": base64.b64encode(b"%PDF-1.4 an act").decode(),
    "metadata": {"DocumentNumber": "8", "DocumentDate": "20.11.2026", "TotalSum": "1200.00", "TotalVat": "200.00"},
}
LETTER = {"file_name": "Письмо.pdf", "need_recipient_signature": False}


@pytest.fixture
def app(portal_sandbox: PortalSandbox) -> Any:
    app = portal_sandbox.add_local_app("http://127.0.0.1:9/bitrix24/pages/app", api_only=True)
    portal_sandbox.install(app)
    portal_sandbox.settings(rate_burst=1e6, rate_per_second=1e6)
    return app


@pytest.fixture
def diadoc_config(tmp_path, app: Any, portal_sandbox: PortalSandbox, diadoc_sandbox: DiadocSandbox) -> Config:
    return read_config(
        {
            "DATA_DIR": str(tmp_path / "data"),
            "PUBLIC_URL": "http://127.0.0.1:8080",
            "SECRET_KEYS": SECRET_KEY,
            "BITRIX24_CLIENT_ID": app.client_id,
            "BITRIX24_CLIENT_SECRET": app.client_secret,
            "BITRIX24_OAUTH_URLS": portal_sandbox.auth_url,
            "DIADOC_API_URL": diadoc_sandbox.url,
            "DIADOC_IDENTITY_URL": diadoc_sandbox.url,
            "DIADOC_CLIENT_ID": seed.CLIENT_ID,
            "DIADOC_CLIENT_SECRET": seed.CLIENT_SECRET,
            "DIADOC_SCOPE": "openid profile Diadoc.PublicAPI offline_access",
            "RETRY_SECONDS": "0.05",
        }
    )


@pytest.fixture
def portal(database: Database, app: Any, portal_sandbox: PortalSandbox) -> Portal:
    portal = Portals(database).install(installed(portal_sandbox, app))
    set_rate(database, name=f"portal:{portal.id}", rate=500.0, burst=1_000.0)
    return portal


@dataclass(frozen=True)
class House:
    """A box whose feed is read, on a portal."""

    running: Running
    box: Box
    portal: Portal
    sandbox: PortalSandbox
    diadoc: DiadocSandbox

    @property
    def context(self) -> Context:
        running = self.running
        return context_beside(
            portal=running.portals.get(self.portal.id),
            database=running.database,
            connections=running.connections,
            blobs=running.blobs,
        )

    def read(self) -> list[IncomingDocument]:
        """Read the feed; every document that is known."""
        poll(self.running, self.box.id)
        return self.documents()

    def documents(self) -> list[IncomingDocument]:
        with self.running.database.session() as session:
            return list(session.query(IncomingDocument).order_by(IncomingDocument.id))

    def show(self) -> list[IncomingDocument]:
        """Do what is queued."""
        for number in self.queued():
            take_incoming(self.running, number)
        return self.documents()

    def queued(self) -> list[int]:
        """The documents for which there is a job, which is taken out of the queue."""
        taken = text("""with gone as (delete from procrastinate_jobs where task_name = 'take_incoming' returning args)
            select distinct (args->>'incoming_id')::bigint from gone order by 1""")
        with self.running.database.session() as session:
            return list(session.scalars(taken))

    def receive(self, *documents: dict[str, Any], **more: Any) -> list[IncomingDocument]:
        """A letter comes and is shown."""
        self.diadoc.incoming(list(documents) or [ACT], **more)
        self.read()
        return self.show()

    def items(self) -> list[Any]:
        return list(shelves(self.context)[DOCUMENTS].changed_since("2000-01-01T00:00:00+00:00"))

    def notices(self) -> list[tuple[int, str]]:
        return [(one["user_id"], one["message"]) for one in self.sandbox.notifications()]


@pytest.fixture
def house(running: Running, box: Box, portal: Portal, portal_sandbox: PortalSandbox, diadoc_sandbox) -> House:
    begin_feed(running, box.id)
    portal_sandbox.change_item({"ASSIGNED_BY_ID": MANAGER}, COMPANY_TYPE, COUNTERAGENT)
    return House(running, box, portal, portal_sandbox, diadoc_sandbox)


@pytest.fixture
def prepared(house: House) -> registries.Prepared:
    return registries.prepare(house.context)


@pytest.fixture
def offered(house: House) -> None:
    triggers.register(house.context.bitrix24, house.context.registry, language="ru")


def test_a_document_becomes_an_item_with_file_company_and_state(house: House, prepared) -> None:
    [document] = house.receive()

    [item] = house.items()
    raw = house.sandbox.item(prepared.registries[DOCUMENTS].entity_type_id, item.id)
    assert (item.values["number"], item.values["date"]) == ("8", "2026-11-20")
    assert (item.values["total"], item.values["vat"]) == ("1200.00|RUB", "200.00|RUB")
    assert item.values["state_code"] == "waiting_for_our_signature"
    assert raw["COMPANY_ID"] == COUNTERAGENT
    assert (document.company_id, document.remarks) == (COUNTERAGENT, [])
    assert document.counteragent["inn"] == seed.LYUTIK.inn
    assert document.shown_at is not None
    with house.running.blobs.open(document.blob) as content:
        assert content.read() == b"%PDF-1.4 an act"


def test_what_comes_together_is_told_once_to_whoever_answers_for_the_company(house: House, prepared) -> None:
    house.receive(ACT, LETTER)
    for document in house.documents():
        take_incoming(house.running, document.id)

    [(user_id, message)] = house.notices()
    assert user_id == MANAGER
    assert "ООО «Лютик» (9660003036/966001001)" in message
    assert "Акт № 8 от 20.11.2026[/URL] — Ожидает нашей подписи" in message
    assert "Письмо.pdf[/URL] — Получен" in message


@pytest.mark.parametrize(("chosen", "expected"), [(0, ADMIN), (HEAD, HEAD), (999, ADMIN)])
def test_documents_of_a_stranger_are_told_to_whom_the_settings_name(
    house: House, prepared, database, chosen, expected
) -> None:
    change_settings(database, house.portal.id, user_id=1, incoming_responsible=chosen)

    [document] = house.receive(from_box=seed.ENTREPRENEUR.box)

    [(user_id, message)] = house.notices()
    assert user_id == expected
    assert "ИП Астров" in message
    assert "нет компании" in message
    assert (document.company_id, document.remarks) == (0, ["company_unknown"])


def test_a_dismissed_manager_is_not_told(house: House, prepared) -> None:
    house.sandbox.change_item({"ASSIGNED_BY_ID": 3}, COMPANY_TYPE, COUNTERAGENT)

    house.receive()

    assert [user_id for user_id, _ in house.notices()] == [ADMIN]


def test_who_wants_no_notices_gets_none(house: House, prepared, database) -> None:
    change_settings(database, house.portal.id, user_id=1, notifies=False)

    house.receive()

    assert house.notices() == []
    assert len(house.items()) == 1


# The company


def test_several_companies_with_these_requisites_are_none(house: House, prepared) -> None:
    house.sandbox.set_requisite(seed.LYUTIK.inn, seed.LYUTIK.kpp, company_id=TWO_REQUISITES)

    [document] = house.receive()

    assert (document.company_id, document.remarks) == (0, ["company_ambiguous"])
    assert "ни одна не выбрана" in house.items()[0].values["problem"]


def test_a_branch_is_not_its_head_office(house: House, prepared) -> None:
    [document] = house.receive(from_box=seed.LYUTIK_BRANCH.box)

    assert document.counteragent["kpp"] == seed.LYUTIK_BRANCH.kpp
    assert document.remarks == ["company_unknown"]


def test_an_entrepreneur_is_found_without_a_kpp(house: House, prepared) -> None:
    house.sandbox.set_requisite(seed.ENTREPRENEUR.inn, "", company_id=TWO_REQUISITES)

    [document] = house.receive(from_box=seed.ENTREPRENEUR.box)

    assert (document.company_id, document.remarks) == (TWO_REQUISITES, [])


def test_a_client_of_another_operator_is_found_by_his_requisites(house: House, prepared) -> None:
    house.sandbox.set_requisite(seed.ROAMING_PARTNER.inn, seed.ROAMING_PARTNER.kpp, company_id=TWO_REQUISITES)

    [document] = house.receive(from_box=seed.ROAMING_PARTNER.box)

    assert (document.company_id, document.counteragent["name"]) == (TWO_REQUISITES, seed.ROAMING_PARTNER.name)


def test_a_company_entered_later_is_found_with_the_next_change(house: House, prepared) -> None:
    letter = house.diadoc.incoming([ACT], from_box=seed.ENTREPRENEUR.box)
    house.read()
    house.show()
    house.sandbox.set_requisite(seed.ENTREPRENEUR.inn, "", company_id=TWO_REQUISITES)
    house.diadoc.sign_by_recipient(letter["message_id"])
    house.read()

    [document] = house.show()

    assert (document.company_id, document.remarks) == (TWO_REQUISITES, [])


# The file


def test_a_file_that_is_too_large_leaves_an_item_with_a_remark(house: House, prepared, monkeypatch) -> None:
    monkeypatch.setattr(incoming_facts, "FILE_LIMIT", 5)

    [document] = house.receive()

    assert (document.blob, document.remarks) == ("", ["file_too_large"])
    [item] = house.items()
    assert "больше 70 МБ" in item.values["problem"]
    assert house.diadoc.requests("GetEntityContent") == []


def test_a_file_that_grows_while_it_is_fetched_is_not_taken(house: House, prepared, monkeypatch, database) -> None:
    monkeypatch.setattr(incoming_facts, "FILE_LIMIT", 5)
    house.diadoc.incoming([ACT])
    house.read()
    with database.session() as session:
        session.execute(text("update incoming_document set file_size = 1"))

    [document] = house.show()

    assert (document.blob, document.remarks) == ("", ["file_too_large"])


def test_a_file_that_diadoc_has_not_yet_is_waited_for_and_one_that_it_has_not_at_all_is_said(
    house: House, prepared, database
) -> None:
    house.diadoc.fault("GetEntityContent", "status", status=404, times=-1)
    [fresh] = house.receive()
    with database.session() as session:
        session.execute(text("update incoming_document set received_at = now() - interval '1 hour'"))

    take_incoming(house.running, fresh.id)

    [document] = house.documents()
    assert (fresh.shown_at, fresh.attempts) == (None, 1)
    assert (document.remarks, document.shown_at is not None) == (["file_missing"], True)


def test_people_see_the_document_without_its_file_when_diadoc_fails_too_long(house: House, prepared, database) -> None:
    house.diadoc.fault("GetEntityContent", "status", status=500, times=-1)
    [document] = house.receive()
    with database.session() as session:
        session.execute(text("update incoming_document set attempts = :n"), {"n": incoming_facts.ATTEMPTS})

    take_incoming(house.running, document.id)

    [document] = house.documents()
    assert document.remarks == ["file_missing"]
    assert len(house.items()) == 1


def test_a_formal_document_says_its_number_and_sums_itself(house: House, prepared) -> None:
    paper = {
        "type": "UniversalTransferDocument",
        "file_name": "ON_NSCHFDOPPR.xml",
        "content": base64.b64encode(transfer(buyer=seed.ROMASHKA)).decode(),
    }

    [document] = house.receive(paper)

    assert document.number
    assert document.date
    assert document.requisites["total"]


# The registry


def test_without_registries_documents_are_kept_told_and_shown_once_these_are_there(house: House, database) -> None:
    house.diadoc.incoming([ACT])
    house.read()
    tick(database)  # the clock may claim it at the very moment in which it comes
    [document] = house.show()
    told_before = house.notices()
    registries.prepare(house.context)

    tick(database)
    house.show()
    later(database)
    tick(database)
    house.show()
    tick(database)

    assert document.shown_at is not None
    assert len(told_before) == 1
    assert "Document/Show" in told_before[0][1]
    assert len(house.items()) == 1
    assert house.notices() == told_before
    assert house.queued() == []


def tick(database: Database) -> None:
    with database.session() as session:
        enqueue_changes(database, session)


def later(database: Database) -> None:
    """The registries are not new any more."""
    with database.session() as session:
        session.execute(text("update crm_registry set prepared_at = prepared_at - interval '1 minute'"))


def test_what_happens_later_changes_the_item_and_tells_nobody_again(house: House, prepared, offered) -> None:
    letter = house.diadoc.incoming([ACT])
    house.read()
    house.show()
    house.diadoc.refuse(letter["message_id"], "Не наш")
    house.read()

    house.show()

    [item] = house.items()
    assert item.values["state_code"] == "refused_by_our_signer"
    assert len(house.notices()) == 1
    assert len(house.sandbox.pulled_triggers()) == 1


def test_the_trigger_is_pulled_on_the_item_of_the_registry_once(house: House, prepared, offered) -> None:
    [document] = house.receive()
    take_incoming(house.running, document.id)

    [pulled] = house.sandbox.pulled_triggers()
    entity_type_id = prepared.registries[DOCUMENTS].entity_type_id
    assert (pulled["code"], pulled["entity_type_id"]) == ("diadoc_incoming", entity_type_id)
    assert pulled["item_id"] == house.items()[0].id


def test_a_registry_that_is_a_list_has_no_funnel(house: House, offered) -> None:
    registries.prepare(house.context, "list")

    house.receive()

    assert len(house.items()) == 1
    assert house.sandbox.requests("crm.automation.trigger.execute") == []


# Nothing is lost, nothing is made twice


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("step", range(len(worker.incoming.STEPS)), ids=lambda n: worker.incoming.STEPS[n].__name__)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_at_any_step_is_followed_by_one_that_makes_nothing_twice(
    house: House, prepared, offered, database, monkeypatch, step: int, when: str
) -> None:
    house.diadoc.incoming([ACT])
    house.read()
    steps = list(worker.incoming.STEPS)

    with monkeypatch.context() as patched:
        patched.setattr(worker.incoming, "STEPS", (*steps[:step], dying_of(steps[step], when), *steps[step + 1 :]))
        with pytest.raises(Killed):
            house.show()
    with database.session() as session:
        enqueue_changes(database, session)
    house.show()

    assert len(house.items()) == 1
    assert len(house.notices()) == 1
    assert len(house.sandbox.pulled_triggers()) == 1
    assert len(house.diadoc.requests("GetEntityContent")) == 1


def dying_of(step: Callable[[Context, int], None], when: str) -> Callable[[Context, int], None]:
    def dying(context: Context, incoming_id: int) -> None:
        if when == "after":
            step(context, incoming_id)
        raise Killed

    return dying


@pytest.mark.parametrize(
    ("method", "doubled"), [("im.notify.system.add", 1), ("crm.automation.trigger.execute", 2), ("batch", 1)]
)
def test_a_reply_that_was_lost_makes_no_second_item_or_notice(
    house: House, prepared, offered, database, method: str, doubled: int
) -> None:
    house.sandbox.fault(method, "lost_reply")
    house.receive()
    with database.session() as session:
        session.execute(text("update incoming_document set next_attempt_at = now()"))
        session.execute(text("update crm_mirror set intended_at = intended_at - interval '1 minute'"))
        enqueue_changes(database, session)
    house.show()

    assert len(house.items()) == 1
    assert len(house.notices()) == 1
    assert len(house.sandbox.pulled_triggers()) == (doubled if "trigger" in method else 1)


def test_an_item_whose_making_may_still_be_under_way_is_not_made_a_second_time(house: House, prepared) -> None:
    house.diadoc.incoming([ACT])
    [document] = house.read()
    house.context.registry.mirror("incoming").intend(document.id)  # and then the worker was killed

    [early] = house.show()
    seconds = (early.next_attempt_at - early.received_at).total_seconds()

    assert house.items() == []
    assert early.shown_at is None
    assert 5 < seconds < 60


def test_a_portal_that_is_away_is_tried_again_later_and_later(house: House, prepared) -> None:
    house.sandbox.fault("crm.requisite.list", "status", times=-1)
    [first] = house.receive()

    take_incoming(house.running, first.id)

    [second] = house.documents()
    assert (first.attempts, second.attempts) == (1, 2)
    assert second.next_attempt_at - first.next_attempt_at > timedelta(seconds=5)
    assert house.items() == []


def test_what_the_portal_refuses_for_good_does_not_keep_people_in_the_dark(house: House, prepared) -> None:
    denied = '{"error": "ACCESS_DENIED", "error_description": "Access denied!"}'
    house.sandbox.fault("crm.requisite.list", "status", status=403, body=denied, times=-1)

    [document] = house.receive()

    assert document.shown_at is not None
    assert (len(house.items()), len(house.notices())) == (1, 1)


def test_what_is_broken_in_us_is_put_off_and_holds_up_nothing_else(house: House, prepared, monkeypatch) -> None:
    def broken(context: Context, incoming_id: int) -> None:
        raise ValueError("a bug")

    steps = [broken if step is incoming_facts.learn_file else step for step in worker.incoming.STEPS]
    monkeypatch.setattr(worker.incoming, "STEPS", tuple(steps))

    [first] = house.receive()
    for _ in range(BROKEN_ATTEMPTS - 1):
        take_incoming(house.running, first.id)

    assert (first.shown_at, first.attempts) == (None, 1)
    assert len(house.items()) == len(house.notices()) == 1
    assert house.documents()[0].shown_at is not None


def test_while_one_shows_a_document_another_leaves_it(house: House, prepared) -> None:
    house.diadoc.incoming([ACT])
    [document] = house.read()
    arrivals = worker.incoming.Arrivals(house.running.database)

    with arrivals.exclusively(document.id) as is_mine:
        take_incoming(house.running, document.id)

    assert is_mine
    assert house.items() == []


def test_a_change_that_comes_while_it_is_shown_is_shown_after_that(house: House, prepared, monkeypatch) -> None:
    letter = house.diadoc.incoming([ACT])
    house.read()
    steps = worker.incoming.STEPS

    def signed_meanwhile(context: Context, incoming_id: int) -> None:
        house.diadoc.sign_by_recipient(letter["message_id"])
        house.read()

    with monkeypatch.context() as patched:
        patched.setattr(worker.incoming, "STEPS", (*steps, signed_meanwhile))
        [between] = house.show()
    [document] = house.show()

    assert between.shown_at is None
    assert document.shown_at is not None
    assert house.items()[0].values["state_code"] == "signed_by_counteragent"


def test_a_portal_that_removed_us_is_left_alone_until_it_is_back(house: House, prepared, database) -> None:
    house.diadoc.incoming([ACT])
    house.read()
    house.queued()
    house.running.portals.uninstall(house.portal.id)

    with database.session() as session:
        enqueue_changes(database, session)

    assert house.queued() == []
