"""/api/v1: JSON for programs of the customer, with a token of one portal and an OpenAPI document of itself."""

from flask import Flask
from flask_smorest import Api

from handlers.api import calls, overview, packages
from handlers.api.access import Guard, install
from handlers.api.shapes import ErrorSchema
from handlers.services import Services

__all__ = ["register"]

DESCRIPTION = """
Documents, packages and calls of one Bitrix24 portal. Every request carries `Authorization: Bearer <token>`; a portal's
administrator makes tokens on the application's page, or with `b24-edo api-tokens create`. A token of the role reader
may look, an operator may also have activities run. Times are ISO 8601 in UTC, money and requisites are texts. What
belongs to another portal does not exist here. Lists give the newest first; `next` is the `below` of the next page.
"""


class _OpenApi(Api):
    """Describes the API; what goes wrong is answered as everywhere in the application."""

    ERROR_SCHEMA = ErrorSchema

    def _register_error_handlers(self) -> None:
        """handlers.failures has them."""


def register(app: Flask, services: Services) -> None:
    """Mount the API on `app`."""
    app.config.update(
        API_TITLE="b24-edo",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        API_SPEC_OPTIONS={
            "info": {"description": DESCRIPTION.strip()},
            "servers": [{"url": services.config.public_url}],
            "security": [{"token": []}],
        },
    )
    api, guard = _OpenApi(app), Guard(services)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    install(app)
    for make in (
        packages.packages,
        packages.documents,
        packages.files,
        calls.calls,
        overview.reports,
        overview.boxes,
        overview.activities,
        overview.health,
    ):
        door = make(services)
        guard.mount(door)
        api.register_blueprint(door)
