"""What the items of our papers and packages say, from what our own registry knows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from activities import file_names, incoming, papers, states
from activities.context import Context
from activities.document_types import DOCUMENT_TYPES, DocumentRequisites
from activities.registries import fields
from activities.registries.shelves import StoredFile
from activities.states import DocflowState, Outcome
from activities.status import link_to, standing
from activities.values import Text
from registry.tables import Document, IncomingDocument, KeptFile, Package

NEW, CHECKED, SENT, RETURNED, DELETED = "new", "checked", "sent", "returned", "deleted"
STATUSES = {
    NEW: Text("Новый", "New"),
    CHECKED: Text("Проверен", "Checked"),
    SENT: Text("Отправлен", "Sent"),
    RETURNED: Text("Возвращён с ошибкой", "Returned with an error"),
    DELETED: Text("Удалён", "Deleted"),
}
SENDING = {
    "open": Text("Не отправлен", "Not sent"),
    "sending": Text("Отправляется", "Being sent"),
    "sent": Text("Отправлен", "Sent"),
    "deleted": Text("Удалён", "Deleted"),
}
REMOVED = Text("Убран из пакета", "Removed from the package")
OUTGOING, INBOUND = Text("Исходящий", "Outgoing"), Text("Входящий", "Incoming")
NAMES_SHOWN = 10
_RETURNED = (Outcome.REFUSED, Outcome.FAILED)


def of_document(context: Context, package: Package, document: Document) -> dict[str, str]:
    """The values of a paper's item."""
    language, known = context.language, papers.from_json(document.requisites)
    state = DocflowState(document.docflow_state)
    shown: dict[str, Any] = {
        "title": file_names.title_of(document, language),
        "type": DOCUMENT_TYPES[document.document_type].name.of(language),
        "type_code": document.document_type,
        **requisites(known),
        "is_final_version": package.state in ("sending", "sent"),
        "direction": OUTGOING.of(language),
        "sent_at": document.sent_at or (package.posted_at if package.state == "sent" else None),
        "updated_at": document.changed_at,
        "sending_status": SENDING[package.state].of(language),
        "docflow_state": state.text.of(language),
        "state_code": state.value,
        "problem": document.refusal_reason,
        "message_id": document.message_id,
        "entity_id": document.entity_id,
        "package_id": package.id,
        "document_id": document.id,
        "link": link_to(context, package, document),
        "crm_item": document.crm_item,
    }
    return {name: fields.written(value) for name, value in shown.items()}


def of_removed(language: str) -> dict[str, str]:
    """What the item of a paper says that was taken out of its package."""
    return {
        "sending_status": REMOVED.of(language),
        "docflow_state": "",
        "state_code": "",
        "package_id": "",
        "document_id": "",
        "problem": "",
    }


def of_package(context: Context, package: Package, documents: Sequence[Document]) -> dict[str, str]:
    """The values of a package's item."""
    language, state = context.language, _state(package, documents)
    code = status_of(package, state, documents)
    name = package.counteragent.get("name", "")
    number = Text(f"Пакет {package.id}", f"Package {package.id}").of(language)
    titles = [file_names.title_of(one, language) for one in documents[:NAMES_SHOWN]]
    rest = len(documents) - len(titles)
    more = [Text(f"и ещё {rest}", f"and {rest} more").of(language)] if rest else []
    shown: dict[str, Any] = {
        "title": f"{number}: {name}" if name else number,
        "package_id": package.id,
        "recipient": name,
        "inn": package.counteragent.get("inn", ""),
        "kpp": package.counteragent.get("kpp", ""),
        "documents": "; ".join([*titles, *more]),
        "documents_count": len(documents),
        "sent_at": package.posted_at,
        "comment": package.message,
        "error": package.last_error or _reasons(documents),
        "link": link_to(context, package, next(iter(documents), None)),
        "crm_item": package.crm_item,
        "docflow_state": state.text.of(language),
        "state_code": state.value,
        "status": STATUSES[code].of(language),
        "status_code": code,
    }
    return {name: fields.written(value) for name, value in shown.items()}


def status_of(package: Package, state: DocflowState, documents: Sequence[Document]) -> str:
    """new, checked, sent, returned (with an error, refused or failed) or deleted."""
    if package.state == "deleted":
        return DELETED
    if package.state == "open":
        return RETURNED if package.last_error else CHECKED if package.checked_at else NEW
    needs_reply = states.package_needs_reply(map(standing, documents))
    return RETURNED if states.outcome(state, needs_reply) in _RETURNED else SENT


def of_incoming(context: Context, document: IncomingDocument) -> dict[str, str]:
    """The values of the item of a document that a counteragent sent to us."""
    language, known = context.language, DOCUMENT_TYPES.get(document.document_type)
    title = incoming.title(document, language)
    shown: dict[str, Any] = {
        "title": ", ".join(filter(None, [title, document.counteragent.get("name", "")])),
        "type": known.name.of(language) if known else document.document_type,
        "type_code": document.document_type,
        **requisites(papers.from_json(document.requisites)),
        "number": document.number,
        "date": fields.read("date", document.date),
        "is_final_version": True,
        "direction": INBOUND.of(language),
        "sent_at": document.sent_at or document.received_at,
        "updated_at": document.changed_at,
        "docflow_state": incoming.state_text(document, language),
        "state_code": document.docflow_state,
        "problem": incoming.remarks(document, language),
        "message_id": document.message_id,
        "entity_id": document.entity_id,
        "link": incoming.link_to(context, document),
        "company_id": document.company_id or "",
    }
    return {name: fields.written(value) for name, value in shown.items()}


def requisites(known: DocumentRequisites) -> dict[str, str]:
    """Requisites as fields of an item."""
    plain = {name: fields.written(getattr(known, name)) for name in fields.REQUISITES}
    sums = {name: fields.money(getattr(known, name), known.currency) for name in ("total", "vat")}
    return {**plain, **sums}


def original(document: Document | IncomingDocument) -> list[StoredFile]:
    """A paper's own file."""
    if not document.blob:
        return []
    name = file_names.safe(document.file_name) or str(document.id)
    return [StoredFile(name=name, sha256=document.sha256, blob=document.blob, size=document.file_size)]


def signed(kept: Iterable[KeptFile]) -> list[StoredFile]:
    """The kept files of one paper, of each kind and name the youngest."""
    youngest: Mapping[tuple[str, str], KeptFile] = {(one.kind, one.file_name): one for one in kept}
    return [
        StoredFile(name=one.file_name, sha256=one.sha256, blob=one.blob, size=one.file_size)
        for one in sorted(youngest.values(), key=lambda one: one.id)
    ]


def _state(package: Package, documents: Sequence[Document]) -> DocflowState:
    if package.state != "sent" or not documents:
        return DocflowState(package.docflow_state)
    return states.package_state([standing(one) for one in documents])


def _reasons(documents: Sequence[Document]) -> str:
    return "\n".join(f"{one.file_name}: {one.refusal_reason}" for one in documents if one.refusal_reason)
