"""Files put on the Drive, each once however often a call is run."""

import re
from pathlib import PurePosixPath

from activities import crm
from activities.context import Context
from activities.file_fields import sha256_at
from activities.sources import TakenFile
from activities.values import Text
from clients.bitrix24.models import DriveFile
from errors import InputInvalid, NotFoundThere

DRIVE_FOLDER = Text("Папка на Диске", "Folder on the Drive")


def folder(context: Context, drive_folder_id: str) -> int:
    """The folder's id; that of the application's own storage when none is given. Raises InputInvalid."""
    if not drive_folder_id:
        return context.bitrix24.disk_storage_get_for_app().root_folder_id
    folder_id = crm.read_id(DRIVE_FOLDER, drive_folder_id, "n")
    try:
        next(context.bitrix24.disk_folder_get_children(folder_id), None)
    except NotFoundThere as error:
        hint = Text("Такой папки на Диске нет.", "The Drive has no such folder.")
        raise InputInvalid(field=DRIVE_FOLDER, value=drive_folder_id, hint=hint) from error
    return folder_id


def put(context: Context, folder_id: int, file: TakenFile, *, step: str) -> int:
    """The id of the file on the Drive; a name that is taken gets a number there."""
    return int(context.step(step, _upload, context, folder_id, file, look=lambda: _uploaded(context, folder_id, file)))


def _upload(context: Context, folder_id: int, file: TakenFile) -> int:
    with context.blobs.open(file.blob) as content:
        uploaded = context.bitrix24.disk_folder_upload_file(
            folder_id=folder_id, file_name=file.file_name, content=content, size=file.size
        )
    return uploaded.id


def _uploaded(context: Context, folder_id: int, file: TakenFile) -> int | None:
    """Has an earlier try got through? The same bytes under the name that the portal would have given are the file."""
    path = PurePosixPath(file.file_name)
    name = re.compile(rf"{re.escape(path.stem)}(\s*\(\d+\))?{re.escape(path.suffix)}", re.IGNORECASE)
    for child in context.bitrix24.disk_folder_get_children(folder_id):
        if not isinstance(child, DriveFile) or child.size != file.size or not name.fullmatch(child.name):
            continue
        if child.download_url and sha256_at(context, child.download_url) == file.sha256:
            return child.id
    return None
