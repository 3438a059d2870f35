"""Whom a package goes to and from whom: what the CRM says, what Diadoc finds under it, what a person has chosen."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from activities import crm, requisites
from activities.context import Context
from activities.counteragents import Counteragent, candidates, counteragent_of
from activities.crm import Card
from activities.crm_ids import COMPANY, CONTACT, CrmItem
from activities.fault_fields import fields_of
from activities.our_boxes import ensure_usable, our_box
from activities.values import Text
from clients.bitrix24.models import Requisite
from errors import AmbiguousBox, AppError, BoxNotChosen, CounteragentNotFound, ServiceError
from registry.tables import Box

CANDIDATES_LIMIT = 10
STATUSES = {
    "ours": Text("Контрагент", "Counteragent"),
    "not_in_list": Text("Нет в списке контрагентов", "Not among our counteragents"),
    "invited_by_us": Text("Приглашение отправлено", "Invited by us"),
    "invites_us": Text("Приглашает нас", "Invites us"),
    "rejected_by_us": Text("Мы отказали в обмене", "Rejected by us"),
    "rejects_us": Text("Отказал нам в обмене", "Rejects us"),
}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What a person has filled in; "" = as the CRM says. box, to_box: box ids."""

    box: str = ""
    requisite_id: str = ""
    inn: str = ""
    kpp: str = ""
    to_box: str = ""


@dataclass(frozen=True, kw_only=True)
class KnownRequisites:
    """Requisites of the item's company or contact that hold an INN."""

    id: int
    title: str
    inn: str
    kpp: str
    is_of_company: bool = True


@dataclass(frozen=True, kw_only=True)
class Fault:
    """fields: beside which inputs it is shown."""

    fields: tuple[str, ...]
    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class RecipientView:
    """boxes: all of ours; box: the one that sends, None until somebody chooses; known: what the CRM holds; inn, kpp:
    as they are now; found: boxes of the counteragent; to_box: the one that is meant, "" until somebody chooses."""

    boxes: list[Box]
    box: Box | None = None
    known: list[KnownRequisites] = field(default_factory=list)
    requisite_id: int = 0
    inn: str = ""
    kpp: str = ""
    found: list[Counteragent] = field(default_factory=list)
    to_box: str = ""
    faults: list[Fault] = field(default_factory=list)

    @property
    def counteragent(self) -> Counteragent | None:
        """The box that the package will go to."""
        return next((one for one in self.found if one.box_id == self.to_box), None)

    @property
    def may_be_invited(self) -> bool:
        chosen = self.counteragent
        return chosen is not None and not chosen.is_closed and chosen.status in ("not_in_list", "rejected_by_us")


def recipient_view(context: Context, item: CrmItem, chosen: Chosen) -> RecipientView:
    """The recipient as far as it is known; what is wrong is told, not raised.

    Diadoc is asked only once our box and valid requisites are known. Raises what the portal's client raises.
    """
    return _Looking(context, crm.card_of(context, item.short), chosen).view()


class _Looking:
    def __init__(self, context: Context, card: Card, chosen: Chosen) -> None:
        self.context, self.card, self.chosen = context, card, chosen
        self.faults: list[Fault] = []

    def view(self) -> RecipientView:
        known = [_known(one) for one in self._requisites()]
        view = RecipientView(boxes=self.context.registry.boxes.all(), box=self._box(), known=known)
        view = self._with_requisites(view)
        found = self._found(view)
        return replace(view, found=found, to_box=self._to_box(view, found), faults=self.faults)

    def _tell(self, error: AppError) -> None:
        text = error.text(self.context.language)
        self.faults.append(Fault(fields=fields_of(error) or ("recipient",), code=error.code, text=text))

    def _box(self) -> Box | None:
        try:
            box = our_box(self.context, self.chosen.box, self.card)
        except BoxNotChosen as error:
            self._tell(error)
            return None
        try:
            ensure_usable(box)
        except ServiceError as error:
            self._tell(error)
        return box

    def _requisites(self) -> Iterator[Requisite]:
        """Of the client company and the main contact, in the portal's order."""
        for kind, owner in ((COMPANY, self.card.company_id), (CONTACT, self.card.contact_id)):
            if owner:
                of_owner = crm.requisites_of_owner(self.context, entity_type_id=kind, entity_id=owner)
                yield from (one for one in of_owner if one.inn or one.kpp)

    def _with_requisites(self, view: RecipientView) -> RecipientView:
        if self.chosen.inn or self.chosen.kpp:
            inn, kpp = requisites.normal_inn(self.chosen.inn), requisites.normal_kpp(self.chosen.kpp)
            same = next((one.id for one in view.known if (one.inn, one.kpp) == (inn, kpp)), 0)
            return replace(view, inn=inn, kpp=kpp, requisite_id=same)
        picked = self._picked(view.known)
        if picked is None:
            return view
        return replace(view, inn=picked.inn, kpp=picked.kpp, requisite_id=picked.id)

    def _picked(self, known: list[KnownRequisites]) -> KnownRequisites | None:
        """The one a person chose, here or in the item; else the company's, if all it has are the same; the contact's
        only where the company has none."""
        linked = self.card.link.requisite_id if self.card.link else 0
        wanted = int(self.chosen.requisite_id) if self.chosen.requisite_id.isdecimal() else linked
        if picked := next((one for one in known if one.id == wanted), None):
            return picked
        nearest = [one for one in known if one.is_of_company] or known
        different = {(one.inn, one.kpp) for one in nearest}
        return nearest[0] if len(different) == 1 else None

    def _found(self, view: RecipientView) -> list[Counteragent]:
        if view.box is None or not (view.inn or view.kpp):
            return []
        checked = requisites.check(view.inn, view.kpp)
        if not checked.is_valid:
            at = "for_inn" if checked.reasons[0].startswith("INN") else "for_kpp"
            text = requisites.reasons_text(checked, self.context.language)
            self.faults.append(Fault(fields=(at,), code=checked.reasons[0], text=text))
            return []
        if any("box" in fault.fields for fault in self.faults):
            return []
        try:
            return self._ask_diadoc(view.box, checked.inn, checked.kpp)
        except AppError as error:
            self._tell(error)
            return []

    def _ask_diadoc(self, box: Box, inn: str, kpp: str) -> list[Counteragent]:
        organizations = candidates(self.context, box, inn=inn, kpp=kpp)[:CANDIDATES_LIMIT]
        if not organizations:
            self._tell(CounteragentNotFound(inn=inn, kpp=kpp))
        return [counteragent_of(self.context, box, one) for one in organizations]

    def _to_box(self, view: RecipientView, found: list[Counteragent]) -> str:
        if len(found) > 1 and self.chosen.to_box not in {one.box_id for one in found}:
            self._tell(AmbiguousBox(inn=view.inn, kpp=view.kpp, boxes=[one.name for one in found]))
            return ""
        picked = next((one for one in found if one.box_id == self.chosen.to_box), found[0] if found else None)
        if picked and picked.obstacle:
            self._tell(picked.obstacle)
        return picked.box_id if picked else ""


def _known(requisite: Requisite) -> KnownRequisites:
    person = " ".join(filter(None, (requisite.last_name, requisite.first_name, requisite.second_name)))
    name = requisite.company_name or requisite.company_full_name or person or requisite.name
    inn, kpp = requisites.normal_inn(requisite.inn), requisites.normal_kpp(requisite.kpp)
    return KnownRequisites(
        id=requisite.id,
        title=f"{name}, {inn}/{kpp}".rstrip("/"),
        inn=inn,
        kpp=kpp,
        is_of_company=requisite.owner_type_id == COMPANY,
    )
