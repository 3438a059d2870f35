"""The CRM item that a call is about: its clients, our company in it, its currency, and whose requisites there are."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from marshmallow import Schema

from activities import values
from activities.context import Context
from activities.crm_ids import COMPANY, CONTACT, CrmItem, from_short
from activities.fields import Line, label
from activities.values import Text
from clients.bitrix24 import models
from errors import InputInvalid, NotFoundThere

_ITEM = Text("Элемент CRM", "CRM item")


class WhichItem(Schema):
    """The input that replaces the item a workflow runs on."""

    crm_item = Line(
        metadata=label(
            ru=_ITEM.ru,
            en=_ITEM.en,
            help_ru="Например D_17 или T80_6; пусто — элемент, на котором идёт процесс",
            help_en="For example D_17 or T80_6; empty means the item that the workflow runs on",
        )
    )


class Card:
    """One CRM item; the portal is asked when something is first wanted, and once."""

    def __init__(self, context: Context, item: CrmItem) -> None:
        self.context, self.item = context, item

    @cached_property
    def data(self) -> models.CrmItem:
        """The item's own fields. Raises InputInvalid when there is no such item."""
        place = {"entity_type_id": self.item.entity_type_id, "item_id": self.item.item_id}
        try:
            return self.context.bitrix24.crm_item_get(**place)
        except NotFoundThere as error:
            hint = Text("Такого элемента на портале нет.", "The portal has no such item.")
            raise InputInvalid(field=_ITEM, value=self.item.short, hint=hint) from error

    @cached_property
    def link(self) -> models.RequisiteLink | None:
        """The requisites chosen in the item; None when nobody chose."""
        place = {"entity_type_id": self.item.entity_type_id, "entity_id": self.item.item_id}
        return next(iter(self.context.bitrix24.crm_requisite_link_list(**place)), None)

    @property
    def company_id(self) -> int:
        """The client company, 0 when there is none."""
        return self.item.item_id if self.item.entity_type_id == COMPANY else self.data.company_id

    @property
    def contact_id(self) -> int:
        """The main contact, 0 when there is none."""
        if self.item.entity_type_id == CONTACT:
            return self.item.item_id
        return self.data.contact_id or next(iter(self.data.contact_ids), 0)

    @property
    def currency(self) -> str:
        """An ISO code, "" when the item has none."""
        return self.data.currency


def chosen_item(context: Context, crm_item: str) -> CrmItem:
    """The item of the input, else the one the workflow runs on. Raises InputInvalid when there is neither."""
    if not crm_item and context.crm_item is not None:
        return context.crm_item
    try:
        return from_short(crm_item)
    except ValueError as error:
        hint = Text("Нужен код вида D_17 или T80_6.", "A code such as D_17 or T80_6 is needed.")
        raise InputInvalid(field=_ITEM, value=crm_item, hint=hint) from error


def card_of(context: Context, crm_item: str) -> Card:
    """The card of `chosen_item`, the same one throughout a call. Raises InputInvalid."""
    item = chosen_item(context, crm_item)
    card: Card = context.cards.setdefault(item, Card(context, item))
    return card


def card_if_any(context: Context, crm_item: str) -> Card | None:
    """As `card_of`, but None where the workflow runs on no CRM item and none is named."""
    return card_of(context, crm_item) if crm_item or context.crm_item else None


def requisites_of_owner(context: Context, *, entity_type_id: int, entity_id: int) -> tuple[models.Requisite, ...]:
    """All requisites of a company (4) or contact (3), in the portal's order."""
    return context.bitrix24.crm_requisite_list({"ENTITY_TYPE_ID": entity_type_id, "ENTITY_ID": entity_id})


def requisite(context: Context, requisite_id: int) -> models.Requisite:
    """One requisite by its id. Raises InputInvalid when there is none."""
    try:
        return context.bitrix24.crm_requisite_get(requisite_id)
    except NotFoundThere as error:
        hint = Text("Таких реквизитов на портале нет.", "The portal has no such requisites.")
        raise InputInvalid(field=Text("Реквизиты", "Requisites"), value=requisite_id, hint=hint) from error


def read_id(field: Text, text: str, *prefixes: str) -> int:
    """An id of the portal as a field prints it (5, CO_5, n123). Raises InputInvalid naming the field."""
    try:
        return values.read_id(text, *prefixes)
    except ValueError as error:
        hint = Text("Нужен номер, например 5.", "A number is needed, for example 5.")
        raise InputInvalid(field=field, value=values.shorten(text, 100), hint=hint) from error


def field_name(known: Mapping[str, Any], wanted: str) -> str:
    """A field as the portal spells it (UF_CRM_1_FILE, ufCrm1File and ufcrm_1_file are one); "" when there is none."""
    if wanted in known:
        return wanted
    fitting = [name for name in known if _bare(name) == _bare(wanted)]
    return fitting[0] if len(fitting) == 1 else ""


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
