"""To-dos in the timeline: one for each time that somebody of ours must act, closed when that is over."""

import structlog

from activities.context import Context
from activities.item_people import people_of
from activities.messages import Line, Message
from activities.news import advice_of
from activities.situations import Situation, counteragent_of, situation_of
from activities.values import Text
from activities.working_time import end_of_next_working_day
from clients.bitrix24.timeline import TODO
from errors import NotFoundThere, PortalAuthLost, ServiceError
from registry.settings import Settings

log = structlog.get_logger()


def keep(context: Context, package_id: int) -> None:
    """Make the to-do that the package's situation asks for, close the one that is over. Raises temporary errors."""
    situation = situation_of(context, package_id)
    if situation is None or not situation.is_settled:
        return
    settings = context.registry.settings()
    mirror = context.registry.mirror("todo")
    known = mirror.get(package_id)
    wanted = situation.name if situation.waits_for_us and settings.makes_todos else ""
    if known is not None and known.their_id and known.written.get("open") and known.written.get("of") != wanted:
        _close(context, known.their_id, package_id)
        mirror.made(package_id, their_id=known.their_id, written={"open": False})
    if wanted and (known is None or known.written.get("of") != wanted):
        _make(context, situation, settings)


def _close(context: Context, todo_id: int, package_id: int) -> None:
    try:
        context.bitrix24.crm_activity_update(todo_id, {"COMPLETED": "Y"})
    except NotFoundThere:  # a person deleted it
        log.info("to-do is gone", package_id=package_id, todo_id=todo_id)
    except ServiceError as error:
        _ensure_for_good(error, "to-do not closed", package_id)


def _make(context: Context, situation: Situation, settings: Settings) -> None:
    mirror, package_id = context.registry.mirror("todo"), situation.package.id
    effects, name = context.registry.effects(situation.subject), f"todo:{situation.name}"
    was_begun = name in {one.name for one in effects.all()}
    if not effects.begin(name):
        return
    try:
        todo_id = (_found(context, situation) if was_begun else 0) or _add(context, situation, settings)
    except ServiceError as error:
        _ensure_for_good(error, "to-do not made", package_id)
        effects.done(name, trouble=error.code, detail=error.detail)
        return
    mirror.intend(package_id)
    mirror.made(package_id, their_id=todo_id, written={"of": situation.name, "open": True})
    effects.done(name, todo_id=todo_id)


def _found(context: Context, situation: Situation) -> int:
    """One that was made before we were killed, or whose answer was lost."""
    owner = {"OWNER_TYPE_ID": situation.item.entity_type_id, "OWNER_ID": situation.item.item_id}
    found = context.bitrix24.crm_activity_list({**owner, "PROVIDER_ID": TODO, "COMPLETED": "N"})
    return max((one.id for one in found if one.subject == situation.title), default=0)


def _add(context: Context, situation: Situation, settings: Settings) -> int:
    people = people_of(context, situation.item)
    language = situation.language
    counteragent = counteragent_of(situation.package, language)
    diadoc = Text("Диадок", "Diadoc").of(language)
    told = Message((Line(advice_of(situation)), Line(counteragent), Line(diadoc, situation.link)))
    return context.bitrix24.crm_activity_todo_add(
        entity_type_id=situation.item.entity_type_id,
        entity_id=situation.item.item_id,
        deadline=end_of_next_working_day(context.now(), settings.time_zone),
        title=situation.title,
        description=told.plain,
        responsible_id=people.recipients[0],
    )


def _ensure_for_good(error: ServiceError, what: str, package_id: int) -> None:
    """Raises what waiting, or an administrator, may cure."""
    if error.temporary or isinstance(error, PortalAuthLost):
        raise error
    log.warning(what, package_id=package_id, code=error.code, detail=error.detail)
