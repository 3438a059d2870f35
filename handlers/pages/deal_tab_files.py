"""Files that a page opens: by an address of our own that is good once and for two minutes.

A browser's new tab cannot show the page's token, so the page asks for the address with its token first.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from activities import sources
from activities.context import Context
from activities.crm import Card
from activities.deal.documents import documents_of
from activities.deal.registry_papers import registry_papers
from activities.sources import Source
from config import Config
from handlers.failures import NO_STORE, for_people
from handlers.languages import choose_language
from handlers.pages.asking import new_nonce
from handlers.pages.visiting import Visitor, reading, visitor_of
from handlers.refusals import NotThere, PageOver
from handlers.services import Services
from registry.blobs import CHUNK_BYTES
from registry.page_openings import take_opening

LIFE_SECONDS = 120
PDF = b"%PDF"


def mount(door: Blueprint, services: Services, at: str) -> None:
    """POST gives an address (JSON), GET of it the file."""

    @door.post(at)
    def address() -> Response:
        visitor = visitor_of(services)
        found = _found(services, visitor, request.form.get("kind", ""), request.form.get("id", ""))
        signed = _serializer(services.config).dumps({**found, "once": new_nonce(), "portal": visitor.portal.id})
        return jsonify({"address": f"{at}/{signed}"})

    @door.get(f"{at}/<signed>")
    def file(signed: str) -> Response:
        for_people()
        choose_language("")
        return _sent(services, _read(services, signed))


def _found(services: Services, visitor: Visitor, kind: str, number: str) -> dict[str, str]:
    """Where the bytes are and what they are called. kind: kept (a file out of Diadoc), paper (ours), source (a document
    of the item, by its key). Raises NotThere for what is not this item's, and what taking a source raises."""
    item = visitor.item
    if item is None:
        raise NotThere
    context = reading(services, visitor)
    packages = context.registry.packages
    if kind == "source":
        row = documents_of(context, item, registry_papers).by_key(number)
        if row is None or not row.where:
            raise NotThere
        taken = sources.take(context, _source(context, row.where), Card(context, item))
        return {"blob": taken.blob, "name": taken.file_name}
    kept = packages.kept_file(int(number)) if kind == "kept" and number.isdecimal() else None
    paper_id = kept.document_id if kept else int(number) if kind == "paper" and number.isdecimal() else 0
    paper = packages.document(paper_id)
    if paper is None or paper.crm_item != item.short:
        raise NotThere
    return {"blob": kept.blob, "name": kept.file_name} if kept else {"blob": paper.blob, "name": paper.file_name}


def _source(context: Context, where: Mapping[str, str]) -> Source:
    """Of a generated document its PDF if there is one by now: nobody waits for it here."""
    number, generated = where.get("file_number"), where.get("generated_document_id", "")
    has_pdf = generated and context.bitrix24.crm_documentgenerator_document_get(int(generated)).pdf_url_machine
    return Source(
        source=where["source"],
        file_field=where.get("file_field", ""),
        file_number=int(number) if number else None,
        generated_document_id=generated,
        generated_format="pdf" if has_pdf else "docx",
    )


def _read(services: Services, signed: str) -> dict[str, Any]:
    """Raises PageOver for an address that is too old, was used, or is none of ours."""
    try:
        found: dict[str, Any] = _serializer(services.config).loads(signed, max_age=LIFE_SECONDS)
    except BadSignature:
        raise PageOver from None
    if not take_opening(services.database, found["portal"], f"file:{found['once']}"):
        raise PageOver
    return found


def _sent(services: Services, found: dict[str, Any]) -> Response:
    opened = services.blobs.open(found["blob"])
    try:
        source = opened.__enter__()
    except FileNotFoundError:
        raise NotThere from None
    beginning = source.read(CHUNK_BYTES)
    is_pdf = beginning.startswith(PDF)

    def chunks() -> Iterator[bytes]:
        chunk = beginning
        while chunk:
            yield chunk
            chunk = source.read(CHUNK_BYTES)

    answer = Response(chunks(), mimetype="application/pdf" if is_pdf else "application/octet-stream")
    answer.call_on_close(lambda: opened.__exit__(None, None, None))
    answer.headers["Content-Disposition"] = _disposition(found["name"], is_inline=is_pdf)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers.update(NO_STORE)
    return answer


def _disposition(name: str, *, is_inline: bool) -> str:
    kind = "inline" if is_inline else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(name, safe='')}"


def _serializer(config: Config) -> URLSafeTimedSerializer:
    """Every key of SECRET_KEYS verifies, the newest signs."""
    return URLSafeTimedSerializer(list(reversed(config.secret_keys)), salt="file")
