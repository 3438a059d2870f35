from typing import Any

import pytest

from activities.letters import follow_draft
from clients.diadoc.models import Message
from clients.diadoc.models.messages import read_message
from clients.diadoc.reading import Item
from errors import NoAccess, NotFoundThere
from registry.database import Database
from registry.packages import Packages
from registry.tables import Package, Portal

OURS, THEIRS, OTHERS = "0" * 32, "1" * 32, "2" * 32
FILE = {"file_size": 1, "sha256": "", "blob": "b", "document_type": "Nonformalized"}


class Diadoc:
    """The two methods that are asked; `letters` by their ids, `hidden` ones are not shown yet."""

    def __init__(self) -> None:
        self.letters: dict[str, Message] = {}
        self.hidden: set[str] = set()
        self.is_closed = False

    def get_message(self, *, box_id: str, message_id: str) -> Message:
        if message_id in self.hidden:
            raise NotFoundThere(system="Диадок")
        return self.letters[message_id]

    def get_documents_by_custom_id(self, *, box_id: str, custom_document_id: str) -> list[Any]:
        if self.is_closed:
            raise NoAccess(system="Диадок")
        documents = [document for letter in self.letters.values() for document in letter.documents]
        return [one for one in documents if one.custom_document_id == custom_document_id]

    def add(self, message_id: str, *documents: dict[str, str], to_box: str = THEIRS, at: int = 1) -> None:
        entities = [
            {
                "EntityType": "Attachment",
                "EntityId": document["EntityId"],
                "DocumentInfo": {"MessageId": message_id, "PacketId": f"packet of {message_id}", **document},
            }
            for document in documents
        ]
        values = {"MessageId": message_id, "ToBoxId": to_box, "TimestampTicks": 10**17 + at, "Entities": entities}
        self.letters[message_id] = read_message(Item(values))


@pytest.fixture
def diadoc() -> Diadoc:
    return Diadoc()


@pytest.fixture
def packages(database: Database, portal: Portal) -> Packages:
    return Packages(database, portal.id)


@pytest.fixture
def package(packages: Packages) -> Package:
    """A draft of two documents, entities e1 and e2 of the message `draft`."""
    package = packages.open_or_create(crm_item="D_1", name="")
    for name in ("a.pdf", "b.pdf"):
        packages.put_document(package.id, {"sameness": name, "file_name": name, **FILE})
    to = {"box_id": THEIRS}
    packages.freeze(package.id, sending={}, needs_reply={}, box_pk=None, mode="draft", counteragent=to)
    custom_ids = [document.custom_document_id for document in packages.documents(package.id)]
    entity_ids = dict(zip(custom_ids, ("e1", "e2"), strict=True))
    packages.mark_posted(package.id, message_id="draft", packet_id="packet", entity_ids=entity_ids)
    found = packages.get(package.id)
    assert found is not None
    return found


@pytest.fixture
def ours(packages: Packages, package: Package) -> list[str]:
    """Our ids of the two documents in Diadoc."""
    return [document.custom_document_id or "" for document in packages.documents(package.id)]


@pytest.fixture
def follow(diadoc: Diadoc, packages: Packages, package: Package):
    """follow("letter"): the addresses of our documents afterwards, when the draft names these letters."""

    def follow(*named: str) -> list[tuple[str | None, str | None]]:
        follow_draft(diadoc, packages, package, named=named, box_id=OURS)  # type: ignore[arg-type]
        return [(document.message_id, document.entity_id) for document in packages.documents(package.id)]

    return follow


UNMOVED = [("draft", "e1"), ("draft", "e2")]


def test_documents_are_recognised_by_our_id_in_any_order(diadoc, packages, package, ours, follow) -> None:
    diadoc.add(
        "letter", {"EntityId": "n2", "CustomDocumentId": ours[1]}, {"EntityId": "n1", "CustomDocumentId": ours[0]}
    )

    assert follow("letter") == [("letter", "n1"), ("letter", "n2")]
    assert packages.get(package.id).packet_id == "packet of letter"


def test_a_letter_that_lost_our_ids_is_matched_by_entity_or_by_file_name(diadoc, follow) -> None:
    diadoc.add("letter", {"EntityId": "e1", "FileName": "renamed.pdf"}, {"EntityId": "n2", "FileName": "b.pdf"})

    assert follow("letter") == [("letter", "e1"), ("letter", "n2")]


def test_a_file_name_that_two_documents_have_is_no_proof(diadoc, follow) -> None:
    diadoc.add("letter", {"EntityId": "n1", "FileName": "a.pdf"}, {"EntityId": "n2", "FileName": "a.pdf"})

    assert follow("letter") == UNMOVED


def test_a_document_taken_out_of_the_draft_stays_where_it_was(diadoc, ours, follow) -> None:
    diadoc.add("letter", {"EntityId": "n1", "CustomDocumentId": ours[0]})

    assert follow("letter") == [("letter", "n1"), ("draft", "e2")]


def test_of_several_letters_the_one_to_our_counteragent_is_followed(diadoc, ours, follow) -> None:
    both = [{"EntityId": "n1", "CustomDocumentId": ours[0]}, {"EntityId": "n2", "CustomDocumentId": ours[1]}]
    diadoc.add("theirs", *both, at=1)
    diadoc.add("others", *both, to_box=OTHERS, at=2)

    assert follow("others", "theirs") == [("theirs", "n1"), ("theirs", "n2")]


def test_a_letter_that_the_draft_does_not_name_is_found_by_our_id(diadoc, ours, follow) -> None:
    both = [{"EntityId": "n1", "CustomDocumentId": ours[0]}, {"EntityId": "n2", "CustomDocumentId": ours[1]}]
    diadoc.add("draft", *both)
    diadoc.add("letter", *both)

    assert follow() == [("letter", "n1"), ("letter", "n2")]


def test_a_letter_that_is_not_shown_yet_moves_nothing(diadoc, follow) -> None:
    diadoc.hidden.add("letter")

    assert follow("letter") == UNMOVED


def test_documents_of_departments_closed_to_us_move_nothing(diadoc, follow) -> None:
    diadoc.is_closed = True

    assert follow() == UNMOVED
