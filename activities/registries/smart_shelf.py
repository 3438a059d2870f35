"""Items of a registry that is a smart process."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from activities.context import Context
from activities.crm_ids import CONTACT, CrmItem
from activities.registries.fields import FIELDS, FILES, Field, read
from activities.registries.shelves import BATCH_BYTES, INLINE_BYTES, Item, StoredFile, Writing
from clients.bitrix24 import item_commands
from clients.bitrix24.batch import CHUNK, Command, Outcome
from clients.bitrix24.crm import NewFile
from clients.bitrix24.models import CrmItem as PortalItem
from clients.bitrix24.models import FileRef
from errors import NotFoundThere, ServiceError
from registry.tables import CrmRegistry

PARENTS = "_parents"  # among the names of fields: kinds of items that its items may be bound to


class SmartShelf:
    """row: as it was prepared; its fields say under which names the items hold what."""

    may_lose_files = False

    def __init__(self, context: Context, row: CrmRegistry) -> None:
        self.kind, self._context = row.kind, context
        self._client, self._type = context.bitrix24, row.entity_type_id
        self._names: dict[str, str] = {name: at for name, at in row.fields.items() if name != PARENTS}
        self._parents: list[int] = row.fields.get(PARENTS, [])
        self._fields = [one for one in FIELDS[row.kind] if one.name in self._names]
        self.names = frozenset(["title", "company_id", *(one.name for one in self._fields)])

    def read(self, ids: Collection[int]) -> dict[int, Item]:
        wanted = sorted(set(ids))
        found: dict[int, Item] = {}
        for start in range(0, len(wanted), CHUNK):
            for item in self._listed({"@id": wanted[start : start + CHUNK]}):
                found[item.id] = item
        return found

    def find(self, marks: Collection[str]) -> dict[str, int]:
        if not marks:
            return {}
        return {item.mark: item.id for item in self._listed({"@xmlId": sorted(marks)})}

    def bound_to(self, item: CrmItem) -> list[Item]:
        name = f"parentId{item.entity_type_id}"
        if item.entity_type_id in self._parents:
            return list(self._listed({f"={name}": item.item_id}))
        return list(self._listed({f"={self._names['crm_item']}": item.short})) if "crm_item" in self._names else []

    def changed_since(self, moment: str, known: Collection[int] | None = None) -> Iterator[Item]:
        return self._listed({">=updatedTime": moment})

    def is_there(self) -> bool:
        try:
            self._client.crm_item_fields(entity_type_id=self._type)
        except NotFoundThere:
            return False
        return True

    def link(self, their_id: int) -> str:
        return f"/crm/type/{self._type}/details/{their_id}/"

    def list_link(self) -> str:
        return f"/crm/type/{self._type}/"

    @staticmethod
    def write(steps: Sequence[tuple["SmartShelf", Writing]]) -> Iterator[tuple[int, Item | ServiceError]]:
        """Small files travel with the commands of a batch; an item with a large one has a request of its own before."""
        small = _fitting(steps)
        for number, (shelf, writing) in enumerate(steps):
            if number not in small:
                outcome = shelf._alone(writing)
                yield number, outcome
                if isinstance(outcome, ServiceError) and outcome.temporary:
                    return
        yield from _together([(number, *steps[number]) for number in small])

    def command(self, writing: Writing) -> Command:
        """For a batch."""
        with ExitStack() as opened:
            fields = self._written(writing, opened)
            if writing.their_id is None:
                return item_commands.item_to_add(entity_type_id=self._type, fields=fields)
            return item_commands.item_to_update(entity_type_id=self._type, item_id=writing.their_id, fields=fields)

    def run(self, commands: Mapping[str, Command]) -> dict[str, Outcome]:
        """In this order, nothing after the first error."""
        return self._client.batch(commands, halt=True)

    def _alone(self, writing: Writing) -> Item | ServiceError:
        with ExitStack() as opened:
            fields = self._written(writing, opened)
            try:
                if writing.their_id is None:
                    return self._item(self._client.crm_item_add(entity_type_id=self._type, fields=fields))
                place = {"entity_type_id": self._type, "item_id": writing.their_id}
                return self._item(self._client.crm_item_update(**place, fields=fields))
            except ServiceError as error:
                return error

    def _written(self, writing: Writing, opened: ExitStack) -> dict[str, Any]:
        fields: dict[str, Any] = self._bound(writing) if writing.their_id is None else {}
        for name, text in writing.values.items():
            if name == "title":
                fields["title"] = text
            elif name == "company_id":
                fields["companyId"] = int(text or 0)
            elif name in self._names:
                fields[self._names[name]] = text
        for one in self._fields:
            if one.name in writing.files:
                parts = [self._file(part, opened) for part in writing.files[one.name]]
                fields[self._names[one.name]] = parts if one.type == FILES else parts[0] if parts else ""
        return fields

    def _file(self, part: StoredFile | FileRef, opened: ExitStack) -> NewFile | FileRef:
        if isinstance(part, FileRef):
            return part
        return NewFile(part.name, opened.enter_context(self._context.blobs.open(part.blob)))

    def _bound(self, writing: Writing) -> dict[str, Any]:
        birth = writing.birth
        fields: dict[str, Any] = {"xmlId": writing.mark}
        fields |= {"companyId": birth.company_id} if birth.company_id else {}
        fields |= {"contactIds": [birth.contact_id]} if birth.contact_id else {}
        fields |= {"assignedById": birth.assigned_by_id} if birth.assigned_by_id else {}
        for parent in birth.parents:
            if parent.entity_type_id in self._parents and parent.entity_type_id != CONTACT:
                fields[f"parentId{parent.entity_type_id}"] = parent.item_id
        return fields

    def _listed(self, rules: dict[str, Any]) -> Iterator[Item]:
        return map(self._item, self._client.crm_item_list(entity_type_id=self._type, filter=rules))

    def item_in(self, result: Any) -> Item:
        """What a command has answered."""
        return self._item(item_commands.item_in(result, entity_type_id=self._type))

    def _item(self, item: PortalItem) -> Item:
        return Item(
            id=item.id,
            mark=str(item.fields.get("xmlId") or ""),
            title=item.title,
            values={one.name: self._value(item, one) for one in self._fields if not one.is_file},
            files={one.name: self._files(item, one) for one in self._fields if one.is_file},
            company_id=item.company_id,
        )

    def _value(self, item: PortalItem, field: Field) -> str:
        return read(field.type, item.fields.get(self._names[field.name]))

    def _files(self, item: PortalItem, field: Field) -> tuple[FileRef, ...]:
        name = self._names[field.name]
        return item.files(name) if name in item.fields else ()


def _together(steps: list[tuple[int, SmartShelf, Writing]]) -> Iterator[tuple[int, Item | ServiceError]]:
    """One batch, and another one for what comes after a refusal: nobody is to overtake what comes before."""
    left = steps
    while left:
        commands = {f"n{number}": shelf.command(writing) for number, shelf, writing in left}
        outcomes = left[0][1].run(commands)
        for number, shelf, _ in left:
            outcome = outcomes.get(f"n{number}")
            if outcome is None:
                break
            left = left[1:]
            yield number, outcome.error or shelf.item_in(outcome.result)
            if outcome.error and outcome.error.temporary:
                return


def _fitting(steps: Sequence[tuple[SmartShelf, Writing]]) -> list[int]:
    """Numbers of those whose files are small, as many as one batch may carry."""
    fitting, size = [], 0
    for number, (_, writing) in enumerate(steps):
        if writing.new_bytes <= INLINE_BYTES and size + writing.new_bytes <= BATCH_BYTES:
            fitting.append(number)
            size += writing.new_bytes
    return fitting
