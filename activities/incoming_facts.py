"""What a job finds out of a document that came to us: who sent it, its file, and whose company of the CRM that is.

Each is found out once and may be entered again at any line. What could not be found out becomes a remark, which people
read in the document's item.
"""

import tempfile
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, cast

import structlog

from activities import formal_xml, papers, requisites
from activities.context import Context
from activities.crm_ids import COMPANY
from activities.document_types import DOCUMENT_TYPES
from activities.formal_xml import FormalDocument
from activities.incoming import line
from activities.values import iso_currency
from errors import AuthLost, InputInvalid, NotFoundThere, ServiceError, SubscriptionEnded, Unavailable
from registry.blobs import Blob
from registry.tables import Box, IncomingDocument

log = structlog.get_logger()

FILE_LIMIT = 70_000_000  # Diadoc's own; and what a portal takes in one request
LAG = timedelta(minutes=10)  # so long may Diadoc not have the file of a fresh document
ATTEMPTS = 8  # to fetch a file that Diadoc does not give now; after that people see the document without it
PERSON_INN = 12  # digits
_ABOUT_FILE = ("file_too_large", "file_missing")
_ABOUT_SENDER = ("sender_unknown",)
_ABOUT_COMPANY = ("company_unknown", "company_ambiguous")


def learn_sender(context: Context, incoming_id: int) -> None:
    """INN, KPP and name of who sent it, also when another operator serves him. Raises errors of Diadoc."""
    document, box = _document(context, incoming_id)
    sender = document.counteragent
    if box is None or sender.get("inn") or not sender.get("box_id"):
        return
    try:
        found = context.diadoc(box).get_organization(box_id=sender["box_id"])
    except NotFoundThere:
        _learn(context, document, {}, "sender_unknown", about=_ABOUT_SENDER)
        return
    known = {"inn": requisites.normal_inn(found.inn), "kpp": requisites.normal_kpp(found.kpp)}
    name = sender.get("name") or line(found.name)
    _learn(context, document, {"counteragent": {**sender, **known, "name": name}}, about=_ABOUT_SENDER)


def learn_file(context: Context, incoming_id: int) -> None:
    """Its bytes, streamed to the blob store, and what a formal XML says of itself. Raises temporary errors of Diadoc,
    and those that end the access to the box."""
    document, box = _document(context, incoming_id)
    if box is None or document.blob or set(document.remarks) & set(_ABOUT_FILE):
        return
    if document.file_size > FILE_LIMIT:
        _learn(context, document, {}, "file_too_large", about=_ABOUT_FILE)
        return
    try:
        blob = _fetched(context, box, document)
    except ServiceError as error:
        _learn(context, document, {}, _trouble(document, error), about=_ABOUT_FILE)
        return
    if not blob.size:
        _learn(context, document, {}, "file_missing", about=_ABOUT_FILE)
        return
    stored = {"blob": blob.key, "sha256": blob.sha256, "file_size": blob.size}
    _learn(context, document, stored | _said_by_file(context, document, blob), about=_ABOUT_FILE)


def learn_company(context: Context, incoming_id: int) -> None:
    """The company whose requisites have the sender's INN and KPP; none when several have. Raises errors of the portal.

    Looked for again whenever the document changes, until it is found: somebody may have entered it meanwhile. Not when
    all documents are only shown again in a new registry.
    """
    document, _ = _document(context, incoming_id)
    inn, kpp = document.counteragent.get("inn", ""), document.counteragent.get("kpp", "")
    was_sought = document.shown_at is not None and bool(set(document.remarks) & set(_ABOUT_COMPANY))
    if document.company_id or not inn or was_sought:
        return
    found = context.bitrix24.crm_requisite_list({"=RQ_INN": inn, "ENTITY_TYPE_ID": COMPANY})
    is_person = len(inn) == PERSON_INN  # an entrepreneur has no KPP
    fitting = [one for one in found if is_person or requisites.normal_kpp(one.kpp) == kpp]
    companies = sorted({one.owner_id for one in fitting if requisites.normal_inn(one.inn) == inn})
    remark = "" if len(companies) == 1 else "company_ambiguous" if companies else "company_unknown"
    company = {"company_id": companies[0]} if len(companies) == 1 else {}
    _learn(context, document, company, remark, about=_ABOUT_COMPANY)


def _document(context: Context, incoming_id: int) -> tuple[IncomingDocument, Box | None]:
    document = context.registry.incoming.get(incoming_id)
    if document is None:
        raise LookupError(f"incoming document {incoming_id}")
    return document, context.registry.boxes.get(document.box_pk)


def _learn(
    context: Context, document: IncomingDocument, values: dict[str, Any], remark: str = "", *, about: Collection[str]
) -> None:
    """Keep values, and of the remarks about one thing only this one."""
    others = [code for code in document.remarks if code not in about]
    now = [*others, *([remark] if remark else [])]
    if values or now != document.remarks:
        context.registry.incoming.learn(document.id, **values, remarks=now)


def _fetched(context: Context, box: Box, document: IncomingDocument) -> Blob:
    address = {"box_id": box.box_id, "message_id": document.message_id, "entity_id": document.entity_id}
    with tempfile.TemporaryFile() as file:
        context.diadoc(box).get_entity_content(to=cast(BinaryIO, file), limit_bytes=FILE_LIMIT, **address)
        file.seek(0)
        return context.blobs.put(context.portal.id, cast(BinaryIO, file))


def _trouble(document: IncomingDocument, error: ServiceError) -> str:
    """What is said of a file that could not be fetched; raises what may pass, for as long as it is worth waiting."""
    if isinstance(error, AuthLost | SubscriptionEnded):
        raise error
    may_pass = error.temporary and document.attempts < ATTEMPTS
    is_fresh = isinstance(error, NotFoundThere) and datetime.now(UTC) - document.received_at < LAG
    if may_pass:
        raise error
    if is_fresh:
        raise Unavailable(**error.facts) from error
    log.warning("incoming file not fetched", incoming_id=document.id, error_code=error.code, detail=str(error))
    return "file_too_large" if type(error) is ServiceError else "file_missing"


def _said_by_file(context: Context, document: IncomingDocument, blob: Blob) -> dict[str, Any]:
    """Number, date and sums out of a formal XML, where Diadoc itself did not tell them."""
    known = DOCUMENT_TYPES.get(document.document_type)
    is_xml = document.file_name.lower().endswith(".xml")
    if not (is_xml or (known and known.is_formal)) or blob.size > formal_xml.SIZE_LIMIT:
        return {}
    try:
        with context.blobs.open(blob.key) as content:
            said = formal_xml.read_formal(content.read(), document.file_name)
    except InputInvalid:  # of another layout, or no such document at all: people see the file itself
        return {}
    return _filled(document, said)


def _filled(document: IncomingDocument, said: FormalDocument) -> dict[str, Any]:
    told = papers.from_json(document.requisites)
    whole = replace(
        told,
        number=told.number or line(said.number),
        date=told.date or said.date,
        total=told.total if told.total is not None else said.total,
        vat=told.vat if told.vat is not None else said.vat,
        currency=told.currency or iso_currency(said.currency),
    )
    date = f"{whole.date:%d.%m.%Y}" if whole.date else ""
    return {"number": whole.number, "date": date, "requisites": papers.to_json(whole)}
