"""A person on one of our pages: opened by the portal's post, then asked for pieces with the page's own token."""

import html
import json
import re
from typing import Any

import requests
from sqlalchemy import select, text

from clients.diadoc.ids import normal_box_id
from credentials import Token
from handlers.pages.visiting import TOKEN_HEADER
from registry.boxes import Boxes
from registry.settings import Settings, read_settings
from registry.tables import Audit, Box, Portal
from sandbox.portal.driver import ADMIN, LocalApp, PortalSandbox
from tests.handlers.conftest import Door

NONCE = re.compile(r'name="nonce" value="([^"]+)"')

_HEADERS = re.compile(r"hx-headers:inherited='([^']*)'")


class Visit:
    """One opening of a page. page: the portal's answer to the browser; token: what the page asks us with."""

    def __init__(self, portal_sandbox: PortalSandbox, app: LocalApp, user_id: int = ADMIN, **frame: Any) -> None:
        opened = portal_sandbox.frame(app, user_id, **frame)
        self.fields, self.address = opened["fields"], opened["url"]
        self.page = requests.post(self.address, data=self.fields, timeout=10)
        found = _HEADERS.search(self.page.text)
        self.token = json.loads(html.unescape(found[1]))[TOKEN_HEADER] if found else ""
        self.root = self.address.partition("/bitrix24/")[0]

    def ask(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> requests.Response:
        """What htmx would get: by POST with a form, else by GET."""
        sent = {"HX-Request": "true", TOKEN_HEADER: self.token, **headers}
        address = f"{self.root}/bitrix24/pages/{path}"
        if form is None:
            return requests.get(address, headers=sent, timeout=10)
        return requests.post(address, data=form, headers=sent, timeout=10)


def connected(door: Door, portal: Portal, organization: Any) -> Box:
    """A box of the sandbox Diadoc, connected with access that opens nothing."""
    boxes = Boxes(door.database, portal.id)
    account_id = boxes.add_account(kind="oidc", token=Token("access", "refresh"))
    facts = {"inn": organization.inn, "kpp": organization.kpp, "name": organization.name}
    return boxes.connect(account_id=account_id, box_id=normal_box_id(organization.box), **facts)


def settings_of(door: Door, portal: Portal) -> Settings:
    return read_settings(door.database, portal.id)


def audits(door: Door) -> list[Audit]:
    """The newest first."""
    with door.database.session() as session:
        return list(session.scalars(select(Audit).order_by(Audit.id.desc())))


def jobs(door: Door) -> list[tuple[str, dict[str, Any]]]:
    """What pages have asked the worker for: task and arguments."""
    rows = text("select task_name, args from procrastinate_jobs where task_name in ('work', 'replay') order by id")
    with door.database.session() as session:
        return [(row[0], row[1]) for row in session.execute(rows)]
