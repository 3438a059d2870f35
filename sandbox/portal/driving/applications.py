"""Local applications: their cards, installation, pages, versions, removal."""

from typing import Any

import requests

from sandbox.portal.driving.base import Base
from sandbox.portal.driving.seeded import ADMIN, LocalApp, Page


class Applications(Base):
    def add_local_app(
        self,
        handler_url: str,
        install_url: str = "",
        *,
        api_only: bool = False,
        scopes: list[str] | None = None,
        portal: str = "first",
    ) -> LocalApp:
        """Save a local application's card; install() comes next. scopes: all of them by default."""
        card = {"handler_url": handler_url, "install_url": install_url, "api_only": api_only, "scopes": scopes}
        made = self.do("add_local_app", portal=portal, **card)
        return LocalApp(made["client_id"], made["client_secret"], made["application_token"], api_only, portal)

    def app(self, app: LocalApp) -> dict[str, Any]:
        """The card with handlers, placements, activities {code: kind}, triggers, is_installed."""
        found = self.do("list_apps", portal=app.portal)
        return next(one for one in found if one["client_id"] == app.client_id)

    def change_app(self, app: LocalApp, **switches: Any) -> None:
        """is_paid, is_active, scopes, allowed_users, handler_url, install_url, api_only."""
        self.do("change_app", portal=app.portal, client_id=app.client_id, **switches)

    def registrations(self, app: LocalApp) -> list[dict[str, Any]]:
        return self.do("registrations", portal=app.portal, client_id=app.client_id)

    def install(self, app: LocalApp, user_id: int = ADMIN, *, finish: bool | None = None) -> Page | None:
        """Install as a person would.

        API only: ONAPPINSTALL goes into the queue, None is returned. With UI: the installer page is posted; what it
        answered is returned, and the installation is finished if its script calls installFinish (finish overrides).
        """
        if app.api_only:
            self.do("install_api_only", portal=app.portal, client_id=app.client_id, user_id=user_id)
            return None
        page = self.open_page(app, user_id)
        is_finished = (page.status == 200 and "installFinish" in page.body) if finish is None else finish
        if is_finished:
            self.finish_installation(app)
        return Page(page.status, page.body, is_finished)

    def finish_installation(self, app: LocalApp) -> None:
        self.do("install_finish", portal=app.portal, client_id=app.client_id)

    def open_page(
        self,
        app: LocalApp,
        user_id: int = ADMIN,
        placement: str = "DEFAULT",
        options: dict[str, Any] | None = None,
        url: str = "",
        changes: dict[str, str] | None = None,
    ) -> Page:
        """Post an application's page into its frame, as the browser of this user. changes: replaced form fields."""
        frame = self.frame(app, user_id, placement, options, url)
        answer = requests.post(frame["url"], data={**frame["fields"], **(changes or {})}, timeout=30)
        return Page(answer.status_code, answer.text)

    def frame(
        self,
        app: LocalApp,
        user_id: int = ADMIN,
        placement: str = "DEFAULT",
        options: dict[str, Any] | None = None,
        url: str = "",
    ) -> dict[str, Any]:
        """{"url", "fields", "name", "sid"} of a page POST without posting it."""
        wanted = {"user_id": user_id, "placement": placement, "options": options, "url": url}
        return self.do("open_page", portal=app.portal, client_id=app.client_id, **wanted)

    def update(self, app: LocalApp, *, new_token: bool = False) -> dict[str, Any]:
        """A new version: registrations are dropped, ONAPPUPDATE goes into the queue. The card."""
        return self.do("update_app", portal=app.portal, client_id=app.client_id, new_token=new_token)

    def uninstall(self, app: LocalApp, *, clean: bool = True) -> None:
        self.do("uninstall_app", portal=app.portal, client_id=app.client_id, clean=clean)
