"""Reminders of packages that have been waiting for long, and the task for the head when reminders do not help.

One reminder for each started period of `remind_after_days`, one task for each time that a package stands still; days
are calendar days of the portal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from activities.context import Context
from activities.heads import head_of
from activities.item_people import ItemPeople, people_of
from activities.messages import Message
from activities.news import advice_of, message_of
from activities.notices import post
from activities.situations import Situation, on_day, package_title, situation_of
from activities.values import Text
from activities.working_time import days_since, end_of_next_working_day, is_working_time
from errors import PortalAuthLost, ServiceError
from registry.mirror import Effects
from registry.settings import Settings

log = structlog.get_logger()

_NOBODY = Text("доставка в Диадоке", "the delivery in Diadoc")


def due_before(settings: Settings, now: datetime) -> datetime | None:
    """Packages that have stood still since before then may have to be reminded of; None: nobody is to be, now."""
    periods = [days for days in (settings.remind_after_days, settings.escalate_after_days) if days]
    if not periods or not is_working_time(now, settings):
        return None
    return now - timedelta(days=min(periods) - 1)  # a calendar day may have begun a minute before it ended


def remind(context: Context, package_id: int) -> None:
    """Remind of the package, and hand it to the head, if it is time for that. Raises temporary errors."""
    settings, now = context.registry.settings(), context.now()
    situation = situation_of(context, package_id)
    if situation is None or not situation.is_settled or situation.package.state != "sent" or situation.is_final:
        return
    if not is_working_time(now, settings):
        return
    waiting = _Waiting(context, situation, settings, days_since(situation.since, now, settings.time_zone))
    if 0 < settings.remind_after_days <= waiting.days:
        waiting.remind()
    if 0 < settings.escalate_after_days <= waiting.days:
        waiting.escalate()


@dataclass(frozen=True)
class _Waiting:
    """A package that has been waiting for so many days."""

    context: Context
    situation: Situation
    settings: Settings
    days: int

    def remind(self) -> None:
        period = self.days // self.settings.remind_after_days
        effects, name = self._effects, f"reminder:{self.situation.name}:{self.settings.remind_after_days}x{period}"
        if not effects.begin(name):
            return
        recipients = self._people.recipients
        trouble = post(self.context, recipients, self._message(), tag=self.situation.subject)
        effects.done(name, recipients=list(recipients), days=self.days, trouble=trouble)

    def escalate(self) -> None:
        effects, name = self._effects, f"escalation:{self.situation.name}"
        if not effects.begin(name):
            return
        try:
            head = head_of(self.context, self._people.responsible)
            task_id = self._found() or self._add_task(head)
        except ServiceError as error:
            if error.temporary or isinstance(error, PortalAuthLost):
                raise
            log.warning("no task for the head", package_id=self.situation.package.id, code=error.code)
            effects.done(name, trouble=error.code, detail=error.detail)
            return
        effects.done(name, task_id=task_id, head=head, days=self.days)

    @property
    def _effects(self) -> Effects:
        return self.context.registry.effects(self.situation.subject)

    @property
    def _people(self) -> ItemPeople:
        return people_of(self.context, self.situation.item)

    def _message(self) -> Message:
        advice = advice_of(self.situation) if self.situation.waits_for_us else ""
        return message_of(self.situation, self._people, [self._waits_for(), advice])

    def _waits_for(self) -> str:
        """Ждём уже 5 дн.: контрагент, с 16.11.2026."""
        who = self.situation.who or _NOBODY.of(self.situation.language)
        since = on_day(self.situation.since, self.settings.time_zone)
        ru = f"Ждём уже {self.days} дн.: {who}, с {since}."
        return Text(ru, f"Waiting for {self.days} days: {who}, since {since}.").of(self.situation.language)

    def _title(self) -> str:
        """The same for as long as the package stands there, so that a task in doubt is found again."""
        language = self.situation.language
        title, who = package_title(self.situation.package, language), self.situation.who or _NOBODY.of(language)
        since = on_day(self.situation.since, self.settings.time_zone)
        return Text(f"{title}: ждём с {since}, {who}", f"{title}: waiting since {since}, {who}").of(language)

    def _found(self) -> int:
        """One made before we were killed, or whose answer was lost; 0 when there is none or we may not look."""
        try:
            mine = {"TITLE": self._title(), "UF_CRM_TASK": self.situation.item.short}
            return max((one.id for one in self.context.bitrix24.tasks_task_list(mine)), default=0)
        except ServiceError as error:
            if error.temporary or isinstance(error, PortalAuthLost):
                raise
            return 0

    def _add_task(self, head: int) -> int:
        fields = {
            "TITLE": self._title(),
            "DESCRIPTION": self._description(),
            "RESPONSIBLE_ID": head,
            "DEADLINE": end_of_next_working_day(self.context.now(), self.settings.time_zone),
            "UF_CRM_TASK": [self.situation.item.short],
        }
        return self.context.bitrix24.tasks_task_add(fields).id

    def _description(self) -> str:
        language, responsible = self.situation.language, self._people.responsible
        name = f"{responsible.name} {responsible.last_name}".strip() if responsible else ""
        about = Text(f"Ответственный: {name}", f"Responsible: {name}").of(language)
        lines = [self._waits_for(), about if name else ""]
        return message_of(self.situation, self._people, lines).bb_code
