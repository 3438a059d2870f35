"""disk.*: the Drive. Every application has a storage of its own."""

from typing import Any

from flask import Blueprint, Response, request

from sandbox.portal import links
from sandbox.portal.errors import RestError, access_denied
from sandbox.portal.methods import Call, Page, as_list, is_yes, method, page_of, whole
from sandbox.portal.model import Portal
from sandbox.portal.rest import to_json
from sandbox.portal.values import decode_file
from sandbox.portal.world import World, iso, now

FILE, FOLDER = "file", "folder"


def store(portal: Portal, storage: str, name: str, content: bytes, user_id: int, folder_id: int = 0) -> dict[str, Any]:
    """Put a file on the Drive; its row. folder_id: 0 = the root of the storage of that name."""
    folder_id = folder_id or _storage(portal, storage)["ROOT_OBJECT_ID"]
    row = _object(portal, FILE, name, folder_id, user_id)
    row["FILE_ID"] = portal.add_file(name, content, links.mime_of(name)).id
    row["SIZE"] = str(len(content))
    return row


@method("disk.storage.getForApp", scope="disk")
def storage_for_app(call: Call) -> dict[str, Any]:
    app = call.need_app()
    if not call.user.is_admin:
        raise access_denied()
    row = _storage(call.portal, app.client_id)
    return {**row, "NAME": app.title, "ENTITY_TYPE": "restapp", "ENTITY_ID": app.client_id}


@method("disk.storage.getList", scope="disk")
def storages(call: Call) -> Page:
    return page_of(list(call.portal.tables["storages"].values()), call.get("start"))


@method("disk.storage.getChildren", scope="disk")
def storage_children(call: Call) -> Page:
    return _children(call, _storage_by_id(call)["ROOT_OBJECT_ID"])


@method("disk.folder.getChildren", scope="disk")
def folder_children(call: Call) -> Page:
    return _children(call, _folder(call))


@method("disk.folder.get", scope="disk")
def folder_get(call: Call) -> dict[str, Any]:
    return _shown(call, call.portal.tables["drive"][_folder(call)])


@method("disk.folder.addSubFolder", scope="disk")
def add_folder(call: Call) -> dict[str, Any]:
    name, parent = _name(call), _folder(call)
    if _taken(call.portal, parent, name):
        raise RestError("DISK_OBJ_22000", "Object with the same name already exists")
    return _shown(call, _object(call.portal, FOLDER, name, parent, call.user.id))


@method("disk.folder.uploadFile", scope="disk")
def upload(call: Call) -> dict[str, Any]:
    return _upload(call, _folder(call))


@method("disk.storage.uploadFile", scope="disk")
def upload_to_storage(call: Call) -> dict[str, Any]:
    return _upload(call, _storage_by_id(call)["ROOT_OBJECT_ID"])


@method("disk.file.get", scope="disk")
def file_get(call: Call) -> dict[str, Any]:
    row = _shown(call, _find(call, FILE))
    return {**row, "ID": str(row["ID"])}


@method("disk.file.delete", scope="disk")
def file_delete(call: Call) -> bool:
    del call.portal.tables["drive"][_find(call, FILE)["ID"]]
    return True


@method("disk.file.uploadVersion", scope="disk")
def upload_version(call: Call) -> dict[str, Any]:
    row = _find(call, FILE)
    name, content = decode_file(call.get("fileContent"))
    row |= {"FILE_ID": call.portal.add_file(name, content, links.mime_of(name)).id, "SIZE": str(len(content))}
    row["GLOBAL_CONTENT_VERSION"] = str(int(row["GLOBAL_CONTENT_VERSION"]) + 1)
    return _shown(call, row)


@method("disk.file.getExternalLink", scope="disk")
def external_link(call: Call) -> str:
    return f"{call.world.url_of(call.portal)}/~{_find(call, FILE)['ID']}"


def blueprint(world: World) -> Blueprint:
    """The second step of an upload in two steps."""
    door = Blueprint("drive", __name__)

    @door.post("/rest/upload.json")
    def second_step() -> Response:
        return links.guarded(world, _receive)

    return door


def _receive(portal: Portal, link: dict[str, Any]) -> Response:
    part = request.files.get("file")
    if part is None or "upload" not in link:
        raise RestError("ERROR_ARGUMENT", "Could not find the field 'file'", argument="file")
    target = link["upload"]
    name = _free_name(portal, target["folder"], target["name"] or part.filename or "file", unique=target["unique"])
    if name is None:
        raise RestError(target["clash"], "Object with the same name already exists")
    row = store(portal, "", name, part.read(), link["user_id"], target["folder"])
    return to_json({"result": {**row, "DOWNLOAD_URL": "", "DETAIL_URL": ""}})


def _upload(call: Call, folder: int) -> dict[str, Any]:
    unique, clash = is_yes(call.get("generateUniqueName")), call.world.settings["upload_clash_code"]
    content = call.get("fileContent")
    if not content:
        given = call.map("data").get("NAME") or ""
        target = {"folder": folder, "name": given, "unique": unique, "clash": clash}
        return {"field": "file", "uploadUrl": links.upload_link(call, target)}
    wanted = _name(call)
    _given, body = decode_file(as_list(content))
    name = _free_name(call.portal, folder, wanted, unique=unique)
    if name is None:
        raise RestError(clash, "Object with the same name already exists")
    return _shown(call, store(call.portal, "", name, body, call.user.id, folder))


def _free_name(portal: Portal, folder: int, name: str, *, unique: bool) -> str | None:
    """The name itself, with unique the next free one like `a (1).pdf`; None: it is taken."""
    if not _taken(portal, folder, name):
        return name
    if not unique:
        return None
    stem, dot, ending = name.rpartition(".")
    stem, tail = (stem, dot + ending) if dot else (name, "")
    number = 1
    while _taken(portal, folder, f"{stem} ({number}){tail}"):
        number += 1
    return f"{stem} ({number}){tail}"


def _taken(portal: Portal, folder: int, name: str) -> bool:
    rows = portal.tables["drive"].values()
    return any(row["PARENT_ID"] == str(folder) and row["NAME"].lower() == name.lower() for row in rows)


def _storage(portal: Portal, code: str) -> dict[str, Any]:
    """The storage of that code; made when it is missing."""
    for row in portal.tables["storages"].values():
        if row["CODE"] == code:
            return row
    number = portal.next_id("storage", 490)
    root = _object(portal, FOLDER, code, 0, 1)
    row = {"ID": str(number), "NAME": code, "CODE": code, "MODULE_ID": "disk", "ROOT_OBJECT_ID": root["ID"]}
    row |= {"ENTITY_TYPE": "restapp", "ENTITY_ID": code}
    root["STORAGE_ID"] = str(number)
    portal.tables["storages"][number] = row
    return row


def _object(portal: Portal, kind: str, name: str, parent: int, user_id: int) -> dict[str, Any]:
    above = portal.tables["drive"].get(parent)
    number = portal.next_id("drive", 12345)
    moment = iso(now())
    row: dict[str, Any] = {
        "ID": number,
        "NAME": name,
        "CODE": None,
        "STORAGE_ID": above["STORAGE_ID"] if above else "",
        "TYPE": kind,
        "PARENT_ID": str(parent),
        "DELETED_TYPE": 0,
        "CREATE_TIME": moment,
        "UPDATE_TIME": moment,
        "DELETE_TIME": None,
        "CREATED_BY": str(user_id),
        "UPDATED_BY": str(user_id),
        "DELETED_BY": "0",
    }
    if kind == FILE:
        row |= {"GLOBAL_CONTENT_VERSION": "1", "FILE_ID": 0, "SIZE": "0"}
    portal.tables["drive"][number] = row
    return row


def _shown(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    detail = f"{call.world.url_of(call.portal)}/company/personal/user/{call.user.id}/disk/{row['TYPE']}/{row['ID']}/"
    if row["TYPE"] == FOLDER:
        return {**row, "DETAIL_URL": detail}
    return {**row, "DOWNLOAD_URL": links.download_link(call, row["FILE_ID"], "disk"), "DETAIL_URL": detail}


def _children(call: Call, folder: int) -> Page:
    rows = [row for row in call.portal.tables["drive"].values() if row["PARENT_ID"] == str(folder)]
    return page_of([{**_shown(call, row), "ID": str(row["ID"])} for row in rows], call.get("start"))


def _name(call: Call) -> str:
    name = str(call.map("data").get("NAME") or "")
    if not name:
        raise RestError("DISK_BASE_SERVICE_22001", "Required parameter 'NAME' is missing", argument="NAME")
    return name


def _folder(call: Call) -> int:
    return int(_find(call, FOLDER)["ID"])


def _find(call: Call, kind: str) -> dict[str, Any]:
    number = whole(call.get("id"))
    if number is None:
        raise RestError("ERROR_ARGUMENT", "Invalid value of parameter { Parameter: id }", argument="id")
    row = call.portal.tables["drive"].get(number)
    if row is None or row["TYPE"] != kind:
        raise RestError("ERROR_NOT_FOUND", f"Could not find entity with id `{number}`")
    return row


def _storage_by_id(call: Call) -> dict[str, Any]:
    number = whole(call.get("id"))
    row = call.portal.tables["storages"].get(number)
    if row is None:
        raise RestError("ERROR_NOT_FOUND", f"Could not find entity with id `{number}`")
    return row
