"""How each page begins: the portal's post is proven, counted, and answered by a whole page."""

from collections.abc import Callable

from flask import Response, request

from errors import AppError
from handlers.bodies import posted
from handlers.failures import for_people
from handlers.metrics import PAGES
from handlers.pages.visiting import Visitor, open_page
from handlers.refusals import Refused
from handlers.services import Services


def opened(services: Services, name: str, answer: Callable[[Visitor], Response]) -> Response:
    """Answer the portal's post that opens the page `name`; every outcome is counted. Raises as open_page()."""
    for_people()
    try:
        shown = answer(open_page(services, request.args, posted()))
    except AppError as error:
        PAGES.labels(name, error.reason if isinstance(error, Refused) else "failed").inc()
        raise
    PAGES.labels(name, "done").inc()
    return shown
