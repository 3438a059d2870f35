"""What people of a portal have chosen: one row a portal, each value with its default, checked when it is stored."""

from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from registry.database import Database
from registry.tables import PortalSettings


class SettingWrong(ValueError):
    """A value that cannot be chosen. name: of the setting."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The choices of one portal. Days are calendar days; ids are Bitrix24's users unless said otherwise.

    default_box_pk: our box for items that name none of our organizations, 0 = nobody chose. senders: who may send
    besides administrators, empty = everybody who may change the item. administrators: who may change these settings
    besides the portal's own administrators. remind_after_days, escalate_after_days: 0 = never. is_quiet_on_holidays:
    no reminders on Saturday and Sunday. button_templates: "D" → workflow template that the deal's button starts.
    page_types: smart processes (entityTypeId) whose cards have our tab and button, besides deals.
    shows_pages, offers_triggers: our tab and button, and our CRM triggers, are kept registered on the portal.
    keeps_signed: signed files come into the registry by themselves. incoming_responsible: who is told of documents
    of companies that nobody answers for, 0 = who installed us.
    """

    default_box_pk: int = 0
    senders: tuple[int, ...] = ()
    administrators: tuple[int, ...] = ()
    remind_after_days: int = 3
    escalate_after_days: int = 7
    is_quiet_on_holidays: bool = True
    notifies: bool = True
    tells_timeline: bool = True
    makes_todos: bool = True
    keeps_signed: bool = True
    takes_incoming: bool = True
    incoming_responsible: int = 0
    button_templates: dict[str, int] = field(default_factory=dict)
    shows_pages: bool = True
    offers_triggers: bool = True
    page_types: tuple[int, ...] = ()
    time_zone: str = "Europe/Moscow"

    def may_send(self, user_id: int, *, is_admin: bool) -> bool:
        return is_admin or user_id in self.administrators or not self.senders or user_id in self.senders

    def may_administer(self, user_id: int, *, is_admin: bool) -> bool:
        return is_admin or user_id in self.administrators

    def changed(self, **values: Any) -> "Settings":
        """The same with other values. Raises SettingWrong naming the first that cannot be."""
        known = {one.name for one in fields(self)}
        for name in values:
            if name not in known:
                raise SettingWrong(name)
        new = replace(self, **values)
        new._ensure_right()
        return new

    def _ensure_right(self) -> None:
        limits = {"remind_after_days": (0, 365), "escalate_after_days": (0, 365)}
        for name, (least, most) in limits.items():
            if not least <= getattr(self, name) <= most:
                raise SettingWrong(name)
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingWrong("time_zone") from error


def read_settings(database: Database, portal_id: int) -> Settings:
    """The settings of a portal, defaults where nobody chose; what this version does not know is left alone."""
    with database.session() as session:
        stored = session.scalar(select(PortalSettings.values).where(PortalSettings.portal_id == portal_id)) or {}
    known: dict[str, Any] = {}
    for name in {one.name for one in fields(Settings)} & set(stored):
        known[name] = tuple(stored[name]) if isinstance(stored[name], list) else stored[name]
    return Settings(**known)


def change_settings(database: Database, portal_id: int, *, user_id: int, **values: Any) -> Settings:
    """Store new values of some settings. Raises SettingWrong; then nothing is stored."""
    settings = read_settings(database, portal_id).changed(**values)
    chosen = {name: value for name, value in asdict(settings).items() if name in values}
    row = {"portal_id": portal_id, "values": chosen, "changed_by": user_id, "changed_at": datetime.now(UTC)}
    stored = insert(PortalSettings).values(row)
    merged = PortalSettings.values.op("||")(stored.excluded["values"])
    stored = stored.on_conflict_do_update(
        index_elements=["portal_id"],
        set_={"values": merged, "changed_by": user_id, "changed_at": row["changed_at"]},
    )
    with database.session() as session:
        session.execute(stored)
    return settings
