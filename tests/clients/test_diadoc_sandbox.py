"""The client against the sandbox Diadoc: the same wire from two independent hands."""

import io
import threading
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from clients.diadoc import conflicts
from clients.diadoc.answers import StillInProgress
from clients.diadoc.auth import DeveloperKeyAuth, OidcAuth
from clients.diadoc.client import DiadocClient
from clients.diadoc.ids import normal_box_id
from clients.diadoc.models import (
    AcquiredCounteragent,
    DocumentId,
    DocumentToPost,
    Download,
    MessagePatchToPost,
    MessageToPost,
    NotReady,
    ResolutionRequestToPost,
)
from clients.diadoc.states import (
    CounteragentStatus,
    LockMode,
    RecipientResponseStatus,
    ResolutionStatus,
    RevocationStatus,
    RoamingStatus,
    SenderSignatureStatus,
)
from credentials import Token
from errors import (
    Conflict,
    DiadocAuthLost,
    NoAccess,
    NotFoundThere,
    RateLimited,
    RequestRejected,
    SubscriptionEnded,
    Unavailable,
)
from sandbox.diadoc import seed
from tests.clients.diadoc_support import Blocks, Tokens

OURS = normal_box_id(seed.ROMASHKA.box)
THEIRS = normal_box_id(seed.LYUTIK.box)
PDF = b"%PDF-1.4 an act\n"
LONG_WAIT = 30  # seconds: longer than the client's patience, so that nothing is waited for here


class Wire:
    """A client with its store and throttle."""

    def __init__(self, sandbox, *, user=seed.ROBOT, token: Token | None = None) -> None:
        self.auth = OidcAuth(
            identity_url=sandbox.url,
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            scope="openid profile email offline_access Diadoc.PublicAPI",
        )
        self.tokens = Tokens(token or Token(sandbox.access_token(user), sandbox.refresh_token(user)))
        self.throttle = Blocks()
        self.sunsets: list[tuple] = []
        self.diadoc = DiadocClient(
            api_url=sandbox.url,
            auth=self.auth,
            tokens=self.tokens,
            throttle=self.throttle,
            on_sunset=lambda *told: self.sunsets.append(told),
        )


@pytest.fixture
def wire(diadoc_sandbox):
    return Wire(diadoc_sandbox)


@pytest.fixture
def diadoc(wire) -> DiadocClient:
    return wire.diadoc


def act(custom_id: str = "act-1", **values) -> DocumentToPost:
    values.setdefault("metadata", {"FileName": "Акт 1.pdf", "DocumentDate": "01.11.2026", "TotalSum": "120.00"})
    if "name_on_shelf" not in values:
        values.setdefault("content", PDF)
    return DocumentToPost(
        type_named_id="AcceptanceCertificate", custom_document_id=custom_id, need_recipient_signature=True, **values
    )


def letter(*documents: DocumentToPost, to: str = THEIRS, **values) -> MessageToPost:
    return MessageToPost(from_box_id=OURS, to_box_id=to, documents=documents or (act(),), **values)


@pytest.fixture
def posted(diadoc):
    """An unsigned act: the message and its only document."""
    message = diadoc.post_message(letter(), operation_id="op-1")
    return message, message.documents[0]


def address(document) -> dict[str, str]:
    return {"box_id": OURS, "message_id": document.message_id, "entity_id": document.entity_id}


# --- tokens


def test_a_consent_becomes_a_token_that_opens_our_boxes(diadoc_sandbox):
    wire = Wire(diadoc_sandbox)
    redirect = "https://edo.example/diadoc/callback"

    wire.tokens.token = wire.auth.exchange(diadoc_sandbox.authorize(redirect, "state"), redirect)

    assert OURS in {organization.box_id for organization in wire.diadoc.get_my_organizations()}
    assert wire.auth.authorization_url(redirect, "s", "n").startswith(f"{diadoc_sandbox.url}/connect/authorize?")


def test_a_code_is_good_once(diadoc_sandbox):
    wire = Wire(diadoc_sandbox)
    code = diadoc_sandbox.authorize("https://edo.example/cb")
    wire.auth.exchange(code, "https://edo.example/cb")

    with pytest.raises(DiadocAuthLost):
        wire.auth.exchange(code, "https://edo.example/cb")


@pytest.mark.parametrize("is_known", [True, False])
def test_fifty_threads_with_an_expired_token_refresh_it_once(diadoc_sandbox, is_known):
    expired = datetime.now(UTC) - timedelta(hours=1) if is_known else None
    wire = Wire(diadoc_sandbox, token=Token("expired", diadoc_sandbox.refresh_token(), expired))
    found, failed = [], []

    def ask() -> None:
        try:
            found.append(wire.diadoc.get_my_organizations())
        except Exception as error:  # whatever it is, the assertion shows it
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(found) == 50
    assert wire.tokens.renewals == 1
    assert wire.tokens.token.refresh_token != diadoc_sandbox.refresh_token()


def test_a_withdrawn_consent_loses_the_box(diadoc_sandbox, wire):
    diadoc_sandbox.revoke_tokens()

    with pytest.raises(DiadocAuthLost):
        wire.diadoc.get_my_organizations()

    assert wire.tokens.is_dead


def test_a_provider_without_rotation_keeps_the_refresh_token(diadoc_sandbox):
    diadoc_sandbox.settings(refresh_rotation="none")
    wire = Wire(diadoc_sandbox, token=Token("expired", diadoc_sandbox.refresh_token()))

    wire.diadoc.get_my_organizations()

    assert wire.tokens.token.refresh_token == diadoc_sandbox.refresh_token()


def test_a_developer_key_opens_the_same_boxes(diadoc_sandbox):
    auth = DeveloperKeyAuth(
        api_url=diadoc_sandbox.url,
        developer_key=diadoc_sandbox.developer_key,
        login=seed.ROBOT.login,
        password=seed.ROBOT.password,
    )
    tokens = Tokens(auth.authenticate())
    diadoc = DiadocClient(api_url=diadoc_sandbox.url, auth=auth, tokens=tokens, throttle=Blocks())

    before = diadoc.get_my_organizations()
    diadoc_sandbox.revoke_tokens(None, "diadoc")
    after = diadoc.get_my_organizations()

    assert before == after
    assert tokens.renewals == 1


def test_a_wrong_password_is_told(diadoc_sandbox):
    auth = DeveloperKeyAuth(
        api_url=diadoc_sandbox.url, developer_key=diadoc_sandbox.developer_key, login=seed.ROBOT.login, password="no"
    )

    with pytest.raises(DiadocAuthLost):
        auth.authenticate()


# --- who is who


def test_an_inn_and_kpp_find_the_box_and_its_roaming_twin(diadoc):
    found = diadoc.get_organizations_by_inn_kpp(inn=seed.LYUTIK.inn, kpp=seed.LYUTIK.kpp)

    assert {organization.is_roaming for organization in found} == {True, False}
    assert THEIRS in {organization.box_id for organization in found}


def test_organization_box_features_and_employee_are_read(diadoc):
    organization = diadoc.get_organization(inn=seed.ENTREPRENEUR.inn)
    box = diadoc.get_box(box_id=THEIRS)
    features = diadoc.get_organization_features(box_id=OURS)
    employee = diadoc.get_my_employee(box_id=OURS)

    assert organization.kpp == ""
    assert box.box_id == box.organization.box_id == THEIRS
    assert features.can_lock_packets
    assert employee.sees_all_documents
    assert "SignDocuments" not in employee.actions


def test_counteragents_are_listed_and_found(diadoc):
    page = diadoc.get_counteragents(box_id=OURS, status=CounteragentStatus.IS_MY_COUNTERAGENT)
    one = diadoc.get_counteragent(box_id=OURS, counteragent_box_id=THEIRS)

    assert THEIRS in {counteragent.organization.box_id for counteragent in page.counteragents}
    assert one.status == CounteragentStatus.IS_MY_COUNTERAGENT
    with pytest.raises(NotFoundThere):
        diadoc.get_counteragent(box_id=OURS, counteragent_box_id=normal_box_id(seed.CLOSED.box))


def test_an_invitation_is_pending_then_done(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(retry_after_seconds=LONG_WAIT)
    closed = normal_box_id(seed.CLOSED.box)

    task_id = diadoc.acquire_counteragent(box_id=OURS, counteragent_box_id=closed, message="Здравствуйте")
    results = [diadoc.acquire_counteragent_result(task_id=task_id) for _ in range(2)]

    assert results[0] == NotReady(LONG_WAIT)
    assert isinstance(results[1], AcquiredCounteragent)
    assert results[1].box_id == closed
    assert diadoc.get_counteragent(box_id=OURS, counteragent_box_id=closed).status == (
        CounteragentStatus.IS_INVITED_BY_ME
    )


def test_an_invitation_that_needs_a_roaming_request_is_told(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(acquire_pending_calls=0)

    with pytest.raises(Conflict) as caught:
        diadoc.acquire_counteragent_result(
            task_id=diadoc.acquire_counteragent(box_id=OURS, counteragent_box_id=normal_box_id(seed.ROAMING_UNSET.box))
        )

    assert conflicts.roaming_request_needed(caught.value)


def test_document_types_tell_what_an_invoice_needs(diadoc):
    types = {kind.type_named_id: kind for kind in diadoc.get_document_types(box_id=OURS)}

    items = types["ProformaInvoice"].function("default").actual_versions[0].sender_title.metadata_items

    assert {"FileName", "TotalSum"} <= {item.key for item in items if item.is_required and item.is_ours_to_give}
    assert types["UniversalTransferDocument"].function("СЧФДОП") is not None


def test_another_customers_box_is_closed(diadoc):
    with pytest.raises(NoAccess):
        diadoc.get_my_employee(box_id=normal_box_id(seed.STRANGER.box))


# --- sending


def test_an_unsigned_act_waits_for_our_signature(posted, diadoc):
    message, document = posted

    again = diadoc.get_document(**address(document))

    assert message.to_box_id == document.counteragent_box_id == THEIRS
    assert again.sender_signature_status == SenderSignatureStatus.WAITING
    assert again.sent_at is None
    assert again.custom_document_id == "act-1"


def test_a_repeated_operation_sends_nothing_twice(diadoc_sandbox, diadoc):
    first = diadoc.post_message(letter(), operation_id="op-1")
    second = diadoc.post_message(letter(act("act-1", comment="changed")), operation_id="OP-1")

    assert first.message_id == second.message_id
    assert len(diadoc_sandbox.messages()) == 1


def test_a_lost_reply_is_made_good_by_the_repeat(diadoc_sandbox, diadoc):
    diadoc_sandbox.fault("PostMessage", "lost_reply")

    message = diadoc.post_message(letter(), operation_id="op-1")

    assert [one["MessageId"].lower() for one in diadoc_sandbox.messages()] == [message.message_id]


def test_a_page_of_a_proxy_after_the_work_was_done_is_made_good_too(diadoc_sandbox, diadoc):
    diadoc_sandbox.fault("PostMessage", "garbage")

    diadoc.post_message(letter(), operation_id="op-1")

    assert len(diadoc_sandbox.messages()) == 1


@pytest.mark.parametrize("answer", ["204", "409"])
def test_an_operation_in_progress_is_temporary_and_then_answered(diadoc_sandbox, diadoc, answer):
    diadoc_sandbox.settings(post_in_progress_calls=1, post_in_progress_answer=answer, retry_after_seconds=LONG_WAIT)

    with pytest.raises(StillInProgress) as caught:
        diadoc.post_message(letter(), operation_id="op-1")
    message = diadoc.post_message(letter(), operation_id="op-1")

    assert caught.value.temporary
    assert caught.value.retry_after > 3
    assert len(diadoc_sandbox.messages()) == 1
    assert message.documents[0].custom_document_id == "act-1"


def test_an_operation_that_is_over_soon_is_waited_for(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(post_in_progress_calls=1)

    assert diadoc.post_message(letter(), operation_id="op-1").message_id


def test_a_document_of_the_shelf_is_sent_and_comes_back_whole(diadoc_sandbox, diadoc):
    content = PDF * 450_000
    diadoc_sandbox.settings(shelf_lost_parts=[0, 2])

    name = diadoc.shelf_upload(io.BytesIO(content), "pdf")
    message = diadoc.post_message(letter(act(name_on_shelf=name)), operation_id="op-1")
    to = io.BytesIO()
    download = diadoc.get_entity_content(**address(message.documents[0]), to=to)

    assert to.getvalue() == content
    assert download.size == len(content)


def test_a_name_unknown_to_the_shelf_is_told(diadoc):
    with pytest.raises((RequestRejected, NotFoundThere)) as caught:
        diadoc.post_message(letter(act(name_on_shelf="gone.pdf")), operation_id="op-1")

    assert conflicts.shelf_file_gone(caught.value)


def test_what_was_sent_is_found_by_our_id(posted, diadoc):
    found = diadoc.get_documents_by_custom_id(box_id=OURS, custom_document_id="act-1")
    of_message = diadoc.get_documents_by_message_id(box_id=OURS, message_id=posted[0].message_id)

    assert [document.document_id for document in found] == [posted[1].document_id]
    assert [document.document_id for document in of_message] == [posted[1].document_id]
    assert diadoc.get_documents_by_custom_id(box_id=OURS, custom_document_id="other") == ()


@pytest.mark.parametrize(
    ("box", "kind", "predicate"),
    [
        (seed.CLOSED, Conflict, conflicts.only_counteragents),
        (seed.BLOCKER, Conflict, conflicts.blocked_sender),
        (seed.LIQUIDATED, NoAccess, None),
    ],
)
def test_a_recipient_that_takes_nothing_is_told(diadoc, box, kind, predicate):
    with pytest.raises(kind) as caught:
        diadoc.post_message(letter(to=normal_box_id(box.box)), operation_id="op-1")

    assert predicate is None or predicate(caught.value)


def test_a_missing_requisite_is_told_in_diadocs_words(diadoc):
    with pytest.raises(RequestRejected) as caught:
        diadoc.post_message(letter(act(metadata={})), operation_id="op-1")

    assert "FileName" in caught.value.detail


@pytest.mark.parametrize("status", [400, 403, 409])
def test_a_full_lock_without_the_paid_feature_is_told(diadoc_sandbox, diadoc, status):
    diadoc_sandbox.settings(lock_full_status=status)
    message = MessageToPost(
        from_box_id=normal_box_id(seed.LOGISTICS.box),
        to_box_id=THEIRS,
        documents=(act("1"), act("2")),
        lock_mode=LockMode.FULL,
    )

    with pytest.raises((Conflict, NoAccess, RequestRejected)) as caught:
        diadoc.post_message(message, operation_id="op-1")

    assert conflicts.lock_full_not_allowed(caught.value)


def test_a_signer_is_asked_to_sign(posted, diadoc):
    message, document = posted
    request = ResolutionRequestToPost(entity_id=document.entity_id, target_user_id=seed.DIRECTOR.id, comment="Прошу")
    patch = MessagePatchToPost(box_id=OURS, message_id=message.message_id, resolution_requests=(request,))

    answered = diadoc.post_message_patch(patch, operation_id="op-2")
    repeated = diadoc.post_message_patch(patch, operation_id="op-2")

    assert answered.patch_id == repeated.patch_id
    assert diadoc.get_document(**address(document)).resolution_status == ResolutionStatus.SIGNATURE_REQUESTED


def test_a_draft_becomes_another_message_when_it_is_sent_and_nothing_when_recycled(diadoc_sandbox, diadoc):
    sent = diadoc.post_message(letter(act("a"), delay_send=False, is_draft=True), operation_id="op-1")
    thrown = diadoc.post_message(letter(act("b"), delay_send=False, is_draft=True), operation_id="op-2")

    created = diadoc_sandbox.send_draft(sent.message_id)
    diadoc.recycle_draft(box_id=OURS, draft_id=thrown.message_id)

    draft = diadoc.get_message(box_id=OURS, message_id=sent.message_id)
    assert draft.letters_of_draft == (created["message_id"].lower(),)
    assert draft.draft_is_recycled
    assert diadoc.get_message(box_id=OURS, message_id=thrown.message_id).draft_is_recycled
    with pytest.raises(Conflict) as caught:
        diadoc.recycle_draft(box_id=OURS, draft_id=thrown.message_id)
    assert conflicts.already_done(caught.value)


def test_an_unsent_document_is_deleted_once(posted, diadoc):
    message, document = posted

    diadoc.delete(box_id=OURS, message_id=message.message_id, entity_id=document.entity_id)

    assert diadoc.get_document(**address(document)).is_deleted
    with pytest.raises(Conflict) as caught:
        diadoc.delete(box_id=OURS, message_id=message.message_id, entity_id=document.entity_id)
    assert conflicts.already_done(caught.value)


# --- states and the feed


def test_a_document_signed_by_both_tells_so_in_document_and_docflow(diadoc_sandbox, posted, diadoc):
    message, document = posted
    diadoc_sandbox.sign_by_sender(message.message_id)
    diadoc_sandbox.sign_by_recipient(message.message_id)

    signed = diadoc.get_document(**address(document))
    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])
    (by_packet,) = diadoc.get_docflows_by_packet_id(box_id=OURS, packet_id=signed.packet_id)

    assert signed.recipient_response_status == RecipientResponseStatus.SIGNED
    assert signed.sent_at <= signed.delivered_at <= signed.changed_at
    assert docflow.response_status == RecipientResponseStatus.SIGNED
    assert docflow.sender_signature_entity_id != docflow.recipient_signature_entity_id != ""
    assert docflow.answered_at is not None
    assert by_packet == docflow
    entities = diadoc.get_message(box_id=OURS, message_id=message.message_id).children(entity_id=document.entity_id)
    assert {docflow.sender_signature_entity_id, docflow.recipient_signature_entity_id} <= {
        entity.entity_id for entity in entities if entity.is_signature
    }


def test_a_signature_comes_down_as_bytes(diadoc_sandbox, posted, diadoc):
    message, document = posted
    diadoc_sandbox.sign_by_sender(message.message_id)
    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])
    to = io.BytesIO()

    diadoc.get_entity_content(
        box_id=OURS, message_id=message.message_id, entity_id=docflow.sender_signature_entity_id, to=to
    )

    assert len(to.getvalue()) > 10


@pytest.mark.parametrize("form", ["xml", "text", "universal"])
def test_a_refusal_is_told_with_its_reason(diadoc_sandbox, posted, diadoc, form):
    message, document = posted
    diadoc_sandbox.settings(refusal_form=form)
    diadoc_sandbox.sign_by_sender(message.message_id)
    diadoc_sandbox.refuse(message.message_id, "Неверная сумма")

    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])

    assert docflow.response_status == RecipientResponseStatus.REJECTED
    assert docflow.refusal_text == "Неверная сумма"


def test_a_revocation_by_the_counteragent_is_seen(diadoc_sandbox, posted, diadoc):
    message, document = posted
    diadoc_sandbox.sign_by_sender(message.message_id)
    diadoc_sandbox.sign_by_recipient(message.message_id)
    diadoc_sandbox.request_revocation(message.message_id, "Ошибка", side="recipient")

    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])

    assert diadoc.get_document(**address(document)).revocation_status == RevocationStatus.REQUESTS_MINE
    assert docflow.revocation.status == RevocationStatus.REQUESTS_MINE
    assert docflow.revocation.initiator_box_id == THEIRS
    assert docflow.revocation.request_text == "Ошибка"


def test_a_roaming_error_is_told_with_its_reason(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(delivery="manual")
    partner = normal_box_id(seed.ROAMING_PARTNER.box)
    message = diadoc.post_message(letter(to=partner), operation_id="op-1")
    diadoc_sandbox.sign_by_sender(message.message_id)
    diadoc_sandbox.roaming_error(message.message_id, "Получатель не найден")

    document = diadoc.get_document(**address(message.documents[0]))
    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])

    assert document.roaming_status == RoamingStatus.ERROR
    assert document.roaming_description == "Получатель не найден"
    assert docflow.roaming_succeeded is False


def test_the_feed_brings_every_event_once_whatever_its_key(diadoc_sandbox, diadoc):
    assert diadoc.get_last_event(box_id=OURS) is None
    messages = [diadoc.post_message(letter(act(f"a-{n}")), operation_id=f"op-{n}") for n in range(6)]
    for message in messages:
        diadoc_sandbox.sign_by_sender(message.message_id)

    seen, key = [], ""
    while page := diadoc.get_new_events(box_id=OURS, after_index_key=key, limit=5):
        if not page.events:
            break
        seen.extend(page.events)
        key = page.last_index_key

    ids = [event.event_id for event in seen]
    assert len(ids) == len(set(ids)) >= 12
    assert any(set("+/") & set(event.index_key) for event in seen)
    assert {event.message_id for event in seen} == {message.message_id for message in messages}
    assert diadoc.get_last_event(box_id=OURS).index_key == key
    assert diadoc.get_event(box_id=OURS, event_id=ids[-1]).event_id == ids[-1]
    signature = next(event for event in seen if any(entity.is_signature for entity in event.entities))
    assert messages[0].documents[0].entity_id in signature.touched_entity_ids


def test_a_foreign_key_is_refused(diadoc):
    with pytest.raises(RequestRejected, match="cursor"):
        diadoc.get_new_events(box_id=OURS, after_index_key="AAAA+/==")


def test_a_user_who_sees_one_department_gets_neither_feed_nor_docflows(diadoc_sandbox, posted):
    clerk = Wire(diadoc_sandbox, user=seed.CLERK).diadoc

    assert not clerk.get_my_employee(box_id=OURS).sees_all_documents
    with pytest.raises((NoAccess, RequestRejected)):
        clerk.get_new_events(box_id=OURS)
    with pytest.raises(NoAccess):
        clerk.get_docflows(box_id=OURS, document_ids=[posted[1].document_id])


def test_an_unknown_document_is_not_found(diadoc):
    nowhere = "00000000-1111-4222-8333-444444444444"

    with pytest.raises(NotFoundThere):
        diadoc.get_document(box_id=OURS, message_id=nowhere, entity_id=nowhere)
    with pytest.raises(NotFoundThere):
        diadoc.get_docflows(box_id=OURS, document_ids=[DocumentId(message_id=nowhere, entity_id=nowhere)])


# --- files


@pytest.fixture
def signed(diadoc_sandbox, posted):
    diadoc_sandbox.sign_by_sender(posted[0].message_id)
    diadoc_sandbox.sign_by_recipient(posted[0].message_id)
    diadoc_sandbox.settings(retry_after_seconds=LONG_WAIT)
    return posted[1]


@pytest.mark.parametrize(("answer", "has_prefix"), [("204", True), ("200", False)])
def test_an_archive_is_not_ready_and_then_holds_the_document(diadoc_sandbox, diadoc, signed, answer, has_prefix):
    diadoc_sandbox.settings(zip_pending_answer=answer, zip_name_prefix=has_prefix)

    first, name = (diadoc.generate_document_zip(**address(signed)) for _ in range(2))
    to = io.BytesIO()
    diadoc.shelf_download(name=name, to=to, starts_with=b"PK")

    assert first == NotReady(LONG_WAIT)
    with zipfile.ZipFile(to) as archive:
        assert PDF in {archive.read(member) for member in archive.namelist()}


def test_a_print_form_is_not_ready_and_then_a_pdf(diadoc, signed):
    to = io.BytesIO()

    first = diadoc.generate_print_form(**address(signed), to=to)
    empty = to.getvalue()
    second = diadoc.generate_print_form(**address(signed), to=to)

    assert first == NotReady(LONG_WAIT)
    assert empty == b""
    assert isinstance(second, Download)
    assert to.getvalue().startswith(b"%PDF")
    assert second.size == len(to.getvalue())


def test_a_print_form_that_is_ready_soon_is_waited_for(diadoc_sandbox, diadoc, signed):
    diadoc_sandbox.settings(retry_after_seconds=1)

    assert isinstance(diadoc.generate_print_form(**address(signed), to=io.BytesIO()), Download)


def test_a_protocol_is_not_ready_and_then_a_pdf_with_a_signature(diadoc, signed):
    first, second = (diadoc.generate_document_protocol(**address(signed)) for _ in range(2))

    assert first == NotReady(LONG_WAIT)
    assert second.print_form.startswith(b"%PDF")
    assert second.signature


def test_a_proposal_to_annul_is_written_as_xml(diadoc, signed):
    generated = diadoc.generate_revocation_request_xml(**address(signed), comment="Ошибка в сумме")

    assert generated.content.lstrip().startswith(b"<?xml")
    assert generated.file_name.endswith(".xml")


# --- what may go wrong


def test_an_unpaid_box_is_told(diadoc_sandbox, diadoc, posted):
    diadoc_sandbox.lapse_subscription()

    with pytest.raises(SubscriptionEnded):
        diadoc.get_document(**address(posted[1]))


def test_a_rate_limit_blocks_everybody_for_as_long_as_asked(diadoc_sandbox, wire):
    diadoc_sandbox.fault("GetMyOrganizations", "status", status=429, headers={"Retry-After": "17"}, body="много")

    with pytest.raises(RateLimited) as caught:
        wire.diadoc.get_my_organizations()

    assert caught.value.retry_after == 17
    assert wire.throttle.blocked == [17]
    assert wire.diadoc.get_my_organizations()


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply", "garbage"])
def test_a_short_outage_is_not_noticed(diadoc_sandbox, diadoc, kind):
    diadoc_sandbox.fault("GetMyOrganizations", kind, times=2)

    assert len(diadoc.get_my_organizations()) == 2


def test_a_long_outage_is_temporary(diadoc_sandbox, diadoc):
    diadoc_sandbox.fault("GetMyOrganizations", "status", status=500, body="oops", times=-1)

    with pytest.raises(Unavailable):
        diadoc.get_my_organizations()


def test_a_read_right_after_the_post_may_know_nothing_yet(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(fresh_404_reads=1)
    message = diadoc.post_message(letter(), operation_id="op-1")

    with pytest.raises(NotFoundThere):
        diadoc.get_document(**address(message.documents[0]))
    assert diadoc.get_document(**address(message.documents[0])).custom_document_id == "act-1"


def test_a_method_about_to_be_removed_is_announced(diadoc_sandbox, wire):
    diadoc_sandbox.settings(sunset={"GetMyOrganizations": "Sat, 03 Apr 2027 00:00:00 GMT"})

    wire.diadoc.get_my_organizations()
    wire.diadoc.get_my_organizations()

    ((method, date, link),) = wire.sunsets
    assert method == "GetMyOrganizations"
    assert date == datetime(2027, 4, 3, tzinfo=UTC)
    assert link
