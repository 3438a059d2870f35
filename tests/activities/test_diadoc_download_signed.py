import io
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities import downloading
from activities.context import Context
from activities.diadoc_download_signed import DiadocDownloadSigned
from clients.bitrix24.client import Bitrix24Client
from errors import DraftDeleted, FieldNotFound, InputInvalid, NotFinal, PackageNotFound, Unavailable
from registry.tables import Box, Package
from sandbox.portal.driver import CONTRACT_FILE, SIGNED
from tests.activities.sent_packages import Sender

DOWNLOAD = DiadocDownloadSigned()


@pytest.fixture
def sender(context: Context, box: Box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def quick(diadoc_sandbox: Any) -> None:
    """What Diadoc makes is ready when it is asked for."""
    diadoc_sandbox.settings(generation_pending_calls=0)


@pytest.fixture
def slow(diadoc_sandbox: Any) -> None:
    """It is not ready at first, and takes longer than the client waits by itself."""
    diadoc_sandbox.settings(generation_pending_calls=1, retry_after_seconds=5)


@pytest.fixture
def signed(sender: Sender, diadoc_sandbox: Any) -> Package:
    return sign(sender, diadoc_sandbox)


def sign(sender: Sender, diadoc_sandbox: Any, *papers: str) -> Package:
    """A package that both sides have signed."""
    package = sender.send(*papers)
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    return package


@pytest.fixture
def download(run: Callable[..., Any], context: Context, signed: Package) -> Callable[..., Any]:
    """download(contents=[…]): of the signed package, unless another is named."""

    def download(on: Context = context, **inputs: Any) -> Any:
        return run(DOWNLOAD, on=on, **({"use_package": str(signed.id)} | inputs))

    return download


def test_archive_and_print_form_come_into_the_registry_and_the_timeline(
    download, quick, context, signed, portal_sandbox
):
    found = download()

    [document] = context.registry.packages.documents(signed.id)
    kept = context.registry.packages.kept_files(document.id)
    [comment] = portal_sandbox.timeline()
    title = f"Акт № {document.number} от 20.11.2026"
    assert found["file_names"] == [f"{title} с подписями.zip", f"{title}, печатная форма.pdf"]
    assert (found["result"], found["files_count"], found["package_id"], found["missing"]) == ("ok", 2, signed.id, [])
    assert [(one.kind, one.sha256) for one in kept] == list(
        zip(["archive", "print_form"], found["sha256"], strict=True)
    )
    assert [one["name"] for one in comment["files"]] == found["file_names"]
    assert "Подписан обеими сторонами" in comment["text"]


def test_the_archive_holds_the_document_and_both_signatures(download, quick, portal_sandbox):
    download(contents=["archive"])

    [comment] = portal_sandbox.timeline()
    archive = zipfile.ZipFile(io.BytesIO(comment["files"][0]["content"]))
    assert sum(name.endswith(".sgn") for name in archive.namelist()) == 2


def test_every_content_is_fetched_under_a_name_of_its_own(download, quick, sender, signed):
    found = download(contents=["original", "signatures", "archive", "protocol", "print_form"], save_to=["registry"])

    [document] = sender.documents(signed)
    kinds = [one.kind for one in sender.packages.kept_files(document.id)]
    assert kinds == ["original", "signature", "signature", "archive", "protocol", "protocol_signature", "print_form"]
    assert found["file_names"][0] == document.file_name
    assert found["file_names"][1].endswith(", подпись 1.sig")
    assert len(set(found["file_names"])) == found["files_count"] == 7


def test_what_diadoc_is_still_making_is_waited_for(download, slow, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(downloading, "sleep", slept.append)

    found = download(contents=["print_form", "protocol"])

    assert (found["files_count"], slept) == (3, [5])


@pytest.mark.parametrize("answer", ["204", "200"])
def test_a_call_comes_back_for_an_archive_that_takes_long(download, slow, diadoc_sandbox, monkeypatch, answer):
    diadoc_sandbox.settings(zip_pending_answer=answer)
    monkeypatch.setattr(downloading, "ROUND_SECONDS", 0.0)

    with pytest.raises(Unavailable) as caught:
        download(contents=["archive"])

    assert caught.value.is_retried
    assert caught.value.retry_after == 5
    assert download(contents=["archive"])["files_count"] == 1


def test_what_was_fetched_stays_fetched_when_the_call_comes_back(download, slow, diadoc_sandbox, monkeypatch):
    monkeypatch.setattr(downloading, "ROUND_SECONDS", 0.0)
    with pytest.raises(Unavailable):
        download(contents=["original", "print_form"])

    found = download(contents=["original", "print_form"])

    assert found["files_count"] == 2
    assert len(diadoc_sandbox.requests("GetEntityContent")) == 1


def test_a_print_form_that_never_comes_is_missing_after_a_while(download, slow, monkeypatch, signed, sender):
    monkeypatch.setattr(downloading, "PATIENCE", timedelta(0))

    found = download(contents=["original", "print_form"])

    [document] = sender.documents(signed)
    assert (found["result"], found["files_count"]) == ("ok", 1)
    assert found["missing"] == [f"print_form:{document.id}"]
    assert "Печатная форма" in found["error_text"]
    assert "Диадок не сделал вовремя" in found["error_text"]


def test_a_print_form_is_not_waited_for_until_the_call_is_late(download, slow, context):
    hurried = replace(context, deadline_at=context.now())

    found = download(on=hurried, contents=["original", "print_form"])

    assert (found["files_count"], len(found["missing"])) == (1, 1)


def test_an_archive_is_never_given_up(download, slow, monkeypatch):
    monkeypatch.setattr(downloading, "ROUND_SECONDS", 0.0)
    monkeypatch.setattr(downloading, "PATIENCE", timedelta(0))

    with pytest.raises(Unavailable):
        download(contents=["archive"])


def test_a_conflict_of_a_fresh_document_passes(download, quick, diadoc_sandbox):
    diadoc_sandbox.settings(print_form_conflicts=1)

    found = download(contents=["print_form"])

    assert (found["files_count"], found["missing"]) == (1, [])


def test_a_kind_without_print_form_is_told_with_the_reason(download, quick, diadoc_sandbox, monkeypatch):
    diadoc_sandbox.settings(print_form_conflicts=1000)
    monkeypatch.setattr(downloading, "CONFLICT_PATIENCE", timedelta(0))

    found = download(contents=["print_form", "archive"])

    assert (found["result"], found["error_code"], found["files_count"]) == ("ok", "", 1)
    assert "is not supported" in found["error_text"]
    assert found["missing"][0].startswith("print_form:")


def test_an_old_document_is_believed_to_have_no_print_form(download, quick, diadoc_sandbox, monkeypatch):
    diadoc_sandbox.settings(print_form_conflicts=1000)
    monkeypatch.setattr(downloading, "FRESH", timedelta(0))

    found = download(contents=["print_form"])

    assert len(found["missing"]) == 1
    assert len(diadoc_sandbox.requests("GeneratePrintForm")) == 1


def test_a_docflow_that_goes_on_is_not_downloaded(run, sender, diadoc_sandbox, context):
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)

    with pytest.raises(NotFinal) as caught:
        run(DOWNLOAD, on=context, use_package=str(package.id))

    assert caught.value.temporary
    assert not caught.value.is_retried
    assert diadoc_sandbox.requests("GenerateDocumentZip") == []


def test_a_docflow_that_goes_on_is_downloaded_where_that_is_wanted(run, sender, quick, diadoc_sandbox, context):
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)

    found = run(DOWNLOAD, on=context, use_package=str(package.id), only_final="N", contents=["archive"])

    assert found["files_count"] == 1


def test_a_package_that_was_never_sent_has_nothing_to_download(run, sender, context):
    package = sender.gather("act")

    with pytest.raises(NotFinal):
        run(DOWNLOAD, on=context, use_package=str(package.id), only_final="N")


def test_a_deleted_package_says_so(run, sender, context):
    package = sender.gather("act")
    sender.packages.mark_deleted(package.id)

    with pytest.raises(DraftDeleted):
        run(DOWNLOAD, on=context, use_package=str(package.id))


def test_an_unknown_package_is_not_found(run, context):
    with pytest.raises(PackageNotFound):
        run(DOWNLOAD, on=context, use_package="999")


def test_one_document_of_a_package_is_downloaded_alone(run, sender, quick, diadoc_sandbox, context):
    package = sign(sender, diadoc_sandbox, "act", "letter")
    first, second = sender.documents(package)

    found = run(DOWNLOAD, on=context, use_document=str(first.id), contents=["original"])

    assert found["file_names"] == [first.file_name]
    assert sender.packages.kept_files(second.id) == []


def test_a_document_deleted_in_diadoc_is_missing_the_others_come(run, sender, quick, diadoc_sandbox, context):
    package = sender.send("act", "act")
    first, second = sender.documents(package)
    diadoc_sandbox.delete(package.message_id, [second.entity_id])
    diadoc_sandbox.sign_by_sender(package.message_id, [first.entity_id])
    diadoc_sandbox.sign_by_recipient(package.message_id, [first.entity_id])

    found = run(DOWNLOAD, on=context, use_package=str(package.id), contents=["original"])

    assert found["file_names"] == [first.file_name]
    assert found["missing"] == [f"original:{second.id}"]


def test_files_are_added_to_those_of_a_field(download, quick, portal_sandbox):
    portal_sandbox.put_file(SIGNED, "old.pdf", b"old")

    found = download(save_to=["field"], target_field=SIGNED)

    names = [name for name, _ in portal_sandbox.files(SIGNED)]
    assert names == ["old.pdf", *found["file_names"]]
    assert portal_sandbox.timeline() == []


def test_files_replace_those_of_a_field(download, quick, portal_sandbox):
    portal_sandbox.put_file(SIGNED, "old.pdf", b"old")

    found = download(save_to=["field"], target_field=SIGNED, field_mode="replace")

    assert [name for name, _ in portal_sandbox.files(SIGNED)] == found["file_names"]


def test_a_field_of_one_file_receives_one_zip(download, quick, portal_sandbox, signed):
    found = download(save_to=["field"], target_field=CONTRACT_FILE)

    [(name, content)] = portal_sandbox.files(CONTRACT_FILE)
    assert name == f"Документы пакета {signed.id}.zip"
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == found["file_names"]


def test_a_field_of_one_file_receives_one_file_as_it_is(download, quick, portal_sandbox):
    found = download(save_to=["field"], target_field="ufCrmContractFile", contents=["print_form"])

    assert [name for name, _ in portal_sandbox.files(CONTRACT_FILE)] == found["file_names"]


@pytest.mark.parametrize(
    ("field", "error"), [("", InputInvalid), ("UF_CRM_NOWHERE", FieldNotFound), ("TITLE", InputInvalid)]
)
def test_a_wrong_field_is_told_before_anything_is_fetched(download, diadoc_sandbox, field, error):
    with pytest.raises(error):
        download(save_to=["field"], target_field=field)

    assert diadoc_sandbox.requests("GenerateDocumentZip") == []


def test_a_wrong_folder_is_told_before_anything_is_fetched(download, diadoc_sandbox):
    with pytest.raises(InputInvalid):
        download(save_to=["drive"], drive_folder_id="999999")

    assert diadoc_sandbox.requests("GenerateDocumentZip") == []


def test_files_go_to_the_storage_of_the_application(download, quick, portal_sandbox):
    found = download(save_to=["drive"])

    uploaded = portal_sandbox.drive_files()
    assert [one["name"] for one in uploaded] == found["file_names"]
    assert [one["id"] for one in uploaded] == found["drive_file_ids"]


def test_files_go_to_a_chosen_folder(download, quick, portal_sandbox, context):
    root = context.bitrix24.disk_storage_get_for_app().root_folder_id
    folder = context.bitrix24.disk_folder_add_sub_folder(folder_id=root, name="ЭДО")

    download(save_to=["drive"], drive_folder_id=str(folder.id), contents=["archive"])

    [uploaded] = portal_sandbox.drive_files()
    assert int(uploaded["folder"]) == folder.id


def test_files_of_a_list_go_to_the_item_of_the_package(download, quick, again, context, portal_sandbox):
    download(on=again(context, crm_item=None), contents=["archive"])

    assert len(portal_sandbox.timeline()) == 1


ALL_PLACES = {"save_to": ["field", "registry", "drive", "timeline"], "target_field": SIGNED}


@pytest.mark.parametrize("killed_in", ["field:0", "drive:0", "drive:1", "timeline"])
def test_a_worker_killed_before_it_remembered_saves_nothing_twice(
    download, quick, context, portal_sandbox, diadoc_sandbox, killed_in
):
    first = download(**ALL_PLACES)
    asked = len(diadoc_sandbox.requests("GenerateDocumentZip"))
    context.journal.forget(killed_in)

    second = download(**ALL_PLACES)

    assert second == first
    assert [name for name, _ in portal_sandbox.files(SIGNED)] == first["file_names"]
    assert len([one for one in portal_sandbox.drive_files() if one["id"] in first["drive_file_ids"]]) == 2
    assert len(portal_sandbox.drive_files()) == 4  # two of the Drive, two of the comment
    assert len(portal_sandbox.timeline()) == 1
    assert len(diadoc_sandbox.requests("GenerateDocumentZip")) == asked


@pytest.mark.parametrize("field", [SIGNED, CONTRACT_FILE])
@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_lost_answer_of_the_portal_writes_no_field_twice(download, quick, portal_sandbox, field, mode):
    portal_sandbox.fault("crm.item.update", "lost_reply")
    with pytest.raises(Unavailable):
        download(save_to=["field"], target_field=field, field_mode=mode)

    download(save_to=["field"], target_field=field, field_mode=mode)

    assert len(portal_sandbox.files(field)) == (2 if field == SIGNED else 1)
    assert len(portal_sandbox.requests("crm.item.update")) == 1


def test_a_lost_answer_of_the_portal_comments_once(download, quick, portal_sandbox):
    portal_sandbox.fault("crm.timeline.comment.add", "lost_reply")
    with pytest.raises(Unavailable):
        download()

    download()

    assert len(portal_sandbox.timeline()) == 1


def test_a_file_somebody_adds_meanwhile_stays(download, quick, portal_sandbox, context):
    portal_sandbox.put_file(SIGNED, "old.pdf", b"old")
    portal_sandbox.fault("crm.item.update", "status", status=500)
    with pytest.raises(Unavailable):
        download(save_to=["field"], target_field=SIGNED, field_mode="replace")
    portal_sandbox.put_file(SIGNED, "new.pdf", b"new")

    found = download(save_to=["field"], target_field=SIGNED, field_mode="replace")

    assert [name for name, _ in portal_sandbox.files(SIGNED)] == ["new.pdf", *found["file_names"]]


def test_the_field_is_written_before_anybody_reads_of_it(download, quick, monkeypatch, portal_sandbox):
    monkeypatch.setattr(Bitrix24Client, "disk_folder_upload_file", no_upload)
    with pytest.raises(Unavailable):
        download(**ALL_PLACES)

    assert len(portal_sandbox.files(SIGNED)) == 2
    assert portal_sandbox.timeline() == []


def no_upload(*args: Any, **kwargs: Any) -> Any:
    raise Unavailable(system="Битрикс24", method="disk.folder.uploadFile", detail="away")


def test_what_was_done_is_in_the_audit(download, quick, context):
    download()
    download()

    assert len(audit(context)) == 1


def audit(context: Context) -> list[Any]:
    with context.registry.database.engine.connect() as connection:
        return list(connection.exec_driver_sql("select facts from audit where action = 'files_downloaded'"))


def test_a_large_document_goes_through_with_flat_memory(download, context, quick, signed, monkeypatch, portal_sandbox):
    size = 70 * 1024 * 1024
    monkeypatch.setattr("clients.diadoc.client.DiadocClient.get_entity_content", large_content(size))
    tracemalloc.start()
    try:
        found = download(contents=["original"], save_to=["registry", "drive", "field"], target_field=SIGNED)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    [uploaded] = [one["size"] for one in portal_sandbox.drive_files()]
    assert (found["files_count"], int(uploaded)) == (1, size)
    assert peak < 20 * 1024 * 1024


def large_content(size: int) -> Callable[..., Any]:
    def get_entity_content(client: Any, *, to: Any, **place: Any) -> None:
        for _ in range(size // 1024 // 1024):
            to.write(b"\x00" * 1024 * 1024)

    return get_entity_content
