"""What keeps the house in order: tokens that would die unused, rows that nobody needs any more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import select, text

from errors import AppError
from registry.boxes import drop_old_consents
from registry.tables import Account, Box, Portal, PortalToken
from worker.running import Running

log = structlog.get_logger()

# Bitrix24's refresh tokens live 180 days and must not be refreshed by the clock every day; Diadoc's life is not told.
PORTAL_TOKEN_AGE = timedelta(days=90)
ACCOUNT_TOKEN_AGE = timedelta(days=7)


def keep_tokens(running: Running) -> None:
    """Renew tokens that were not used for long, each on its own: one that is lost does not stop the others."""
    now = datetime.now(UTC)
    with running.database.session() as session:
        ours = select(Portal.id).join(PortalToken, PortalToken.portal_id == Portal.id)
        ours = ours.where(PortalToken.user_id == Portal.installer_user_id, PortalToken.dead_since.is_(None))
        portals = list(session.scalars(ours.where(PortalToken.renewed_at < now - PORTAL_TOKEN_AGE)))
        used = select(Account.id).join(Box, Box.account_id == Account.id).where(Box.status.in_(["connected", "paused"]))
        old = used.where(Account.dead_since.is_(None), Account.renewed_at < now - ACCOUNT_TOKEN_AGE)
        accounts = list(session.scalars(old.distinct()))
    for portal_id in portals:
        _try("portal", portal_id, partial(_renew_portal, running, portal_id))
    for account_id in accounts:
        _try("account", account_id, partial(_renew_account, running, account_id))


def _renew_portal(running: Running, portal_id: int) -> None:
    running.connections.bitrix24(running.portals.get(portal_id)).renew_token()


def _renew_account(running: Running, account_id: int) -> None:
    running.connections.diadoc_of_account(account_id).renew_token()


def _try(kind: str, number: int, renew: Callable[[], None]) -> None:
    try:
        renew()
    except AppError as error:
        log.warning("token not renewed", kind=kind, id=number, error_code=error.code)
    else:
        log.info("token renewed", kind=kind, id=number)


def tidy(running: Running) -> None:
    """Drop what has served: old ticks, failed jobs and redirect states. Calls, packages and history stay."""
    drop_old_consents(running.database)
    with running.database.session() as session:
        session.execute(text("delete from tick where at < now() - interval '3 days'"))
        # An event that old comes back only after the feed's key was lost; processing it again does no harm.
        session.execute(text("delete from docflow_event where seen_at < now() - interval '30 days'"))
        session.execute(
            text("""
            delete from procrastinate_jobs j
            where j.status in ('failed', 'succeeded', 'cancelled', 'aborted') and not exists (
              select from procrastinate_events e where e.job_id = j.id and e.at > now() - interval '7 days')""")
        )
