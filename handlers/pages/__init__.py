"""Pages inside Bitrix24: what opens them, what is shown on them, what people do there."""

from flask import Flask

from handlers.pages import app as application
from handlers.pages import deal_tab, limiting, static_files, step_settings
from handlers.services import Services

__all__ = ["register"]


def register(app: Flask, services: Services) -> None:
    """Mount every page on `app`."""
    limiting.install(app, services.config.web_threads)
    app.register_blueprint(static_files.blueprint())
    for page in (application, step_settings, deal_tab):
        app.register_blueprint(page.blueprint(services))
