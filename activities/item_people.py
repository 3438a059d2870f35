"""Who is told of a CRM item: the person responsible for it, or those who answer for somebody who has left."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from activities.context import Context
from activities.crm import card_of
from activities.crm_ids import CrmItem
from activities.places import address_of
from clients.bitrix24.models import User
from errors import InputInvalid


@dataclass(frozen=True)
class _PeopleOf(CrmItem):
    """A key of its own among what a context has read of the item."""


class ItemPeople:
    """The people of one item; the portal is asked when something is first wanted, and once."""

    def __init__(self, context: Context, item: CrmItem) -> None:
        self._context, self._item = context, item

    @property
    def address(self) -> str:
        return address_of(self._context.portal, self._item)

    @cached_property
    def title(self) -> str:
        """As the portal calls the item; its code when it is gone or has no title."""
        return self._read[0] or self._item.short

    @cached_property
    def responsible(self) -> User | None:
        """None when nobody is, or the item is gone."""
        number = self._read[1]
        return next(iter(users(self._context, [number])), None) if number else None

    @cached_property
    def recipients(self) -> tuple[int, ...]:
        """At least one user: the person responsible, or the administrators when that one was dismissed."""
        if self.responsible is not None and self.responsible.is_active:
            return (self.responsible.id,)
        return administrators(self._context)

    @cached_property
    def _read(self) -> tuple[str, int]:
        try:
            data = card_of(self._context, self._item.short).data
        except InputInvalid:  # somebody deleted it
            return "", 0
        return data.title, data.assigned_by_id


def people_of(context: Context, item: CrmItem) -> ItemPeople:
    """The same throughout a context. Its properties raise ServiceErrors."""
    key = _PeopleOf(item.entity_type_id, item.item_id)
    people: ItemPeople = context.cards.setdefault(key, ItemPeople(context, item))
    return people


def administrators(context: Context) -> tuple[int, ...]:
    """Who is told of what concerns the whole portal: as chosen in the settings, else who installed us."""
    installer = context.portal.installer_user_id
    chosen = context.registry.settings().administrators
    active = {user.id for user in users(context, chosen) if user.is_active} if chosen else set()
    return tuple(number for number in chosen if number in active) or (installer,)


def users(context: Context, user_ids: Iterable[int]) -> list[User]:
    """Those of these that the portal knows, also dismissed ones."""
    return list(context.bitrix24.user_get({"ID": list(user_ids)}))
