"""The vendor's answers in the product's words."""

from datetime import UTC, datetime

from clients.diadoc.models import (
    DocumentId,
)
from clients.diadoc.models.docflows import read_docflow
from clients.diadoc.models.documents import read_document
from clients.diadoc.models.messages import read_event, read_events_page, read_message
from clients.diadoc.models.organizations import read_counteragents_page, read_employee, read_organization
from clients.diadoc.models.types import MetadataType, read_document_type
from clients.diadoc.reading import Item
from clients.diadoc.states import (
    CounteragentStatus,
    Direction,
    LockMode,
    MessageType,
    RecipientResponseStatus,
    RevocationStatus,
    RoamingStatus,
    SenderSignatureStatus,
    Sociability,
)
from tests.clients.diadoc_support import (
    ACT,
    BILL,
    MESSAGE,
    OUR_BOX,
    OUR_SIGNATURE,
    THEIR_BOX,
    THEIR_SIGNATURE,
    sample,
)


def test_a_document_waiting_for_our_signature_was_neither_sent_nor_delivered():
    document = read_document(Item(sample("document_waiting")))

    assert document.document_id == DocumentId(message_id=MESSAGE, entity_id=ACT)
    assert document.custom_document_id == "b24-1-a"
    assert document.direction == Direction.OUTBOUND
    assert document.sender_signature_status == SenderSignatureStatus.WAITING
    assert document.created_at == datetime(2026, 11, 1, 0, 0, 0, 123456, tzinfo=UTC)
    assert document.sent_at is None
    assert document.delivered_at is None
    assert document.metadata == {"DocumentNumber": "12", "DocumentDate": "01.11.2026"}


def test_a_long_box_id_in_a_document_equals_the_dashed_one_of_the_message():
    document = read_document(Item(sample("document_waiting")))

    assert document.counteragent_box_id == read_message(Item(sample("message"))).to_box_id == THEIR_BOX


def test_a_document_tells_its_outcome_by_codes():
    signed, failed = (read_document(Item(sample(name))) for name in ("document_signed", "document_roaming_error"))

    assert signed.recipient_response_status == RecipientResponseStatus.SIGNED
    assert signed.delivered_at > signed.sent_at > signed.created_at
    assert failed.roaming_status == RoamingStatus.ERROR
    assert failed.roaming_description == "Оператор не знает получателя"


def test_a_document_of_numbers_and_of_the_future_is_read_all_the_same():
    values = sample("document_waiting") | {
        "RevocationStatus": 2,
        "RecipientResponseStatus": "SignedByAMachine",
        "RoamingNotificationStatus": "NotificationStatusError",
        "LockMode": 3,
        "SendTimestampTicks": 10**25,
        "CustomDocumentId": None,
    }

    document = read_document(Item(values))

    assert document.revocation_status == RevocationStatus.REQUESTED_BY_ME
    assert document.recipient_response_status == "SignedByAMachine"
    assert document.roaming_status == RoamingStatus.ERROR
    assert document.lock_mode == LockMode.FULL
    assert document.sent_at is None
    assert document.custom_document_id == ""


def test_an_empty_answer_is_a_document_without_values():
    document = read_document(Item({}))

    assert document.entity_id == ""
    assert document.metadata == {}
    assert document.primary_status is None
    assert document.origin is None


def test_documents_of_a_message_are_found_by_our_id_whatever_their_order():
    message = read_message(Item(sample("message")))

    assert {document.entity_id for document in message.documents} == {ACT, BILL}
    assert message.document(custom_document_id="b24-1-b").entity_id == BILL
    assert message.document(custom_document_id="b24-1-c") is None
    assert message.document(custom_document_id="b24-1-a").message_type == MessageType.LETTER


def test_children_of_a_document_are_entities_that_name_it_as_parent():
    message = read_message(Item(sample("message")))

    (comment,) = message.children(entity_id=ACT)

    assert comment.attachment_type == "AttachmentComment"
    assert comment.size is None
    assert not comment.is_document


def test_events_tell_what_they_touch():
    posted, signed, delivered, deleted = read_events_page(Item(sample("events"))).events

    assert (posted.is_patch, signed.is_patch) == (False, True)
    assert {posted.message_id, signed.message_id, delivered.message_id, deleted.message_id} == {MESSAGE}
    assert {ACT, BILL} <= posted.touched_entity_ids
    assert signed.touched_entity_ids == {OUR_SIGNATURE, ACT}
    assert signed.entities[0].is_signature
    assert signed.entities[0].signer_box_id == OUR_BOX
    assert delivered.touched_entity_ids == frozenset()
    assert delivered.patch.is_delivered
    assert deleted.touched_entity_ids == {BILL}
    assert deleted.patch.entity_patches[0].is_deleted
    assert signed.occurred_at < delivered.occurred_at


def test_an_event_of_an_unknown_kind_is_kept_with_its_key():
    event = read_event(Item({"EventId": "E1", "IndexKey": "k", "Notice": {}}))

    assert (event.event_id, event.index_key, event.message_id) == ("e1", "k", "")
    assert event.entities == ()
    assert event.occurred_at is None


def test_a_draft_in_the_feed_is_told_from_a_letter_with_and_without_its_type():
    patch = {"MessageId": MESSAGE, "ForDraft": True, "DraftIsTransformedToMessageIdList": ["AB-1"]}

    event = read_event(Item({"EventId": "e", "IndexKey": "k", "Patch": patch}))

    assert event.message_type == MessageType.DRAFT
    assert event.patch.letters_of_draft == ("ab-1",)


def test_a_docflow_names_both_signatures_and_the_open_revocation():
    docflow = read_docflow(Item(sample("docflows_signed")["Documents"][0]))

    assert docflow.document_id == DocumentId(message_id=MESSAGE, entity_id=ACT)
    assert docflow.sender_signature_entity_id == OUR_SIGNATURE
    assert docflow.recipient_signature_entity_id == THEIR_SIGNATURE
    assert docflow.sent_at < docflow.delivered_at < docflow.answered_at
    assert docflow.recipient_is_roaming
    assert docflow.lock_mode == LockMode.SEND
    assert docflow.revocation.status == RevocationStatus.REQUESTS_MINE
    assert docflow.revocation.initiator_box_id == THEIR_BOX
    assert docflow.revocation.request_text == "Ошибка в сумме"


def test_a_docflow_tells_why_the_counteragent_refused():
    docflow = read_docflow(Item(sample("docflows_rejected")["Documents"][0]))

    assert docflow.response_status == RecipientResponseStatus.REJECTED
    assert docflow.refusal_text == "Нет печати"
    assert docflow.rejection_entity_id == "7f8091a2-b3c4-45d6-a7e8-f90a1b2c3d4e"
    assert docflow.recipient_signature_entity_id == ""


def test_a_refusal_by_universal_message_is_read_too():
    values = sample("docflows_rejected")["Documents"][0]
    rejection = values["Docflow"]["RecipientResponse"]["Rejection"]
    del rejection["PlainText"]
    rejection["UniversalMessage"] = {"MessageInfo": {"Events": [{"PlainText": "Нет печати"}, {"PlainText": "и даты"}]}}

    assert read_docflow(Item(values)).refusal_text == "Нет печати\nи даты"


def test_a_buyer_title_carries_the_recipients_signature():
    values = sample("docflows_signed")["Documents"][0]
    response = values["Docflow"]["RecipientResponse"]
    title = {"Attachment": {"Entity": {"EntityId": "T1"}}, "Signature": response.pop("Signature")}
    response["Title"] = title

    docflow = read_docflow(Item(values))

    assert docflow.recipient_title_entity_id == "t1"
    assert docflow.recipient_signature_entity_id == THEIR_SIGNATURE


def test_organizations_tell_the_roaming_twin_from_the_box_here():
    here, twin = map(read_organization, Item(sample("organizations_by_inn_kpp")).items("Organizations"))

    assert (here.inn, here.kpp) == (twin.inn, twin.kpp) == ("7700000023", "770002001")
    assert (here.is_roaming, twin.is_roaming) == (False, True)
    assert here.box_id == THEIR_BOX
    assert here.sociability == Sociability.COUNTERAGENTS_ONLY


def test_a_box_known_by_its_long_id_only_has_the_same_normal_id():
    organization = read_organization(Item({"Boxes": [{"BoxId": f"{THEIR_BOX.upper()}@diadoc.ru"}]}))

    assert organization.box_id == THEIR_BOX


def test_a_counteragent_and_an_employee_are_read():
    (counteragent,) = read_counteragents_page(Item(sample("counteragents"))).counteragents
    employee = read_employee(Item(sample("employee")))

    assert counteragent.status == CounteragentStatus.IS_MY_COUNTERAGENT
    assert counteragent.index_key == "08DEC1/a+b="
    assert counteragent.invitation_document is None
    assert employee.sees_all_documents
    assert employee.full_name == "Роботов Эдо"
    assert employee.actions == {"CreateDocuments", "ManageCounteragents"}


def test_a_document_type_tells_what_it_asks_for():
    invoice, transfer = map(read_document_type, Item(sample("document_types")).items("DocumentTypes"))

    version = invoice.function("default").version("v1")
    required = [item.key for item in version.sender_title.metadata_items if item.is_required and item.is_ours_to_give]
    (actual,) = transfer.function("СЧФДОП").actual_versions

    assert required == ["FileName", "DocumentNumber", "DocumentDate", "TotalSum"]
    assert version.sender_title.metadata_items[2].type == MetadataType.DATE
    assert version.default_workflow_id == 6
    assert actual.version == "utd970_05_03_01"
    assert actual.rejection_type == "UniversalMessage"
    assert not actual.sender_title.metadata_items[0].is_ours_to_give
    assert transfer.function("ДОП") is None
