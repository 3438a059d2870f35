"""The emulator itself: settings, faults, the log of requests; portals, people and tokens."""

import time
from collections.abc import Callable
from typing import Any

import requests
from requests import Response

from sandbox.portal.driving.seeded import ADMIN, LocalApp


class Base:
    """urls: the addresses in host order: auth server, first portal, second portal, spare."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = dict(zip(("auth", "first", "second", "spare"), urls, strict=False))
        self.auth_url, self.first_url = urls[0], urls[1]
        self._session = requests.Session()

    def reset(self) -> None:
        """Back to the seed: settings, faults, everything."""
        self._post("/_control/reset")

    def settings(self, **values: Any) -> dict[str, Any]:
        """Change settings (settings.py lists them); all of them as they are now."""
        return self._post("/_control/settings", values)

    def fault(self, method: str, kind: str, **more: Any) -> int:
        """Arm a fault (see sandbox/faults.py) for a REST method, "oauth.token", "app.info" or "*"."""
        return self._post("/_control/faults", {"method": method, "kind": kind, **more})["id"]

    def faults(self) -> list[dict[str, Any]]:
        """What is armed: as Fault, times 0 = it has hit."""
        return self._checked(self._session.get(self.first_url + "/_control/faults"))

    def clear_faults(self) -> None:
        self._checked(self._session.delete(self.first_url + "/_control/faults"))

    def requests(self, method: str = "") -> list[dict[str, Any]]:
        """What was asked so far: method, verb, path, at, ids {"at": role of the address}, status, fault."""
        seen = self._checked(self._session.get(self.first_url + "/_control/requests"))
        return [one for one in seen if not method or one["method"].lower() == method.lower()]

    def forget_requests(self) -> None:
        self._checked(self._session.delete(self.first_url + "/_control/requests"))

    def portal(self, portal: str = "first") -> dict[str, Any]:
        """name, member_id, url, domain, client_endpoint, server_endpoint, users, webhooks."""
        return self.do("describe_portal", portal=portal)

    def member_id(self, portal: str = "first") -> str:
        return self.portal(portal)["member_id"]

    def change_portal(self, portal: str = "first", **switches: Any) -> None:
        """has_rest, is_deleted, is_overloaded, is_in_maintenance, language, confirmations, features."""
        self.do("change_portal", portal=portal, **switches)

    def rename(self, to: str = "spare", portal: str = "first") -> str:
        """Move a portal to another address; the old one answers 302. The new base address."""
        return self.do("rename_portal", portal=portal, to=to)

    def change_user(self, user_id: int, portal: str = "first", **switches: Any) -> None:
        """is_admin, is_active, is_intranet, has_crm, name, last_name; an unknown id makes a new user."""
        self.do("change_user", portal=portal, user_id=user_id, **switches)

    def tokens(self, app: LocalApp, user_id: int = ADMIN) -> dict[str, Any]:
        """A fresh pair of tokens, as the token endpoint describes it."""
        return self.do("issue_tokens", portal=app.portal, client_id=app.client_id, user_id=user_id)

    def authorization_code(self, app: LocalApp, user_id: int = ADMIN) -> str:
        return self.do("issue_code", portal=app.portal, client_id=app.client_id, user_id=user_id)

    def expire_tokens(self, portal: str = "first") -> int:
        """All access tokens of the portal expire now."""
        return self.do("expire_access_tokens", portal=portal)

    def expire_refresh_tokens(self, portal: str = "first") -> int:
        return self.do("expire_refresh_tokens", portal=portal)

    def webhook(self, user_id: int, code: str, scopes: list[str], portal: str = "first") -> str:
        """The base address of a new incoming webhook."""
        return self.do("add_webhook", portal=portal, user_id=user_id, code=code, scopes=scopes)

    def do(self, operation: str, **values: Any) -> Any:
        """Any control operation by name."""
        return self._post(f"/_control/do/{operation}", values)

    def wait_for(self, read: Callable[[], Any], is_done: Callable[[Any], bool], seconds: float) -> Any:
        """Read until it is done. Raises TimeoutError showing what was read last."""
        deadline = time.monotonic() + seconds
        while True:
            found = read()
            if is_done(found):
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s: {found}")
            time.sleep(0.03)

    def _post(self, path: str, body: Any = None) -> Any:
        return self._checked(self._session.post(self.first_url + path, json=body or {}, timeout=60))

    @staticmethod
    def _checked(answer: Response) -> Any:
        if answer.status_code != 200:
            raise RuntimeError(f"the sandbox refuses: {answer.status_code} {answer.text}")
        return answer.json()
