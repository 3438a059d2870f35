"""The documents of a CRM item that a package can be made of: registry items, generated documents, files of fields.

Each is known by its origin, which is kept with every paper that was taken from it: so what has been sent is seen.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from activities import crm
from activities.context import Context
from activities.crm import Card
from activities.crm_ids import CrmItem
from activities.deal import forms
from activities.papers import title
from activities.states import DocflowState, Outcome, outcome
from activities.values import Text
from clients.bitrix24.models import GeneratedDocument
from errors import AppError, ServiceError
from registry.tables import Document, Package

NAME = ""  # of the package that a page makes: the one that a process makes without naming it
PACKAGES_LIMIT = 100  # of one item, the newest
_OVER = (Outcome.REFUSED, Outcome.REVOKED, Outcome.DELETED, Outcome.FAILED)
_REGISTRY = Text("Реестр документов", "Document registry")
_GENERATOR = Text("Генератор документов", "Document generator")
_OTHER = Text("Добавлен процессом", "Added by a process")


@dataclass(frozen=True, kw_only=True)
class RegistryPaper:
    """An item of the document registry in the CRM. document_id: of ours that it shows, 0 = made by a person; values:
    what a form shows; path: where the portal opens it."""

    item_id: int
    title: str
    values: Mapping[str, str]
    document_id: int = 0
    has_file: bool = True
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class DealDocument:
    """One document to choose. key: its origin, or document:<our number>; where: the inputs that name its source;
    values: the requisites as a form shows them; document, package: where it is now, None = in no package."""

    key: str
    title: str
    origin: Text
    where: Mapping[str, str]
    values: Mapping[str, str]
    document: Document | None = None
    package: Package | None = None
    has_file: bool = True
    path: str = ""

    @property
    def standing(self) -> str:
        """free, gathered (in the package that the page makes), elsewhere (in one that a process makes), sending, or
        sent; what was refused or revoked is free again."""
        if self.document is None or self.package is None:
            return "free"
        if self.package.state == "open":
            return "gathered" if self.package.name == NAME else "elsewhere"
        if self.package.state == "sending":
            return "sending"
        state = DocflowState(self.document.docflow_state)
        is_over = self.package.state == "deleted" or outcome(state, self.document.needs_reply) in _OVER
        return "free" if is_over else "sent"

    @property
    def state(self) -> DocflowState | None:
        """Where it stands in Diadoc, None before anything was sent."""
        is_sent = self.document is not None and self.package is not None and self.package.posted_at is not None
        return DocflowState(self.document.docflow_state) if is_sent and self.document else None

    @property
    def may_be_chosen(self) -> bool:
        return self.standing in ("free", "gathered") and (self.has_file or self.document is not None)


@dataclass(frozen=True)
class DealDocuments:
    """documents: those in the open package first; unread: what could not be asked, and why."""

    documents: list[DealDocument]
    unread: list[tuple[Text, AppError]] = field(default_factory=list)

    def by_key(self, key: str) -> DealDocument | None:
        return next((one for one in self.documents if one.key == key), None)


Listed = Callable[[Context, CrmItem], Sequence[RegistryPaper]]


def no_registry(context: Context, item: CrmItem) -> Sequence[RegistryPaper]:
    """Of a portal without a registry in its CRM."""
    return ()


def documents_of(context: Context, item: CrmItem, registry_papers: Listed = no_registry) -> DealDocuments:
    """All documents of an item that can be put into a package, and where each is now.

    What one place refuses to tell does not hide what the others tell. Raises PortalAuthLost and temporary errors of
    the portal when the item itself cannot be read.
    """
    listing = _Listing(context, item)
    found = [
        *listing.attempt(_REGISTRY, lambda: listing.of_registry(registry_papers(context, item))),
        *listing.attempt(_GENERATOR, listing.of_generator),
        *listing.of_fields(),
    ]
    found = [listing.taken_as_before(one) for one in found]
    found += listing.of_nowhere(found)
    order = {"gathered": 0, "free": 1, "elsewhere": 2, "sending": 2, "sent": 3}
    return DealDocuments(sorted(found, key=lambda one: order[one.standing]), listing.unread)


class _Listing:
    def __init__(self, context: Context, item: CrmItem) -> None:
        self.context, self.item, self.card = context, item, crm.card_of(context, item.short)
        self.unread: list[tuple[Text, AppError]] = []
        packages = context.registry.packages
        known = {one.id: one for one in packages.of_item(item.short, limit=PACKAGES_LIMIT)}
        papers = packages.documents_of(list(known))
        newest_first = [(paper, known[number]) for number in known for paper in papers[number]]
        self.by_id = {paper.id: (paper, package) for paper, package in newest_first}
        self.by_origin = {paper.origin: (paper, package) for paper, package in reversed(newest_first) if paper.origin}
        self.shown_by_registry: dict[str, Mapping[str, str]] = {}  # origin of a paper that an item shows → its inputs

    def attempt(self, origin: Text, listed: Callable[[], Iterator[DealDocument]]) -> list[DealDocument]:
        try:
            return list(listed())
        except ServiceError as error:
            self.unread.append((origin, error))
            return []

    def of_registry(self, papers: Sequence[RegistryPaper]) -> Iterator[DealDocument]:
        for paper in papers:
            key = f"registry:{paper.item_id}"
            document, package = self.by_origin.get(key) or self.by_id.get(paper.document_id) or (None, None)
            if document is not None:
                self.shown_by_registry[document.origin] = {}
            yield DealDocument(
                key=key,
                title=paper.title,
                origin=_REGISTRY,
                where={"source": "registry", "registry_item_id": str(paper.item_id)},
                values={**(forms.values_of(document) if document else {}), **paper.values},
                document=document,
                package=package,
                has_file=paper.has_file,
                path=paper.path,
            )

    def of_generator(self) -> Iterator[DealDocument]:
        listed = self.context.bitrix24.crm_documentgenerator_document_list(
            entity_type_id=self.item.entity_type_id, entity_id=self.item.item_id
        )
        for made in listed:
            key, where = f"generated:{made.id}", {"source": "generated", "generated_document_id": str(made.id)}
            if not self._is_shown(key, where):
                yield self._row(key, made.title or made.number, _GENERATOR, where, self._prefilled(made))

    def of_fields(self) -> Iterator[DealDocument]:
        fields = self.context.bitrix24.crm_item_fields(entity_type_id=self.item.entity_type_id)
        for name, described in fields.items():
            if described.type != "file" or name not in self.card.data.fields:
                continue
            files = self.card.data.files(name)
            for number, file in enumerate(files, start=1):
                key = f"field:{name}:{file.id}"
                label = described.title if len(files) == 1 else f"{described.title} № {number}"
                where = {"source": "field", "file_field": name, "file_number": str(number)}
                if not self._is_shown(key, where):
                    origin = Text(f"Поле «{described.title}»", f'Field "{described.title}"')
                    yield self._row(key, label, origin, where, self._of_item(forms.guess_type(label)))

    def _is_shown(self, key: str, where: Mapping[str, str]) -> bool:
        if key in self.shown_by_registry:
            self.shown_by_registry[key] = where
        return key in self.shown_by_registry

    def taken_as_before(self, row: DealDocument) -> DealDocument:
        """A paper that an item of the registry shows is taken again from where it was first taken."""
        before = self.shown_by_registry.get(row.document.origin) if row.document else None
        return replace(row, where=before) if before else row

    def of_nowhere(self, found: Sequence[DealDocument]) -> Iterator[DealDocument]:
        """Papers in the open package that came from elsewhere: a workflow may have put them there."""
        shown = {one.document.id for one in found if one.document is not None}
        for document, package in self.by_id.values():
            if package.state == "open" and package.name == NAME and document.id not in shown:
                yield DealDocument(
                    key=f"document:{document.id}",
                    title=name_of(document).of(self.context.language),
                    origin=_OTHER,
                    where={},
                    values=forms.values_of(document),
                    document=document,
                    package=package,
                )

    def _row(self, key: str, label: str, origin: Text, where: dict[str, str], values: dict[str, str]) -> DealDocument:
        document, package = self.by_origin.get(key, (None, None))
        named = name_of(document).of(self.context.language) if document else label
        filled = forms.values_of(document) if document else values
        return DealDocument(
            key=key, title=named, origin=origin, where=where, values=filled, document=document, package=package
        )

    def _prefilled(self, made: GeneratedDocument) -> dict[str, str]:
        values = self._of_item(forms.guess_type(made.title)) | ({"number": made.number} if made.number else {})
        if made.created_at:
            zone = ZoneInfo(self.context.registry.settings().time_zone)
            values["date"] = made.created_at.astimezone(zone).date().isoformat()
        return values

    def _of_item(self, document_type: str) -> dict[str, str]:
        """What the item knows of its papers: the sum, the tax in it, the currency."""
        data = self.card.data
        values = {"document_type": document_type, "currency": data.currency}
        if data.opportunity:
            values["total"] = f"{data.opportunity:.2f}"
        if tax := _tax(self.card):
            values["vat"] = tax
        return {name: value for name, value in values.items() if value}


def name_of(document: Document) -> Text:
    """A paper's name for people."""
    day = forms.values_of(document).get("date", "")
    return title(document.document_type, document.number, _day(day), document.file_name)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _tax(card: Card) -> str:
    """The tax that the item's products hold, "" when it says none: then a person knows better."""
    try:
        tax = Decimal(str(card.data.fields.get("taxValue") or 0))
    except ArithmeticError:
        return ""
    return f"{tax:.2f}" if tax > 0 else ""
