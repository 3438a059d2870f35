"""From a draft to the letter that it was sent as: Diadoc makes another message of it, with ids of its own.

The draft names its letters, the letters name the draft, and our own document id stays: each alone may be missing or
late, so all three are used.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from clients.diadoc.client import DiadocClient
from clients.diadoc.models import Document, Message
from errors import NoAccess, NotFoundThere
from registry import tables
from registry.packages import Packages

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def follow_draft(
    client: DiadocClient,
    packages: Packages,
    package: tables.Package,
    *,
    named: Collection[str],
    box_id: str,
) -> list[tables.Document]:
    """Take the addresses of the letters that a package's draft was sent as; [] while there is none to be seen.

    named: letters that the draft names. Returns the package's documents as they are now stored.
    """
    documents = packages.documents(package.id)
    letters = _letters(client, package, documents, named, box_id)
    addresses = dict(_addresses(letters, documents))
    if not addresses:
        return []
    first = next(letter for letter in letters if letter.message_id in {message for message, _ in addresses.values()})
    packet_id = next((document.packet_id for document in first.documents), package.packet_id or "")
    packages.follow_letter(package.id, message_id=first.message_id, packet_id=packet_id, addresses=addresses)
    return packages.documents(package.id)


def _letters(
    client: DiadocClient,
    package: tables.Package,
    documents: list[tables.Document],
    named: Collection[str],
    box_id: str,
) -> list[Message]:
    """The letters that can be seen: the one to our counteragent first, then the newest."""
    ids = set(named) or _found_by_our_id(client, documents, box_id)
    letters = [letter for letter in (_read(client, message_id, box_id) for message_id in sorted(ids)) if letter]
    to_box = package.counteragent.get("box_id", "")
    return sorted(letters, key=lambda one: (one.to_box_id == to_box, one.created_at or _LONG_AGO), reverse=True)


def _found_by_our_id(client: DiadocClient, documents: list[tables.Document], box_id: str) -> set[str]:
    custom_id, draft_ids = next(
        (
            (one.custom_document_id, {one.message_id for one in documents})
            for one in documents
            if one.custom_document_id
        ),
        ("", set()),
    )
    if not custom_id:
        return set()
    try:
        found = client.get_documents_by_custom_id(box_id=box_id, custom_document_id=custom_id)
    except NoAccess:  # one of them lies in a department that our user does not see
        return set()
    return {document.message_id for document in found} - draft_ids


def _read(client: DiadocClient, message_id: str, box_id: str) -> Message | None:
    try:
        return client.get_message(box_id=box_id, message_id=message_id)
    except (NotFoundThere, NoAccess):
        return None  # not there yet: its own event will bring us here again


def _addresses(letters: list[Message], documents: list[tables.Document]) -> Iterator[tuple[int, tuple[str, str]]]:
    for document in documents:
        for letter in letters:
            found = _same(letter.documents, document)
            if found is not None:
                yield document.id, (found.message_id, found.entity_id)
                break


def _same(candidates: tuple[Document, ...], document: tables.Document) -> Document | None:
    """By our id; where the letter lost it, by the entity or by a file name that only one has."""
    by_id = [
        one for one in candidates if one.custom_document_id and one.custom_document_id == document.custom_document_id
    ]
    if by_id or any(one.custom_document_id for one in candidates):
        return by_id[0] if by_id else None
    by_entity = [one for one in candidates if one.entity_id == document.entity_id]
    by_name = [one for one in candidates if one.file_name == document.file_name]
    found = by_entity or by_name
    return found[0] if len(found) == 1 else None
