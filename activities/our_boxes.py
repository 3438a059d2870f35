"""Which of our organizations acts: never a silent default between legal entities."""

import re
from collections.abc import Iterable

from marshmallow import Schema

from activities import crm, requisites
from activities.context import Context
from activities.crm import Card
from activities.crm_ids import COMPANY
from activities.fields import Line, label
from activities.values import Text
from clients.bitrix24.models import Requisite
from clients.diadoc.ids import normal_box_id
from errors import BoxNotChosen, DiadocAuthLost, NoAccess, ServiceError, SubscriptionEnded
from registry.tables import Box

_LOST: dict[str, type[ServiceError]] = {
    "auth_lost": DiadocAuthLost,
    "subscription_ended": SubscriptionEnded,
    "no_access": NoAccess,
}


class WhichBox(Schema):
    """The input that names our organization."""

    for_box = Line(
        metadata=label(
            ru="Наша организация",
            en="Our organization",
            help_ru="Ящик Диадока, ИНН или ИНН/КПП; пусто — своя компания элемента или единственный ящик",
            help_en="A Diadoc box, an INN or INN/KPP; empty means the item's own company or the only box",
        )
    )


def our_box(context: Context, for_box: str, card: Card | None) -> Box:
    """The box of ours that acts, whatever its status. `card`: of the item, None where there is none.

    Raises BoxNotChosen.
    """
    boxes = context.registry.boxes.all()
    if not boxes:
        raise BoxNotChosen(reason=Text("ни один ящик Диадока не подключён", "no Diadoc box is connected"))
    if for_box:
        return _the_only(_named(boxes, for_box), for_box)
    own = _own_requisites(context, card) if card else None
    if own is not None:
        fitting = {box.id: box for requisite in own for box in _of(boxes, requisite.inn, requisite.kpp)}
        return _the_only(list(fitting.values()), _shown(own))
    default = context.registry.settings().default_box_pk if len(boxes) > 1 else 0
    chosen = [box for box in boxes if box.id == default]
    if chosen:  # by an administrator, for items that name none of our organizations
        return chosen[0]
    if len(boxes) > 1:
        reason = Text("подключено несколько ящиков", "several boxes are connected")
        raise BoxNotChosen(reason=reason)
    return boxes[0]


def usable_box(context: Context, for_box: str, card: Card | None) -> Box:
    """`our_box` for asking Diadoc. Raises also DiadocAuthLost, SubscriptionEnded or NoAccess by the box's status."""
    box = our_box(context, for_box, card)
    ensure_usable(box)
    return box


def ensure_usable(box: Box) -> None:
    """Raises DiadocAuthLost, SubscriptionEnded or NoAccess when the box is known to be closed to us, BoxNotChosen when
    an administrator has paused it."""
    if box.status == "paused":
        raise BoxNotChosen(reason=Text(f"ящик «{box.name}» приостановлен", f'box "{box.name}" is paused'))
    if box.status in _LOST:
        raise _LOST[box.status](system="Диадок", detail=box.status_text or box.name)


def _named(boxes: list[Box], for_box: str) -> list[Box]:
    if re.fullmatch(r"[0-9a-f]{32}", normal_box_id(for_box)):
        return [box for box in boxes if box.box_id == normal_box_id(for_box)]
    inn, _, kpp = for_box.partition("/")
    return _of(boxes, inn, kpp)


def _of(boxes: list[Box], inn: str, kpp: str) -> list[Box]:
    """A KPP tells a branch from the head office; without one every box of the INN fits."""
    inn, kpp = requisites.normal_inn(inn), requisites.normal_kpp(kpp)
    return [box for box in boxes if inn and box.inn == inn and kpp in ("", box.kpp)]


def _own_requisites(context: Context, card: Card) -> tuple[Requisite, ...] | None:
    """What the item says about our own company; None when it says nothing."""
    if card.link and card.link.my_company_requisite_id:
        return (crm.requisite(context, card.link.my_company_requisite_id),)
    if card.data.my_company_id:
        return crm.requisites_of_owner(context, entity_type_id=COMPANY, entity_id=card.data.my_company_id)
    return None


def _the_only(fitting: list[Box], wanted: str) -> Box:
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = "; ".join(f"{box.name}, {box.inn}/{box.kpp}" for box in fitting)
        raise BoxNotChosen(reason=Text(f"«{wanted}»: подходят {names}", f'"{wanted}": {names} fit'))
    raise BoxNotChosen(reason=Text(f"«{wanted}»: такого ящика у нас нет", f'"{wanted}": we have no such box'))


def _shown(own: Iterable[Requisite]) -> str:
    return ", ".join(f"{requisite.inn}/{requisite.kpp}".rstrip("/") for requisite in own) or "—"
