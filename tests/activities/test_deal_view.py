"""What a person sees of a deal: documents to choose, the recipient, packages and what may be done with them."""

import io
from dataclasses import replace

import pytest

from activities.crm_ids import DEAL, CrmItem
from activities.deal import forms, workflows
from activities.deal.documents import RegistryPaper, documents_of
from activities.deal.packages import packages_of
from activities.deal.recipients import Chosen, recipient_view
from activities.diadoc_add_document import DiadocAddDocument
from activities.diadoc_send_package import DiadocSendPackage
from clients.bitrix24.bizproc import Registration
from clients.diadoc.ids import normal_box_id
from errors import Unavailable
from registry.settings import change_settings
from sandbox.diadoc import seed
from sandbox.portal.driver import CONTRACT_FILE, DEAL_DOCUMENT, FILES, TWO_REQUISITES
from tests.activities.conftest import INVOICE
from tests.activities.sent_packages import Sender

ITEM = CrmItem(DEAL, 1)


def generate(context, template_id=39):
    wanted = {"templateId": template_id, "entityTypeId": DEAL, "entityId": 1}
    return int(context.bitrix24.call("crm.documentgenerator.document.add", wanted)["document"]["id"])


def seen(again, context, *registry_papers):
    """The documents as a page that is opened now shows them."""
    return documents_of(again(context), ITEM, lambda *_: registry_papers).documents


def by_key(documents):
    return {one.key: one for one in documents}


@pytest.fixture
def sender(context, box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


# --- documents


def test_files_of_fields_and_generated_documents_may_be_chosen(context, again, portal_sandbox):
    file_id = portal_sandbox.put_file(FILES, "Счёт.pdf", b"%PDF-1.4 1")
    made = generate(context)

    documents = by_key(seen(again, context))

    of_field, of_generator = documents[f"field:{FILES}:{file_id}"], documents[f"generated:{made}"]
    assert of_field.where == {"source": "field", "file_field": FILES, "file_number": "1"}
    assert of_generator.where == {"source": "generated", "generated_document_id": str(made)}
    assert {one.standing for one in documents.values()} == {"free"}
    assert of_generator.values["document_type"] == "ProformaInvoice"
    assert of_generator.values["number"]
    assert of_generator.values["total"] == "120000.00"
    assert of_generator.values["currency"] == "RUB"


def test_what_is_in_the_package_comes_first_with_its_own_requisites(add, context, again, invoice, portal_sandbox):
    portal_sandbox.put_file(FILES, "Акт.pdf", b"%PDF-1.4 1")
    added = add()

    first, *others = seen(again, context)

    assert first.standing == "gathered"
    assert first.document.id == added["document_id"]
    assert first.key.startswith(f"field:{CONTRACT_FILE}:")
    assert (first.values["number"], first.values["date"], first.values["total"]) == ("17", "2026-11-20", "1220.00")
    assert [one.standing for one in others] == ["free"]


def test_what_was_sent_is_shown_with_its_state_and_cannot_be_chosen(add, run, context, again, invoice):
    add()
    run(DiadocSendPackage(), on=again(context))

    (document,) = seen(again, context)

    assert document.standing == "sent"
    assert document.state == "waiting_for_our_signature"
    assert not document.may_be_chosen


def test_what_was_refused_may_be_chosen_again(add, run, context, again, invoice, diadoc_sandbox):
    add(document_type="AcceptanceCertificate")
    sent = run(DiadocSendPackage(), on=again(context))
    packages = context.registry.packages
    (paper,) = packages.documents(int(sent["package_id"]))
    packages.keep_state(paper.id, {"docflow_state": "refused", "is_final": True})

    (document,) = seen(again, context)

    assert document.state == "refused"
    assert document.may_be_chosen


def test_what_a_process_gathers_elsewhere_is_left_to_it(add, context, again, invoice):
    add(package_name="closing")

    (document,) = seen(again, context)

    assert document.standing == "elsewhere"
    assert not document.may_be_chosen


def test_a_paper_from_the_drive_in_the_open_package_is_shown_too(run, context, again):
    folder_id = context.bitrix24.disk_storage_get_for_app().root_folder_id
    uploaded = context.bitrix24.disk_folder_upload_file(
        folder_id=folder_id, file_name="Договор.pdf", content=io.BytesIO(b"%PDF-1.4"), size=8
    )
    inputs = {"source": "drive", "drive_file_id": str(uploaded.id), "document_type": "Nonformalized"}
    added = run(DiadocAddDocument(), on=again(context), **inputs)

    (document,) = seen(again, context)

    assert document.key == f"document:{added['document_id']}"
    assert document.where == {}
    assert document.may_be_chosen


def test_an_item_of_the_registry_stands_for_the_file_that_it_was_made_of(add, context, again, invoice):
    added = add()
    paper = RegistryPaper(item_id=12, title="Счёт № 17", values={"number": "18"}, document_id=added["document_id"])

    (document,) = seen(again, context, paper)

    assert document.key == "registry:12"
    assert document.standing == "gathered"
    assert document.values["number"] == "18"  # a person has corrected it there
    assert document.where["source"] == "field"


def test_an_item_without_a_file_cannot_be_chosen(context, again):
    paper = RegistryPaper(item_id=12, title="Счёт № 17", values={}, has_file=False)

    (document,) = seen(again, context, paper)

    assert not document.may_be_chosen


def test_what_one_place_refuses_to_tell_does_not_hide_the_others(context, again, portal_sandbox):
    portal_sandbox.put_file(FILES, "Счёт.pdf", b"%PDF-1.4 1")
    portal_sandbox.fault(
        "crm.documentgenerator.document.list", "status", status=403, times=5, body='{"error": "ACCESS_DENIED"}'
    )

    found = documents_of(again(context), ITEM)

    assert [one.where["source"] for one in found.documents] == ["field"]
    assert [origin.ru for origin, _ in found.unread] == ["Генератор документов"]


# --- requisites


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Счёт на оплату № 5", "ProformaInvoice"),
        ("Счет 5", "ProformaInvoice"),
        ("Счёт-фактура 5", "Nonformalized"),
        ("Акт оказанных услуг", "AcceptanceCertificate"),
        ("Активы компании", "Nonformalized"),
        ("Акт сверки за март", "ReconciliationAct"),
        ("Договор поставки", "Contract"),
        ("Дополнительное соглашение к договору", "SupplementaryAgreement"),
        ("Товарная накладная ТОРГ-12", "Torg12"),
        ("Invoice 5", "ProformaInvoice"),
        ("Certificate of acceptance", "AcceptanceCertificate"),
        ("Contract of sale", "Contract"),
        ("Письмо", "Nonformalized"),
    ],
)
def test_a_title_suggests_the_kind_of_document(title, code):
    assert forms.guess_type(title) == code


def test_only_what_the_kind_takes_is_asked_for():
    values = {"document_type": "Nonformalized", "number": "5", "total": "100.00", "vat": "20", "comment": "  "}

    assert forms.inputs_of(values) == {"document_type": "Nonformalized", "number": "5"}


def test_without_vat_no_sum_of_it_is_sent():
    values = {"document_type": "ProformaInvoice", "vat_mode": "none", "vat": "20.00", "metadata": "A=1\n\nB=2"}

    given = forms.inputs_of(values)

    assert given == {"document_type": "ProformaInvoice", "vat_mode": "none", "metadata": ["A=1", "B=2"]}


def test_what_was_filled_in_is_the_same_when_it_is_shown_again(add, context, invoice):
    added = add(need_reply_signature="by_type", contract_number="5")
    document = context.registry.packages.document(added["document_id"])

    shown = forms.values_of(document)

    assert forms.inputs_of(shown) == {
        "document_type": "ProformaInvoice",
        "number": "17",
        "date": "2026-11-20",
        "total": "1220.00",
        "vat": "220.00",
        "vat_mode": "amount",
        "currency": shown["currency"],
        "grounds": INVOICE["grounds"],
        "need_reply_signature": "by_type",
    }


# --- the recipient


def test_the_recipient_is_found_by_the_clients_requisites(context, again):
    view = recipient_view(again(context), ITEM, Chosen())

    assert view.box.name == seed.ROMASHKA.name
    assert (view.inn, view.kpp) == (seed.LYUTIK.inn, seed.LYUTIK.kpp)
    assert view.counteragent.name == seed.LYUTIK.name
    assert view.faults == []


def test_several_different_requisites_wait_for_a_choice(context, again, portal_sandbox):
    portal_sandbox.change_item({"COMPANY_ID": TWO_REQUISITES, "CONTACT_IDS": []})

    view = recipient_view(again(context), ITEM, Chosen())
    second = recipient_view(again(context), ITEM, Chosen(requisite_id=str(view.known[1].id)))

    assert (len(view.known), view.requisite_id, view.inn) == (2, 0, "")
    assert second.kpp == "781245001"


def test_several_boxes_wait_for_a_choice(context, again):
    gemini = Chosen(inn=seed.GEMINI[0].inn, kpp=seed.GEMINI[0].kpp)

    view = recipient_view(again(context), ITEM, gemini)
    chosen = recipient_view(again(context), ITEM, replace(gemini, to_box=normal_box_id(seed.GEMINI[1].box)))

    assert (len(view.found), view.to_box) == (2, "")
    assert [fault.fields for fault in view.faults] == [("to_box",)]
    assert chosen.counteragent.box_id == normal_box_id(seed.GEMINI[1].box)
    assert chosen.faults == []


@pytest.mark.parametrize(
    ("inn", "kpp", "field"), [("9660003037", "966001001", "for_inn"), (seed.LYUTIK.inn, "", "for_kpp")]
)
def test_wrong_requisites_are_told_beside_their_field(context, again, diadoc_sandbox, inn, kpp, field):
    view = recipient_view(again(context), ITEM, Chosen(inn=inn, kpp=kpp))

    assert [fault.fields for fault in view.faults] == [(field,)]
    assert diadoc_sandbox.requests("GetOrganizationsByInnKpp") == []


def test_who_is_no_counteragent_may_be_invited(context, again):
    view = recipient_view(again(context), ITEM, Chosen(inn=seed.CLOSED.inn, kpp=seed.CLOSED.kpp))

    assert view.may_be_invited
    assert [fault.code for fault in view.faults] == ["NOT_PARTNER"]


def test_our_box_is_chosen_by_a_person_where_the_item_does_not_say(context, connect, again, portal_sandbox):
    connect(seed.LOGISTICS)
    portal_sandbox.change_item({"MYCOMPANY_ID": 0})

    view = recipient_view(again(context), ITEM, Chosen())
    chosen = recipient_view(again(context), ITEM, Chosen(box=normal_box_id(seed.LOGISTICS.box)))

    assert view.box is None
    assert [fault.fields for fault in view.faults] == [("box",)]
    assert chosen.box.name == seed.LOGISTICS.name
    assert chosen.counteragent.name == seed.LYUTIK.name


def test_diadoc_that_is_away_is_told_and_hides_nothing(context, again, diadoc_sandbox):
    diadoc_sandbox.fault("GetOrganizationsByInnKpp", "status", status=500, times=20)

    view = recipient_view(again(context), ITEM, Chosen())

    assert view.inn == seed.LYUTIK.inn
    assert [fault.code for fault in view.faults] == ["UNAVAILABLE"]


# --- packages


def test_a_package_is_shown_from_gathering_to_its_end(add, run, context, again, invoice):
    add(document_type="AcceptanceCertificate")
    (gathered,) = packages_of(context, ITEM)
    run(DiadocSendPackage(), on=again(context))
    (sent,) = packages_of(context, ITEM)

    assert (gathered.state, gathered.actions, gathered.is_over) == ("open", ("continue", "delete"), True)
    assert (sent.state, sent.actions, sent.is_over) == ("waiting_for_our_signature", ("delete",), False)
    assert sent.recipient == f"{seed.LYUTIK.name}, {seed.LYUTIK.inn}/{seed.LYUTIK.kpp}"
    assert sent.who_must_act == "Наш подписант"
    assert sent.since is not None
    assert sent.link


@pytest.mark.parametrize(
    ("state", "actions", "mood"),
    [
        ("delivered", ("download", "revoke"), "busy"),
        ("signed_by_counteragent", ("download", "revoke"), "good"),
        ("revocation_requested_by_us", (), "busy"),
        ("revocation_requested_by_counteragent", ("accept", "refuse"), "busy"),
        ("refused", ("download", "again"), "bad"),
        ("roaming_failed", ("again",), "bad"),
        ("refused_by_our_signer", ("delete", "again"), "bad"),
        ("revoked", ("download", "again"), "calm"),
    ],
)
def test_what_may_be_done_follows_from_the_state(context, sender, state, actions, mood):
    package = sender.send("act")
    (paper,) = sender.documents(package)
    context.registry.packages.keep_state(paper.id, {"docflow_state": state})

    (row,) = packages_of(context, ITEM)

    assert (row.actions, row.mood) == (actions, mood)


def test_papers_that_a_newer_package_holds_are_not_sent_again_from_the_older(context, sender):
    old = sender.send("act")
    (paper,) = sender.documents(old)
    context.registry.packages.keep_state(paper.id, {"docflow_state": "refused"})
    context.registry.packages.new_attempt(old.id)

    newer, older = packages_of(context, ITEM)

    assert newer.state == "open"
    assert older.actions == ("download",)


def test_kept_files_are_offered_with_their_papers(context, sender):
    package = sender.send("act")
    (paper,) = sender.documents(package)
    blob = type("Blob", (), {"size": 3, "sha256": "0" * 64, "key": "1/0"})
    for kind in ("signature", "print_form"):
        context.registry.packages.keep_file(paper.id, kind=kind, file_name=f"{kind}.pdf", blob=blob)

    (row,) = packages_of(context, ITEM)

    assert [one.title for one in row.papers[0].files] == ["Подписанный PDF"]


def test_another_portals_packages_are_not_there(context, sender, again):
    sender.send("act")

    assert packages_of(context, CrmItem(DEAL, 2)) == []


# --- a workflow instead of sending


def template(portal_sandbox):
    steps = [
        {"activity": "diadoc_check_package", "name": "check", "properties": {"use_package": "{=Template:PackageId}"}}
    ]
    return portal_sandbox.save_template("Отправка", steps)


def test_a_template_is_started_once_a_press_with_the_packages_number(add, context, invoice, portal_sandbox, box):
    package_id = int(add()["package_id"])
    template_id = template(portal_sandbox)
    change_settings(context.registry.database, context.portal.id, user_id=1, button_templates={"D": template_id})
    press = {"package_id": package_id, "template_id": workflows.template_for(context, ITEM), "press": "one"}

    first = workflows.start(context, DEAL_DOCUMENT, **press)
    again = workflows.start(context, DEAL_DOCUMENT, **press)
    another = workflows.start(context, DEAL_DOCUMENT, **{**press, "press": "two"})

    assert first == again != another
    assert len(portal_sandbox.workflows()) == 2
    assert portal_sandbox.workflows()[0]["parameters"] == {workflows.PARAMETER: str(package_id)}


def test_a_template_whose_start_was_not_answered_is_not_started_again(add, context, invoice, portal_sandbox, app):
    handler = "http://127.0.0.1:9/bitrix24/activities/waiting"
    context.bitrix24.bizproc_activity_add(Registration(code="waiting", handler=handler, name="Waits", auth_user_id=1))
    template_id = portal_sandbox.save_template("Отправка", [{"activity": "waiting", "name": "wait"}])
    press = {"package_id": int(add()["package_id"]), "template_id": template_id, "press": "one"}
    portal_sandbox.fault("bizproc.workflow.start", "lost_reply")

    with pytest.raises(Unavailable):
        workflows.start(context, DEAL_DOCUMENT, **press)
    found = workflows.start(context, DEAL_DOCUMENT, **press)

    assert [one["id"] for one in portal_sandbox.workflows()] == [found]
