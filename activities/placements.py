"""Where our pages open in the CRM: a tab and a button in the cards of deals and of the smart processes chosen."""

from collections.abc import Collection
from dataclasses import dataclass

from activities.crm_ids import DEAL, CrmItem
from activities.registering import Registered
from activities.values import Text
from clients.bitrix24.client import Bitrix24Client
from errors import ServiceError

PAGE_PATH = "/bitrix24/pages/deal-tab"
SPOTS = {
    "DETAIL_TAB": Text(ru="ЭДО", en="EDI"),
    "DETAIL_TOOLBAR": Text(ru="Сформировать пакет Диадок", en="Make a Diadoc package"),
}


@dataclass(frozen=True)
class Placement:
    """A spot of the portal. entity_type_id: of the CRM type whose card it is in."""

    code: str
    entity_type_id: int
    title: Text


def wanted(type_ids: Collection[int]) -> list[Placement]:
    """The spots that belong to us; type_ids: smart processes that an administrator chose."""
    return [
        Placement(f"CRM_{CrmItem(type_id, 0).type_name}_{spot}", type_id, title)
        for type_id in (DEAL, *sorted(set(type_ids) - {DEAL}))
        for spot, title in SPOTS.items()
    ]


def registrations(client: Bitrix24Client, *, public_url: str, type_ids: Collection[int]) -> list[Registered]:
    """What the portal has of our pages, asked now. outdated: it opens another address than ours."""
    bound = _bound(client)
    return [
        Registered(code=one.code, kind="placement", state=_state(bound.get(one.code), public_url + PAGE_PATH))
        for one in wanted(type_ids)
    ]


def register(client: Bitrix24Client, *, public_url: str, type_ids: Collection[int]) -> list[Registered]:
    """Bind our pages, and unbind them where nobody wants them any more; running it again changes nothing.

    Raises ServiceError: NoAccess without an administrator's token or the scope `placement`; a spot that this portal
    does not have (an old one, or a smart process that was deleted) is left out.
    """
    handler, bound = public_url + PAGE_PATH, _bound(client)
    ours = wanted(type_ids)
    for code in sorted(bound.keys() - {one.code for one in ours}):
        client.placement_unbind(placement=code)
    return [_bind(client, one, handler, bound.get(one.code)) for one in ours]


def unregister(client: Bitrix24Client) -> list[Registered]:
    """Unbind every page of ours in the CRM."""
    gone = sorted(_bound(client))
    for code in gone:
        client.placement_unbind(placement=code)
    return [Registered(code=code, kind="placement", state="missing") for code in gone]


def _bind(client: Bitrix24Client, one: Placement, handler: str, there: set[str] | None) -> Registered:
    state = _state(there, handler)
    if state == "outdated":  # a binding cannot be changed
        client.placement_unbind(placement=one.code)
    if state != "registered":
        try:
            client.placement_bind(placement=one.code, handler=handler, titles={"ru": one.title.ru, "en": one.title.en})
        except ServiceError as error:
            if error.vendor_code.upper() != "ERROR_PLACEMENT_NOT_FOUND":
                raise
            return Registered(code=one.code, kind="placement", state="missing")
    return Registered(code=one.code, kind="placement", state="registered")


def _state(there: set[str] | None, handler: str) -> str:
    if not there:
        return "missing"
    return "registered" if there == {handler} else "outdated"


def _bound(client: Bitrix24Client) -> dict[str, set[str]]:
    """Our spots of the CRM that are bound now, each with the addresses that open there."""
    found: dict[str, set[str]] = {}
    for binding in client.placement_get():
        if binding.placement.startswith("CRM_") and binding.placement.endswith(tuple(SPOTS)):
            found.setdefault(binding.placement, set()).add(binding.handler)
    return found
