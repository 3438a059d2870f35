"""Where items of a registry stand: what a smart process and a universal list have in common."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from activities.crm_ids import CrmItem
from clients.bitrix24.models import FileRef

INLINE_BYTES = 256 * 1024  # a file up to this size travels among the commands of a batch
BATCH_BYTES = 1024 * 1024  # of files in one batch


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file of ours. name: with extension; blob: its key in our store; size: bytes."""

    name: str
    sha256: str
    blob: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item as the portal has it. values: texts by our field names, see fields.read; files: by our names;
    mark: the id that we gave it, "" for what people made."""

    id: int
    mark: str
    title: str
    values: Mapping[str, str]
    files: Mapping[str, tuple[FileRef, ...]] = field(default_factory=dict)
    company_id: int = 0


@dataclass(frozen=True, kw_only=True)
class Birth:
    """What an item is bound to when it is made, and never again: people may bind it otherwise."""

    company_id: int = 0
    contact_id: int = 0
    assigned_by_id: int = 0
    parents: tuple[CrmItem, ...] = ()


NOWHERE = Birth()


@dataclass(frozen=True, kw_only=True)
class Writing:
    """What one item is to be told. values, files: only what changes; a file field is given all that stays in it.
    their_id: None = it is to be made; spare: all files of ours that the item is to hold."""

    our_id: int
    mark: str
    their_id: int | None
    values: Mapping[str, str]
    files: Mapping[str, Sequence[StoredFile | FileRef]] = field(default_factory=dict)
    birth: Birth = NOWHERE
    spare: Mapping[str, Sequence[StoredFile]] = field(default_factory=dict)

    @property
    def new_bytes(self) -> int:
        return sum(one.size for files in self.files.values() for one in files if isinstance(one, StoredFile))


class Shelf(Protocol):
    """One registry of a portal. Raises what the portal's client raises.

    Each kind of shelf also has `write(steps)`: pairs of a shelf and a Writing are written in this order, each item at
    one stroke; it gives the number of each step with its item or error, and ends after a temporary one.
    """

    kind: str
    names: frozenset[str]  # of the fields that it has, and title
    may_lose_files: bool  # when anything is written: give spare files

    def read(self, ids: Collection[int]) -> dict[int, Item]:
        """Items by id; those that are not there are left out."""

    def find(self, marks: Collection[str]) -> dict[str, int]:
        """Items that carry these marks of ours."""

    def bound_to(self, item: CrmItem) -> list[Item]:
        """Items of one item of the CRM."""

    def changed_since(self, moment: str, known: Collection[int] | None = None) -> Iterator[Item]:
        """Items that were changed since that moment (ISO 8601); where nobody can tell, all known ones (None: all)."""

    def is_there(self) -> bool:
        """Does the portal still have this registry?"""

    def link(self, their_id: int) -> str:
        """The portal's path of an item's card."""

    def list_link(self) -> str:
        """The portal's path of the list of all items."""
