from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

import worker.feed
from clients.diadoc.ids import normal_box_id
from registry.tables import Audit, DocflowEvent, Document
from sandbox.diadoc import seed
from worker.boxes import FEED_LOCK, opened
from worker.feed import BoxReader
from worker.polling import poll, poll_invitations, reconcile


def test_a_signature_that_the_feed_brings_ends_the_wait(running, box, sender, waits, diadoc_sandbox) -> None:
    package = sender.send("act")
    call_id = waits.wait(package)

    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    poll(running, box.id)
    waits.settle()

    values = waits.answer(call_id).values
    assert (values["result"], values["docflow_state"], values["outcome"]) == ("ok", "signed_by_counteragent", "success")


def test_a_change_that_is_not_waited_for_leaves_the_call_waiting(running, box, sender, waits, diadoc_sandbox) -> None:
    package = sender.send("act")
    call_id = waits.wait(package)

    diadoc_sandbox.sign_by_sender(package.message_id)
    poll(running, box.id)
    waits.settle()

    assert waits.call(call_id).state == "waiting"
    assert sender.again(package).docflow_state == "delivered"


def test_a_refusal_ends_a_wait_for_delivery_too(running, box, sender, waits, diadoc_sandbox) -> None:
    package = sender.send("act")
    call_id = waits.wait(package, wait_for="delivered")

    diadoc_sandbox.refuse_by_our_signer(package.message_id, "Не тот договор")
    poll(running, box.id)
    waits.settle()

    values = waits.answer(call_id).values
    assert (values["docflow_state"], values["refusal_reason"]) == ("refused_by_our_signer", "Не тот договор")


def test_a_wait_for_a_revocation_outlives_the_outcome(running, box, sender, waits, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    call_id = waits.wait(package, wait_for="revocation")

    diadoc_sandbox.sign_by_recipient(package.message_id)
    poll(running, box.id)
    waits.settle()
    signed = waits.call(call_id).state
    diadoc_sandbox.request_revocation(package.message_id, "Ошибка")
    diadoc_sandbox.accept_revocation(package.message_id)
    poll(running, box.id)
    waits.settle()

    assert signed == "waiting"
    assert waits.answer(call_id).values["revocation_state"] == "accepted"


def test_a_feed_that_was_empty_at_first_is_read_from_its_beginning(running, box, sender, index_key) -> None:
    assert index_key() == ""
    package = sender.send("act")

    poll(running, box.id)

    assert sender.again(package).docflow_state == "waiting_for_our_signature"


def test_a_box_that_has_sent_nothing_is_not_read(running, box, diadoc_sandbox) -> None:
    diadoc_sandbox.forget_requests()

    poll(running, box.id)

    assert diadoc_sandbox.requests() == []


@pytest.mark.parametrize("letter_first", [True, False])
def test_a_draft_is_followed_though_its_two_events_are_pages_apart(
    running, box, sender, waits, diadoc_sandbox, letter_first
) -> None:
    diadoc_sandbox.settings(feed_page_limit=4)
    package = sender.send("act", is_draft=True)
    call_id = waits.wait(package)

    letter = diadoc_sandbox.send_draft(package.message_id, gap=9, letter_first=letter_first)
    diadoc_sandbox.sign_by_recipient(letter["message_id"])
    poll(running, box.id)
    waits.settle()

    assert sender.again(package).message_id == letter["message_id"]
    assert waits.answer(call_id).values["docflow_state"] == "signed_by_counteragent"


def test_a_draft_thrown_away_ends_the_wait(running, box, sender, waits, diadoc_sandbox) -> None:
    package = sender.send("act", is_draft=True)
    call_id = waits.wait(package)

    diadoc_sandbox.act("recycle_draft", message_id=package.message_id)
    poll(running, box.id)
    waits.settle()

    assert waits.answer(call_id).values["outcome"] == "deleted"


# Nothing is lost


@pytest.mark.parametrize("same_key", ["skip", "repeat"])
@pytest.mark.parametrize("before", range(5))
def test_two_events_under_one_key_are_both_read_wherever_the_page_ends(
    running, box, sender, diadoc_sandbox, same_key, before
) -> None:
    diadoc_sandbox.settings(feed_page_limit=3, feed_same_key=same_key)
    first, second = sender.send("act"), sender.send("act")
    poll(running, box.id)
    diadoc_sandbox.act("fill_feed", box=seed.ROMASHKA.box, count=before)

    diadoc_sandbox.settings(delivery="manual")
    diadoc_sandbox.sign_by_sender(first.message_id)
    diadoc_sandbox.act("share_next_key", box=seed.ROMASHKA.box)
    diadoc_sandbox.sign_by_sender(second.message_id)
    diadoc_sandbox.act("fill_feed", box=seed.ROMASHKA.box, count=2)
    poll(running, box.id)

    assert [sender.again(package).docflow_state for package in (first, second)] == ["sent", "sent"]


def test_an_event_that_joins_the_last_key_after_it_was_read_is_not_lost(running, box, sender, diadoc_sandbox) -> None:
    diadoc_sandbox.settings(delivery="manual")
    first, second = sender.send("act"), sender.send("act")
    diadoc_sandbox.sign_by_sender(first.message_id)
    poll(running, box.id)

    diadoc_sandbox.act("share_next_key", box=seed.ROMASHKA.box)
    diadoc_sandbox.sign_by_sender(second.message_id)
    poll(running, box.id)

    assert sender.again(second).docflow_state == "sent"


def test_a_repeated_event_is_processed_once(running, box, sender, diadoc_sandbox, database) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    poll(running, box.id)
    diadoc_sandbox.forget_requests()

    diadoc_sandbox.act("repeat_event", box=seed.ROMASHKA.box)
    poll(running, box.id)

    assert diadoc_sandbox.requests("GetDocflows") == []
    with database.session() as session:
        events = list(session.scalars(select(DocflowEvent.message_id)))
    assert set(events) == {package.message_id}


def test_every_event_may_come_twice(running, box, sender, waits, diadoc_sandbox) -> None:
    diadoc_sandbox.settings(feed_repeat_events=True, feed_page_limit=2)
    package = sender.send("act")
    call_id = waits.wait(package)

    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    poll(running, box.id)
    waits.settle()

    assert waits.answer(call_id).values["outcome"] == "success"
    history = sender.packages.history(sender.documents(package)[0].id)
    assert [change.docflow_state for change in history] == ["waiting_for_our_signature", "signed_by_counteragent"]


def test_an_event_that_comes_late_at_the_end_is_read_by_the_feed(running, box, sender, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.settings(delivery="manual")
    diadoc_sandbox.act("hold_events", box=seed.ROMASHKA.box, count=1)
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.act("fill_feed", box=seed.ROMASHKA.box, count=2)
    poll(running, box.id)

    diadoc_sandbox.act("release_events", box=seed.ROMASHKA.box, at_the_end=True)
    poll(running, box.id)

    assert sender.again(package).docflow_state == "sent"


def test_an_event_inserted_behind_the_key_is_found_by_reconciliation(
    running, box, sender, waits, diadoc_sandbox
) -> None:
    package = sender.send("act")
    poll(running, box.id)
    call_id = waits.wait(package, wait_for="sent")
    diadoc_sandbox.settings(delivery="manual")
    diadoc_sandbox.act("hold_events", box=seed.ROMASHKA.box, count=1)
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.act("fill_feed", box=seed.ROMASHKA.box, count=2)
    poll(running, box.id)
    diadoc_sandbox.act("release_events", box=seed.ROMASHKA.box)
    poll(running, box.id)
    missed = sender.again(package).docflow_state

    reconcile(running, box.id)
    waits.settle()

    assert missed == "waiting_for_our_signature"
    assert waits.answer(call_id).values["docflow_state"] == "sent"
    assert running.feeds.get(box.id).reconciled_at is not None


class Killed(Exception):
    """The process dies here."""


@pytest.mark.parametrize("line", ["refresh", "waiting_for", "keep_seen", "advance"])
def test_a_poll_killed_at_any_line_is_repeated_by_the_next(
    running, box, sender, waits, diadoc_sandbox, monkeypatch, line
) -> None:
    package = sender.send("act")
    call_id = waits.wait(package)
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    place = {"refresh": worker.feed, "waiting_for": running.calls}.get(line, running.feeds)
    original = getattr(place, line)

    def die_after(*arguments, **options):
        original(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(place, line, die_after)
        with pytest.raises(Killed):
            poll(running, box.id)
    poll(running, box.id)
    waits.settle()

    assert waits.answer(call_id).values["outcome"] == "success"


def test_a_diadoc_that_fails_in_the_middle_moves_nothing(
    running, box, sender, waits, diadoc_sandbox, index_key
) -> None:
    package = sender.send("act")
    call_id = waits.wait(package, wait_for="sent")
    diadoc_sandbox.sign_by_sender(package.message_id)
    before = index_key()
    diadoc_sandbox.fault("GetDocflows", "status", status=503, times=-1)

    poll(running, box.id)
    interrupted = index_key()
    diadoc_sandbox.clear_faults()
    poll(running, box.id)
    waits.settle()

    assert interrupted == before
    assert waits.answer(call_id).values["docflow_state"] == "delivered"


def test_a_document_that_diadoc_does_not_show_yet_keeps_its_event(running, box, sender, diadoc_sandbox) -> None:
    diadoc_sandbox.settings(fresh_404_reads=1)
    package = sender.send("act")

    poll(running, box.id)
    too_early = sender.again(package).docflow_state
    poll(running, box.id)

    assert (too_early, sender.again(package).docflow_state) == ("not_sent", "waiting_for_our_signature")


# One reader


def test_while_one_reads_another_leaves_at_once(running, box, sender, diadoc_sandbox) -> None:
    sender.send("act")
    diadoc_sandbox.forget_requests()

    with opened(running, box.id, lock=FEED_LOCK) as mine:
        poll(running, box.id)
        asked = diadoc_sandbox.requests()

    assert mine is not None
    assert asked == []


def test_a_reader_whose_key_was_moved_by_another_stops(running, box, sender, diadoc_sandbox, index_key) -> None:
    diadoc_sandbox.settings(feed_page_limit=3)
    sender.send("act")
    diadoc_sandbox.act("fill_feed", box=seed.ROMASHKA.box, count=20)
    last = sender.client.get_last_event(box_id=box.box_id)
    reader = BoxReader(running, running.feeds.get(box.id))
    diadoc_sandbox.forget_requests()

    running.feeds.advance(box.id, expected="", index_key=last.index_key)
    reader.read("")

    assert len(diadoc_sandbox.requests("GetNewEvents")) == 1
    assert index_key() == last.index_key


def copies(session, table: str, row_id: int, number: int, **changed: str) -> None:
    """So many more rows like this one; changed: columns and the SQL of their values, n counting the copies."""
    names = text("select column_name from information_schema.columns where table_name = :table")
    columns = [name for name in session.scalars(names, {"table": table}) if name != "id"]
    values = ", ".join(changed.get(name, f'"{name}"') for name in columns)
    listed = ", ".join(f'"{name}"' for name in columns)
    source = f"{table}, generate_series(1, :number) n where {table}.id = :row"
    session.execute(
        text(f"insert into {table} ({listed}) select {values} from {source}"),
        {"number": number, "row": row_id},
    )


@pytest.mark.parametrize("number", [10, 1000])
def test_the_cost_of_watching_grows_with_what_changed_and_not_with_what_waits(
    running, box, sender, waits, diadoc_sandbox, database, number
) -> None:
    changing, waiting = sender.send("act"), sender.send("act")
    changing_call, waiting_call = waits.wait(changing, wait_for="sent"), waits.wait(waiting)
    [document] = sender.documents(waiting)
    with database.session() as session:
        elsewhere = {"message_id": "gen_random_uuid()::text", "custom_document_id": "gen_random_uuid()::text"}
        copies(session, "document", document.id, number, **elsewhere)
        copies(session, "call", waiting_call, number, idempotency_key="'copy ' || n")
    poll(running, box.id)
    waits.forget_jobs()
    diadoc_sandbox.forget_requests()

    poll(running, box.id)
    for_nothing = [one["method"] for one in diadoc_sandbox.requests()]
    diadoc_sandbox.sign_by_sender(changing.message_id)
    diadoc_sandbox.forget_requests()
    poll(running, box.id)
    for_a_change = [one["method"] for one in diadoc_sandbox.requests()]

    assert for_nothing == ["GetNewEvents"]
    assert for_a_change == ["GetNewEvents", "GetDocflows", "GetNewEvents"]
    assert waits.jobs() == [changing_call]


# Trouble


def test_an_ended_subscription_pauses_the_box_and_is_audited_once(
    running, box, sender, diadoc_sandbox, database
) -> None:
    sender.send("act")
    diadoc_sandbox.lapse_subscription()

    poll(running, box.id)
    diadoc_sandbox.forget_requests()
    poll(running, box.id)

    stored = running.feeds.get(box.id)
    with database.session() as session:
        audits = list(session.scalars(select(Audit).where(Audit.action == "box_paused")))
    assert stored.status == "subscription_ended"
    assert "подписка" in stored.status_text
    assert len(audits) == 1
    assert diadoc_sandbox.requests() == []


def test_a_lost_consent_pauses_the_box(running, box, sender, diadoc_sandbox) -> None:
    diadoc_sandbox.revoke_tokens()

    poll(running, box.id)

    assert running.feeds.get(box.id).status == "auth_lost"


def test_a_box_that_is_closed_to_our_user_is_paused(running, box, sender, diadoc_sandbox) -> None:
    diadoc_sandbox.act("change_user", user=seed.ROBOT.id, boxes=[seed.LOGISTICS.box])

    poll(running, box.id)

    assert running.feeds.get(box.id).status == "no_access"


def test_too_many_requests_stop_the_poll_until_later(running, box, sender, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.fault("GetNewEvents", "status", status=429, headers={"Retry-After": "30"})

    poll(running, box.id)

    assert running.feeds.get(box.id).status == "connected"
    assert sender.again(package).docflow_state == "not_sent"


def test_a_key_that_became_invalid_is_replaced_after_everything_was_asked(
    running, box, sender, waits, diadoc_sandbox, index_key
) -> None:
    package = sender.send("act")
    call_id = waits.wait(package, wait_for="sent")
    poll(running, box.id)
    diadoc_sandbox.sign_by_sender(package.message_id)
    running.feeds.advance(box.id, expected=index_key(), index_key="not+a/key=")

    poll(running, box.id)
    waits.settle()

    assert index_key() == sender.client.get_last_event(box_id=box.box_id).index_key
    assert waits.answer(call_id).values["docflow_state"] == "delivered"


def test_any_other_complaint_about_the_request_keeps_the_key(running, box, sender, diadoc_sandbox, index_key) -> None:
    sender.send("act")
    poll(running, box.id)
    before = index_key()
    diadoc_sandbox.act("change_user", user=seed.ROBOT.id, access="DepartmentOnly")
    diadoc_sandbox.forget_requests()

    poll(running, box.id)

    assert index_key() == before
    assert diadoc_sandbox.requests("GetLastEvent") == []


def test_a_user_of_one_department_reads_the_events_of_that_department(
    running, box, sender, diadoc_sandbox, database
) -> None:
    package = sender.send("act")
    diadoc_sandbox.act("change_user", user=seed.ROBOT.id, access="DepartmentOnly")
    with database.session() as session:
        session.execute(text("update box set sees_all_documents = false"))

    diadoc_sandbox.sign_by_sender(package.message_id)
    poll(running, box.id)

    assert sender.again(package).docflow_state == "delivered"


def test_an_error_of_our_own_is_not_swallowed(running, box, sender) -> None:
    with pytest.raises(LookupError), opened(running, box.id, lock=FEED_LOCK):
        raise LookupError


def test_reconciliation_asks_for_a_hundred_at_a_time_and_not_for_what_ended_long_ago(
    running, box, sender, diadoc_sandbox, database
) -> None:
    packages = [sender.send(*["letter"] * 40) for _ in range(3)]
    old = sender.send("letter")
    with database.session() as session:
        [document] = session.scalars(select(Document).where(Document.package_id == old.id))
        document.is_final, document.changed_at = True, datetime.now(UTC) - timedelta(days=31)
    for package in [*packages, old]:
        diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.forget_requests()

    reconcile(running, box.id)

    assert [one["method"] for one in diadoc_sandbox.requests()] == ["GetDocflows"] * 2
    assert {sender.again(package).docflow_state for package in packages} == {"delivered"}
    assert sender.again(old).docflow_state == "not_sent"


def test_reconciliation_settles_what_a_killed_poll_had_stored(running, box, sender, waits, diadoc_sandbox) -> None:
    package = sender.send("act")
    call_id = waits.wait(package, wait_for="sent")
    diadoc_sandbox.sign_by_sender(package.message_id)
    BoxReader(running, box)._refresh(sender.documents(package))

    reconcile(running, box.id)
    waits.settle()

    assert waits.answer(call_id).values["docflow_state"] == "delivered"


# Invitations


@pytest.fixture
def invite(running, box, registry, sender, waits, database, diadoc_sandbox):
    """invite(organization): an invitation that some call waits for; (invitation id, call id)."""

    def invite(organization: seed.Organization) -> tuple[int, int]:
        their_box = normal_box_id(organization.box)
        sender.client.acquire_counteragent(box_id=box.box_id, counteragent_box_id=their_box)
        invitation = registry.invitations.remember(
            box_pk=box.id, counteragent_box_id=their_box, name=organization.name, status="invited_by_us"
        )
        call_id = waits.remember({})
        waits.forget_jobs()
        with database.session() as session:
            session.execute(
                text(
                    "update call set state = 'waiting', wait_for = 'invitation', wait_invitation_id = :i where id = :c"
                ),
                {"i": invitation.id, "c": call_id},
            )
        return invitation.id, call_id

    return invite


def test_an_accepted_invitation_is_kept_and_settled(running, box, registry, invite, waits, diadoc_sandbox) -> None:
    invitation_id, call_id = invite(seed.ENTREPRENEUR)
    diadoc_sandbox.accept_invitation(seed.ENTREPRENEUR.box)

    poll_invitations(running, box.id)

    invitation = registry.invitations.get(invitation_id)
    assert invitation.status == "ours"
    assert invitation.answered_at is not None
    assert waits.jobs() == [call_id]


def test_a_rejected_invitation_is_an_answer_and_a_silent_one_is_not(
    running, box, registry, invite, waits, diadoc_sandbox
) -> None:
    silent_id, _ = invite(seed.ENTREPRENEUR)
    rejected_id, call_id = invite(seed.SLEEPER)
    diadoc_sandbox.reject_invitation(seed.SLEEPER.box)

    poll_invitations(running, box.id)

    assert registry.invitations.get(silent_id).status == "invited_by_us"
    assert registry.invitations.get(rejected_id).status == "rejects_us"
    assert waits.jobs() == [call_id]


def test_many_silent_invitations_cost_one_request(running, box, invite, diadoc_sandbox) -> None:
    for organization in (seed.ENTREPRENEUR, seed.SLEEPER, seed.ROAMING_STRANGER):
        invite(organization)
    diadoc_sandbox.forget_requests()

    poll_invitations(running, box.id)

    assert [one["method"] for one in diadoc_sandbox.requests()] == ["GetCounteragents"]


def test_a_user_who_may_not_see_counteragents_still_reads_the_feed(running, box, invite, diadoc_sandbox) -> None:
    invite(seed.ENTREPRENEUR)
    diadoc_sandbox.fault("GetCounteragent", "status", status=403, times=-1)

    poll_invitations(running, box.id)

    assert running.feeds.get(box.id).status == "connected"


def test_no_waiting_invitation_costs_no_request(running, box, sender, diadoc_sandbox) -> None:
    diadoc_sandbox.forget_requests()

    poll_invitations(running, box.id)

    assert diadoc_sandbox.requests() == []


def test_an_answer_that_was_kept_before_the_process_died_is_settled_by_the_next(
    running, box, registry, invite, waits
) -> None:
    invitation_id, call_id = invite(seed.ENTREPRENEUR)
    registry.invitations.keep_status(invitation_id, "ours", answered_at=datetime.now(UTC))

    poll_invitations(running, box.id)

    assert waits.jobs() == [call_id]
