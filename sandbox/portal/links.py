"""Signed links to files: made for one token, good for a while, useless without both their secrets."""

import mimetypes
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, redirect, request

from sandbox.portal import identity
from sandbox.portal.errors import RestError
from sandbox.portal.limits import pour
from sandbox.portal.methods import Call
from sandbox.portal.model import Portal, StoredFile
from sandbox.portal.rest import html, to_json
from sandbox.portal.world import World, now

DOWNLOADS = {
    "crm": "crm.controller.item.getFile.json",
    "docgen": "crm.documentgenerator.document.getfile.json",
    "disk": "download.json",
}
PROTECTION = "<html><body><h1>403 Forbidden</h1>Browser check</body></html>"


def download_link(call: Call, file_id: int, kind: str = "crm") -> str:
    """An absolute address with `auth` and `token`, as urlMachine and DOWNLOAD_URL carry."""
    return _link(call, kind, DOWNLOADS[kind], {"file_id": file_id})


def upload_link(call: Call, target: dict[str, Any]) -> str:
    return _link(call, "disk", "upload.json", {"upload": target, "user_id": call.user.id})


def _link(call: Call, kind: str, path: str, link: dict[str, Any]) -> str:
    token = f"{kind}|{secrets.token_urlsafe(24)}|{secrets.token_hex(16)}"
    life = timedelta(seconds=call.world.settings["link_seconds"])
    call.portal.links[token] = {**link, "path": path, "auth": call.token, "expires": now() + life}
    return f"{call.world.client_endpoint(call.portal)}{path}?{urlencode({'auth': call.token, 'token': token})}"


def blueprint(world: World) -> Blueprint:
    door = Blueprint("links", __name__)

    def download() -> Response:
        return guarded(world, lambda portal, link: send_file(portal.files.get(link["file_id"])))

    for path in DOWNLOADS.values():
        door.add_url_rule(f"/rest/{path}", f"download_{path.replace('.', '_')}", download, methods=["GET", "POST"])
    return door


def guarded(world: World, action: Any) -> Response:
    """Check the link of the present request and do action(portal, link) under the lock."""
    with world.lock:
        role = world.role_at(request.environ["SERVER_NAME"], request.environ["SERVER_PORT"])
        portal = world.portal_at(role)
        if portal is None:
            return html("404", 404)
        if portal.place != role:
            return redirect(world.url_of(portal) + request.full_path, 302)  # type: ignore[return-value]
        if not request.headers.get("User-Agent"):
            return html(PROTECTION, 403)
        try:
            pour(world, portal.name, request.remote_addr or "")
            return action(portal, _checked(world, portal))
        except RestError as error:
            return to_json(error.body(), error.status)


def _checked(world: World, portal: Portal) -> dict[str, Any]:
    identity.check_portal(world, portal)
    auth = request.args.get("auth", "")
    link = portal.links.get(request.args.get("token", ""))
    if link is None or link["auth"] != auth or f"/rest/{link['path']}".lower() != request.path.lower():
        raise RestError("ACCESS_DENIED", "Access denied!", 403)
    if auth:  # a webhook's link has only its own secret
        identity.by_token(world, portal, auth, {})
    if link["expires"] <= now():
        raise RestError("expired_token", "The link has expired", 401)
    return link


def send_file(stored: StoredFile | None) -> Response:
    """Bytes with their name in both forms of Content-Disposition: there is no other place to learn it from."""
    if stored is None:
        raise RestError("NOT_FOUND", "File not found", 404)
    ascii_name = stored.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "")
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=utf-8''{quote(stored.name)}"
    return Response(stored.content, content_type=stored.mime, headers={"Content-Disposition": disposition})


def mime_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
