"""The registries of a portal as they are prepared, ready to be written to."""

from activities.context import Context
from activities.registries.list_shelf import ListShelf
from activities.registries.shelves import Shelf
from activities.registries.smart_shelf import SmartShelf
from activities.values import Text
from errors import NotConfigured
from registry.crm_registries import CrmRegistries
from registry.tables import CrmRegistry

_WHAT = Text(
    "реестр документов в CRM не подготовлен; это делает администратор на странице настроек приложения, в разделе "
    "«Реестры»",
    "the document registry in the CRM is not prepared; an administrator does that on the application's settings page, "
    "section Registries",
)


def shelf_of(context: Context, row: CrmRegistry) -> Shelf:
    return SmartShelf(context, row) if row.backend == "smart_process" else ListShelf(context, row)


def shelves(context: Context) -> dict[str, Shelf]:
    """The prepared registries by kind; {} where there are none."""
    rows = CrmRegistries(context.registry.database, context.portal.id).all()
    return {kind: shelf_of(context, row) for kind, row in rows.items()}


def shelf(context: Context, kind: str) -> Shelf:
    """Raises NotConfigured, naming the page where registries are prepared."""
    found = shelves(context).get(kind)
    if found is None:
        raise NotConfigured(what=_WHAT)
    return found
