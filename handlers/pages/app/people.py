"""The tab «Люди»: who may send and administer, what the deal's button does, who hears of incoming documents."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from activities.crm_ids import DEAL, CrmItem
from activities.values import Text
from errors import AppError
from handlers.pages.app.names import names_of
from handlers.pages.app.tabs import Tab, audit, chosen_number, chosen_numbers, is_chosen, panel
from handlers.pages.asking import document_id_of
from handlers.pages.visiting import Visitor, administrator_of, reading
from handlers.services import Services
from registry.settings import Settings, change_settings

_SENDERS = Text("кто может отправлять", "who may send")
_ADMINISTRATORS = Text("кто может настраивать", "who may administer")
_TEMPLATE = Text("шаблон бизнес-процесса", "workflow template")
_RESPONSIBLE = Text("ответственный за входящие", "responsible for incoming documents")
_SAVED = Text("Сохранено.", "Stored.")


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    settings = visitor.settings
    people = [*settings.senders, *settings.administrators, settings.incoming_responsible]
    templates, trouble = _templates(services, visitor)
    return {
        "settings": settings,
        "names": names_of(services, visitor, people),
        "templates": templates,
        "templates_trouble": trouble,
    }


TAB = Tab("people", Text("Люди", "People"), _values)


def routes(door: Blueprint, services: Services) -> None:
    @door.post("/bitrix24/pages/app/people/rights")
    def keep_rights() -> Response:
        visitor = administrator_of(services)
        senders = chosen_numbers("senders", _SENDERS)
        administrators = chosen_numbers("administrators", _ADMINISTRATORS)
        return _kept(services, visitor, senders=senders, administrators=administrators)

    @door.post("/bitrix24/pages/app/people/button")
    def keep_button() -> Response:
        visitor = administrator_of(services)
        chosen = {
            CrmItem(type_id, 1).short.partition("_")[0]: chosen_number(f"template_{type_id}", _TEMPLATE)
            for type_id in _types(visitor.settings)
        }
        templates = {prefix: template_id for prefix, template_id in chosen.items() if template_id}
        return _kept(services, visitor, button_templates=templates)

    @door.post("/bitrix24/pages/app/people/incoming")
    def keep_incoming() -> Response:
        visitor = administrator_of(services)
        responsible = chosen_number("incoming_responsible", _RESPONSIBLE)
        return _kept(services, visitor, takes_incoming=is_chosen("takes_incoming"), incoming_responsible=responsible)


def _kept(services: Services, visitor: Visitor, **chosen: Any) -> Response:
    settings = change_settings(services.database, visitor.portal.id, user_id=visitor.user_id, **chosen)
    audit(services, visitor, "settings changed", **chosen)
    return panel(services, replace(visitor, settings=settings), TAB, done=_SAVED)


def _types(settings: Settings) -> tuple[int, ...]:
    return (DEAL, *settings.page_types)


def _templates(services: Services, visitor: Visitor) -> tuple[list[dict[str, Any]], str]:
    """For each type with our button: the workflows that it may start; and why they could not be read."""
    found: list[dict[str, Any]] = []
    try:
        client = reading(services, visitor).bitrix24
        titles = (
            {one.entity_type_id: one.title for one in client.crm_type_list()} if visitor.settings.page_types else {}
        )
        for type_id in _types(visitor.settings):
            module, entity, code = document_id_of(CrmItem(type_id, 1))
            listed = client.bizproc_workflow_template_list(document_type=(module, entity, code.rpartition("_")[0]))
            prefix = CrmItem(type_id, 1).short.partition("_")[0]
            chosen = visitor.settings.button_templates.get(prefix, 0)
            title = titles.get(type_id, "") if type_id != DEAL else ""
            found.append({"type_id": type_id, "title": title, "templates": listed, "chosen": chosen})
    except AppError as error:
        return [], error.text(visitor.language)
    return found, ""
