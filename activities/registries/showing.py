"""Items follow our registry: a package's item is told its status after the items of all its papers.

Each item is written at one stroke, a paper's file together with its state: whoever sees a state finds the file there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from activities.context import Context
from activities.crm import card_of
from activities.crm_ids import COMPANY, CONTACT, CrmItem, from_short
from activities.registries import contents
from activities.registries.fields import STATUS, digest
from activities.registries.opening import shelves
from activities.registries.shelves import NOWHERE, Birth, Shelf
from activities.registries.telling import REJECTED, Part, Subject, Wanted, sent_digest, tell
from errors import AppError, InputInvalid
from registry.crm_registries import DOCUMENTS, INCOMING, INCOMING_LOCK, PACKAGE_KEY, PACKAGES, CrmRegistries
from registry.tables import CrmMirror, Document, IncomingDocument, KeptFile, Package

OVER = "_over"  # in what was written: the paper is gone and its item says so

Row = tuple[int, CrmMirror | None, Wanted]


def show(context: Context, package_id: int) -> None:
    """Tell the items of a package and of its papers what is new. Nothing is asked of the portal when nothing is.

    Raises temporary errors (the rest follows when it is called again) and, after everything else was told, what the
    portal first refused for good.
    """
    package = context.registry.packages.get(package_id)
    open_shelves = shelves(context) if package is not None else {}
    if package is not None and open_shelves:
        _Showing(context, package, open_shelves).show()


def show_incoming(context: Context, incoming_id: int) -> None:
    """Tell the item of a document that a counteragent sent us; it is made if it is not there. Raises as `show`."""
    registries = CrmRegistries(context.registry.database, context.portal.id)
    with context.registry.database.session() as session:
        document = session.get(IncomingDocument, incoming_id)
    shelf = shelves(context).get(DOCUMENTS)
    if document is None or document.portal_id != context.portal.id or shelf is None:
        return
    with registries.exclusively(INCOMING_LOCK, incoming_id):
        row = context.registry.mirror(INCOMING).get(incoming_id)
        wanted = Wanted(contents.of_incoming(context, document), {"file": contents.original(document)})
        birth = (
            birth_of(context, f"CO_{document.company_id}") if document.company_id and not _is_there(row) else NOWHERE
        )
        refusal = tell(context, Part(shelf, INCOMING, [Subject(incoming_id, row, wanted, birth)]))
    if refusal is not None:
        raise refusal


class _Showing:
    def __init__(self, context: Context, package: Package, found: Mapping[str, Shelf]) -> None:
        self.context, self.package, self.shelves = context, package, found
        self.registries = CrmRegistries(context.registry.database, context.portal.id)
        self.documents = context.registry.packages.documents(package.id)

    def show(self) -> None:
        first = self._begin_package()
        parts = [*self._documents_part(), *self._package_part()]
        refusal = tell(self.context, *parts)
        if first or refusal:
            raise first or refusal  # type: ignore[misc]

    def _begin_package(self) -> AppError | None:
        """A new package's item is there before those of its papers, which are bound to it; its status comes last."""
        if PACKAGES not in self.shelves or _is_there(self._package_row()):
            return None
        values = {name: text for name, text in self._package_values().items() if name not in STATUS}
        return tell(self.context, self._part(PACKAGES, [(self.package.id, self._package_row(), Wanted(values))]))

    def _package_part(self) -> Iterable[Part]:
        if PACKAGES in self.shelves:
            yield self._part(PACKAGES, [(self.package.id, self._package_row(), Wanted(self._package_values()))])

    def _documents_part(self) -> Iterable[Part]:
        if DOCUMENTS in self.shelves:
            known = {row.our_id: row for row in self.registries.items_of_package(self.package.id)}
            kept = self.context.registry.packages.kept_files_of([one.id for one in self.documents])
            wanted: list[Row] = [
                (one.id, known.get(one.id), self._document(one, known.get(one.id), kept)) for one in self.documents
            ]
            yield self._part(DOCUMENTS, [*wanted, *self._removed(known)])

    def _document(self, document: Document, row: CrmMirror | None, kept: Sequence[KeptFile]) -> Wanted:
        values = contents.of_document(self.context, self.package, document)
        rejected = self._still_rejected(values, row)
        values["problem"] = "\n".join(filter(None, [values["problem"], *rejected.values()]))
        signed = contents.signed(one for one in kept if one.document_id == document.id)
        return Wanted(
            values=values,
            files={"file": contents.original(document), "signed_files": signed},
            keys={PACKAGE_KEY: self.package.id, REJECTED: rejected},
        )

    def _still_rejected(self, values: Mapping[str, str], row: CrmMirror | None) -> dict[str, str]:
        """What people wrote and we could not take, until the package is frozen or the requisite changes here."""
        if row is None or self.package.state != "open":
            return {}
        rejected: dict[str, str] = row.written.get(REJECTED, {})
        same = {name for name in rejected if sent_digest(row.written, name) == digest(values[name])}
        return {name: reason for name, reason in rejected.items() if name in same}

    def _removed(self, known: Mapping[int, CrmMirror]) -> Iterable[Row]:
        """Papers that were taken out of the package and are nowhere else."""
        here = {one.id for one in self.documents}
        values = contents.of_removed(self.context.language)
        for our_id, row in known.items():
            is_left = our_id not in here and row.their_id is not None and not row.written.get(OVER)
            if is_left and self.context.registry.packages.document(our_id) is None:
                yield our_id, row, Wanted(values, keys={OVER: True})

    def _part(self, kind: str, wanted: Sequence[Row]) -> Part:
        has_new = any(not _is_there(row) for _, row, _ in wanted)
        birth = self._birth(kind) if has_new else NOWHERE
        subjects = [Subject(our_id, row, one, birth) for our_id, row, one in wanted]
        return Part(self.shelves[kind], kind, subjects)

    def _birth(self, kind: str) -> Birth:
        birth = birth_of(self.context, self.package.crm_item)
        row = self._package_row() if kind == DOCUMENTS else None
        packages = self.registries.all().get(PACKAGES)
        if row is None or not row.their_id or row.gone_at or packages is None or not packages.entity_type_id:
            return birth
        return replace(birth, parents=(*birth.parents, CrmItem(packages.entity_type_id, row.their_id)))

    def _package_row(self) -> CrmMirror | None:
        return self.context.registry.mirror(PACKAGES).get(self.package.id)

    def _package_values(self) -> dict[str, str]:
        return contents.of_package(self.context, self.package, self.documents)


def birth_of(context: Context, crm_item: str) -> Birth:
    """What a new item is bound to: the item of the CRM, its company or contact, its responsible."""
    item = from_short(crm_item)
    try:
        data = card_of(context, crm_item).data
    except InputInvalid:  # a person deleted it
        return Birth()
    return Birth(
        company_id=item.item_id if item.entity_type_id == COMPANY else data.company_id,
        contact_id=item.item_id if item.entity_type_id == CONTACT else data.contact_id,
        assigned_by_id=data.assigned_by_id,
        parents=() if item.entity_type_id in (COMPANY, CONTACT) else (item,),
    )


def _is_there(row: CrmMirror | None) -> bool:
    return row is not None and (row.their_id is not None or row.gone_at is not None)
