"""Long work that an administrator asked for on a page; its progress and its end are kept for the page to show."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import structlog

from activities import placements, registering, self_check, triggers
from activities.context import Context, context_beside
from activities.registries.preparing import prepare
from errors import AppError, InternalError
from registry.database import is_away
from registry.settings import change_settings
from registry.works import Works
from worker import replay as replaying
from worker.running import Running

log = structlog.get_logger()

Tell = Callable[[int, int], None]


def work(running: Running, portal_id: int, name: str, run: int, **wanted: Any) -> None:
    """Do one run of a work unless it has ended; entered again after a death, so every work may be done twice."""
    works = Works(running.database, portal_id)
    if not works.is_open(name, run):
        return
    asked = works.get(name)
    context = _context(running, portal_id, user_id=asked.asked_by if asked else 0)

    def tell(done: int, total: int) -> None:
        works.goes_on(name, run, done=done, total=total)

    tell(0, 0)
    try:
        result = _WORKS[name](running, context, tell, **wanted)
    except Exception as error:
        if is_away(error):
            raise  # our own database: the job comes back
        works.failed(name, run, _told(error))
        return
    works.ended(name, run, result)
    context.registry.audit(actor=context.actor, action=f"work done: {name}", subject=f"portal:{portal_id}", **wanted)
    log.info("work done", name=name, portal_id=portal_id)


def replay(running: Running, portal_id: int, call_id: int, user_id: int, key: str) -> None:
    """Run a call of this portal again, once for each key."""
    call = running.calls.get(call_id)
    if call is None or call.portal_id != portal_id:
        return
    done = replaying.replay(running.database, call_id, key=key)
    context = _context(running, portal_id, user_id=user_id)
    context.registry.audit(actor=context.actor, action="call replayed", subject=f"call:{call_id}", done=done)


def _context(running: Running, portal_id: int, *, user_id: int) -> Context:
    return context_beside(
        portal=running.portals.get(portal_id),
        database=running.database,
        connections=running.connections,
        blobs=running.blobs,
        user_id=user_id,
    )


def _told(error: Exception) -> dict[str, str]:
    """What the page says; a bug of ours must not leave a person waiting for ever."""
    if not isinstance(error, AppError):
        log.exception("work broke")
        error = InternalError()
    log.info("work failed", error_code=error.code, detail=str(error))
    return {"code": error.code, "ru": error.text("ru"), "en": error.text("en")}


def _register(running: Running, context: Context, tell: Tell, kinds: list[str]) -> dict[str, Any]:
    """kinds: of robot, activity, trigger, placement."""
    client, portal, public_url = context.bitrix24, context.portal, running.config.public_url
    codes = tuple(kind for kind in registering.KINDS if kind in kinds)
    done = []
    if codes:
        registered = registering.register(
            client, running.portals, portal, public_url=public_url, kinds=codes, progress=tell
        )
        done += registered
    if "trigger" in kinds:
        _set(context, offers_triggers=True)
        done += triggers.register(client, context.registry, language=portal.language)
    if "placement" in kinds:
        settings = _set(context, shows_pages=True)
        done += placements.register(client, public_url=public_url, type_ids=settings.page_types)
    return {"registered": len(done)}


def _unregister(running: Running, context: Context, tell: Tell, kinds: list[str]) -> dict[str, Any]:
    client = context.bitrix24
    gone = []
    codes = tuple(kind for kind in registering.KINDS if kind in kinds)
    if codes:
        gone += registering.unregister(client, running.portals, context.portal, kinds=codes)
    if "trigger" in kinds:
        _set(context, offers_triggers=False)
        gone += triggers.unregister(client)
    if "placement" in kinds:
        _set(context, shows_pages=False)
        gone += placements.unregister(client)
    return {"gone": len(gone)}


def _prepare(running: Running, context: Context, tell: Tell, backend: str, list_ids: dict[str, int]) -> dict[str, Any]:
    prepared = prepare(context, backend, lambda done, total, what: tell(done, total), list_ids=list_ids or None)
    return {"has_changed": prepared.has_changed, "trouble": prepared.trouble}


def _check(running: Running, context: Context, tell: Tell, inbox_files: int) -> dict[str, Any]:
    """inbox_files: of the web process that was asked, whose disk this may not be."""
    found = self_check.check(context, inbox_files=inbox_files)
    return {"findings": [asdict(one) for one in found]}


def _set(context: Context, **values: Any) -> Any:
    return change_settings(context.registry.database, context.portal.id, user_id=context.user_id, **values)


_WORKS: dict[str, Callable[..., dict[str, Any]]] = {
    "register": _register,
    "unregister": _unregister,
    "prepare": _prepare,
    "check": _check,
}
