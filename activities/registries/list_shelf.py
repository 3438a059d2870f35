"""Items of a registry that is a universal list.

An update overwrites an element: what is there is read first and written again. Files are said to stay; one that did not
is put there once more.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from activities.context import Context
from activities.crm_ids import CrmItem
from activities.registries.fields import FILES, Field, read
from activities.registries.lists import fields_of
from activities.registries.shelves import Item, StoredFile, Writing
from activities.saving import zipped
from activities.sources import TakenFile
from activities.values import PORTAL_ZONE
from clients.bitrix24.crm import NewFile
from clients.bitrix24.lists import WhichList
from clients.bitrix24.models import FileRef, ListElement
from errors import Conflict, NoAccess, NotFoundThere, ServiceError
from registry.tables import CrmRegistry

_DAY, _MOMENT = "%d.%m.%Y", "%d.%m.%Y %H:%M:%S"


class ListShelf:
    """row: as it was prepared; its fields say under which names the elements hold what."""

    may_lose_files = True

    def __init__(self, context: Context, row: CrmRegistry) -> None:
        self.kind, self._context = row.kind, context
        self._client = context.bitrix24
        self._which = WhichList(id=row.iblock_id, type=row.iblock_type)
        self._names: dict[str, str] = dict(row.fields)
        self._fields = [one for one in fields_of(row.kind) if one.name in self._names]
        self.names = frozenset(["title", "company_id", *(one.name for one in self._fields)])

    def read(self, ids: Collection[int]) -> dict[int, Item]:
        found = self._listed({"=ID": sorted(set(ids))}) if ids else []
        return {item.id: item for item in found}

    def find(self, marks: Collection[str]) -> dict[str, int]:
        found = self._listed({"=CODE": sorted({_code(mark) for mark in marks})}) if marks else []
        ids = {item.mark: item.id for item in found}
        return {mark: ids[_code(mark)] for mark in marks if _code(mark) in ids}

    def bound_to(self, item: CrmItem) -> list[Item]:
        name = self._names.get("crm_item")
        return list(self._listed({f"={name}": item.short})) if name else []

    def changed_since(self, moment: str, known: Collection[int] | None = None) -> Iterator[Item]:
        """A list does not say when an element was changed: all that are known are looked at."""
        return iter(self._listed({}) if known is None else self.read(known).values())

    def is_there(self) -> bool:
        try:
            self._client.lists_field_get(self._which)
        except (NotFoundThere, NoAccess):
            return False
        return True

    def link(self, their_id: int) -> str:
        return f"/services/lists/{self._which.id}/element/0/{their_id}/"

    def list_link(self) -> str:
        return f"/services/lists/{self._which.id}/view/0/"

    @staticmethod
    def write(steps: Sequence[tuple["ListShelf", Writing]]) -> Iterator[tuple[int, Item | ServiceError]]:
        """Each element is read before it is written, so that there is nothing for a batch."""
        for number, (shelf, writing) in enumerate(steps):
            try:
                outcome: Item | ServiceError = shelf._written(writing)
            except ServiceError as error:
                outcome = error
            yield number, outcome
            if isinstance(outcome, ServiceError) and outcome.temporary:
                return

    def _written(self, writing: Writing) -> Item:
        with ExitStack() as opened:
            if writing.their_id is None:
                element_id = self._add(writing, opened)
            else:
                element_id = writing.their_id
                self._update(writing, self._element(element_id), opened)
            item = self._item(self._element(element_id))
            lost = [name for name, files in writing.spare.items() if files and not item.files.get(name)]
            if not lost:
                return item
            again = replace(writing, values={}, files={name: writing.spare[name] for name in lost}, spare={})
            self._update(again, self._element(element_id), opened)
        return self._item(self._element(element_id))

    def _add(self, writing: Writing, opened: ExitStack) -> int:
        company = f"CO_{writing.birth.company_id}" if writing.birth.company_id else ""
        fields = self._property("company", company) | self._values(writing, opened)
        fields["NAME"] = writing.values.get("title") or writing.mark
        try:
            return self._client.lists_element_add(self._which, code=_code(writing.mark), fields=fields)
        except Conflict:  # made by an earlier try whose answer was lost
            found = self.find([writing.mark])
            if not found:
                raise
            return found[writing.mark]

    def _update(self, writing: Writing, there: ListElement, opened: ExitStack) -> None:
        files = {self._names[one.name] for one in self._fields if one.is_file}
        kept = {name: list(texts) if len(texts) > 1 else texts[0] for name, texts in there.values.items() if texts}
        kept = {name: value for name, value in kept.items() if name not in files}
        fields = {"NAME": writing.values.get("title") or there.name, **kept, **self._values(writing, opened)}
        self._client.lists_element_update(self._which, element_id=there.id, fields=fields)

    def _element(self, element_id: int) -> ListElement:
        for element in self._client.lists_element_get(self._which, {"=ID": element_id}):
            return element
        raise NotFoundThere(system="Битрикс24", method="lists.element.get", detail=f"element {element_id}")

    def _values(self, writing: Writing, opened: ExitStack) -> dict[str, Any]:
        company_id = writing.values.get("company_id", "")
        fields: dict[str, Any] = self._property("company", f"CO_{company_id}" if company_id else "")
        for one in self._fields:
            if one.name in writing.values:
                fields |= self._property(one.name, _shown(one, writing.values[one.name]))
            elif one.name in writing.files:
                file = self._file(one, [part for part in writing.files[one.name] if isinstance(part, StoredFile)])
                fields |= {self._names[one.name]: self._new(file, opened)} if file else {}
        return fields

    def _file(self, field: Field, files: list[StoredFile]) -> StoredFile | None:
        if len(files) < 2 or field.type != FILES:
            return files[0] if files else None
        taken = [TakenFile(file_name=one.name, blob=one.blob, size=one.size, sha256=one.sha256) for one in files]
        name = f"{field.label.of(self._context.language)}.zip"
        whole = asdict(zipped(self._context, taken, name))
        return StoredFile(name=name, sha256=whole["sha256"], blob=whole["blob"], size=whole["size"])

    def _new(self, file: StoredFile, opened: ExitStack) -> NewFile:
        return NewFile(file.name, opened.enter_context(self._context.blobs.open(file.blob)))

    def _property(self, name: str, text: str) -> dict[str, str]:
        return {self._names[name]: text} if name in self._names and text else {}

    def _listed(self, rules: Mapping[str, Any]) -> list[Item]:
        return [self._item(one) for one in self._client.lists_element_get(self._which, rules)]

    def _item(self, element: ListElement) -> Item:
        company = next(iter(element.values.get(self._names.get("company", ""), ())), "")
        return Item(
            id=element.id,
            mark=element.code,
            title=element.name,
            values={
                one.name: read(one.type, element.values.get(self._names[one.name], ()))
                for one in self._fields
                if not one.is_file
            },
            files={one.name: self._files(element, one) for one in self._fields if one.is_file},
            company_id=int(company[3:]) if company[3:].isdigit() else 0,
        )

    def _files(self, element: ListElement, field: Field) -> tuple[FileRef, ...]:
        """Their numbers: lists give no address that we could read them from."""
        texts = element.values.get(self._names[field.name], ())
        return tuple(FileRef(int(text), "") for text in texts if text.isdigit())


def _shown(field: Field, text: str) -> str:
    """Dates as the portal's own lists take them."""
    try:
        if field.type == "date" and text:
            return date.fromisoformat(text).strftime(_DAY)
        if field.type == "datetime" and text:
            return datetime.fromisoformat(text).astimezone(PORTAL_ZONE).strftime(_MOMENT)
    except ValueError:  # a person's own words, written again with the rest
        return text
    return text


def _code(mark: str) -> str:
    """A mark as a list takes codes: letters, digits, - and _."""
    return mark.replace(":", "-")
