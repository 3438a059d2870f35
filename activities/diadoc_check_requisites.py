"""Check an INN and KPP: offline first, then, if asked, whom Diadoc knows under them."""

from typing import Any

from marshmallow import Schema

from activities import counteragents, crm, requisites
from activities.base import Activity
from activities.context import Context
from activities.counteragents import Counteragent, Requisites, WhichCounteragent
from activities.crm import WhichItem
from activities.fields import Flag, Line, Many, TextBlock, Whole, label
from activities.our_boxes import WhichBox, usable_box
from activities.requisites import INDIVIDUAL_ENTREPRENEUR, RequisitesCheck
from activities.values import Text
from clients.diadoc.models import Organization
from errors import AmbiguousBox, CounteragentNotFound
from registry.tables import Box

NOT_FOUND = "not_found"


class DiadocCheckRequisites(Activity):
    code = "diadoc_check_requisites"
    name = Text(ru="Диадок: проверить ИНН и КПП", en="Diadoc: check INN and KPP")
    description = Text(
        ru="Проверяет ИНН и КПП контрагента и, если нужно, ищет его в Диадоке.",
        en="Checks the counteragent's INN and KPP and, if asked, looks for them in Diadoc.",
    )

    class Input(WhichBox, WhichItem, WhichCounteragent):  # the portal shows the last base first
        look_up_in_diadoc = Flag(load_default=True, metadata=label(ru="Искать в Диадоке", en="Look up in Diadoc"))

    class Output(Schema):
        is_valid = Flag(metadata=label(ru="Реквизиты верны", en="Requisites are valid"))
        kind = Line(metadata=label(ru="Вид лица (код)", en="Kind (code)"))
        inn = Line(metadata=label(ru="ИНН", en="INN"))
        kpp = Line(metadata=label(ru="КПП", en="KPP"))
        reasons = Many(Line(), metadata=label(ru="Причины (коды)", en="Reasons (codes)"))
        reasons_text = TextBlock(metadata=label(ru="Причины", en="Reasons"))
        counteragent_name = Line(metadata=label(ru="Контрагент", en="Counteragent"))
        counteragent_box_id = Line(metadata=label(ru="Найденный ящик контрагента", en="Counteragent's box found"))
        candidates_count = Whole(metadata=label(ru="Найдено ящиков", en="Boxes found"))
        candidate_box_ids = Many(Line(), metadata=label(ru="Найденные ящики", en="Found boxes"))
        candidates_text = TextBlock(metadata=label(ru="Найденные ящики (текст)", en="Found boxes (text)"))
        fns_participant_id = Line(metadata=label(ru="Идентификатор участника ЭДО", en="FNS participant id"))
        counteragent_status = Line(metadata=label(ru="Отношения с контрагентом (код)", en="Counteragent status (code)"))
        is_roaming = Flag(metadata=label(ru="Другой оператор (роуминг)", en="Another operator (roaming)"))
        can_send = Flag(metadata=label(ru="Можно отправлять", en="Can send"))
        send_obstacle = Line(metadata=label(ru="Что мешает отправить (код)", en="Obstacle to sending (code)"))

    def run(
        self, context: Context, *, look_up_in_diadoc: bool, for_box: str, crm_item: str, **whom: str
    ) -> dict[str, Any]:
        named = counteragents.requisites_of(context, crm_item=crm_item, **whom)
        checked = requisites.check(named.inn, named.kpp)
        findings = _findings(context, named, checked)
        if not (checked.is_valid and look_up_in_diadoc):
            return findings
        box = usable_box(context, for_box, crm.card_if_any(context, crm_item))
        return {**findings, **_looked_up(context, box, checked)}


def _findings(context: Context, named: Requisites, checked: RequisitesCheck) -> dict[str, Any]:
    return {
        "is_valid": checked.is_valid,
        "kind": checked.kind,
        "inn": checked.inn,
        "kpp": checked.kpp,
        "reasons": checked.reasons,
        "reasons_text": requisites.reasons_text(checked, context.language),
        "counteragent_name": named.name,
        "candidates_count": 0,
        "is_roaming": False,
        "can_send": False,
    }


def _looked_up(context: Context, box: Box, checked: RequisitesCheck) -> dict[str, Any]:
    found = counteragents.candidates(context, box, inn=checked.inn, kpp=checked.kpp)
    if not found:
        known = _elsewhere(context, box, checked)
        return {
            "counteragent_status": NOT_FOUND,
            "send_obstacle": CounteragentNotFound.code,
            "candidates_text": known.of(context.language),
        }
    listed = {
        "candidates_count": len(found),
        "candidate_box_ids": [one.box_id for one in found],
        "candidates_text": "\n".join(_line(one).of(context.language) for one in found),
    }
    if len(found) > 1:
        return {**listed, **_undecided(found)}
    return {**listed, **_decided(counteragents.counteragent_of(context, box, found[0]))}


def _undecided(found: list[Organization]) -> dict[str, Any]:
    """Several boxes that only a person can tell apart: what they have in common, and nothing more."""
    return {
        "counteragent_name": found[0].name,
        "is_roaming": all(one.is_roaming for one in found),
        "send_obstacle": AmbiguousBox.code,
    }


def _decided(counteragent: Counteragent) -> dict[str, Any]:
    obstacle = counteragent.obstacle
    return {
        "counteragent_name": counteragent.name,
        "counteragent_box_id": counteragent.box_id,
        "fns_participant_id": counteragent.fns_participant_id,
        "counteragent_status": counteragent.status,
        "is_roaming": counteragent.is_roaming,
        "can_send": obstacle is None,
        "send_obstacle": obstacle.code if obstacle else "",
    }


def _line(one: Organization) -> Text:
    who = f"{one.name}, {one.inn}/{one.kpp}".rstrip("/")
    ru = ["роуминг"] * one.is_roaming + ["филиал"] * one.is_branch + ["не активна"] * (not one.is_active)
    en = ["roaming"] * one.is_roaming + ["branch"] * one.is_branch + ["not active"] * (not one.is_active)
    return Text("; ".join([who, *ru, one.box_id]), "; ".join([who, *en, one.box_id]))


def _elsewhere(context: Context, box: Box, checked: RequisitesCheck) -> Text:
    """Under a wrong KPP nobody is found: say which ones Diadoc knows, for a person to compare. Never a choice."""
    if checked.kind == INDIVIDUAL_ENTREPRENEUR:
        return Text("", "")
    known = sorted({one.kpp for one in context.diadoc(box).get_organizations_by_inn_kpp(inn=checked.inn) if one.kpp})
    listed = ", ".join(known)
    return (
        Text(f"Под этим ИНН в Диадоке другие КПП: {listed}.", f"Diadoc has other KPPs: {listed}.")
        if known
        else Text("", "")
    )
