"""Who looks at a page: proven by the portal when it opens the page, by our own signature afterwards."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import g, request

from activities.context import Context, context_beside
from activities.crm_ids import CrmItem, from_type_name
from clients.bitrix24.client import Bitrix24Client
from clients.bitrix24.models import Profile
from clients.bitrix24.payload import PagePost, read_page
from errors import NoAccess, NotFoundThere
from handlers import installing
from handlers.bodies import read
from handlers.failures import for_fragments, for_people
from handlers.languages import choose_language
from handlers.pages import page_tokens
from handlers.proof import client_of, profile_of
from handlers.refusals import (
    Forged,
    ItemNotShown,
    Malformed,
    NotAllowed,
    NotInstalled,
    PageOver,
    PageReplayed,
    PageStale,
)
from handlers.rendering import origin as origin_of
from handlers.services import Services
from registry.overview import token_state
from registry.page_openings import take_opening
from registry.portals import Portals
from registry.settings import Settings, read_settings
from registry.tables import Portal

TOKEN_HEADER = "X-Page-Token"  # noqa: S105 - a name
_SPOTS = "DETAIL_TAB|DETAIL_TOOLBAR|DETAIL_ACTIVITY|LIST_MENU|DOCUMENTGENERATOR_BUTTON"
_CRM_PLACEMENT = re.compile(rf"CRM_([A-Z0-9_]+)_(?:{_SPOTS})")


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who looks at a page, proven.

    is_admin: of the portal itself; may_administer, may_send: by the settings as they are now; language: ru or en;
    placement: DEFAULT, CRM_DEAL_DETAIL_TAB, …; item: of a CRM placement, shown to this very user by the portal when
    the page was opened; options: PLACEMENT_OPTIONS, only while the page is being opened.
    """

    portal: Portal
    user_id: int
    is_admin: bool
    may_administer: bool
    may_send: bool
    language: str
    placement: str
    item: CrmItem | None
    settings: Settings
    options: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def actor(self) -> str:
        """As the audit names this person."""
        return f"user:{self.user_id}"


def open_page(services: Services, query: Mapping[str, str], form: Mapping[str, Any]) -> Visitor:
    """Who opens a page: the portal is asked at its stored address whose token it is, and shows him the item.

    Raises Malformed, NotInstalled, Forged, PageReplayed, ItemNotShown, ServiceError.
    """
    for_people()
    opened = read(lambda: read_page(query, form))
    choose_language(opened.language)
    portal = _portal_of(services, opened)
    client = _client(services, portal, opened)
    profile = profile_of(client)
    if not take_opening(services.database, portal.id, f"{opened.app_sid}:{opened.access_token}"):
        raise PageReplayed
    portal = _with_access(services, portal, profile, opened)
    item = _item_of(opened)
    if item is not None:
        _ensure_shown(client, item)
    return replace(
        _visitor(services, portal, user_id=profile.user_id, is_admin=profile.is_admin),
        placement=opened.placement,
        item=item,
        options=dict(opened.placement_options),
    )


def token_of(services: Services, visitor: Visitor) -> str:
    """What the page shows with each of its requests, for a working day."""
    item = [visitor.item.entity_type_id, visitor.item.item_id] if visitor.item else None
    proven = {
        "portal": visitor.portal.id,
        "user": visitor.user_id,
        "admin": visitor.is_admin,
        "language": visitor.language,
        "placement": visitor.placement,
        "item": item,
    }
    return page_tokens.sign(services.config, proven)


def visitor_of(services: Services) -> Visitor:
    """Who sends a page's own request. Raises PageOver, PageStale, Forged, NotInstalled."""
    for_fragments()
    proven = _proven(services)
    g.language = proven["language"]
    _ensure_own_origin(services)
    portal = Portals(services.database).get(proven["portal"])
    if portal.status == "uninstalled":
        raise NotInstalled
    return replace(
        _visitor(services, portal, user_id=proven["user"], is_admin=proven["admin"]),
        placement=proven["placement"],
        item=CrmItem(*proven["item"]) if proven["item"] else None,
    )


def sender_of(services: Services) -> Visitor:
    """`visitor_of`, of a person who may send. Raises also NotAllowed."""
    visitor = visitor_of(services)
    if not visitor.may_send:
        raise NotAllowed
    return visitor


def administrator_of(services: Services) -> Visitor:
    """`visitor_of`, of a person who may administer. Raises also NotAllowed."""
    visitor = visitor_of(services)
    if not visitor.may_administer:
        raise NotAllowed
    return visitor


def reading(services: Services, visitor: Visitor) -> Context:
    """For lists of a page: the same context that activities have, without a call."""
    return context_beside(
        portal=visitor.portal,
        database=services.database,
        connections=services.connections,
        blobs=services.blobs,
        crm_item=visitor.item,
        language=visitor.language,
        user_id=visitor.user_id,
    )


def _proven(services: Services) -> dict[str, Any]:
    try:
        return page_tokens.read(services.config, request.headers.get(TOKEN_HEADER, ""))
    except (PageOver, PageStale) as error:
        choose_language(error.facts["language"])
        raise


def _portal_of(services: Services, opened: PagePost) -> Portal:
    portal = Portals(services.database).by_member_id(opened.member_id)
    if portal is None or portal.status == "uninstalled":
        raise NotInstalled
    if opened.application_token and not _fits(services, opened):
        raise Forged
    return portal


def _fits(services: Services, opened: PagePost) -> bool:
    """Recent portals also say the application token."""
    known = services.known_portals.verify(member_id=opened.member_id, application_token=opened.application_token)
    return known is not None


def _client(services: Services, portal: Portal, opened: PagePost) -> Bitrix24Client:
    """The person's own token, shown to the stored address of that portal only."""
    return client_of(
        services,
        opened.access_token,
        endpoint=portal.client_endpoint,
        server_endpoint=portal.server_endpoint,
        throttle=services.connections.portal_throttle(portal.id),
    )


def _with_access(services: Services, portal: Portal, profile: Profile, opened: PagePost) -> Portal:
    """Lost access comes back with an administrator who opens a page, as with a new installation."""
    token = token_state(services.database, portal.id)
    is_lost = portal.status != "installed" or token is None or token.dead_since is not None
    if is_lost and profile.is_admin and opened.refresh_token:
        return installing.renew_by_page(services, opened)
    return portal


def _visitor(services: Services, portal: Portal, *, user_id: int, is_admin: bool) -> Visitor:
    settings = read_settings(services.database, portal.id)
    return Visitor(
        portal=portal,
        user_id=user_id,
        is_admin=is_admin,
        may_administer=settings.may_administer(user_id, is_admin=is_admin),
        may_send=settings.may_send(user_id, is_admin=is_admin),
        language=g.language,
        placement="DEFAULT",
        item=None,
        settings=settings,
    )


def _item_of(opened: PagePost) -> CrmItem | None:
    """The type of the item stands in the placement alone, its number in the options under one of two names.

    A button of our entry in a timeline opens the application's own page with the item in the options.
    """
    match = _CRM_PLACEMENT.fullmatch(opened.placement)
    if not match:
        return _item_of_entry(opened.placement_options) if opened.placement_options.get("page") == "deal" else None
    number = opened.placement_options.get("ID") or opened.placement_options.get("ENTITY_ID") or ""
    item = from_type_name(f"{match[1]}_{number}")
    if item is None:
        raise Malformed(detail="PLACEMENT_OPTIONS name no item")
    return item


def _item_of_entry(options: Mapping[str, Any]) -> CrmItem:
    entity_type_id, item_id = (str(options.get(name) or "") for name in ("entityTypeId", "entityId"))
    if not all(one.isascii() and one.isdigit() and 0 < len(one) < 16 for one in (entity_type_id, item_id)):
        raise Malformed(detail="PLACEMENT_OPTIONS name no item")
    return CrmItem(int(entity_type_id), int(item_id))


def _ensure_shown(client: Bitrix24Client, item: CrmItem) -> None:
    try:
        client.crm_item_get(entity_type_id=item.entity_type_id, item_id=item.item_id)
    except (NoAccess, NotFoundThere):
        raise ItemNotShown from None


def _ensure_own_origin(services: Services) -> None:
    """Only our own pages send our token; browsers say where a request comes from."""
    origin, site = request.headers.get("Origin", ""), request.headers.get("Sec-Fetch-Site", "")
    if origin and origin != origin_of(services.config.public_url):
        raise Forged
    if site not in ("", "same-origin"):
        raise Forged
