"""The tab «ЭДО» of a CRM item and the button «Сформировать пакет Диадок»: documents, a package of them, what became
of it. Everything that changes something is a call of an activity; this room only asks and shows.
"""

import hashlib
from datetime import date
from typing import Any

from flask import Blueprint, Response, make_response, request
from werkzeug.datastructures import MultiDict

from activities.checking import LOCKS
from activities.crm_ids import CrmItem
from activities.deal import workflows
from activities.deal.documents import documents_of
from activities.deal.forms import extra_fields, form_fields
from activities.deal.packages import packages_of
from activities.deal.recipients import STATUSES, Chosen, recipient_view
from activities.deal.registry_papers import registry_papers
from activities.diadoc_send_package import MODES
from activities.document_types import OPTIONS
from handlers.failures import NO_STORE
from handlers.pages import deal_tab_actions, deal_tab_files
from handlers.pages.app.names import names_of
from handlers.pages.asking import document_id_of, new_nonce, outcome
from handlers.pages.deal_tab_gathering import begin
from handlers.pages.deal_tab_plans import Plan
from handlers.pages.deal_tab_progress import advance
from handlers.pages.opening import opened
from handlers.pages.showing import fragment, show
from handlers.pages.visiting import Visitor, reading, sender_of, visitor_of
from handlers.refusals import NotThere
from handlers.rendering import page
from handlers.services import Services
from registry.boxes import Boxes
from registry.item_calls import under_way

AT = "/bitrix24/pages/deal-tab"
FOLDER = "deal_tab"
# What has ended may still be revoked, by the other side too, and a process may send from the same item.
REFRESH_SECONDS, RESTING_SECONDS = 3, 10


def blueprint(services: Services) -> Blueprint:
    door = Blueprint("deal_tab", __name__, template_folder="../templates")
    _mount_reading(door, services)
    _mount_asking(door, services)
    deal_tab_files.mount(door, services, f"{AT}/files")
    return door


def _mount_reading(door: Blueprint, services: Services) -> None:
    @door.post(AT)
    def tab() -> Response:
        return opened(services, "deal_tab", lambda visitor: page_of_item(services, visitor))

    @door.get(AT)
    def look() -> Response:
        return page("open_in_portal.html")

    @door.get(f"{AT}/documents")
    def documents() -> Response:
        return _documents(services, visitor_of(services))

    @door.get(f"{AT}/recipient")
    def recipient() -> Response:
        return _recipient(services, visitor_of(services))

    @door.get(f"{AT}/packages")
    def packages() -> Response:
        return _packages(services, visitor_of(services))

    @door.get(f"{AT}/called/<int:call_id>")
    def called(call_id: int) -> Response:
        visitor = visitor_of(services)
        return _called(services, visitor, call_id)


def _mount_asking(door: Blueprint, services: Services) -> None:
    @door.post(f"{AT}/gather")
    def gather() -> Response:
        visitor = sender_of(services)
        context = reading(services, visitor)
        plan = begin(services, visitor, documents_of(context, item_of(visitor), registry_papers), request.form)
        return _progress(services, visitor, plan)

    @door.post(f"{AT}/progress")
    def progress() -> Response:
        return _progress(services, sender_of(services), Plan.read(request.form.get("plan", "")))

    @door.post(f"{AT}/act")
    def act() -> Response:
        visitor = sender_of(services)
        return _called(services, visitor, deal_tab_actions.act(services, visitor, request.form))


def item_of(visitor: Visitor) -> CrmItem:
    """Raises NotThere on a page that was opened on no item."""
    if visitor.item is None:
        raise NotThere
    return visitor.item


def page_of_item(services: Services, visitor: Visitor) -> Response:
    """The whole page of the visitor's item, wherever it was opened from."""
    if visitor.item is None:
        return show(f"{FOLDER}/no_item.html", visitor, services)
    context = reading(services, visitor)
    return show(
        f"{FOLDER}/page.html",
        visitor,
        services,
        **_speaking(visitor),
        at=AT,
        is_button=visitor.placement.endswith("_TOOLBAR"),
        boxes=Boxes(services.database, visitor.portal.id).all(),
        template_id=workflows.template_for(context, visitor.item),
        modes=MODES,
        locks=LOCKS,
        nonce=new_nonce(),
    )


def _documents(services: Services, visitor: Visitor) -> Response:
    found = documents_of(reading(services, visitor), item_of(visitor), registry_papers)
    return _fragment(
        "documents",
        visitor,
        found=found,
        types=OPTIONS,
        fields=form_fields(),
        extras=extra_fields(),
    )


def _recipient(services: Services, visitor: Visitor) -> Response:
    asked: MultiDict[str, str] = request.args
    is_anew = asked.get("anew", "") == "Y"  # other requisites were picked: what was typed is of no account
    chosen = Chosen(
        box=asked.get("for_box", ""),
        requisite_id=asked.get("requisite_id", ""),
        inn="" if is_anew else asked.get("for_inn", ""),
        kpp="" if is_anew else asked.get("for_kpp", ""),
        to_box=asked.get("to_box", ""),
    )
    view = recipient_view(reading(services, visitor), item_of(visitor), chosen)
    mapped = Boxes(services.database, visitor.portal.id).signers(view.box.id) if view.box else []
    names = names_of(services, visitor, [one.bitrix_user_id for one in mapped])
    return _fragment(
        "recipient",
        visitor,
        view=view,
        statuses=STATUSES,
        nonce=new_nonce(),
        signers=names,
        signer=asked.get("signer", ""),
    )


def _packages(services: Services, visitor: Visitor) -> Response:
    """204 while nothing has changed: what a person is about to click stays where it is."""
    item = item_of(visitor)
    rows = packages_of(reading(services, visitor), item)
    going = under_way(services.database, visitor.portal.id, document_id_of(item))
    told = repr([rows, [(call.id, call.state, call.last_error) for call in going], visitor.may_send])
    stamp = hashlib.sha256(told.encode()).hexdigest()[:16]
    if request.args.get("seen") == stamp:
        return make_response("", 204, NO_STORE)
    is_over = all(row.is_over for row in rows) and not going
    calls = [(call, deal_tab_actions.name_of(call.code)) for call in going]
    return _fragment(
        "packages",
        visitor,
        rows=rows,
        calls=calls,
        stamp=stamp,
        seconds=RESTING_SECONDS if is_over else REFRESH_SECONDS,
        nonces={row.id: new_nonce() for row in rows},
    )


def _called(services: Services, visitor: Visitor, call_id: int) -> Response:
    asked = outcome(services, visitor, call_id)
    name = deal_tab_actions.name_of(asked.code)
    return _fragment("called", visitor, asked=asked, name=name)


def _progress(services: Services, visitor: Visitor, plan: Plan) -> Response:
    progress = advance(services, visitor, plan)
    nonce = new_nonce() if progress.is_over else plan.nonce
    return _fragment("progress", visitor, progress=progress, plan=plan.written(), nonce=nonce)


def _fragment(template: str, visitor: Visitor, **values: Any) -> Response:
    return fragment(f"{FOLDER}/{template}.html", visitor, at=AT, **_speaking(visitor), **values)


def _speaking(visitor: Visitor) -> dict[str, Any]:
    """What templates say texts and days with."""
    language = visitor.language
    return {
        "spoken_text": lambda text: text.of(language),
        "spoken": lambda options: [(key, text.of(language)) for key, text in dict(options).items()],
        "written_day": _written_day,
    }


def _written_day(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d.%m.%Y}"
    except ValueError:
        return text
