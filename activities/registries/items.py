"""Items of the document registry as others look at them: those of a deal, and the one that a file is taken from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities import crm_ids, values
from activities.context import Context
from activities.crm_ids import CrmItem
from activities.document_types import OPTIONS
from activities.registries.contents import INBOUND
from activities.registries.fields import REQUISITES, digest
from activities.registries.opening import shelf, shelves
from activities.registries.shelves import Item, Shelf
from activities.values import Text
from clients.bitrix24.models import FileRef
from errors import FileNotFound, InputInvalid
from registry.crm_registries import DOCUMENTS, INCOMING, PACKAGES, CrmRegistries

ITEM = Text("Элемент реестра", "Registry item")


@dataclass(frozen=True, kw_only=True)
class RegistryItem:
    """One item of the document registry.

    document_type: a code, "" when people wrote what we do not know; requisites: texts as the inputs of
    diadoc_add_document take them, empty ones left out; document_id, package_id, incoming_id: ours, 0 = none of ours;
    state_code: of the docflow; valid_till: an ISO date or ""; link: the portal's path.
    """

    id: int
    title: str
    link: str
    document_type: str
    requisites: Mapping[str, str]
    files: tuple[FileRef, ...] = field(default=(), repr=False)
    signed_files: tuple[FileRef, ...] = field(default=(), repr=False)
    company_id: int = 0
    document_id: int = 0
    package_id: int = 0
    incoming_id: int = 0
    is_incoming: bool = False
    state_code: str = ""
    state_text: str = ""
    problem: str = ""
    valid_till: str = ""


def items_of(context: Context, crm_item: CrmItem) -> list[RegistryItem]:
    """The items that are bound to an item of the CRM, in the order they were made; [] where nothing is prepared."""
    found = shelves(context).get(DOCUMENTS)
    return _described(context, found, found.bound_to(crm_item)) if found is not None else []


def find_item(context: Context, registry_item_id: str) -> RegistryItem:
    """The item of a number or of a code such as T80_6. Raises NotConfigured, InputInvalid, FileNotFound."""
    found = shelf(context, DOCUMENTS)
    item_id = _number(context, values.read_line(registry_item_id))
    item = found.read([item_id]).get(item_id)
    if item is None:
        missing = Text(f"элемент {item_id} реестра документов", f"item {item_id} of the document registry")
        raise FileNotFound(source=missing)
    return _described(context, found, [item])[0]


def item_link(context: Context, kind: str, our_id: int) -> str:
    """The portal's path of the item of a document, package or incoming document ("documents", "packages", "incoming");
    "" when there is none."""
    row = context.registry.mirror(kind).get(our_id)
    found = shelves(context).get(PACKAGES if kind == PACKAGES else DOCUMENTS)
    return found.link(row.their_id) if found and row and row.their_id and row.gone_at is None else ""


def as_written(item: RegistryItem, sha256: str) -> dict[str, list[str]]:
    """What counts as written of an item that people made and that becomes a paper's: its file and requisites."""
    written = {name: [digest(text), digest(text)] for name, text in item.requisites.items()}
    if item.files:
        written["file"] = [digest(sha256), str(item.files[0].id)]
    return written


def _number(context: Context, text: str) -> int:
    """Of an item of our registry; a code of any other kind of items is refused."""
    row = CrmRegistries(context.registry.database, context.portal.id).all()[DOCUMENTS]
    try:
        item = crm_ids.from_short(text) if "_" in text else None
        if item is not None and item.entity_type_id != row.entity_type_id:
            raise ValueError("an item of another kind")
        return item.item_id if item else values.read_id(text)
    except ValueError as error:
        example = CrmItem(row.entity_type_id, 6).short if row.entity_type_id else "6"
        hint = Text(
            f"Нужен номер элемента реестра «{row.title}», например 6 или {example}.",
            f'The number of an item of the registry "{row.title}" is needed, for example 6 or {example}.',
        )
        raise InputInvalid(field=ITEM, value=values.shorten(text, 100), hint=hint) from error


def _described(context: Context, found: Shelf, items: list[Item]) -> list[RegistryItem]:
    registries = CrmRegistries(context.registry.database, context.portal.id)
    ids = [item.id for item in items]
    ours = {row.their_id: row.our_id for row in registries.items_with(DOCUMENTS, ids)}
    incoming = {row.their_id: row.our_id for row in registries.items_with(INCOMING, ids)}
    return [_item(context, found, one, ours.get(one.id, 0), incoming.get(one.id, 0)) for one in items]


def _item(context: Context, found: Shelf, item: Item, document_id: int, incoming_id: int) -> RegistryItem:
    document = context.registry.packages.document(document_id) if document_id else None
    said = item.values
    return RegistryItem(
        id=item.id,
        title=item.title,
        link=found.link(item.id),
        document_type=_type(said),
        requisites={name: said[name] for name in REQUISITES if said.get(name)},
        files=item.files.get("file", ()),
        signed_files=item.files.get("signed_files", ()),
        company_id=item.company_id,
        document_id=document.id if document else 0,
        package_id=document.package_id if document else 0,
        incoming_id=incoming_id,
        is_incoming=bool(incoming_id) or said.get("direction") in (INBOUND.ru, INBOUND.en),
        state_code=said.get("state_code", ""),
        state_text=said.get("docflow_state", ""),
        problem=said.get("problem", ""),
        valid_till=said.get("valid_till", ""),
    )


def _type(said: Mapping[str, str]) -> str:
    """By its code; a person who made the item knows only the name."""
    if said.get("type_code") in OPTIONS:
        return said["type_code"]
    name = said.get("type", "").strip().casefold()
    fitting = (code for code, text in OPTIONS.items() if name in (text.ru.casefold(), text.en.casefold()))
    return next(fitting, "") if name else ""
