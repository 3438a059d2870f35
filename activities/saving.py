"""Where downloaded files go: our registry, a CRM field, the Drive, the timeline, in this order.

The timeline comes last: whoever reads there that a file was saved finds it. Each place is written once, however often
the call is run.
"""

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from shutil import copyfileobj
from typing import BinaryIO, cast

from marshmallow import Schema

from activities import drive, file_fields, timeline
from activities.context import Context
from activities.crm_ids import CrmItem
from activities.fields import Choice, Line, Many, label
from activities.file_fields import TARGET_FIELD, TargetField
from activities.sources import TakenFile
from activities.values import Text

PLACES = {
    "registry": Text("В реестр документов", "Document registry"),
    "field": Text("В поле CRM", "CRM field"),
    "drive": Text("На Диск", "Drive"),
    "timeline": Text("В ленту", "Timeline"),
}
COMMENT_BYTES = 75_000_000  # what a comment takes at once; the rest goes to the Drive and is linked
_MODES = {"append": Text("Добавить к файлам", "Add to the files"), "replace": Text("Заменить", "Replace")}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files give the same zip


class WhereToSave(Schema):
    """The inputs that say where files go."""

    save_to = Many(
        Choice(PLACES),
        load_default=lambda: ["registry", "timeline"],
        metadata=label(ru="Куда сохранить", en="Save to"),
    )
    target_field = Line(
        metadata=label(
            ru=TARGET_FIELD.ru,
            en=TARGET_FIELD.en,
            help_ru="Код поля, например UF_CRM_1700000000",
            help_en="The field's code, for example UF_CRM_1700000000",
        )
    )
    field_mode = Choice(_MODES, load_default="append", metadata=label(ru="Файлы в поле", en="Files in the field"))
    drive_folder_id = Line(
        metadata=label(
            ru=drive.DRIVE_FOLDER.ru,
            en=drive.DRIVE_FOLDER.en,
            help_ru="Номер папки; пусто — хранилище приложения",
            help_en="The folder's number; empty: the application's own storage",
        )
    )


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where to save, found and checked: what is None or False was not asked for."""

    item: CrmItem
    field: TargetField | None
    replaces: bool
    folder_id: int | None
    in_timeline: bool


def places(
    context: Context, item: CrmItem, *, save_to: list[str], target_field: str, field_mode: str, drive_folder_id: str
) -> Places:
    """Check the inputs before anything is fetched. Raises FieldNotFound, InputInvalid."""
    return Places(
        item=item,
        field=file_fields.target_field(context, item, target_field) if "field" in save_to else None,
        replaces=field_mode == "replace",
        folder_id=drive.folder(context, drive_folder_id) if "drive" in save_to else None,
        in_timeline="timeline" in save_to,
    )


def into_field(context: Context, where: Places, files: Sequence[TakenFile], *, zip_name: str) -> None:
    """Write files into the chosen field; where it has room for one only, as one zip of that name."""
    if where.field is None or not files:
        return
    fitting = files if where.field.is_multiple else _one_file(context, files, zip_name)
    file_fields.put(context, where.field, fitting, replace=where.replaces)


def onto_drive(context: Context, where: Places, files: Sequence[TakenFile]) -> list[int]:
    """The files' numbers on the Drive; [] when they were not to go there."""
    if where.folder_id is None:
        return []
    return [drive.put(context, where.folder_id, one, step=f"drive:{number}") for number, one in enumerate(files)]


def into_timeline(
    context: Context, where: Places, files: Sequence[TakenFile], *, comment: str, drive_file_ids: list[int]
) -> None:
    """One comment with the files. What it has no room for is linked on the Drive, and put there if need be.

    comment: BB-code; drive_file_ids: of all files, or [].
    """
    if not where.in_timeline:
        return
    attached: list[TakenFile] = []
    lines = [comment]
    for number, file in enumerate(files):
        if sum(one.size for one in attached) + file.size <= COMMENT_BYTES:
            attached.append(file)
        else:
            file_id = drive_file_ids[number] if drive_file_ids else _on_drive(context, file, number)
            lines.append(timeline.link(context.bitrix24.disk_file_get(file_id).detail_url, file.file_name))
    timeline.tell(context, where.item, "\n".join(lines), attached)


def _one_file(context: Context, files: Sequence[TakenFile], zip_name: str) -> list[TakenFile]:
    if len(files) == 1:
        return list(files)
    return [TakenFile(**context.step("zip", lambda: asdict(zipped(context, files, zip_name))))]


def zipped(context: Context, files: Sequence[TakenFile], name: str) -> TakenFile:
    """One zip of these files in our store, the same bytes whenever it is made."""
    with tempfile.TemporaryFile() as whole:
        with zipfile.ZipFile(whole, "w") as archive:
            for file in files:
                entry = zipfile.ZipInfo(file.file_name, _EPOCH)
                with context.blobs.open(file.blob) as source, archive.open(entry, "w", force_zip64=True) as target:
                    copyfileobj(source, target)
        whole.seek(0)
        blob = context.blobs.put(context.portal.id, cast(BinaryIO, whole))
    return TakenFile(file_name=name, blob=blob.key, size=blob.size, sha256=blob.sha256)


def _on_drive(context: Context, file: TakenFile, number: int) -> int:
    return drive.put(context, drive.folder(context, ""), file, step=f"drive_for_timeline:{number}")
