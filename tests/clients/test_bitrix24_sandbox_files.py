"""The client and a portal that behaves: files up and down."""

import hashlib
import io
import os
from collections.abc import Iterator

import pytest

from clients.bitrix24.crm import NewFile
from clients.bitrix24.models import DriveFile
from errors import Unavailable
from sandbox.portal import driver
from tests.clients.bitrix24_world import World, open_desk


@pytest.fixture
def world(portal_sandbox: driver.PortalSandbox) -> Iterator[World]:
    portal_sandbox.settings(rate_burst=10_000.0)
    with open_desk() as desk:
        yield World(portal_sandbox, desk)


def test_a_file_of_a_deal_is_downloaded_as_it_is(world):
    content = os.urandom(3 * 1024 * 1024)
    world.sandbox.put_file(driver.CONTRACT_FILE, "Договор № 5.pdf", content)
    client, to = world.client(), io.BytesIO()

    item = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)
    file = client.download(item.files(driver.CONTRACT_FILE)[0].url_machine, to, len(content))

    assert to.getvalue() == content
    assert (file.file_name, file.size, file.content_type) == ("Договор № 5.pdf", len(content), "application/pdf")


def test_an_address_that_is_too_old_is_asked_for_again(world):
    world.sandbox.put_file(driver.CONTRACT_FILE, "a.pdf", b"%PDF")
    client = world.client()
    item = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)
    world.sandbox.expire_tokens()

    with pytest.raises(Unavailable):
        client.download(item.files(driver.CONTRACT_FILE)[0].url_machine, io.BytesIO(), 100)

    again = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)
    assert client.download(again.files(driver.CONTRACT_FILE)[0].url_machine, io.BytesIO(), 100).size == 4


def test_files_are_added_beside_those_that_are_there(world):
    world.sandbox.put_file(driver.FILES, "first.pdf", b"first")
    client = world.client()
    item = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)

    files = [*item.files(driver.FILES), NewFile("Второй.pdf", b"second")]
    client.crm_item_update(entity_type_id=2, item_id=driver.DEAL, fields={driver.FILES: files})

    assert world.sandbox.files(driver.FILES) == [("first.pdf", b"first"), ("Второй.pdf", b"second")]


def test_a_large_file_goes_to_the_drive_and_comes_back(world):
    content = os.urandom(5 * 1024 * 1024)
    client, to = world.client(), io.BytesIO()
    folder_id = client.disk_storage_get_for_app().root_folder_id

    names = [
        client.disk_folder_upload_file(
            folder_id=folder_id, file_name="Архив № 7.zip", content=io.BytesIO(content), size=len(content)
        ).name
        for _ in range(2)
    ]
    files = [child for child in client.disk_folder_get_children(folder_id) if isinstance(child, DriveFile)]
    client.download(client.disk_file_get(files[0].id).download_url, to, len(content))

    assert names == ["Архив № 7.zip", "Архив № 7 (1).zip"]
    assert [file.size for file in files] == [len(content)] * 2
    assert hashlib.sha256(to.getvalue()).digest() == hashlib.sha256(content).digest()


def test_a_comment_with_a_file_is_written(world):
    client = world.client()

    comment_id = client.crm_timeline_comment_add(
        entity_type_id=2, entity_id=driver.DEAL, comment="Подписано", files=[NewFile("Акт.pdf", b"%PDF")]
    )

    assert comment_id > 0


def test_a_generated_document_is_downloaded_once_its_pdf_is_there(world):
    world.sandbox.settings(pdf_delay_seconds=0.2)
    client, to = world.client(), io.BytesIO()
    templates = client.call("crm.documentgenerator.template.list")["templates"]
    params = {"templateId": next(iter(templates)), "entityTypeId": 2, "entityId": driver.DEAL}
    number = client.call("crm.documentgenerator.document.add", params)["document"]["id"]

    ready = world.sandbox.wait_for(
        lambda: client.crm_documentgenerator_document_get(number), lambda document: document.pdf_url_machine, 10
    )
    file = client.download(ready.pdf_url_machine, to, 10_000_000)
    newest = next(client.crm_documentgenerator_document_list(entity_type_id=2, entity_id=driver.DEAL))

    assert to.getvalue().startswith(b"%PDF")
    assert file.file_name.endswith(".pdf")
    assert newest.id == ready.id == number


def test_a_pdf_that_will_never_come_is_told(world):
    world.sandbox.settings(pdf_delay_seconds=0.0, pdf_error="no service")
    client = world.client()
    templates = client.call("crm.documentgenerator.template.list")["templates"]
    params = {"templateId": next(iter(templates)), "entityTypeId": 2, "entityId": driver.DEAL}
    number = client.call("crm.documentgenerator.document.add", params)["document"]["id"]

    failed = world.sandbox.wait_for(
        lambda: client.crm_documentgenerator_document_get(number), lambda document: document.is_transformation_error, 10
    )

    assert failed.transformation_error == "no service"
    assert failed.pdf_url_machine == ""
