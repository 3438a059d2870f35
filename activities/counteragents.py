"""Which counteragent: from the inputs or the CRM to an INN and KPP, and from them to one box in Diadoc."""

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from marshmallow import Schema

from activities import crm, requisites
from activities.context import Context
from activities.crm import Card
from activities.crm_ids import COMPANY, CONTACT
from activities.fields import Inn, Kpp, Line, label
from activities.our_boxes import usable_box
from activities.values import Text
from clients.bitrix24.models import Requisite
from clients.diadoc.ids import normal_box_id
from clients.diadoc.models import Organization
from clients.diadoc.states import CounteragentStatus, Sociability
from errors import (
    ActivityError,
    AmbiguousBox,
    CounteragentClosed,
    CounteragentNotFound,
    InputInvalid,
    NotFoundThere,
    NotPartner,
    RequisiteAmbiguous,
)
from registry.tables import Box

NOT_IN_LIST = "not_in_list"
OURS = "ours"
STATUSES = {
    CounteragentStatus.IS_MY_COUNTERAGENT: OURS,
    CounteragentStatus.INVITES_ME: "invites_us",
    CounteragentStatus.IS_INVITED_BY_ME: "invited_by_us",
    CounteragentStatus.REJECTS_ME: "rejects_us",
    CounteragentStatus.IS_REJECTED_BY_ME: "rejected_by_us",
}
_INN = Text("ИНН контрагента", "Counteragent's INN")
_TO_BOX = Text("Ящик контрагента", "Counteragent's box")
_REQUISITES = Text("Реквизиты", "Requisites")
_COMPANY = Text("Компания", "Company")
_CONTACT = Text("Контакт", "Contact")


class WhichCounteragent(Schema):
    """The inputs that say who the counteragent is."""

    for_inn = Inn(metadata=label(ru=_INN.ru, en=_INN.en, help_ru="Пусто — из CRM", help_en="Empty: from the CRM"))
    for_kpp = Kpp(metadata=label(ru="КПП контрагента", en="Counteragent's KPP"))
    requisite_id = Line(metadata=label(ru="Номер реквизитов", en="Requisites' id"))
    company_id = Line(metadata=label(ru=_COMPANY.ru, en=_COMPANY.en))
    contact_id = Line(metadata=label(ru=_CONTACT.ru, en=_CONTACT.en))


class WhichRecipient(WhichCounteragent):
    """The same, with the box that a person chose among several."""

    to_box = Line(metadata=label(ru=_TO_BOX.ru, en=_TO_BOX.en))


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """The inputs of an activity that say to whom and from whom, as they came; "" = not given."""

    for_inn: str = ""
    for_kpp: str = ""
    requisite_id: str = ""
    company_id: str = ""
    contact_id: str = ""
    to_box: str = ""
    for_box: str = ""
    crm_item: str = ""


@dataclass(frozen=True)
class Requisites:
    """Who it is by papers: normal forms, not checked yet; name may be ""."""

    inn: str
    kpp: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Counteragent:
    """One box of another organization, and how it and a box of ours stand to each other.

    status: ours, not_in_list, invited_by_us, invites_us, rejected_by_us, rejects_us.
    """

    box_id: str
    inn: str
    kpp: str
    name: str
    fns_participant_id: str
    is_roaming: bool
    is_closed: bool
    only_counteragents: bool
    status: str

    @property
    def obstacle(self) -> ActivityError | None:
        """Why nothing can be sent: CounteragentClosed or NotPartner; None when it can.

        Partnership is asked for only by who takes papers from counteragents alone, and by other operators.
        """
        if self.is_closed:
            return CounteragentClosed(name=self.name, inn=self.inn)
        needs_partnership = self.is_roaming or self.only_counteragents or self.status == "rejects_us"
        return NotPartner(name=self.name) if needs_partnership and self.status != OURS else None

    def facts(self) -> dict[str, str | bool]:
        """As a package keeps it: JSON."""
        return asdict(self)


def requisites_of(
    context: Context,
    *,
    for_inn: str = "",
    for_kpp: str = "",
    requisite_id: str = "",
    company_id: str = "",
    contact_id: str = "",
    crm_item: str = "",
) -> Requisites:
    """The requisites that the inputs or the CRM name; they may be empty or wrong, `requisites.check` tells.

    Raises RequisiteAmbiguous when there are several that differ and none was chosen, InputInvalid for a wrong id or
    when there is no CRM item to look at.
    """
    if for_inn or for_kpp:  # a KPP alone is a forgotten INN, not a wish to look elsewhere
        return Requisites(requisites.normal_inn(for_inn), requisites.normal_kpp(for_kpp), "")
    if requisite_id:
        return _written(crm.requisite(context, crm.read_id(_REQUISITES, requisite_id, "RQ")))
    if company_id:
        return _of_owner(context, COMPANY, crm.read_id(_COMPANY, company_id, "CO"))
    if contact_id:
        return _of_owner(context, CONTACT, crm.read_id(_CONTACT, contact_id, "C"))
    return _of_item(context, crm.card_of(context, crm_item))


def find_counteragent(context: Context, box: Box, inn: str, kpp: str, to_box: str = "") -> Counteragent:
    """The one box of an organization; `to_box`, chosen by a person, wins over INN and KPP.

    Raises CounteragentNotFound, AmbiguousBox, InputInvalid. Whether one can send to it is its `obstacle`'s to say.
    """
    if to_box:
        return counteragent_of(context, box, _organization(context, box, to_box))
    found = candidates(context, box, inn=inn, kpp=kpp)
    if not found:
        raise CounteragentNotFound(inn=inn, kpp=kpp)
    if len(found) > 1:  # never guess whom a contract goes to
        raise AmbiguousBox(inn=inn, kpp=kpp, boxes=[f"{one.box_id} ({one.name})" for one in found])
    return counteragent_of(context, box, found[0])


def candidates(context: Context, box: Box, *, inn: str, kpp: str) -> list[Organization]:
    """The boxes between which only a person can choose; [] when Diadoc knows none. kpp: "" where there is none.

    Exact KPP (Diadoc may answer with the head office for an unknown one), then not liquidated, then our operator
    before another, then active before silent. Our own box is nobody's counteragent.
    """
    known = context.diadoc(box).get_organizations_by_inn_kpp(inn=inn, kpp=kpp)
    fitting = [one for one in known if one.inn == inn and kpp in ("", one.kpp) and one.box_id not in ("", box.box_id)]
    alive = _preferred(fitting, lambda one: not one.liquidation_date)
    here = _preferred(alive, lambda one: not one.is_roaming)
    chosen = _preferred(here, lambda one: one.is_active)
    return chosen[:1] if all(one.liquidation_date for one in chosen) else chosen


def counteragent_of(context: Context, box: Box, organization: Organization) -> Counteragent:
    """An organization with our relation to it."""
    return Counteragent(
        box_id=organization.box_id,
        inn=organization.inn,
        kpp=organization.kpp,
        name=organization.name,
        fns_participant_id=organization.fns_participant_id,
        is_roaming=organization.is_roaming,
        is_closed=bool(organization.liquidation_date),
        only_counteragents=organization.sociability == Sociability.COUNTERAGENTS_ONLY,
        status=counteragent_status(context, box, organization.box_id),
    )


def counteragent_status(context: Context, box: Box, counteragent_box_id: str) -> str:
    """How we stand to each other now, as in `Counteragent.status`."""
    place = {"box_id": box.box_id, "counteragent_box_id": counteragent_box_id}
    try:
        relation = context.diadoc(box).get_counteragent(**place)
    except NotFoundThere:
        return NOT_IN_LIST
    return {str(code): status for code, status in STATUSES.items()}.get(relation.status, NOT_IN_LIST)


def resolve(context: Context, recipient: Recipient) -> tuple[Box, Requisites, Counteragent]:
    """From the inputs to our box, the counteragent's requisites and its box; Diadoc is asked.

    Raises what `usable_box`, `requisites_of`, `requisites.require` and `find_counteragent` raise; not NotPartner and
    not CounteragentClosed: see `Counteragent.obstacle`.
    """
    box = usable_box(context, recipient.for_box, crm.card_if_any(context, recipient.crm_item))
    return box, *resolve_from(context, box, recipient)


def resolve_from(context: Context, box: Box, recipient: Recipient) -> tuple[Requisites, Counteragent]:
    """As `resolve`, when our box is already known."""
    if recipient.to_box:
        counteragent = find_counteragent(context, box, "", "", recipient.to_box)
        return Requisites(counteragent.inn, counteragent.kpp, counteragent.name), counteragent
    inputs = {name: value for name, value in asdict(recipient).items() if name not in ("to_box", "for_box")}
    named = requisites_of(context, **inputs)
    checked = requisites.require(named.inn, named.kpp)
    return named, find_counteragent(context, box, checked.inn, checked.kpp)


def _of_item(context: Context, card: Card) -> Requisites:
    if card.link and card.link.requisite_id:
        return _written(crm.requisite(context, card.link.requisite_id))
    owners = ((COMPANY, card.company_id), (CONTACT, card.contact_id))
    nobody = Requisites("", "", "")
    found = (_of_owner(context, kind, owner, card) for kind, owner in owners if owner)  # the contact only if need be
    return next((one for one in found if one.inn or one.kpp), nobody)


def _of_owner(context: Context, entity_type_id: int, entity_id: int, card: Card | None = None) -> Requisites:
    """The requisites of a company or contact that hold an INN, if these are all the same."""
    known = crm.requisites_of_owner(context, entity_type_id=entity_type_id, entity_id=entity_id)
    written = [_written(one) for one in known if one.inn or one.kpp]
    different = {(one.inn, one.kpp): one for one in reversed(written)}
    if len(different) > 1:
        where = card.item.short if card else f"{'CO' if entity_type_id == COMPANY else 'C'}_{entity_id}"
        raise RequisiteAmbiguous(candidates=_shown(different.values()), crm_item=where)
    return written[0] if written else Requisites("", "", "")


def _written(requisite: Requisite) -> Requisites:
    person = " ".join(filter(None, (requisite.last_name, requisite.first_name, requisite.second_name)))
    name = requisite.company_name or requisite.company_full_name or person or requisite.name
    return Requisites(requisites.normal_inn(requisite.inn), requisites.normal_kpp(requisite.kpp), name)


def _shown(different: Iterable[Requisites]) -> list[str]:
    return sorted(f"{one.name} {one.inn}/{one.kpp}".strip(" /") for one in different)


def _organization(context: Context, box: Box, to_box: str) -> Organization:
    box_id = normal_box_id(to_box)
    if not re.fullmatch(r"[0-9a-f]{32}", box_id) or box_id == box.box_id:
        hint = Text("Нужен ящик другой организации в Диадоке.", "A Diadoc box of another organization is needed.")
        raise InputInvalid(field=_TO_BOX, value=to_box, hint=hint)
    try:
        return context.diadoc(box).get_organization(box_id=box_id)
    except NotFoundThere as error:
        raise CounteragentNotFound(inn=Text(f"— (ящик {to_box})", f"— (box {to_box})"), kpp="") from error


def _preferred(found: list[Organization], rule: Callable[[Organization], bool]) -> list[Organization]:
    return [one for one in found if rule(one)] or found
