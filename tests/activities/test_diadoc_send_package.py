import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from activities.base import Pending
from activities.context import Context
from activities.diadoc_send_package import DiadocSendPackage
from activities.status import status_outputs
from errors import ActivityError, AppError, ServiceError, SignerNotFound, Unavailable
from registry.tables import Box, Package
from sandbox.diadoc import seed

ACTIVITY = DiadocSendPackage()
INVOICE = {
    "number": "17",
    "date": "2026-11-20",
    "total": "1200.00",
    "vat": "200.00",
    "vat_mode": "amount",
    "grounds": "Договор 5",
    "metadata": [],
}


def paper(context: Context, *, number: str = "17", size: int = 100, **values: Any) -> dict[str, Any]:
    blob = context.blobs.put(context.portal.id, io.BytesIO(b"%PDF-1.4 " + number.encode() * (size // len(number))))
    return {
        "sameness": f"ProformaInvoice/{number}/20.11.2026",
        "document_type": "ProformaInvoice",
        "number": number,
        "date": "20.11.2026",
        "requisites": {**INVOICE, "number": number},
        "file_name": f"Счёт {number}.pdf",
        "file_size": blob.size,
        "sha256": blob.sha256,
        "blob": blob.key,
        **values,
    }


@pytest.fixture
def package(context: Context) -> Package:
    """An open package of the deal with one invoice."""
    package = context.registry.packages.open_or_create(crm_item="D_1", name="")
    context.registry.packages.put_document(package.id, paper(context))
    return package


def send(context: Context, **inputs: Any) -> Any:
    return ACTIVITY.run(context, **ACTIVITY.load_inputs(inputs))


def letters(diadoc_sandbox: Any) -> list[dict[str, Any]]:
    return [message for message in diadoc_sandbox.messages() if message["FromBoxId"].startswith(OUR_BOX)]


def lose_the_answer(context: Context, diadoc_sandbox: Any) -> None:
    """Diadoc takes the letter, but no answer ever comes back."""
    diadoc_sandbox.fault("PostMessage", "lost_reply", times=-1)
    with pytest.raises(Unavailable):
        send(context)
    diadoc_sandbox.clear_faults()


OUR_BOX = seed.ROMASHKA.box.replace("-", "")[:8]


def test_a_package_waits_in_diadoc_for_our_signer(context: Context, package: Package, diadoc_sandbox: Any) -> None:
    outputs = send(context)

    (letter,) = letters(diadoc_sandbox)
    (document,) = diadoc_sandbox.documents()
    assert outputs["docflow_state"] == "waiting_for_our_signature"
    assert outputs["message_id"] == letter["MessageId"]
    assert outputs["counteragent_name"] == "ООО «Лютик»"
    assert outputs["who_must_act"] == "our_signer"
    metadata = {item["Key"]: item["Value"] for item in document["Metadata"]}
    assert metadata["DocumentNumber"] == "17"
    assert metadata["TotalSum"] == "1200.00"
    assert metadata["TotalVat"] == "200.00"


def test_a_restarted_workflow_sends_nothing_twice(
    context: Context, package: Package, again: Callable[..., Context], diadoc_sandbox: Any
) -> None:
    first = send(context)

    second = send(again(context))

    assert second["message_id"] == first["message_id"]
    assert len(letters(diadoc_sandbox)) == 1


def test_a_wanted_second_sending_is_a_letter_of_its_own(
    context: Context, package: Package, again: Callable[..., Context], diadoc_sandbox: Any
) -> None:
    first = send(context)
    second_call = again(context)

    second = send(second_call, send_again="Y")
    repeated = send(second_call, send_again="Y")  # the worker was killed and entered again

    assert first["message_id"] != second["message_id"] == repeated["message_id"]
    assert len(letters(diadoc_sandbox)) == 2
    assert context.registry.packages.get(package.id).message_id == first["message_id"]  # type: ignore[union-attr]


def test_a_lost_answer_of_post_message_does_not_send_twice(
    context: Context, package: Package, diadoc_sandbox: Any
) -> None:
    lose_the_answer(context, diadoc_sandbox)

    outputs = send(context)

    assert len(letters(diadoc_sandbox)) == 1
    assert outputs["docflow_state"] == "waiting_for_our_signature"


def test_another_call_takes_up_what_a_dead_one_left(
    context: Context, package: Package, again: Callable[..., Context], diadoc_sandbox: Any
) -> None:
    lose_the_answer(context, diadoc_sandbox)

    outputs = send(again(context))

    assert len(letters(diadoc_sandbox)) == 1
    assert outputs["message_id"] == letters(diadoc_sandbox)[0]["MessageId"]


def test_even_a_forgotten_operation_id_does_not_send_twice(
    context: Context, package: Package, again: Callable[..., Context], diadoc_sandbox: Any
) -> None:
    lose_the_answer(context, diadoc_sandbox)
    posts = len(diadoc_sandbox.requests("PostMessage"))

    send(again(context))

    assert len(diadoc_sandbox.requests("PostMessage")) == posts  # it was looked up, not posted again


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_temporary_failure_leaves_the_package_frozen(
    context: Context, package: Package, diadoc_sandbox: Any, status: int
) -> None:
    diadoc_sandbox.fault("PostMessage", "status", status=status, times=-1, headers={"Retry-After": "7"})

    with pytest.raises(ServiceError) as failed:
        send(context)

    assert failed.value.is_retried
    assert context.registry.packages.get(package.id).state == "sending"  # type: ignore[union-attr]
    diadoc_sandbox.clear_faults()


@pytest.mark.parametrize(("status", "code"), [(402, "SUBSCRIPTION_ENDED"), (403, "NO_ACCESS"), (400, "INPUT_INVALID")])
def test_a_refusal_for_good_opens_the_package_again(
    context: Context, package: Package, diadoc_sandbox: Any, status: int, code: str
) -> None:
    diadoc_sandbox.fault("PostMessage", "status", status=status, times=1, body="нельзя")

    with pytest.raises(AppError) as refused:
        send(context)

    assert refused.value.code == code
    assert not refused.value.is_retried
    assert context.registry.packages.get(package.id).state == "open"  # type: ignore[union-attr]
    assert send(context)["docflow_state"] == "waiting_for_our_signature"


@pytest.mark.parametrize("method", ["GetLastEvent", "ShelfUpload"])
def test_a_refusal_before_anything_was_posted_leaves_the_package_open(
    context: Context, package: Package, diadoc_sandbox: Any, method: str
) -> None:
    context.registry.packages.put_document(package.id, paper(context, number="900", size=600_000))
    diadoc_sandbox.fault(method, "status", status=402, times=1, body="нельзя")

    with pytest.raises(AppError) as refused:
        send(context)

    assert refused.value.code == "SUBSCRIPTION_ENDED"
    assert context.registry.packages.get(package.id).state == "open"  # type: ignore[union-attr]
    assert send(context)["docflow_state"] == "waiting_for_our_signature"


def test_a_package_that_fails_its_check_is_not_sent(context: Context, package: Package, diadoc_sandbox: Any) -> None:
    incomplete = paper(context, number="18")
    incomplete["requisites"] = {"number": "18", "date": "2026-11-20"}
    context.registry.packages.put_document(package.id, incomplete)

    with pytest.raises(ActivityError) as refused:
        send(context, for_inn="9660003037")

    assert refused.value.code == "INN_INVALID"
    assert "Счёт" in refused.value.text("ru")
    assert letters(diadoc_sandbox) == []
    assert context.registry.packages.get(package.id).state == "open"  # type: ignore[union-attr]


def test_a_large_document_travels_by_the_shelf(context: Context, package: Package, diadoc_sandbox: Any) -> None:
    context.registry.packages.put_document(package.id, paper(context, number="900", size=4_000_000))

    send(context)

    assert len(diadoc_sandbox.requests("ShelfUploadPartInit")) + len(diadoc_sandbox.requests("ShelfUploadPart")) >= 2
    assert len(diadoc_sandbox.documents()) == 2


def test_a_draft_is_a_draft(context: Context, package: Package, diadoc_sandbox: Any) -> None:
    outputs = send(context, mode="draft")

    assert outputs["docflow_state"] == "draft"
    assert letters(diadoc_sandbox)[0]["IsDraft"] is True


def test_waiting_holds_no_worker(context: Context, package: Package) -> None:
    outcome = send(context, wait_for="outcome", deadline_days="3")

    assert outcome == Pending(wait_for="outcome", package_id=package.id, deadline_days=3)


def test_the_outputs_of_the_end_are_those_of_the_package(context: Context, package: Package) -> None:
    pending = send(context, wait_for="outcome")

    outputs = ACTIVITY.finish(context, pending, **ACTIVITY.load_inputs({}))

    ACTIVITY.dump_outputs(outputs)
    found = context.registry.packages.get(package.id)
    assert found is not None
    status = status_outputs(context, found, context.registry.packages.documents(package.id))
    assert {name: outputs[name] for name in status} == status


def test_the_chosen_signer_is_asked(context: Context, package: Package, box: Box, diadoc_sandbox: Any) -> None:
    context.registry.boxes.map_signer(box.id, bitrix_user_id=4, diadoc_user_id=seed.DIRECTOR.id)

    send(context, signer="user_4")

    (document,) = diadoc_sandbox.documents()
    assert document["ResolutionStatus"]["Type"] == "SignatureRequested"


def test_a_signer_who_was_forgotten_by_a_death_is_asked_later(
    context: Context, package: Package, box: Box, again: Callable[..., Context], diadoc_sandbox: Any
) -> None:
    context.registry.boxes.map_signer(box.id, bitrix_user_id=4, diadoc_user_id=seed.DIRECTOR.id)
    diadoc_sandbox.fault("PostMessagePatch", "lost_request", times=-1)
    with pytest.raises(Unavailable):
        send(context, signer="user_4")
    diadoc_sandbox.clear_faults()

    send(again(context), signer="user_4")

    assert diadoc_sandbox.documents()[0]["ResolutionStatus"]["Type"] == "SignatureRequested"


def test_an_unmapped_signer_stops_the_sending(context: Context, package: Package, diadoc_sandbox: Any) -> None:
    with pytest.raises(SignerNotFound):
        send(context, signer="user_2")

    assert letters(diadoc_sandbox) == []


def test_a_draft_cannot_have_a_signer(context: Context, package: Package) -> None:
    with pytest.raises(ActivityError) as refused:
        send(context, mode="draft", signer="user_4")

    assert refused.value.code == "INPUT_INVALID"


def test_the_feed_is_taken_before_the_first_letter(context: Context, package: Package, box: Box) -> None:
    assert box.index_key is None

    send(context)

    assert context.registry.boxes.get(box.id).index_key is not None  # type: ignore[union-attr]


def test_two_calls_at_once_send_one_letter(
    context: Context, package: Package, again: Callable[..., Context], diadoc_sandbox: Any
) -> None:
    with context.registry.packages.exclusively(package.id), pytest.raises(Unavailable):
        send(again(context))

    send(context)

    assert len(letters(diadoc_sandbox)) == 1


def test_the_journal_of_the_workflow_is_told(context: Context, package: Package) -> None:
    send(context)

    (line,) = context.journal.lines  # type: ignore[attr-defined]
    assert "Счёт на оплату № 17 от 20.11.2026" in line.ru
    assert "9660003036" in line.en


def test_an_unknown_package_is_an_error(context: Context) -> None:
    with pytest.raises(ActivityError) as refused:
        send(replace(context, crm_item=context.crm_item))

    assert refused.value.code == "PACKAGE_NOT_FOUND"


def test_what_the_shelf_forgot_is_uploaded_again_under_the_same_operation(
    context: Context, package: Package, diadoc_sandbox: Any
) -> None:
    context.registry.packages.put_document(package.id, paper(context, number="900", size=4_000_000))
    diadoc_sandbox.fault("PostMessage", "status", status=503, times=-1)
    with pytest.raises(Unavailable):
        send(context)
    diadoc_sandbox.clear_faults()
    diadoc_sandbox.advance_clock(8 * 24 * 3600)

    send(context)

    assert len(letters(diadoc_sandbox)) == 1
    assert len(diadoc_sandbox.documents()) == 2
