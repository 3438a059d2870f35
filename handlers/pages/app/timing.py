"""The tab «Сроки и напоминания»: when people are reminded, and what they are shown."""

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, Response, request

from activities.values import Text
from handlers.pages.app.tabs import Tab, audit, chosen_number, is_chosen, panel
from handlers.pages.visiting import Visitor, administrator_of
from handlers.refusals import ChosenWrong
from handlers.services import Services
from registry.settings import SettingWrong, change_settings

DAYS = {
    "remind_after_days": Text("Через сколько дней напомнить", "Remind after so many days"),
    "escalate_after_days": Text(
        "Через сколько дней поставить задачу руководителю", "After how many days the head gets a task"
    ),
}
SWITCHES = {
    "is_quiet_on_holidays": Text("Не напоминать в субботу и воскресенье", "No reminders on Saturday and Sunday"),
    "notifies": Text(
        "Уведомлять ответственного об исходе и о том, что нужно действовать",
        "Notify the responsible of outcomes and of what they have to do",
    ),
    "tells_timeline": Text(
        "Вести запись о пакете в ленте сделки", "Keep an entry of each package in the deal's timeline"
    ),
    "makes_todos": Text("Ставить дело, когда кому-то нужно действовать", "Make a to-do when somebody has to act"),
    "keeps_signed": Text("Складывать подписанные файлы в реестр", "Put signed files into the registry"),
}
ZONES = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Novosibirsk",
    "Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka",
    "Europe/Minsk", "Asia/Almaty", "Asia/Tashkent", "Asia/Yerevan", "Asia/Tbilisi", "UTC",
)  # fmt: skip
_ZONE = Text("Часовой пояс", "Time zone")


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    zones = [zone for zone in dict.fromkeys((*ZONES, visitor.settings.time_zone)) if zone in available_timezones()]
    return {"settings": visitor.settings, "days": DAYS, "switches": SWITCHES, "zones": [(one, one) for one in zones]}


TAB = Tab("timing", Text("Сроки и напоминания", "Deadlines and reminders"), _values)


def routes(door: Blueprint, services: Services) -> None:
    @door.post("/bitrix24/pages/app/timing")
    def keep_timing() -> Response:
        visitor = administrator_of(services)
        chosen: dict[str, Any] = {name: chosen_number(name, what, most=365) for name, what in DAYS.items()}
        chosen |= {name: is_chosen(name) for name in SWITCHES}
        chosen["time_zone"] = request.form.get("time_zone", "")
        try:
            settings = change_settings(services.database, visitor.portal.id, user_id=visitor.user_id, **chosen)
        except SettingWrong as wrong:
            raise ChosenWrong(what=DAYS.get(wrong.name, _ZONE)) from None
        audit(services, visitor, "settings changed", **chosen)
        return panel(services, visitor, TAB, done=Text("Сохранено.", "Stored."), settings=settings)
