"""What a visitor sees: whole pages, which may load and ask, and pieces of them for htmx."""

from typing import Any

from flask import Response, make_response

from handlers.failures import NO_STORE
from handlers.pages.page_tokens import build
from handlers.pages.visiting import TOKEN_HEADER, Visitor, token_of
from handlers.rendering import library_url, origin, protected, render
from handlers.services import Services


def show(template: str, visitor: Visitor, services: Services, **values: Any) -> Response:
    """A whole page, out of a template that extends page.html."""
    library = library_url(services.config, visitor.portal)
    body = _rendered(
        template,
        visitor,
        library=library,
        build=build(),
        page_headers={TOKEN_HEADER: token_of(services, visitor)},
        **values,
    )
    own = "style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'"
    return protected(make_response(body), visitor.portal, f"{own}; script-src 'self' {origin(library)}")


def fragment(template: str, visitor: Visitor, **values: Any) -> Response:
    """A piece of a page; what of it is shown where, its form says."""
    return make_response(_rendered(template, visitor, **values), NO_STORE)


def _rendered(template: str, visitor: Visitor, **values: Any) -> str:
    zone = visitor.settings.time_zone
    return render(template, visitor.language, zone=zone, visitor=visitor, portal=visitor.portal, **values)
