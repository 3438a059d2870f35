"""What a person does with one package of a CRM item: each press is a call of an activity."""

from collections.abc import Mapping
from typing import Any

from activities import catalog
from activities.deal.packages import PackageRow, packages_of
from activities.values import Text
from handlers.pages.asking import ask, outcome
from handlers.pages.visiting import Visitor, reading
from handlers.refusals import Malformed, NotThere, Refused
from handlers.services import Services

REASON_LENGTH = 1000


class Outdated(Refused):
    """The package has moved on since the page showed it."""

    status, reason, code = 422, "outdated", "OUTDATED"
    ru = "Состояние пакета уже другое: так с ним поступить нельзя. Ничего не сделано."
    en = "The package stands elsewhere by now: this cannot be done with it. Nothing was done."


def act(services: Services, visitor: Visitor, form: Mapping[str, str]) -> int:
    """Ask for an action of the form; the call's number.

    form: action, nonce; package, document, reason; of an invitation the recipient. Raises Malformed, NotThere,
    Outdated when the package does not stand where the page showed it, NotAllowed.
    """
    action, nonce = form.get("action", ""), form.get("nonce", "")
    if action == "invite":
        return ask(services, visitor, "diadoc_invite", _invitation(form), nonce)
    row = _row(services, visitor, form.get("package", ""))
    if action == "remove":
        return ask(services, visitor, "diadoc_remove_document", _removal(row, form), nonce)
    if action not in _CALLS:
        raise Malformed(detail="action")
    if action not in row.actions:
        raise Outdated
    code, inputs = _CALLS[action]
    properties = {"use_package": str(row.id), **inputs}
    if reason := form.get("reason", "").strip()[:REASON_LENGTH]:
        properties["reason"] = reason
    if action == "again":
        return _send_again(services, visitor, row, code, properties, nonce)
    return ask(services, visitor, code, properties, nonce)


_CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "send": ("diadoc_send_package", {}),
    "again": ("diadoc_send_package", {"send_again": "Y"}),
    "delete": ("diadoc_delete_unsent", {}),
    "revoke": ("diadoc_revoke", {"action": "request", "wait": "N"}),
    "accept": ("diadoc_revoke", {"action": "accept", "wait": "N"}),
    "refuse": ("diadoc_revoke", {"action": "refuse", "wait": "N"}),
    "download": (
        "diadoc_download_signed",
        {"contents": ["print_form", "archive"], "save_to": ["registry"], "only_final": "N"},
    ),
}


def name_of(code: str) -> Text:
    """What a call does, for people."""
    activity = catalog().get(code)
    return activity.name if activity else Text(code, code)


def _row(services: Services, visitor: Visitor, number: str) -> PackageRow:
    if visitor.item is None:
        raise NotThere
    rows = packages_of(reading(services, visitor), visitor.item)
    row = next((one for one in rows if str(one.id) == number), None)
    if row is None:
        raise NotThere
    return row


def _removal(row: PackageRow, form: Mapping[str, str]) -> dict[str, str]:
    paper = next((one for one in row.papers if str(one.id) == form.get("document", "")), None)
    if paper is None:
        raise NotThere
    if row.state != "open":
        raise Outdated
    return {"use_document": str(paper.id)}


def _invitation(form: Mapping[str, str]) -> dict[str, str]:
    named = {name: form.get(name, "").strip() for name in ("for_inn", "for_kpp", "to_box", "for_box", "message")}
    return {"wait": "N", **{name: value for name, value in named.items() if value}}


def _send_again(
    services: Services, visitor: Visitor, row: PackageRow, code: str, properties: dict[str, Any], nonce: str
) -> int:
    """Bound to the item's newest package: pressed in two windows it is one call, and once a new package has come of
    it, the old row does not offer it any more. Only what failed may be pressed again."""
    item = visitor.item
    (newest,) = reading(services, visitor).registry.packages.of_item(item.short if item else "", limit=1)
    bound = f"once-more-of-{row.id}-after-{newest.id}"
    call_id = ask(services, visitor, code, properties, bound)
    call = outcome(services, visitor, call_id)
    if call.is_over and call.outputs.get("result") != "ok":
        return ask(services, visitor, code, properties, f"{bound}-{nonce}"[:64])
    return call_id
