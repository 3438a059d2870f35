"""The Drive: our own storage, folders, files."""

from collections.abc import Iterator
from typing import BinaryIO

from clients.bitrix24 import reading, wire
from clients.bitrix24.files import FileMethods, Multipart
from clients.bitrix24.models import DriveFile, DriveFolder, DriveStorage
from errors import Unavailable


class DiskMethods(FileMethods):
    def disk_storage_get_for_app(self) -> DriveStorage:
        """Our application's own storage; the portal makes it when it is missing."""
        result = wire.as_map(self.call("disk.storage.getForApp"))
        return DriveStorage(
            id=wire.as_int(result.get("ID")),
            name=wire.as_text(result.get("NAME")),
            root_folder_id=wire.as_int(result.get("ROOT_OBJECT_ID")),
        )

    def disk_folder_get_children(self, folder_id: int) -> Iterator[DriveFile | DriveFolder]:
        """What lies in a folder."""
        for raw in self.list_pages("disk.folder.getChildren", {"id": folder_id}):
            is_folder = wire.as_text(wire.as_map(raw).get("TYPE")) == "folder"
            yield reading.drive_folder(raw) if is_folder else reading.drive_file(raw)

    def disk_folder_add_sub_folder(self, *, folder_id: int, name: str) -> DriveFolder:
        """Never repeated here."""
        params = {"id": folder_id, "data": {"NAME": name}}
        return reading.drive_folder(self.call("disk.folder.addSubFolder", params))

    def disk_folder_upload_file(self, *, folder_id: int, file_name: str, content: BinaryIO, size: int) -> DriveFile:
        """Upload `size` bytes of `content` with flat memory. Never repeated here.

        A name that is taken gets a number appended by the portal. Raises Conflict if it refuses to do so.
        """
        # First the call without a file: the answer says where to post it
        place = wire.as_map(
            self.call("disk.folder.uploadFile", {"id": folder_id, "generateUniqueName": True}, repeat=True)
        )
        url, field = wire.as_text(place.get("uploadUrl")), wire.as_text(place.get("field"))
        if not (url and field.isidentifier()):
            raise Unavailable(system=wire.SYSTEM, method="disk.folder.uploadFile", detail="no address to upload to")
        body = Multipart(field=field, file_name=file_name, content=content, size=size)
        return reading.drive_file(self.upload(url, body))

    def disk_file_get(self, file_id: int) -> DriveFile:
        """Raises NotFoundThere when there is none."""
        return reading.drive_file(self.call("disk.file.get", {"id": file_id}))
