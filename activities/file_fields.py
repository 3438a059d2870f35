"""Files written into a file field of a CRM item.

The portal tells neither names nor sizes of the files in a field, so one that is in doubt is known by its bytes.
"""

import hashlib
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, cast

from activities import crm
from activities.context import Context
from activities.crm_ids import CrmItem
from activities.sources import TakenFile
from activities.values import Text
from clients.bitrix24.crm import NewFile
from clients.bitrix24.models import FileRef
from errors import FieldNotFound, InputInvalid

REQUEST_BYTES = 32 * 1024 * 1024  # of files in one request, unless one alone is larger
TARGET_FIELD = Text("Поле для файлов", "Field for the files")


@dataclass(frozen=True, kw_only=True)
class TargetField:
    """A file field of an item; name: as the portal spells it."""

    item: CrmItem
    name: str
    is_multiple: bool


def target_field(context: Context, item: CrmItem, wanted: str) -> TargetField:
    """The field under any of the portal's spellings: UF_CRM_7_X, ufCrm7X.

    Raises FieldNotFound, InputInvalid when none is given or it is not for files.
    """
    if not wanted:
        hint = Text("Укажите код поля, в которое сохранить файлы.", "Name the field that the files go to.")
        raise InputInvalid(field=TARGET_FIELD, value="", hint=hint)
    known = context.bitrix24.crm_item_fields(entity_type_id=item.entity_type_id)
    name = crm.field_name(known, wanted)
    if not name:
        raise FieldNotFound(crm_item=item.short, field=wanted)
    if known[name].type != "file":
        hint = Text("Это поле не для файлов.", "This field is not for files.")
        raise InputInvalid(field=TARGET_FIELD, value=wanted, hint=hint)
    return TargetField(item=item, name=name, is_multiple=known[name].is_multiple)


def put(context: Context, target: TargetField, files: Sequence[TakenFile], *, replace: bool) -> None:
    """Write files into the field, once however often the call is run; a field of one file holds one of them.

    replace: what was in the field when the call began goes. Raises what the portal's client raises.
    """
    before = context.step("field_before", lambda: [one.id for one in _files(context, target)])
    for number, group in enumerate(_groups(files)):
        look = partial(_written, context, target, group, before)
        context.step(f"field:{number}", _write, context, target, group, before if replace else [], look=look)


def _write(context: Context, target: TargetField, group: Sequence[TakenFile], leave_out: list[int]) -> bool:
    with ExitStack() as opened:
        new = [NewFile(one.file_name, opened.enter_context(context.blobs.open(one.blob))) for one in group]
        kept = [one for one in _files(context, target) if one.id not in leave_out] if target.is_multiple else []
        context.bitrix24.crm_item_update(
            entity_type_id=target.item.entity_type_id,
            item_id=target.item.item_id,
            fields={target.name: [*kept, *new] if target.is_multiple else new[0]},
        )
    return True


def _written(context: Context, target: TargetField, group: Sequence[TakenFile], before: list[int]) -> bool | None:
    """Has an earlier try got through? Then all files of the group are among what was not there before."""
    new = [one for one in _files(context, target) if one.id not in before]
    if len(new) < len(group):
        return None
    found = {_sha256(context, one) for one in new}
    return True if {one.sha256 for one in group} <= found else None


def _files(context: Context, target: TargetField) -> tuple[FileRef, ...]:
    place = {"entity_type_id": target.item.entity_type_id, "item_id": target.item.item_id}
    item = context.bitrix24.crm_item_get(**place)
    return item.files(target.name) if target.name in item.fields else ()


def _groups(files: Sequence[TakenFile]) -> Iterator[list[TakenFile]]:
    group: list[TakenFile] = []
    for file in files:
        if group and sum(one.size for one in group) + file.size > REQUEST_BYTES:
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def sha256_at(context: Context, url: str) -> str:
    """The hash of what a signed address of the portal holds."""
    hashed = hashlib.sha256()
    context.bitrix24.download(url, cast(BinaryIO, _Hashing(hashed)), limit_bytes=sys.maxsize)
    return hashed.hexdigest()


def _sha256(context: Context, file: FileRef) -> str:
    return sha256_at(context, file.url_machine)


class _Hashing(io.RawIOBase):
    def __init__(self, hashed: Any) -> None:
        self._hashed = hashed

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        self._hashed.update(chunk)
        return len(chunk)
