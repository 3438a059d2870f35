"""The items of the document registry that are bound to a CRM item, as the page of that item lists them."""

from collections.abc import Sequence

from activities.context import Context
from activities.crm_ids import CrmItem
from activities.deal.documents import RegistryPaper
from activities.deal.forms import SUMS, guess_type
from activities.registries.items import RegistryItem, items_of


def registry_papers(context: Context, item: CrmItem) -> Sequence[RegistryPaper]:
    """Papers of ours that are or may be sent from this item; () where no registry was prepared. What counteragents
    sent to us is not among them."""
    return [_paper(one) for one in items_of(context, item) if not one.is_incoming]


def _paper(item: RegistryItem) -> RegistryPaper:
    return RegistryPaper(
        item_id=item.id,
        title=item.title,
        values=_values(item),
        document_id=item.document_id,
        has_file=bool(item.files),
        path=item.link,
    )


def _values(item: RegistryItem) -> dict[str, str]:
    """Sums carry their currency there, and stand beside it here."""
    values = {"document_type": item.document_type or guess_type(item.title), **item.requisites}
    for name in SUMS:
        amount, _, currency = values.get(name, "").partition("|")
        if amount:
            values |= {name: amount, "currency": values.get("currency") or currency}
    return values
