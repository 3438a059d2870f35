from collections.abc import Callable

import pytest

from activities.context import Context
from activities.following import NotVisibleYet, begin_feed, refresh
from errors import DiadocAuthLost, SubscriptionEnded
from registry.boxes import Feeds
from registry.database import Database
from registry.tables import Box, Document, Package
from sandbox.diadoc import seed
from tests.activities.sent_packages import Sender


@pytest.fixture
def sender(context: Context, box: Box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def look(sender: Sender) -> Callable[[Package], set[int]]:
    """look(package): ask Diadoc where its documents stand; ids of the packages that changed."""

    def look(package: Package) -> set[int]:
        documents = sender.documents(package)
        return refresh(documents, client=sender.client, packages=sender.packages, box=sender.box)

    return look


def only(sender: Sender, package: Package) -> Document:
    [document] = sender.documents(package)
    return document


def test_a_fresh_package_waits_for_our_signature(sender, look) -> None:
    package = sender.send("act")

    changed = look(package)

    stored = sender.again(package)
    assert changed == {package.id}
    assert (stored.docflow_state, stored.outcome, stored.is_final) == (
        "waiting_for_our_signature",
        "in_progress",
        False,
    )
    assert only(sender, package).signed_by_us_at is None


def test_asking_twice_changes_nothing_the_second_time(sender, look) -> None:
    package = sender.send("act")
    look(package)

    assert look(package) == set()
    assert len(sender.packages.history(only(sender, package).id)) == 1


def test_our_signature_sends_and_delivery_is_another_step(sender, look, diadoc_sandbox) -> None:
    diadoc_sandbox.settings(delivery="manual")
    package = sender.send("act")

    diadoc_sandbox.sign_by_sender(package.message_id)
    look(package)
    sent = only(sender, package)
    diadoc_sandbox.deliver(package.message_id)
    look(package)
    delivered = only(sender, package)

    assert (sent.docflow_state, delivered.docflow_state) == ("sent", "delivered")
    assert sent.signed_by_us_at == sent.sent_at is not None
    assert sent.delivered_at is None
    assert delivered.delivered_at >= sent.sent_at


def test_a_signature_that_is_being_checked_is_given_but_not_sent(sender, look, diadoc_sandbox) -> None:
    diadoc_sandbox.settings(delivery="manual", signature_check="on_delivery")
    package = sender.send("act")

    diadoc_sandbox.sign_by_sender(package.message_id)
    look(package)

    document = only(sender, package)
    assert document.docflow_state == "our_signature_checking"
    assert document.signed_by_us_at is not None
    assert document.sent_at is None


def test_the_counteragents_signature_ends_it_with_success(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")

    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    look(package)

    stored, document = sender.again(package), only(sender, package)
    assert (stored.docflow_state, stored.outcome, stored.is_final) == ("signed_by_counteragent", "success", True)
    assert document.signed_by_counteragent_at >= document.delivered_at


def test_a_document_that_needs_no_reply_is_done_when_delivered(sender, look, diadoc_sandbox) -> None:
    package = sender.send("letter")

    diadoc_sandbox.sign_by_sender(package.message_id)
    look(package)

    stored = sender.again(package)
    assert (stored.docflow_state, stored.outcome, stored.is_final) == ("delivered", "success", True)


def test_a_refusal_keeps_the_reason_in_every_form_it_may_come(sender, look, diadoc_sandbox) -> None:
    for form in ("xml", "text", "universal"):
        diadoc_sandbox.settings(refusal_form=form)
        package = sender.send("act")
        diadoc_sandbox.sign_by_sender(package.message_id)

        diadoc_sandbox.refuse(package.message_id, "Неверная сумма")
        look(package)

        document = only(sender, package)
        assert (document.docflow_state, document.refusal_reason) == ("refused", "Неверная сумма")
        assert sender.again(package).outcome == "refused"


def test_a_refusal_full_of_signs_that_no_database_keeps_is_kept_without_them(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)

    diadoc_sandbox.refuse(package.message_id, "Сумма\x00 неверна" + "!" * 10_000)
    look(package)

    reason = only(sender, package).refusal_reason
    assert reason.startswith("Сумма неверна!!!")
    assert len(reason) == 5_000


def test_our_own_signers_refusal_keeps_his_comment(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")

    diadoc_sandbox.refuse_by_our_signer(package.message_id, "Не тот договор")
    look(package)

    document = only(sender, package)
    assert (document.docflow_state, document.refusal_reason) == ("refused_by_our_signer", "Не тот договор")


def test_disagreements_are_neither_success_nor_refusal(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)

    diadoc_sandbox.sign_with_disagreements(package.message_id)
    look(package)

    stored = sender.again(package)
    assert (stored.docflow_state, stored.outcome) == ("signed_with_discrepancies", "discrepancies")
    assert only(sender, package).signed_by_counteragent_at is not None


def test_a_roaming_failure_keeps_the_operators_text(sender, look, diadoc_sandbox) -> None:
    diadoc_sandbox.settings(delivery="manual")
    package = sender.send("act", to=seed.ROAMING_PARTNER)
    diadoc_sandbox.sign_by_sender(package.message_id)

    diadoc_sandbox.roaming_error(package.message_id, "Абонент не найден")
    look(package)

    document = only(sender, package)
    assert (document.docflow_state, document.refusal_reason) == ("roaming_failed", "Абонент не найден")
    assert sender.again(package).outcome == "failed"


def test_an_invalid_signature_of_ours_sends_nothing(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")

    diadoc_sandbox.invalid_signature(package.message_id)
    look(package)

    document = only(sender, package)
    assert (document.docflow_state, document.signed_by_us_at, document.sent_at) == ("invalid_signature", None, None)


def test_a_revocation_is_proposed_and_accepted_by_the_counteragent(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)

    diadoc_sandbox.request_revocation(package.message_id, "Ошибка в сумме")
    look(package)
    proposed = only(sender, package)
    diadoc_sandbox.accept_revocation(package.message_id)
    look(package)
    accepted = only(sender, package)

    assert (proposed.docflow_state, proposed.revocation_state) == ("revocation_requested_by_us", "requested_by_us")
    assert proposed.raw_state["revocation_text"] == "Ошибка в сумме"
    assert (accepted.docflow_state, accepted.revocation_state) == ("revoked", "accepted")
    assert sender.again(package).outcome == "revoked"


def test_a_rejected_revocation_leaves_the_document_signed(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    diadoc_sandbox.request_revocation(package.message_id, "Ошибка", side="recipient")
    look(package)
    asked = only(sender, package).revocation_state

    diadoc_sandbox.reject_revocation(package.message_id, "Всё верно", side="sender")
    look(package)

    document = only(sender, package)
    assert asked == "requested_by_counteragent"
    assert (document.docflow_state, document.revocation_state) == ("signed_by_counteragent", "rejected")
    assert document.raw_state["revocation_refusal_text"] == "Всё верно"


@pytest.mark.parametrize("paper", ["act", "letter"])
def test_an_unanswered_document_is_revoked_by_our_request_alone(sender, look, diadoc_sandbox, paper: str) -> None:
    package = sender.send(paper)
    diadoc_sandbox.sign_by_sender(package.message_id)

    diadoc_sandbox.request_revocation(package.message_id, "Отправлен по ошибке")
    look(package)

    assert (only(sender, package).docflow_state, sender.again(package).outcome) == ("revoked", "revoked")


def test_a_document_deleted_before_signing_is_an_end(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")

    diadoc_sandbox.delete(package.message_id)
    look(package)

    stored = sender.again(package)
    assert (stored.docflow_state, stored.outcome, stored.is_final) == ("deleted", "deleted", True)


def test_documents_of_one_message_stand_each_for_itself(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act", "act", "letter")
    first, _, third = sender.documents(package)

    diadoc_sandbox.sign_by_sender(package.message_id, [first.entity_id, third.entity_id])
    diadoc_sandbox.sign_by_recipient(package.message_id, [first.entity_id])
    look(package)

    states = [document.docflow_state for document in sender.documents(package)]
    assert states == ["signed_by_counteragent", "waiting_for_our_signature", "delivered"]
    assert sender.again(package).docflow_state == "waiting_for_our_signature"


def test_what_an_unsent_document_says_of_its_answer_is_not_believed(sender, look, diadoc_sandbox) -> None:
    for said in ("unknown", "not_acceptable"):
        diadoc_sandbox.settings(response_status_before_sending=said)
        package = sender.send("act")

        look(package)

        document = only(sender, package)
        assert (document.docflow_state, document.needs_reply) == ("waiting_for_our_signature", True)


def test_a_sent_document_that_takes_no_answer_needs_none(sender, look, diadoc_sandbox) -> None:
    package = sender.send("letter")
    document = only(sender, package)
    sender.packages.keep_state(document.id, {"needs_reply": True})

    diadoc_sandbox.sign_by_sender(package.message_id)
    look(package)

    assert only(sender, package).needs_reply is False
    assert sender.again(package).outcome == "success"


def test_a_packet_that_was_edited_has_another_id(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act", "letter")
    first, second = sender.documents(package)
    look(package)
    before = sender.again(package).packet_id

    diadoc_sandbox.act(
        "edit_packet",
        message_id=package.message_id,
        entity_id=first.entity_id,
        remove=[[package.message_id, second.entity_id]],
    )
    look(package)

    packets = [document.raw_state["packet_id"] for document in sender.documents(package)]
    assert len(set(packets)) == 2
    assert sender.again(package).packet_id in packets
    assert before in packets or sender.again(package).packet_id != before


def test_a_document_moved_to_another_department_is_still_followed(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.act("move", message_id=package.message_id, department=seed.SALES)

    diadoc_sandbox.sign_by_sender(package.message_id)
    look(package)

    assert only(sender, package).docflow_state == "delivered"


def test_a_hundred_and_more_documents_take_a_request_for_each_hundred(sender, diadoc_sandbox) -> None:
    packages = [sender.send(*["letter"] * 40) for _ in range(3)]
    for package in packages:
        diadoc_sandbox.sign_by_sender(package.message_id)
    documents = [document for package in packages for document in sender.documents(package)]
    diadoc_sandbox.forget_requests()

    changed = refresh(documents, client=sender.client, packages=sender.packages, box=sender.box)

    assert changed == {package.id for package in packages}
    assert [one["method"] for one in diadoc_sandbox.requests()] == ["GetDocflows"] * 2


def test_a_fresh_package_costs_two_requests_however_many_documents_it_has(sender, look, diadoc_sandbox) -> None:
    package = sender.send(*["act"] * 40)
    diadoc_sandbox.forget_requests()

    look(package)

    assert [one["method"] for one in diadoc_sandbox.requests()] == ["GetDocflows", "GetMessage"]
    assert {document.docflow_state for document in sender.documents(package)} == {"waiting_for_our_signature"}


def test_one_unknown_document_does_not_hide_the_others(sender, look, database: Database) -> None:
    known, lost = sender.send("act"), sender.send("act")
    sender.packages.mark_posted(lost.id, message_id="00000000-0000-4000-8000-000000000000", packet_id="", entity_ids={})
    with database.session() as session:
        session.get_one(Package, lost.id).posted_at = lost.posted_at.replace(year=2025)
    documents = sender.documents(known) + sender.documents(lost)

    changed = refresh(documents, client=sender.client, packages=sender.packages, box=sender.box)

    assert changed == {known.id}
    assert only(sender, lost).docflow_state == "not_sent"


def test_a_fresh_document_that_diadoc_does_not_show_yet_is_asked_for_again(sender, look, diadoc_sandbox) -> None:
    diadoc_sandbox.settings(fresh_404_reads=1)
    package = sender.send("act")

    with pytest.raises(NotVisibleYet) as raised:
        look(package)
    look(package)

    assert raised.value.temporary
    assert only(sender, package).docflow_state == "waiting_for_our_signature"


def test_a_user_who_sees_only_his_department_reads_messages_instead(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.act("change_user", user=seed.ROBOT.id, access="DepartmentOnly")

    diadoc_sandbox.sign_by_recipient(package.message_id)
    look(package)

    document = only(sender, package)
    assert document.docflow_state == "signed_by_counteragent"
    assert document.signed_by_counteragent_at is not None


@pytest.mark.parametrize("form", ["xml", "text"])
def test_such_a_user_learns_the_reason_of_a_refusal_too(sender, look, diadoc_sandbox, form: str) -> None:
    diadoc_sandbox.settings(refusal_form=form)
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.act("change_user", user=seed.ROBOT.id, access="DepartmentOnly")

    diadoc_sandbox.refuse(package.message_id, "Сумма < договорной & без НДС")
    look(package)

    assert only(sender, package).refusal_reason == "Сумма < договорной & без НДС"


def test_an_answer_to_an_older_question_does_not_overwrite_a_newer_one(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")
    before = sender.packages.now()
    diadoc_sandbox.sign_by_sender(package.message_id)
    look(package)
    document = only(sender, package)

    late = sender.packages.keep_state(document.id, {"docflow_state": "waiting_for_our_signature"}, asked_at=before)

    assert late is False
    assert only(sender, package).docflow_state == "delivered"


# Drafts


def test_a_draft_is_a_draft_until_somebody_sends_it(sender, look) -> None:
    package = sender.send("act", is_draft=True)

    look(package)

    assert sender.again(package).docflow_state == "draft"


@pytest.mark.parametrize("letter_first", [True, False])
def test_a_sent_draft_is_followed_to_its_letter(sender, look, diadoc_sandbox, letter_first: bool) -> None:
    package = sender.send("act", "letter", is_draft=True)
    look(package)

    letter = diadoc_sandbox.send_draft(package.message_id, letter_first=letter_first)
    look(package)
    diadoc_sandbox.sign_by_recipient(letter["message_id"])
    look(package)

    documents = sender.documents(package)
    assert sender.again(package).message_id == letter["message_id"]
    assert {document.entity_id for document in documents} == set(letter["entity_ids"])
    assert [document.docflow_state for document in documents] == ["signed_by_counteragent", "delivered"]


def test_a_sent_draft_is_found_by_our_own_id_when_it_names_no_letter(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act", is_draft=True)
    custom_id = only(sender, package).custom_document_id
    diadoc_sandbox.act("recycle_draft", message_id=package.message_id)
    document = {"type": "AcceptanceCertificate", "custom_id": custom_id, "metadata": {"TotalSum": "1"}}
    letter = diadoc_sandbox.act(
        "write_letter", from_box=seed.ROMASHKA.box, to_box=seed.LYUTIK.box, documents=[document]
    )

    look(package)

    assert sender.again(package).message_id == letter["message_id"]
    assert only(sender, package).docflow_state == "delivered"


def test_a_draft_thrown_away_is_deleted(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act", is_draft=True)

    diadoc_sandbox.act("recycle_draft", message_id=package.message_id)
    look(package)

    assert (sender.again(package).docflow_state, sender.again(package).outcome) == ("deleted", "deleted")


# Errors, and the feed's first key


def test_an_ended_subscription_and_a_lost_consent_are_told_apart(sender, look, diadoc_sandbox) -> None:
    package = sender.send("act")

    diadoc_sandbox.lapse_subscription()
    with pytest.raises(SubscriptionEnded):
        look(package)
    diadoc_sandbox.revoke_tokens()
    with pytest.raises(DiadocAuthLost):
        look(package)


def test_the_feed_of_an_empty_box_is_read_from_its_beginning(sender, box: Box, database: Database) -> None:
    feeds = Feeds(database)

    begin_feed(sender.client, feeds, box)

    assert feeds.get(box.id).index_key == ""


def test_the_first_key_is_the_last_event_and_is_taken_once(
    sender, box: Box, database: Database, diadoc_sandbox
) -> None:
    feeds = Feeds(database)
    diadoc_sandbox.act("fill_feed", box=seed.ROMASHKA.box, count=3)
    last = sender.client.get_last_event(box_id=box.box_id)

    begin_feed(sender.client, feeds, box)
    diadoc_sandbox.act("fill_feed", box=seed.ROMASHKA.box, count=1)
    begin_feed(sender.client, feeds, feeds.get(box.id))

    assert feeds.get(box.id).index_key == last.index_key
