"""A person on one of our pages: opened by the portal's post, then asked for pieces with the page's own token."""

import html
import json
import re
from typing import Any

import requests

from handlers.pages.visiting import TOKEN_HEADER
from sandbox.portal.driver import ADMIN, LocalApp, PortalSandbox

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
