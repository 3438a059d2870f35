"""The settings of one step, in place of the fields that the portal would draw in its dialog."""

from flask import Blueprint, Response, request

from activities.step_form import step_form
from errors import AppError
from handlers.bodies import posted
from handlers.failures import for_people
from handlers.metrics import PAGES
from handlers.pages.showing import show
from handlers.pages.visiting import open_page
from handlers.refusals import Refused, UnknownActivity
from handlers.rendering import page
from handlers.services import Services
from registry.boxes import Boxes


def blueprint(services: Services) -> Blueprint:
    door = Blueprint("step_settings", __name__, template_folder="../templates")

    @door.post("/bitrix24/pages/activity-settings")
    def settings() -> Response:
        for_people()
        try:
            answer = _settings_page(services)
        except AppError as error:
            PAGES.labels("step_settings", error.reason if isinstance(error, Refused) else "failed").inc()
            raise
        PAGES.labels("step_settings", "done").inc()
        return answer

    @door.get("/bitrix24/pages/activity-settings")
    def look() -> Response:
        return page("open_in_portal.html")

    return door


def _settings_page(services: Services) -> Response:
    visitor = open_page(services, request.args, posted())
    boxes = Boxes(services.database, visitor.portal.id).all()
    form = step_form(visitor.options, boxes=boxes, language=visitor.language)
    if form is None:
        raise UnknownActivity
    return show("step_settings/page.html", visitor, services, form=form)
