"""Packages that are already in Diadoc, made without the activities that add and send."""

import itertools
from typing import Any

from clients.diadoc.client import DiadocClient
from clients.diadoc.ids import normal_box_id
from clients.diadoc.models import DocumentToPost, MessageToPost
from registry.packages import Packages, operation_id
from registry.tables import Box, Document, Package
from sandbox.diadoc import seed

ACT = {"DocumentNumber": "7", "DocumentDate": "20.11.2026", "TotalSum": "100.00"}
LETTER: dict[str, str] = {}

_numbers = itertools.count(1)


class Sender:
    """Sends packages from one box: `send("act", "letter")`. An act needs a reply, a letter does not."""

    def __init__(self, packages: Packages, client: DiadocClient, box: Box) -> None:
        self.packages, self.client, self.box = packages, client, box

    def send(self, *papers: str, to: seed.Organization = seed.LYUTIK, **message: Any) -> Package:
        """message: delay_send, is_draft, lock_mode of MessageToPost. No paper named: one act."""
        package = self.gather(*papers)
        needs_reply = {document.id: document.document_type != "Nonformalized" for document in self.documents(package)}
        self.packages.freeze(
            package.id,
            sending={},
            needs_reply=needs_reply,
            box_pk=self.box.id,
            mode="draft" if message.get("is_draft") else "delay_send",
            lock_mode="none",
            message="",
            counteragent={"box_id": normal_box_id(to.box), "name": to.name, "inn": to.inn, "kpp": to.kpp},
        )
        self._post(package.id, to, message)
        return self.again(package)

    def gather(self, *papers: str) -> Package:
        package = self.packages.open_or_create(crm_item="D_1", name=f"package {next(_numbers)}")
        for paper in papers or ("act",):
            self.packages.put_document(package.id, _paper(paper, next(_numbers)))
        return self.again(package)

    def _post(self, package_id: int, to: seed.Organization, message: dict[str, Any]) -> None:
        package = self.packages.get(package_id)
        assert package is not None
        posted = self.client.post_message(
            MessageToPost(
                from_box_id=self.box.box_id,
                to_box_id=normal_box_id(to.box),
                documents=tuple(map(_to_post, self.documents(package))),
                **({"delay_send": not message.get("is_draft")} | message),
            ),
            operation_id=operation_id(package, "post_message"),
        )
        entity_ids = {document.custom_document_id: document.entity_id for document in posted.documents}
        packet_id = posted.documents[0].packet_id
        self.packages.mark_posted(package.id, message_id=posted.message_id, packet_id=packet_id, entity_ids=entity_ids)

    def documents(self, package: Package) -> list[Document]:
        return self.packages.documents(package.id)

    def again(self, package: Package) -> Package:
        """The package as it is stored now."""
        found = self.packages.get(package.id)
        assert found is not None
        return found


def _paper(paper: str, number: int) -> dict[str, Any]:
    is_act = paper == "act"
    return {
        "sameness": f"{paper} {number}",
        "document_type": "AcceptanceCertificate" if is_act else "Nonformalized",
        "number": str(number),
        "date": "20.11.2026",
        "file_name": f"{paper} {number}.pdf",
        "file_size": 9,
        "sha256": "0" * 64,
        "blob": f"blob-{number}",
        "metadata_": ACT if is_act else LETTER,
        "requisites": {},
        "recipient_in_file": {},
    }


def _to_post(document: Document) -> DocumentToPost:
    return DocumentToPost(
        type_named_id=document.document_type,
        custom_document_id=document.custom_document_id or "",
        content=b"%PDF-1.7 " + document.file_name.encode(),
        metadata={"FileName": document.file_name, **document.metadata_},
        need_recipient_signature=document.needs_reply,
    )
