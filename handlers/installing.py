"""Stores what was proven about an installation, and sees to it that the portal tells us of its later life."""

from datetime import UTC, datetime, timedelta

import structlog

from clients.bitrix24.payload import IncomingEvent, PagePost, PostedAuth
from errors import AppError
from handlers.proof import Proof, prove_administrator
from handlers.refusals import Malformed
from handlers.services import Services
from registry.portal_registry import PortalRegistry
from registry.portals import Installation, Portals
from registry.tables import Portal
from worker.enqueue import CLOCK, enqueue

log = structlog.get_logger()

TOKEN_LIFE = timedelta(hours=1)


def install_by_page(services: Services, opened: PagePost) -> Portal:
    """Install, for the first time or again, what an administrator opened in the portal.

    Recent portals say the application token on the page. Older ones do not: then the portal is asked to send
    ONAPPINSTALL when the installation ends, which brings it; until then calls of a portal new to us are refused.
    Raises Forged, NotAdministrator, Malformed, ServiceError.
    """
    proof = _prove(services, opened, opened.server_endpoint)
    if not opened.application_token:
        _listen(services, proof, "ONAPPINSTALL")
    portal = _store(services, proof, opened, opened.application_token, opened.language)
    _listen_for_life(services, proof)
    return portal


def renew_by_page(services: Services, opened: PagePost) -> Portal:
    """Take the token of an administrator who opened a page while ours is dead. Raises as install_by_page()."""
    proof = _prove(services, opened, opened.server_endpoint)
    portal = _store(services, proof, opened, opened.application_token, opened.language, action="access renewed")
    _listen_for_life(services, proof)
    return portal


def install_by_event(services: Services, event: IncomingEvent) -> Portal:
    """Install or update what ONAPPINSTALL or ONAPPUPDATE tells of. Raises as install_by_page()."""
    proof = _prove(services, event.auth, event.auth.server_endpoint)
    portal = _store(services, proof, event.auth, event.application_token, event.language)
    _listen_for_life(services, proof)
    return portal


def uninstall(services: Services, portal: Portal, *, wipe: bool) -> None:
    """Forget the portal's tokens, and with wipe the consents of its Diadoc users.

    The caller has compared the application token, the only proof there is.
    """
    Portals(services.database).uninstall(portal.id, wipe=wipe)
    services.known_portals.forget(portal.member_id)
    _audit(services, portal, actor="portal", action="uninstalled", wiped=wipe)
    log.info("portal uninstalled", portal_id=portal.id)


def ask_to_register(services: Services, portal: Portal) -> None:
    """Have the worker bring the portal's robots and activities up to date."""
    with services.database.session() as session:
        enqueue(session, "register", queue=CLOCK, portal_id=portal.id)


def _prove(services: Services, told: PagePost | PostedAuth, server_endpoint: str) -> Proof:
    if not (told.access_token and told.refresh_token):
        raise Malformed(detail="tokens are missing")
    return prove_administrator(
        services, member_id=told.member_id, access_token=told.access_token, server_endpoint=server_endpoint
    )


def _store(
    services: Services,
    proof: Proof,
    told: PagePost | PostedAuth,
    application_token: str,
    language: str,
    *,
    action: str = "installed",
) -> Portal:
    known = Portals(services.database).by_member_id(proof.info.member_id)
    installation = Installation(
        member_id=proof.info.member_id,
        client_endpoint=proof.info.client_endpoint,
        server_endpoint=proof.server_endpoint,
        application_token=application_token,
        user_id=proof.profile.user_id,
        access_token=told.access_token,
        refresh_token=told.refresh_token,
        expires_at=proof.info.expires_at or datetime.now(UTC) + TOKEN_LIFE,
        language=language or (known.language if known else "ru"),
        scope=",".join(proof.info.scope),
    )
    portal = Portals(services.database).install(installation)
    services.known_portals.forget(portal.member_id)
    ask_to_register(services, portal)
    actor = f"user:{proof.profile.user_id}"
    _audit(services, portal, actor=actor, action=action, version=proof.info.version, status=proof.info.status)
    user_id, host = proof.profile.user_id, portal.client_endpoint
    log.info(f"portal {action}", portal_id=portal.id, user_id=user_id, host=host)
    return portal


def _listen_for_life(services: Services, proof: Proof) -> None:
    """Without these events nothing breaks: a removal is noticed when the token is refused."""
    for event in ("ONAPPUPDATE", "ONAPPUNINSTALL"):
        try:
            _listen(services, proof, event)
        except AppError as error:
            log.warning("event not bound", name=event, error_code=error.code, detail=str(error))


def _listen(services: Services, proof: Proof, event: str) -> None:
    proof.client.event_bind(event=event, handler=f"{services.config.public_url}/bitrix24/events")


def _audit(services: Services, portal: Portal, *, actor: str, action: str, **facts: object) -> None:
    PortalRegistry(services.database, portal.id).audit(
        actor=actor, action=action, subject=f"portal:{portal.member_id}", **facts
    )
