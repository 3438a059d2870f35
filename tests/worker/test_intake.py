"""Documents that come to our box, as the feed brings them; the portal is not there."""

import pytest
from sqlalchemy import text

import worker.intake
from activities.following import begin_feed
from clients.diadoc.ids import normal_box_id
from credentials import Token
from registry.boxes import Boxes
from registry.incoming import Arrivals
from registry.portals import Installation, Portals
from registry.settings import change_settings
from registry.tables import DocflowEvent, IncomingDocument, Portal
from sandbox.diadoc import seed
from scheduler.status_poll import enqueue_polls
from worker.feed import BoxReader
from worker.polling import begin_feed as begin
from worker.polling import poll, reconcile

ACT = {
    "type": "AcceptanceCertificate",
    "file_name": "Акт 8.pdf",
    "metadata": {
        "DocumentNumber": "8",
        "DocumentDate": "20.11.2026",
        "TotalSum": "1200.00",
        "TotalVat": "200.00",
        "Grounds": "Договор 5",
    },
}
LETTER = {"file_name": "Письмо.pdf", "need_recipient_signature": False}


@pytest.fixture
def read(running, box, database):
    """read(): the box's feed was begun and is read to its end; what is known of the documents that came."""
    begin_feed(running.connections.diadoc(box), running.feeds, box)
    poll(running, box.id)

    def read() -> list[IncomingDocument]:
        poll(running, box.id)
        return came(database)

    return read


def came(database) -> list[IncomingDocument]:
    with database.session() as session:
        return list(session.query(IncomingDocument).order_by(IncomingDocument.id))


def jobs(database, task: str = "take_incoming") -> list[int]:
    rows = text("select (args->>'incoming_id')::bigint from procrastinate_jobs where task_name = :task order by 1")
    with database.session() as session:
        return list(session.scalars(rows, {"task": task}))


def forget_jobs(database) -> None:
    with database.session() as session:
        session.execute(text("delete from procrastinate_jobs"))


def test_every_document_of_a_letter_is_noted_with_what_diadoc_tells_of_it(read, diadoc_sandbox, database) -> None:
    letter = diadoc_sandbox.incoming([ACT, LETTER])

    documents = {one.entity_id: one for one in read()}

    act, paper = (documents[entity_id] for entity_id in letter["entity_ids"])
    assert (act.document_type, act.number, act.date) == ("AcceptanceCertificate", "8", "20.11.2026")
    assert {name: act.requisites[name] for name in ("total", "vat", "grounds")} == {
        "total": "1200.00",
        "vat": "200.00",
        "grounds": "Договор 5",
    }
    assert (act.docflow_state, act.needs_reply) == ("waiting_for_our_signature", True)
    assert (paper.docflow_state, paper.needs_reply, paper.file_name) == ("delivered", False, "Письмо.pdf")
    assert act.counteragent == {"box_id": normal_box_id(seed.LYUTIK.box), "name": seed.LYUTIK.name}
    assert act.sent_at is not None
    assert act.delivered_at is not None
    assert jobs(database) == [one.id for one in documents.values()]


def test_what_comes_again_is_noted_once(read, running, box, diadoc_sandbox, database) -> None:
    diadoc_sandbox.settings(feed_repeat_events=True)
    diadoc_sandbox.incoming([ACT])
    read()
    diadoc_sandbox.act("repeat_event", box=seed.ROMASHKA.box)
    with database.session() as session:
        session.execute(text("delete from docflow_event"))

    documents = read()

    assert len(documents) == 1
    assert jobs(database) == [documents[0].id]


def test_our_own_letters_drafts_and_service_papers_are_no_incoming_documents(
    read, sender, running, box, diadoc_sandbox
) -> None:
    package = sender.send("act", "letter")
    sender.send("act", is_draft=True)
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)

    assert read() == []


def test_documents_of_another_operators_client_and_of_an_entrepreneur_come_too(read, diadoc_sandbox) -> None:
    diadoc_sandbox.incoming([ACT], from_box=seed.ROAMING_PARTNER.box)
    diadoc_sandbox.incoming([LETTER], from_box=seed.ENTREPRENEUR.box)

    names = [one.counteragent["name"] for one in read()]

    assert names == [seed.ROAMING_PARTNER.name, seed.ENTREPRENEUR.name]


def test_the_rest_of_a_letter_that_was_signed_in_parts_comes_by_a_patch(read, diadoc_sandbox) -> None:
    letter = diadoc_sandbox.incoming([ACT, LETTER], is_signed=False)
    diadoc_sandbox.sign_by_sender(letter["message_id"], letter["entity_ids"][:1])
    first = [one.entity_id for one in read()]
    diadoc_sandbox.sign_by_sender(letter["message_id"], letter["entity_ids"][1:])

    documents = read()

    assert first == letter["entity_ids"][:1]
    assert [one.entity_id for one in documents] == letter["entity_ids"]
    assert documents[1].file_name == "Письмо.pdf"


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ("sign_by_recipient", "signed_by_counteragent"),
        ("refuse", "refused_by_our_signer"),
        ("request_revocation", "revoked"),
        ("delete", "deleted"),
    ],
)
def test_what_happens_to_it_later_is_kept_and_shown_again(read, diadoc_sandbox, database, running, what, state) -> None:
    letter = diadoc_sandbox.incoming([ACT])
    [document] = read()
    Arrivals(database).shown(document.id, changed_at=document.changed_at, at=document.received_at)
    forget_jobs(database)
    more = {"refuse": {"reason": "Не наш"}, "request_revocation": {"reason": "Ошибка"}, "delete": {"side": "recipient"}}
    diadoc_sandbox.act(what, message_id=letter["message_id"], **more.get(what, {}))

    [changed] = read()

    assert changed.docflow_state == state
    assert changed.shown_at is None
    assert jobs(database) == [document.id]


def test_a_revocation_of_a_signed_document_waits_for_us(read, diadoc_sandbox) -> None:
    letter = diadoc_sandbox.incoming([ACT])
    diadoc_sandbox.sign_by_recipient(letter["message_id"])
    read()
    diadoc_sandbox.request_revocation(letter["message_id"], "Ошибка")

    [document] = read()

    assert document.docflow_state == "revocation_requested_by_counteragent"


def test_a_document_signed_before_we_looked_is_noted_as_signed(read, diadoc_sandbox) -> None:
    letter = diadoc_sandbox.incoming([ACT])
    diadoc_sandbox.sign_by_recipient(letter["message_id"])

    [document] = read()

    assert document.docflow_state == "signed_by_counteragent"


# From when on


def test_nothing_of_the_past_is_taken_in(running, box, diadoc_sandbox, database) -> None:
    diadoc_sandbox.incoming([ACT])
    with database.session() as session:
        session.execute(text("update box set connected_at = now() + interval '1 second'"))
    diadoc_sandbox.advance_clock(2)

    begin(running, box.id)
    diadoc_sandbox.incoming([LETTER])
    poll(running, box.id)

    assert [one.file_name for one in came(database)] == ["Письмо.pdf"]


def test_what_came_between_the_connection_of_a_box_and_the_first_look_is_taken_in(
    running, box, diadoc_sandbox, database
) -> None:
    diadoc_sandbox.incoming([ACT])

    begin(running, box.id)
    poll(running, box.id)

    assert [one.number for one in came(database)] == ["8"]


def test_the_clock_begins_the_feeds_of_boxes_that_have_sent_nothing(running, box, database, portal) -> None:
    def begun() -> list[str]:
        with database.session() as session:
            enqueue_polls(database, session)
            return list(session.scalars(text("select task_name from procrastinate_jobs order by id")))

    change_settings(database, portal.id, user_id=1, takes_incoming=False)
    switched_off = begun()
    begin(running, box.id)
    change_settings(database, portal.id, user_id=1, takes_incoming=True)

    assert switched_off == []
    assert running.feeds.get(box.id).index_key is None
    assert begun() == ["begin_feed"]


def test_switched_off_documents_are_not_noted_and_switched_on_not_those_of_meanwhile(
    read, running, box, diadoc_sandbox, database, portal
) -> None:
    change_settings(database, portal.id, user_id=1, takes_incoming=False)
    diadoc_sandbox.incoming([ACT])
    off = read()
    with database.session() as session:
        session.execute(text("update box set connected_at = now() - interval '2 hours'"))
    change_settings(database, portal.id, user_id=1, takes_incoming=True)
    on = read()
    diadoc_sandbox.incoming([LETTER])

    assert (off, on) == ([], [])
    assert [one.file_name for one in read()] == ["Письмо.pdf"]


def test_a_box_that_was_removed_and_connected_again_begins_anew(read, running, box, registry, diadoc_sandbox) -> None:
    registry.boxes.mark(box.id, "removed")
    diadoc_sandbox.incoming([ACT])
    diadoc_sandbox.advance_clock(0)
    facts = {"inn": box.inn, "kpp": box.kpp, "name": box.name}
    registry.boxes.connect(account_id=box.account_id, box_id=box.box_id, **facts)

    assert running.feeds.get(box.id).incoming_since is None
    assert read() == []


def test_a_consent_that_was_lost_for_a_while_loses_no_document(read, running, box, registry, diadoc_sandbox) -> None:
    registry.boxes.mark(box.id, "auth_lost")
    diadoc_sandbox.incoming([ACT])
    facts = {"inn": box.inn, "kpp": box.kpp, "name": box.name}
    registry.boxes.connect(account_id=box.account_id, box_id=box.box_id, **facts)

    assert [one.number for one in read()] == ["8"]


# Rights


def test_a_user_of_one_department_takes_in_what_comes_to_it(running, registry, diadoc_sandbox, database) -> None:
    account_id = registry.boxes.add_account(kind="oidc", token=Token("", seed.first_refresh_token(seed.CLERK)))
    ours = {"inn": seed.ROMASHKA.inn, "kpp": seed.ROMASHKA.kpp, "name": seed.ROMASHKA.name}
    box = registry.boxes.connect(
        account_id=account_id, box_id=normal_box_id(seed.ROMASHKA.box), sees_all_documents=False, **ours
    )
    begin(running, box.id)

    diadoc_sandbox.incoming([ACT])
    letter = diadoc_sandbox.incoming([ACT], to_department=seed.SALES)
    poll(running, box.id)
    noted = [(one.entity_id, one.docflow_state) for one in came(database)]
    diadoc_sandbox.sign_by_recipient(letter["message_id"])
    poll(running, box.id)

    assert noted == [(letter["entity_ids"][0], "waiting_for_our_signature")]
    assert [one.docflow_state for one in came(database)] == ["signed_by_counteragent"]


def test_a_letter_between_two_boxes_of_ours_comes_to_the_second(
    running, registry, box, diadoc_sandbox, database
) -> None:
    ours = {"inn": seed.LOGISTICS.inn, "kpp": seed.LOGISTICS.kpp, "name": seed.LOGISTICS.name}
    second = registry.boxes.connect(account_id=box.account_id, box_id=normal_box_id(seed.LOGISTICS.box), **ours)
    for one in (box, second):
        begin(running, one.id)

    diadoc_sandbox.incoming([ACT], from_box=seed.ROMASHKA.box, to_box=seed.LOGISTICS.box)
    for one in (box, second):
        poll(running, one.id)

    assert [one.box_pk for one in came(database)] == [second.id]


# Nothing is lost


class Killed(Exception):
    """The process dies here."""


@pytest.mark.parametrize("line", ["ask", "note", "change", "keep_seen", "advance"])
def test_a_poll_killed_at_any_line_is_repeated_by_the_next(
    read, running, box, diadoc_sandbox, database, monkeypatch, line
) -> None:
    known = diadoc_sandbox.incoming([LETTER, ACT])
    read()
    forget_jobs(database)
    diadoc_sandbox.sign_by_recipient(known["message_id"], known["entity_ids"][1:])
    letter = diadoc_sandbox.incoming([ACT])
    diadoc_sandbox.sign_by_recipient(letter["message_id"])
    place = {"ask": worker.intake, "note": Arrivals, "change": Arrivals}.get(line, type(running.feeds))
    original = getattr(place, line)

    def die_after(*arguments, **options):
        original(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(place, line, die_after)
        with pytest.raises(Killed):
            poll(running, box.id)
    documents = read()

    assert [one.docflow_state for one in documents] == ["delivered", "signed_by_counteragent", "signed_by_counteragent"]
    assert jobs(database) == [documents[1].id, documents[2].id]


def test_rows_jobs_and_marks_of_events_are_one_transaction(
    read, running, box, diadoc_sandbox, database, monkeypatch
) -> None:
    diadoc_sandbox.incoming([ACT])

    def die(*arguments, **options):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(running.feeds), "keep_seen", die)
        with pytest.raises(Killed):
            poll(running, box.id)
    with database.session() as session:
        seen = session.query(DocflowEvent).count()

    assert (came(database), jobs(database), seen) == ([], [], 0)


def test_a_diadoc_that_fails_in_the_middle_moves_nothing(read, running, box, diadoc_sandbox, index_key) -> None:
    letter = diadoc_sandbox.incoming([ACT])
    read()
    before = index_key()
    diadoc_sandbox.sign_by_recipient(letter["message_id"])
    diadoc_sandbox.fault("GetDocflows", "status", status=503, times=-1)

    interrupted = read(), index_key()
    diadoc_sandbox.clear_faults()

    assert [one.docflow_state for one in interrupted[0]] == ["waiting_for_our_signature"]
    assert interrupted[1] == before
    assert [one.docflow_state for one in read()] == ["signed_by_counteragent"]


def test_what_diadoc_will_never_tell_does_not_stop_the_feed_and_is_asked_again_at_night(
    read, running, box, diadoc_sandbox, database
) -> None:
    letter = diadoc_sandbox.incoming([ACT])
    read()
    diadoc_sandbox.sign_by_recipient(letter["message_id"])
    diadoc_sandbox.fault("GetDocflows", "status", status=400, times=-1)
    diadoc_sandbox.incoming([LETTER])
    refused = [one.docflow_state for one in read()]
    diadoc_sandbox.clear_faults()

    reconcile(running, box.id)

    assert refused == ["waiting_for_our_signature", "delivered"]
    assert [one.docflow_state for one in came(database)] == ["signed_by_counteragent", "delivered"]


def test_what_the_feed_got_late_is_found_at_night(read, running, box, diadoc_sandbox, database) -> None:
    diadoc_sandbox.act("hold_events", box=seed.ROMASHKA.box, count=1)
    diadoc_sandbox.incoming([ACT])
    diadoc_sandbox.act("fill_feed", box=seed.ROMASHKA.box, count=2)
    read()
    diadoc_sandbox.act("release_events", box=seed.ROMASHKA.box)
    missed = read()

    reconcile(running, box.id)

    assert missed == []
    assert [one.number for one in came(database)] == ["8"]


def test_a_key_that_became_invalid_loses_no_document(read, running, box, diadoc_sandbox, index_key, database) -> None:
    read()
    diadoc_sandbox.incoming([ACT])
    running.feeds.advance(box.id, expected=index_key(), index_key="not+a/key=")

    assert [one.number for one in read()] == ["8"]


def test_an_older_answer_does_not_overwrite_a_newer_one(read, running, box, diadoc_sandbox, database) -> None:
    letter = diadoc_sandbox.incoming([ACT])
    [document] = read()
    arrivals = Arrivals(database)
    asked_at = BoxReader(running, box)._registry.packages.now()
    diadoc_sandbox.sign_by_recipient(letter["message_id"])
    read()

    with database.session() as session:
        changed = arrivals.change(session, document.id, {"docflow_state": "delivered"}, asked_at=asked_at)

    assert not changed
    assert [one.docflow_state for one in came(database)] == ["signed_by_counteragent"]


# Costs


def test_documents_that_only_wait_cost_no_request(read, running, box, diadoc_sandbox) -> None:
    for _ in range(3):
        diadoc_sandbox.incoming([ACT] * 40)
    read()
    diadoc_sandbox.forget_requests()
    read()
    for_nothing = [one["method"] for one in diadoc_sandbox.requests()]
    last = diadoc_sandbox.incoming([LETTER])
    diadoc_sandbox.forget_requests()
    read()
    for_a_new_one = [one["method"] for one in diadoc_sandbox.requests()]
    diadoc_sandbox.delete(last["message_id"], side="recipient")
    diadoc_sandbox.forget_requests()
    read()

    assert for_nothing == ["GetNewEvents"]
    assert for_a_new_one == ["GetNewEvents", "GetNewEvents"]
    assert [one["method"] for one in diadoc_sandbox.requests()] == ["GetNewEvents", "GetDocflows", "GetNewEvents"]


def another_portal(database) -> Portal:
    return Portals(database).install(
        Installation(
            member_id="f" * 32,
            client_endpoint="https://another.bitrix24.ru/rest/",
            server_endpoint="https://oauth.bitrix.info/rest/",
            application_token="another",
            user_id=1,
            access_token="a",
            refresh_token="r",
            expires_at=None,
        )
    )


def test_another_portals_box_with_the_same_organization_has_rows_of_its_own(
    read, running, database, diadoc_sandbox, registry
) -> None:
    other = Boxes(database, another_portal(database).id)
    account_id = other.add_account(kind="oidc", token=Token("", seed.first_refresh_token(seed.DIRECTOR)))
    ours = {"inn": seed.ROMASHKA.inn, "kpp": seed.ROMASHKA.kpp, "name": seed.ROMASHKA.name}
    theirs = other.connect(account_id=account_id, box_id=normal_box_id(seed.ROMASHKA.box), **ours)
    begin(running, theirs.id)

    diadoc_sandbox.incoming([ACT])
    read()
    poll(running, theirs.id)

    mine, foreign = came(database)
    assert registry.incoming.get(mine.id) is not None
    assert registry.incoming.get(foreign.id) is None
