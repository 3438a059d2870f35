"""Routes of the pages: a box with its documents, one document (the address that links lead to), files, buttons."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.diadoc import seed
from sandbox.diadoc.control import act
from sandbox.diadoc.errors import Refused
from sandbox.diadoc.ids import guid
from sandbox.diadoc.model import Document
from sandbox.diadoc.pages.offers import offers
from sandbox.diadoc.pages.texts import texts
from sandbox.diadoc.reading import descendants
from sandbox.diadoc.render.documents import document_json
from sandbox.diadoc.state import World

SHOWN = 200


def pages(world: World) -> Blueprint:
    routes = Blueprint(
        "pages", __name__, template_folder="../templates", static_folder="../static", static_url_path="/_page"
    )

    @routes.get("/")
    def box_page() -> str:
        box = _box(world, request.args.get("box", seed.ROMASHKA.box))
        with world.lock:
            world.settle()
            documents = [document for message in world.messages.values() for document in message.documents_of(box)]
            rows = [_row(world, document, box) for document in documents[-SHOWN:][::-1]]
            return _render("box.html", box=box, rows=rows, boxes=_boxes(world), invitations=_invitations(world, box))

    @routes.get("/<box_id>/Document/Show")
    def document_page(box_id: str) -> str:
        box = _box(world, box_id)
        with world.lock:
            world.settle()
            message = world.messages.get(request.args.get("letterId", "").lower())
            document = message.documents.get(request.args.get("documentId", "").lower()) if message else None
            if document is None or box not in document.entity.boxes:
                abort(404)
            return _render("document.html", box=box, row=_row(world, document, box))

    @routes.get("/_page/file/<box_id>/<message_id>/<entity_id>")
    def file(box_id: str, message_id: str, entity_id: str) -> Response:
        with world.lock:
            message = world.messages.get(message_id)
            entity = message.entities.get(entity_id) if message else None
            if entity is None or _box(world, box_id) not in entity.boxes:
                abort(404)
            name = entity.file_name or f"{entity.attachment_type or 'signature'}.bin"
            answer = Response(entity.content, content_type="application/octet-stream")
            answer.headers.set("Content-Disposition", "attachment", filename=name.encode("ascii", "replace").decode())
            return answer

    @routes.post("/_page/act")
    def press() -> ResponseReturnValue:
        origin = request.headers.get("Origin", "")
        if origin and urlsplit(origin).netloc != request.host:
            abort(403)  # a page of another site presses our buttons
        parameters = json.loads(request.form["parameters"])
        if request.form.get("reason_name"):
            parameters[request.form["reason_name"]] = request.form.get("reason", "")
        try:
            act(world, request.form["action"], parameters)
        except Refused as refusal:
            return refusal.text, refusal.status
        back = urlsplit(request.form["back"])
        return redirect(f"{back.path}?{back.query}" if back.path.startswith("/") else "/", 303)

    return routes


def _box(world: World, box_id: str) -> str:
    try:
        box = guid(box_id)
    except ValueError:
        abort(404)
    if box not in world.organizations:
        abort(404)
    return box


def _render(template: str, **values: Any) -> str:
    language = "en" if request.args.get("lang") == "en" else "ru"
    others = {name: value for name, value in request.args.items() if name != "lang"}
    switched = f"{request.path}?{urlencode(others | {'lang': 'ru' if language == 'en' else 'en'})}"
    here = f"{request.path}?{urlencode(others | {'lang': language})}"
    return render_template(template, t=texts(language), lang=language, here=here, switched=switched, **values)


def _boxes(world: World) -> list[dict[str, Any]]:
    count = dict.fromkeys(world.organizations, 0)
    for message in world.messages.values():
        for box in message.boxes():
            count[box] += len(message.documents_of(box))
    return [
        {"id": box, "name": world.organizations[box].name, "inn": world.organizations[box].inn, "count": number}
        for box, number in count.items()
        if number or box in seed.OUR_BOXES or box == seed.LYUTIK.box
    ]


def _row(world: World, document: Document, box: str) -> dict[str, Any]:
    message = world.messages[document.message_id]
    other = world.organizations.get(message.to_box if box == message.from_box else message.from_box)
    where = {"message_id": message.id, "entity_ids": [document.id]}
    whole = {"message_id": message.id}
    buttons = [
        {"action": one.action, "reason": one.reason, "parameters": json.dumps(parameters | one.parameters)}
        for one in offers(world, document, box)
        for parameters in [whole if one.action in ("send_draft", "recycle_draft") else where]
    ]
    files = [entity for entity in descendants(message, document) if box in entity.boxes and entity.content]
    return {
        "document": document_json(world, document, box),
        "kind": message.kind,
        "other": other.name if other else "",
        "files": files,
        "buttons": buttons,
    }


def _invitations(world: World, box: str) -> list[dict[str, str]]:
    return [
        {"name": world.organizations[other].name, "parameters": json.dumps({"box": box, "by_box": other})}
        for (ours, other), relation in world.relations.items()
        if ours == box and relation.status == "IsInvitedByMe"
    ]
