import hashlib
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from activities import file_fields, saving, timeline
from activities.context import Context
from activities.crm_ids import DEAL, CrmItem
from activities.saving import Places
from activities.sources import TakenFile
from sandbox.portal.driver import CONTRACT_FILE, SIGNED, SMART_FILES, SMART_ITEM, SMART_TYPE

ITEM = CrmItem(DEAL, 1)


@pytest.fixture
def taken(lonely_context: Context) -> Callable[[str, bytes], TakenFile]:
    """taken("a.pdf", b"…"): a file in our store."""

    def taken(name: str, content: bytes) -> TakenFile:
        blob = lonely_context.blobs.put(lonely_context.portal.id, io.BytesIO(content))
        return TakenFile(file_name=name, blob=blob.key, size=blob.size, sha256=blob.sha256)

    return taken


@pytest.fixture
def where(lonely_context: Context) -> Callable[..., Places]:
    """where(save_to=["field"], target_field=SIGNED)"""

    def where(item: CrmItem = ITEM, **inputs: Any) -> Places:
        blank = {"save_to": [], "target_field": "", "field_mode": "append", "drive_folder_id": ""}
        return saving.places(lonely_context, item, **(blank | inputs))

    return where


def test_many_files_are_written_in_several_requests(lonely_context, taken, where, portal_sandbox, monkeypatch):
    monkeypatch.setattr(file_fields, "REQUEST_BYTES", 10)
    files = [taken(f"{number}.pdf", b"%PDF " + str(number).encode()) for number in range(3)]

    saving.into_field(lonely_context, where(save_to=["field"], target_field=SIGNED), files, zip_name="x.zip")

    assert [name for name, _ in portal_sandbox.files(SIGNED)] == ["0.pdf", "1.pdf", "2.pdf"]
    assert len(portal_sandbox.requests("crm.item.update")) == 3


def test_replacing_in_several_requests_keeps_all_new_files(lonely_context, taken, where, portal_sandbox, monkeypatch):
    monkeypatch.setattr(file_fields, "REQUEST_BYTES", 10)
    portal_sandbox.put_file(SIGNED, "old.pdf", b"old")
    files = [taken(f"{number}.pdf", b"%PDF " + str(number).encode()) for number in range(2)]
    places = where(save_to=["field"], target_field=SIGNED, field_mode="replace")

    saving.into_field(lonely_context, places, files, zip_name="x.zip")

    assert [name for name, _ in portal_sandbox.files(SIGNED)] == ["0.pdf", "1.pdf"]


def test_a_field_of_a_smart_process_is_written(lonely_context, taken, where, portal_sandbox):
    item = CrmItem(SMART_TYPE, SMART_ITEM)
    places = where(item=item, save_to=["field"], target_field=SMART_FILES)

    saving.into_field(lonely_context, places, [taken("a.pdf", b"%PDF a")], zip_name="x.zip")

    assert portal_sandbox.files(SMART_FILES, SMART_TYPE, SMART_ITEM) == [("a.pdf", b"%PDF a")]


def test_without_files_a_field_stays_as_it_is(lonely_context, where, portal_sandbox):
    portal_sandbox.put_file(SIGNED, "old.pdf", b"old")
    places = where(save_to=["field"], target_field=SIGNED, field_mode="replace")

    saving.into_field(lonely_context, places, [], zip_name="x.zip")

    assert portal_sandbox.files(SIGNED) == [("old.pdf", b"old")]


def test_the_same_files_make_the_same_zip(lonely_context, taken, where, again, portal_sandbox):
    files = [taken("a.pdf", b"%PDF a"), taken("b.pdf", b"%PDF b")]
    places = where(save_to=["field"], target_field=CONTRACT_FILE)

    saving.into_field(lonely_context, places, files, zip_name="Пакет.zip")
    [(name, first)] = portal_sandbox.files(CONTRACT_FILE)
    saving.into_field(again(lonely_context), places, files, zip_name="Пакет.zip")
    [(_, second)] = portal_sandbox.files(CONTRACT_FILE)

    assert name == "Пакет.zip"
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    assert zipfile.ZipFile(io.BytesIO(first)).read("b.pdf") == b"%PDF b"


def test_what_a_comment_has_no_room_for_is_linked_on_the_drive(
    lonely_context, taken, where, portal_sandbox, monkeypatch
):
    monkeypatch.setattr(saving, "COMMENT_BYTES", 10)
    files = [taken("small.pdf", b"%PDF s"), taken("large.pdf", b"%PDF large")]

    saving.into_timeline(lonely_context, where(save_to=["timeline"]), files, comment="Пакет 1", drive_file_ids=[])

    [comment] = portal_sandbox.timeline()
    large = next(one for one in portal_sandbox.drive_files() if one["name"] == "large.pdf")
    assert [one["name"] for one in comment["files"]] == ["small.pdf"]
    assert f"/disk/file/{large['id']}/]large.pdf[/URL]" in comment["text"]


def test_a_file_on_the_drive_is_not_put_there_again_for_the_timeline(
    lonely_context, taken, where, portal_sandbox, monkeypatch
):
    monkeypatch.setattr(saving, "COMMENT_BYTES", 1)
    places = where(save_to=["drive", "timeline"])
    files = [taken("large.pdf", b"%PDF large")]
    ids = saving.onto_drive(lonely_context, places, files)

    saving.into_timeline(lonely_context, places, files, comment="Пакет 1", drive_file_ids=ids)

    assert [one["id"] for one in portal_sandbox.drive_files()] == ids


def test_a_name_that_is_taken_on_the_drive_gets_a_number(lonely_context, taken, where, again, portal_sandbox):
    places = where(save_to=["drive"])
    saving.onto_drive(lonely_context, places, [taken("a.pdf", b"%PDF 1")])

    ids = saving.onto_drive(again(lonely_context), places, [taken("a.pdf", b"%PDF 2")])

    [second] = [one for one in portal_sandbox.drive_files() if one["id"] in ids]
    assert second["name"].startswith("a (")
    assert second["content"] == b"%PDF 2"


def test_an_upload_in_doubt_is_told_from_another_file_of_its_name(lonely_context, taken, where, again, portal_sandbox):
    places = where(save_to=["drive"])
    saving.onto_drive(again(lonely_context), places, [taken("a.pdf", b"%PDF 1")])
    ids = saving.onto_drive(lonely_context, places, [taken("a.pdf", b"%PDF 2")])
    lonely_context.journal.forget("drive:0")

    assert saving.onto_drive(lonely_context, places, [taken("a.pdf", b"%PDF 2")]) == ids
    assert len(portal_sandbox.drive_files()) == 2


def test_a_comment_of_another_operation_is_not_ours(lonely_context, again, portal_sandbox):
    timeline.tell(again(lonely_context, operation_id="11"), ITEM, "Первый")
    timeline.tell(lonely_context, ITEM, "Второй")
    lonely_context.journal.forget("timeline")

    timeline.tell(lonely_context, ITEM, "Второй")

    assert [one["text"] for one in portal_sandbox.timeline()] == ["Первый\n(операция 11)", "Второй\n(операция 1)"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (
            "https://diadoc.example/1/Document/Show?letterId=2",
            "[URL=https://diadoc.example/1/Document/Show?letterId=2]a[/URL]",
        ),
        ("", "a"),
        ("javascript:alert(1)", "a"),
        ("https://x.example/][URL=y", "a"),
    ],
)
def test_only_an_address_becomes_a_link(address, shown):
    assert timeline.link(address, "a") == shown
