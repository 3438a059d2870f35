"""What people write into items comes back into our registry: requisites of a paper, until its package is sent.

Known by comparing with what the field held after we last wrote it, so that our own writing is no news. A value that
cannot be taken stays in the item with the reason beside it; what is not people's to change is written over.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import structlog
from marshmallow import ValidationError

from activities import gathering, papers, values
from activities.context import Context
from activities.crm import Card
from activities.crm_ids import from_short
from activities.document_types import DOCUMENT_TYPES, LABELS, DocumentRequisites
from activities.fields import Day, Line, Money, PortalField, TextBlock
from activities.registries.fields import PEOPLES_OWN, REQUISITES, RUBLES, digest
from activities.registries.opening import shelves
from activities.registries.shelves import Item
from activities.registries.telling import REJECTED, seen_digest
from activities.sources import TakenFile
from activities.values import Amount, Text
from errors import ActivityError, AlreadySent, AppError, AuthLost, InputInvalid, ServiceError, Unavailable
from registry.changes import Changes
from registry.crm_registries import DOCUMENTS, PACKAGES, CrmRegistries
from registry.tables import CrmMirror, Document, Package

log = structlog.get_logger()

LOCK_SECONDS = 3.0
_READERS: Mapping[str, PortalField] = {
    "date": Day(),
    "contract_date": Day(),
    "effective_date": Day(),
    "total": Money(with_currency=True),
    "vat": Money(with_currency=True),
    "grounds": TextBlock(),
}
_LINE = Line()
_FORMAL = Text(
    "реквизиты этого документа записаны в его XML, изменить можно только файл",
    "this document's requisites are in its XML, only the file can change them",
)
_SAME = Text("в пакете уже есть такой документ", "the package holds the same document already")
_TWO_CURRENCIES = Text("суммы и валюта не сходятся", "sums and currency do not fit")


def take_in(context: Context, package_id: int) -> bool:
    """Take what people have changed in the items of a package's papers; whether anything is to be shown again.

    Raises Unavailable (also while another process shows the package) and what the portal's client raises.
    """
    package = context.registry.packages.get(package_id)
    if package is None or DOCUMENTS not in shelves(context):
        return False
    with _alone(context, package_id):
        return take_in_alone(context, package_id)


def before_checking(context: Context, package: Package) -> None:
    """What people changed a moment ago counts, though the portal may not have told us of it yet. As `take_in`."""
    if package.state != "open":
        return
    try:
        take_in(context, package.id)
    except ServiceError as error:
        if error.temporary or isinstance(error, AuthLost):
            raise
        log.warning("items not looked at before checking", package_id=package.id, detail=str(error))


def take_in_alone(context: Context, package_id: int) -> bool:
    """As `take_in`, by whoever shows the package and holds its lock already."""
    changed = _take_package(context, package_id)
    rows = CrmRegistries(context.registry.database, context.portal.id).items_of_package(package_id)
    rows = [row for row in rows if row.their_id and row.gone_at is None]
    items = shelves(context)[DOCUMENTS].read([row.their_id or 0 for row in rows]) if rows else {}
    package = context.registry.packages.get(package_id)
    here = {one.id: one for one in context.registry.packages.documents(package_id)}
    for row in rows:
        item, document = items.get(row.their_id or 0), here.get(row.our_id)
        if item is None:
            _deleted(context, DOCUMENTS, row)
        elif document is not None and package is not None:
            changed |= _take(context, package, document, row, item)
    if changed:
        Changes(context.registry.database).note(package_id, portal_id=context.portal.id)
    return changed


def _take_package(context: Context, package_id: int) -> bool:
    """Nothing in the item of a package is people's to change: all of it is written again."""
    shelf, mirror = shelves(context).get(PACKAGES), context.registry.mirror(PACKAGES)
    row = mirror.get(package_id)
    if shelf is None or row is None or not row.their_id or row.gone_at is not None:
        return False
    item = shelf.read([row.their_id]).get(row.their_id)
    if item is None:
        _deleted(context, PACKAGES, row)
        return False
    changed = _changes(row, item)
    if changed:
        mirror.made(package_id, their_id=item.id, written={name: ["", digest(item.values[name])] for name in changed})
    return bool(changed)


def _deleted(context: Context, kind: str, row: CrmMirror) -> None:
    """A person deleted an item: it is not made again. A registry that is gone altogether is told of elsewhere."""
    if shelves(context)[kind].is_there():
        log.info("item was deleted by a person", kind=kind, our_id=row.our_id)
        context.registry.mirror(kind).gone(row.our_id)


def look_through(context: Context, since: str) -> set[int]:
    """Packages whose items anybody has changed since that moment and that may hold something new."""
    registries = CrmRegistries(context.registry.database, context.portal.id)
    found: set[int] = set()
    for kind, shelf in shelves(context).items():
        for item in shelf.changed_since(since, registries.open_items(kind)):
            for row in registries.items_with(kind, [item.id]):
                if _changes(row, item):
                    package_id = registries.package_of_item(kind, item.id)
                    found |= {package_id} if package_id else set()
    return found


def _changes(row: CrmMirror, item: Item) -> list[str]:
    """Fields that hold something else than after we last wrote them; a title is a person's to change."""
    return [
        name
        for name, text in item.values.items()
        if name not in PEOPLES_OWN and digest(text) != seen_digest(row.written, name)
    ]


def _take(context: Context, package: Package, document: Document, row: CrmMirror, item: Item) -> bool:
    changed = _changes(row, item)
    if not changed:
        return False
    theirs = [name for name in changed if name in REQUISITES and package.state == "open"]
    rejected = _apply(context, document, item, theirs) if theirs else {}
    if rejected is None:  # its sending has begun meanwhile
        theirs, rejected = [], {}
    _remember(context, row, item, changed, theirs, rejected)
    return True


def _remember(
    context: Context, row: CrmMirror, item: Item, changed: list[str], taken: list[str], rejected: Mapping[str, str]
) -> None:
    """What was seen is no news any more. What we did not take counts as not written: it is written again."""
    written: dict[str, Any] = {}
    for name in changed:
        seen = digest(item.values[name])
        sent = row.written.get(name, [digest(""), ""])[0] if name in rejected else seen if name in taken else ""
        written[name] = [sent, seen]
    still = {name: why for name, why in row.written.get(REJECTED, {}).items() if name not in taken}
    written[REJECTED] = {**still, **rejected}
    context.registry.mirror(DOCUMENTS).made(row.our_id, their_id=item.id, written=written)


def _apply(context: Context, document: Document, item: Item, names: list[str]) -> dict[str, str] | None:
    """Change the paper; requisites that could not be taken, each with the reason. None: it is being sent already."""
    language = context.language
    if DOCUMENT_TYPES[document.document_type].is_formal:
        return {name: _told(name, _FORMAL, language) for name in names}
    known = papers.from_json(document.requisites)
    read, rejected = _read(item, names, language)
    if not read:
        return rejected
    try:
        wanted = _with(known, read)
        described = replace(papers.of_document(document), requisites=wanted)
        file = TakenFile(document.file_name, document.blob, document.file_size, document.sha256, document.origin)
        _, row = gathering.describe(context, described, file, Card(context, from_short(document.crm_item)))
        if not context.registry.packages.change_document(document, row):
            raise _Rejected(_SAME)
    except AlreadySent:
        return None
    except ActivityError as error:
        if error.temporary:
            raise
        return rejected | {name: _told(name, error, language) for name in read}
    facts = {"package_id": document.package_id, "item": item.id, "fields": sorted(read)}
    context.registry.audit(actor="crm", action="requisites_changed_in_item", subject=f"document:{document.id}", **facts)
    log.info("requisites taken from an item", document_id=document.id, fields=sorted(read))
    return rejected


def _read(item: Item, names: list[str], language: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Values as the inputs of adding a document are read; what is unreadable, each with the reason."""
    read: dict[str, Any] = {}
    rejected: dict[str, str] = {}
    for name in names:
        field, text = _READERS.get(name, _LINE), item.values[name]
        try:
            read[name] = field.deserialize(text) if text else field.nothing
        except ValidationError as error:
            hint = error.messages[0] if isinstance(error.messages, list) else ""
            rejected[name] = _told(name, hint, language, value=text)
    return read, rejected


def _with(known: DocumentRequisites, read: Mapping[str, Any]) -> DocumentRequisites:
    """Sums carry a currency of their own; one that people have changed has to be the only one."""
    plain: dict[str, Any] = {name: value.value if isinstance(value, Amount) else value for name, value in read.items()}
    ours = known.currency or RUBLES
    said = {value.currency for value in read.values() if isinstance(value, Amount) and value.currency not in ("", ours)}
    said |= {read["currency"].upper()} if read.get("currency") else set()
    if len(said) > 1:
        raise InputInvalid(field=LABELS["currency"], value=", ".join(sorted(said)), hint=_TWO_CURRENCIES)
    if said:
        plain["currency"] = said.pop()
    return replace(known, **plain)


class _Rejected(ActivityError):
    """What people wrote does not fit, in plain words."""

    code = InputInvalid.code
    ru = "{reason}"
    en = "{reason}"

    def __init__(self, reason: Text) -> None:
        super().__init__(reason=reason)


def _told(name: str, reason: Any, language: str, *, value: str = "") -> str:
    """One line for the item: the field, the value, why not."""
    said = reason.text(language) if isinstance(reason, AppError) else reason.of(language) if reason else ""
    shown = f" «{values.shorten(value, 100)}»" if value else ""
    return f"{LABELS[name].of(language)}{shown}: {said}"


@contextmanager
def _alone(context: Context, package_id: int) -> Iterator[None]:
    """Nobody shows the package meanwhile. Raises Unavailable when somebody goes on doing so."""
    changes, until = Changes(context.registry.database), time.monotonic() + LOCK_SECONDS
    while True:
        with changes.exclusively(package_id) as is_mine:
            if is_mine:
                yield
                return
        if time.monotonic() > until:
            raise Unavailable(system="b24-edo", detail=f"package {package_id} is being shown")
        time.sleep(0.1)
