"""Writing items: each is made once, told only what has changed, and never made again once a person deleted it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import structlog

from activities.context import Context
from activities.registries.fields import digest, field_of
from activities.registries.list_shelf import ListShelf
from activities.registries.made import MARK
from activities.registries.shelves import NOWHERE, Birth, Item, Shelf, StoredFile, Writing
from activities.registries.smart_shelf import SmartShelf
from activities.values import Text
from clients.bitrix24.models import FileRef
from errors import AppError, NotConfigured, NotFoundThere, ServiceError
from registry.crm_registries import DOCUMENTS, ECHO_KEY, INCOMING, PACKAGES, CrmRegistries
from registry.mirror import Mirror
from registry.tables import CrmMirror

log = structlog.get_logger()

REJECTED = "_rejected"  # in what was written: requisites that people wrote and we could not take, with the reason
FILE_IDS = "_files"  # in what was written: of which file of ours (by its hash) the portal made which
ADDING = "_adding"  # in what was written: files that are being put into an item (hashes), and those there before (ids)
NOTHING = [digest(""), digest("")]
_MARKS = {DOCUMENTS: "document", PACKAGES: "package", INCOMING: "incoming"}
_GONE = Text(
    "Реестра больше нет на портале: подготовьте его снова.",
    "The registry is no longer on the portal: prepare it again.",
)


@dataclass(frozen=True)
class Wanted:
    """What an item is to say. keys: what is to be remembered beside what is written."""

    values: Mapping[str, str]
    files: Mapping[str, list[StoredFile]] = field(default_factory=dict)
    keys: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """One of ours and its item. row: what is known of the item, None = nothing yet."""

    our_id: int
    row: CrmMirror | None
    wanted: Wanted
    birth: Birth = NOWHERE

    @property
    def their_id(self) -> int | None:
        return self.row.their_id if self.row else None

    @property
    def written(self) -> dict[str, Any]:
        return self.row.written if self.row else {}


@dataclass(frozen=True)
class Part:
    """Items of one registry that are to be told something. kind: of the mirror."""

    shelf: Shelf
    kind: str
    subjects: Sequence[Subject]


def tell(context: Context, *parts: Part) -> AppError | None:
    """Bring items up to date in this order; what the portal first refused for good, after everything else was told.

    Raises temporary errors at once; whoever calls again goes on where this ended.
    """
    tellings = [_Telling(context, part) for part in parts]
    planned = [(telling, writing) for telling in tellings for writing in telling.plan()]
    refusal: AppError | None = None
    for is_smart, group in groupby(planned, key=lambda one: isinstance(one[0].shelf, SmartShelf)):
        steps = list(group)
        write = SmartShelf.write if is_smart else ListShelf.write
        for number, outcome in write([(telling.shelf, writing) for telling, writing in steps]):  # type: ignore[misc]
            telling, writing = steps[number]
            if isinstance(outcome, Item):
                telling.remember(writing, outcome)
            elif outcome.temporary:
                raise outcome
            else:
                refusal = refusal or telling.refused(writing, outcome)
    return refusal


def mark_of(kind: str, our_id: int) -> str:
    """By this an item is found again when the answer to its making was lost."""
    return f"{MARK}:{_MARKS[kind]}:{our_id}"


def sent_digest(written: Mapping[str, Any], name: str) -> str:
    """Of what we last wrote into a field."""
    return str(written.get(name, NOTHING)[0])


def seen_digest(written: Mapping[str, Any], name: str) -> str:
    """Of what the field held right after that: portals trim and reformat."""
    return str(written.get(name, NOTHING)[1])


class _Telling:
    def __init__(self, context: Context, part: Part) -> None:
        self._context, self.shelf, self._kind = context, part.shelf, part.kind
        self._mirror: Mirror = context.registry.mirror(part.kind)
        self._names = part.shelf.names
        living = [one for one in part.subjects if one.row is None or one.row.gone_at is None]
        self._subjects = {one.our_id: one for one in self._found_again(living)}

    def plan(self) -> list[Writing]:
        """What is to be written; that an item is going to be made is remembered."""
        there = self._with_files(list(self._subjects.values()))
        self._subjects = {number: self._recognized(one, there) for number, one in self._subjects.items()}
        subjects = list(self._subjects.values())
        writings = [one for one in (self._writing(subject, there) for subject in subjects) if one is not None]
        for writing in writings:
            if writing.their_id is None:
                self._mirror.intend(writing.our_id)
            if "signed_files" in writing.files and not self.shelf.may_lose_files:
                self._mirror.begin(writing.our_id, {ADDING: _adding(writing.files["signed_files"], there, writing)})
        return writings

    def _found_again(self, subjects: Sequence[Subject]) -> list[Subject]:
        """Items whose making began and was never confirmed may be there."""
        in_doubt = {mark_of(self._kind, one.our_id): one for one in subjects if one.row and one.row.their_id is None}
        found = self.shelf.find(in_doubt)
        for mark, their_id in found.items():
            self._mirror.made(in_doubt[mark].our_id, their_id=their_id, written={})
        rows = self._mirror.of([in_doubt[mark].our_id for mark in found])
        return [Subject(one.our_id, rows.get(one.our_id, one.row), one.wanted, one.birth) for one in subjects]

    def _with_files(self, subjects: Sequence[Subject]) -> dict[int, Item]:
        """Items whose field of several files changes: what people put into it has to stay."""
        if self.shelf.may_lose_files:  # there it holds one file, which is ours
            return {}
        name = "signed_files"
        changing = [one.their_id for one in subjects if one.their_id and self._has_new_files(one, name)]
        return self.shelf.read(changing) if changing else {}

    def _recognized(self, subject: Subject, there: Mapping[int, Item]) -> Subject:
        """With the files that an earlier try put into the item, whose answer was lost: they are ours."""
        item, begun = there.get(subject.their_id or 0), subject.written.get(ADDING)
        if item is None or not begun:
            return subject
        fresh = [ref.id for ref in item.files.get("signed_files", ()) if ref.id not in begun["before"]]
        made = dict(zip(begun["hashes"], fresh, strict=False))
        written = {FILE_IDS: subject.written.get(FILE_IDS, {}) | made, ADDING: None}
        self._mirror.begin(subject.our_id, written)
        return replace(subject, row=self._mirror.get(subject.our_id))

    def _writing(self, subject: Subject, there: Mapping[int, Item]) -> Writing | None:
        forced = self._forced(subject)
        values = {
            name: text
            for name, text in subject.wanted.values.items()
            if name in self._names and (name in forced or sent_digest(subject.written, name) != digest(text))
        }
        changing = [name for name in subject.wanted.files if self._has_new_files(subject, name)]
        files = {name: self._files(subject, name, there) for name in changing}
        files = {name: parts for name, parts in files.items() if parts}
        if values or files or subject.their_id is None:
            mark = mark_of(self._kind, subject.our_id)
            return Writing(
                our_id=subject.our_id,
                mark=mark,
                their_id=subject.their_id,
                values=values,
                files=files,
                birth=subject.birth,
                spare=self._spare(subject) if self.shelf.may_lose_files else {},
            )
        self._remember_keys(subject)
        return None

    def _forced(self, subject: Subject) -> set[str]:
        """What people wrote and we could not take is written over once it cannot be taken any more."""
        return set(subject.written.get(REJECTED, {})) - set(subject.wanted.keys.get(REJECTED, {}))

    def _spare(self, subject: Subject) -> dict[str, list[StoredFile]]:
        files = subject.wanted.files.items()
        return {name: [one for one in parts if self._has_bytes(one)] for name, parts in files if name in self._names}

    def _has_new_files(self, subject: Subject, name: str) -> bool:
        files = subject.wanted.files.get(name, [])
        return bool(files) and name in self._names and sent_digest(subject.written, name) != _files_digest(files)

    def _files(self, subject: Subject, name: str, there: Mapping[int, Item]) -> list[StoredFile | FileRef]:
        """Ours that are new, and what is there: only an older file of ours goes."""
        wanted = [one for one in subject.wanted.files[name] if self._has_bytes(one)]
        item = there.get(subject.their_id or 0)
        if item is None or name not in item.files or field_of(self.shelf.kind, name).type != "files":
            return list(wanted)
        made: dict[str, int] = subject.written.get(FILE_IDS, {})
        hashes = {file_id: sha256 for sha256, file_id in made.items()}
        current = {one.sha256 for one in wanted}
        kept = [ref for ref in item.files[name] if ref.id not in hashes or hashes[ref.id] in current]
        new = [one for one in wanted if one.sha256 not in made]  # one that people deleted stays away
        return [*kept, *new]

    def _has_bytes(self, file: StoredFile) -> bool:
        try:
            with self._context.blobs.open(file.blob):
                return True
        except FileNotFoundError:
            log.error("file of an item is lost", blob=file.blob)
            return False

    def remember(self, writing: Writing, item: Item) -> None:
        subject = self._subjects[writing.our_id]
        seen = {**item.values, "title": item.title}
        written: dict[str, Any] = {
            name: [digest(text), digest(seen.get(name, ""))] for name, text in writing.values.items()
        }
        for name in writing.files:
            ids = ",".join(str(ref.id) for ref in item.files.get(name, ()))
            written[name] = [_files_digest(subject.wanted.files[name]), ids]
        if "signed_files" in writing.files:
            written[FILE_IDS] = subject.written.get(FILE_IDS, {}) | _made(writing.files["signed_files"], item)
            written[ADDING] = None
        written |= {ECHO_KEY: writing.their_id is not None, **subject.wanted.keys}
        self._mirror.made(subject.our_id, their_id=item.id, written=written)

    def _remember_keys(self, subject: Subject) -> None:
        keys = dict(subject.wanted.keys)
        if subject.their_id and any(subject.written.get(name) != value for name, value in keys.items()):
            self._mirror.made(subject.our_id, their_id=subject.their_id, written=keys)

    def refused(self, writing: Writing, error: ServiceError) -> AppError | None:
        """A deleted item is no failure; a deleted registry has to be prepared again."""
        registries = CrmRegistries(self._context.registry.database, self._context.portal.id)
        language = self._context.language
        if not isinstance(error, NotFoundThere):
            log.warning("item refused", kind=self._kind, our_id=writing.our_id, detail=str(error))
            registries.trouble(self.shelf.kind, error.text(language))
            return error
        if not self.shelf.is_there():
            registries.keep(self.shelf.kind, fields={}, trouble=_GONE.of(language))
            return NotConfigured(what=_GONE)
        if writing.their_id is None:
            return error
        log.info("item was deleted by a person", kind=self._kind, our_id=writing.our_id)
        self._mirror.gone(writing.our_id)
        return None


def _made(parts: Sequence[StoredFile | FileRef], item: Item) -> dict[str, int]:
    """Which of the portal's files are those that were just given, in this order."""
    kept = {part.id for part in parts if isinstance(part, FileRef)}
    fresh = [ref.id for ref in item.files.get("signed_files", ()) if ref.id not in kept]
    ours = [part.sha256 for part in parts if isinstance(part, StoredFile)]
    return dict(zip(ours, fresh, strict=False))


def _adding(parts: Sequence[StoredFile | FileRef], there: Mapping[int, Item], writing: Writing) -> dict[str, Any]:
    """See ADDING."""
    item = there.get(writing.their_id or 0)
    return {
        "hashes": [part.sha256 for part in parts if isinstance(part, StoredFile)],
        "before": [ref.id for ref in item.files.get("signed_files", ())] if item else [],
    }


def _files_digest(files: Sequence[StoredFile]) -> str:
    return digest(",".join(one.sha256 for one in files))
