"""The items of the document registry that are bound to a CRM item, as the page of that item lists them."""

from collections.abc import Mapping, Sequence

from activities.context import Context
from activities.crm_ids import CrmItem
from activities.deal.documents import RegistryPaper
from activities.deal.forms import guess_type
from activities.document_types import OPTIONS
from activities.registries.contents import INBOUND
from activities.registries.fields import FILE, REQUISITES
from activities.registries.opening import shelves
from activities.registries.shelves import Item
from registry.crm_registries import DOCUMENTS

_SUMS = ("total", "vat")


def registry_papers(context: Context, item: CrmItem) -> Sequence[RegistryPaper]:
    """Papers of ours that are or may be sent from this item; () where no registry was prepared. What counteragents
    sent to us is not among them."""
    shelf = shelves(context).get(DOCUMENTS)
    if shelf is None:
        return ()
    found = [one for one in shelf.bound_to(item) if one.values.get("direction") not in (INBOUND.ru, INBOUND.en)]
    return [_paper(one, shelf.link(one.id)) for one in found]


def _paper(item: Item, path: str) -> RegistryPaper:
    document_id = item.values.get("document_id", "")
    return RegistryPaper(
        item_id=item.id,
        title=item.title,
        values=_values(item),
        document_id=int(document_id) if document_id.isdecimal() else 0,
        has_file=bool(item.files.get(FILE)),
        path=path,
    )


def _values(item: Item) -> dict[str, str]:
    values = {name: item.values.get(name, "") for name in REQUISITES}
    for name in _SUMS:
        amount, _, currency = values[name].partition("|")
        values[name] = amount
        values["currency"] = values["currency"] or currency
    return {"document_type": _type(item.values, item.title), **{name: text for name, text in values.items() if text}}


def _type(values: Mapping[str, str], title: str) -> str:
    """By its code; a person who made the item knows only the name."""
    if values.get("type_code") in OPTIONS:
        return values["type_code"]
    name = values.get("type", "").casefold()
    named = (code for code, text in OPTIONS.items() if name in (text.ru.casefold(), text.en.casefold()))
    return next(named, "") or guess_type(f"{values.get('type', '')} {title}")
