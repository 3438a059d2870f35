"""Drives the sandbox Diadoc from tests, the demo and the console. Speaks HTTP only and knows nothing of the product.

    sandbox = DiadocSandbox("http://127.0.0.1:8081")
    sandbox.reset()
    sandbox.settings(delivery="manual")
    sandbox.fault("PostMessage", "lost_reply")
    sandbox.sign_by_sender(message_id)

Who lives there (after a reset):

    ROMASHKA, LOGISTICS    our two boxes; only the first may lock packets; departments SALES, ACCOUNTING in the first
    LYUTIK                 a counteragent; LYUTIK_TWIN its roaming twin (same INN and KPP), LYUTIK_BRANCH its branch
    ROAMING_PARTNER        a counteragent at another operator
    ENTREPRENEUR           INN of 12 digits, no KPP; takes documents from everybody, as others do
    LIQUIDATED, CLOSED     403 and 409 (takes documents from counteragents only)
    ROAMING_STRANGER       at another operator, not invited yet; ROAMING_UNSET: invitations fail with 409
    INVITER, BLOCKER       invites us; has blocked us
    SLEEPER                has never signed anything (IsActive false)
    GEMINI                 a pair of equal boxes under one INN and KPP
    STRANGER               another customer, whose box our users cannot open

    ROBOT                  both our boxes, sees all documents, may not sign
    DIRECTOR               both our boxes, may sign
    CLERK                  ROMASHKA, only documents of SALES, no counteragents, no requests
    VIEWER                 ROMASHKA, may not create or delete
    PARTNER_SIGNER         LYUTIK and its branch, may sign
    STRANGER_ROBOT         STRANGER
"""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from requests import Response, Session

from sandbox.diadoc import seed
from sandbox.diadoc.attachments import CMS_MARK
from sandbox.diadoc.seed import *  # noqa: F403 - the constants above are part of the driver
from sandbox.diadoc.seed import DIRECTOR, LYUTIK, ROBOT, ROMASHKA, User

TIMEOUT_SECONDS = 30
SCOPE = "openid profile email offline_access Diadoc.PublicAPI"
CMS = CMS_MARK + b"a valid signature"  # bytes that the sandbox takes for a valid detached CMS
INVALID_CMS = b"not a signature"


class SandboxRefused(Exception):
    """The sandbox did not do what the driver asked for. status: of its answer; text: its reason."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status, self.text = status, text


class DiadocSandbox:
    """One running sandbox. url: its base address; API, identity provider and web pages share it. verify: the file of
    the CA when it serves TLS."""

    client_id = seed.CLIENT_ID
    client_secret = seed.CLIENT_SECRET
    developer_key = seed.DEVELOPER_KEY

    def __init__(self, url: str, verify: bool | str = True) -> None:
        self.url = url.rstrip("/")
        self._session = Session()
        self._session.trust_env = False  # loopback: no proxies, and the CA is the one given here
        self._session.verify = verify

    # --- control

    def reset(self) -> None:
        """Fresh state: seed only, default settings, no faults, an empty log."""
        self._control("POST", "reset", json={})

    def settings(self, **values: Any) -> dict[str, Any]:
        """Change settings (names and defaults: settings.py) and return all of them."""
        return self._control("POST", "settings", json=values)

    def fault(self, method: str, kind: str, **options: Any) -> int:
        """Arm a fault; options as in sandbox.faults.Fault: times, skip, status, headers, body, seconds."""
        return self._control("POST", "faults", json={"method": method, "kind": kind, **options})["id"]

    def faults(self) -> list[dict[str, Any]]:
        """What is armed: as Fault, times 0 = it has hit."""
        return self._control("GET", "faults")

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def requests(self, method: str | None = None) -> list[dict[str, Any]]:
        """Calls that arrived, oldest first: method, verb, path, status, at, ids, fault."""
        seen = self._control("GET", "requests")
        return [one for one in seen if method is None or one["method"].lower() == method.lower()]

    def forget_requests(self) -> None:
        self._control("DELETE", "requests")

    def act(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Any action of actions.py, later_actions.py or surroundings.py. Raises SandboxRefused (409: forbidden)."""
        return self._control("POST", "act", json={"action": action, **parameters})

    def documents(self, box: str = ROMASHKA.box) -> list[dict[str, Any]]:
        """Every document of a box, as `Document` of GetDocument."""
        return self._control("GET", f"documents?box={box}")

    def messages(self) -> list[dict[str, Any]]:
        """Every message, as its sender's GetMessage."""
        return self._control("GET", "messages")

    def _control(self, verb: str, path: str, **options: Any) -> Any:
        response = self._session.request(verb, f"{self.url}/_control/{path}", timeout=TIMEOUT_SECONDS, **options)
        if response.status_code != 200:
            raise SandboxRefused(response.status_code, response.text)
        return response.json()

    # --- tokens

    def authorize(self, redirect_uri: str, state: str = "", *, user: User = ROBOT, scope: str = SCOPE) -> str:
        """Consent as a person would, in two page views; the code for the redirect address."""
        query = {"response_type": "code", "client_id": self.client_id, "scope": scope, "redirect_uri": redirect_uri}
        return parse_qs(urlsplit(self.consent(query | {"state": state, "nonce": "n"}, user=user)).query)["code"][0]

    def consent(self, query: dict[str, str], *, user: User = ROBOT, decision: str = "allow") -> str:
        """Open an authorize address by its query, answer the page; the address one is sent back to."""
        address = f"{self.url}/connect/authorize"
        page = self._session.get(f"{address}?{urlencode(query)}", timeout=TIMEOUT_SECONDS)
        if page.status_code != 200:
            raise SandboxRefused(page.status_code, page.text)
        form = query | {"user": user.id, "decision": decision}
        answer = self._session.post(address, data=form, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        if answer.status_code != 302:
            raise SandboxRefused(answer.status_code, answer.text)
        return answer.headers["Location"]

    def refresh_token(self, user: User = ROBOT) -> str:
        """The refresh token that the user has from the start; with strict rotation it is good for one use."""
        return seed.first_refresh_token(user)

    def access_token(self, user: User = ROBOT) -> str:
        """A fresh access token, without the identity provider."""
        return self.act("issue_token", user=user.id)["token"]

    def diadoc_token(self, user: User = ROBOT) -> str:
        """A fresh token for `DiadocAuth`."""
        return self.act("issue_token", user=user.id, kind="diadoc")["token"]

    def call(self, verb: str, path: str, *, user: User = ROBOT, **options: Any) -> Response:
        """Call the API as a user; JSON both ways unless `headers` say otherwise."""
        headers = {"Authorization": f"Bearer {self.access_token(user)}", "Accept": "application/json"}
        headers |= options.pop("headers", {})
        return self._session.request(verb, self.url + path, headers=headers, timeout=TIMEOUT_SECONDS, **options)

    # --- what people do; entity_ids: some documents of the message, all that fit when left out

    def sign_by_sender(self, message_id: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
        return self.act("sign_by_sender", message_id=message_id, entity_ids=entity_ids)

    def deliver(self, message_id: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
        """Only with the setting delivery="manual"; otherwise it happens by itself."""
        return self.act("deliver", message_id=message_id, entity_ids=entity_ids)

    def sign_by_recipient(self, message_id: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
        return self.act("sign_by_recipient", message_id=message_id, entity_ids=entity_ids)

    def sign_with_disagreements(self, message_id: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
        return self.act("sign_with_disagreements", message_id=message_id, entity_ids=entity_ids)

    def refuse(self, message_id: str, reason: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
        return self.act("refuse", message_id=message_id, reason=reason, entity_ids=entity_ids)

    def refuse_by_our_signer(
        self, message_id: str, comment: str, entity_ids: list[str] | None = None, *, asked: bool = False
    ) -> dict[str, Any]:
        """The asked colleague refuses. asked: the product asked him already; otherwise a person does first."""
        if not asked:
            self.act("request_signature", message_id=message_id, entity_ids=entity_ids)
        return self.act("refuse_by_our_signer", message_id=message_id, comment=comment, entity_ids=entity_ids)

    def invalid_signature(
        self, message_id: str, entity_ids: list[str] | None = None, *, side: str = "sender"
    ) -> dict[str, Any]:
        return self.act("invalid_signature", message_id=message_id, entity_ids=entity_ids, side=side)

    def roaming_error(self, message_id: str, text: str, entity_ids: list[str] | None = None) -> dict[str, Any]:
        """Needs a roaming recipient, a signature of ours and the setting delivery="manual"."""
        return self.act("roaming_error", message_id=message_id, text=text, entity_ids=entity_ids)

    def request_revocation(self, message_id: str, reason: str, *, side: str = "sender", **which: Any) -> dict[str, Any]:
        return self.act("request_revocation", message_id=message_id, reason=reason, side=side, **which)

    def accept_revocation(self, message_id: str, *, side: str = "recipient", **which: Any) -> dict[str, Any]:
        return self.act("accept_revocation", message_id=message_id, side=side, **which)

    def reject_revocation(
        self, message_id: str, reason: str, *, side: str = "recipient", **which: Any
    ) -> dict[str, Any]:
        return self.act("reject_revocation", message_id=message_id, reason=reason, side=side, **which)

    def delete(self, message_id: str, entity_ids: list[str] | None = None, *, side: str = "sender") -> dict[str, Any]:
        return self.act("delete", message_id=message_id, entity_ids=entity_ids, side=side)

    def send_draft(self, message_id: str, *, gap: int = 0, letter_first: bool = True) -> dict[str, Any]:
        """A person sends a draft; the new letter's message_id and entity_ids."""
        return self.act("send_draft", message_id=message_id, gap=gap, letter_first=letter_first)

    def incoming(
        self, documents: list[dict[str, Any]], *, from_box: str = LYUTIK.box, to_box: str = ROMASHKA.box, **more: Any
    ) -> dict[str, Any]:
        """A counteragent sends us signed documents; message_id and entity_ids. more: of the action write_letter, as
        to_department, or is_signed=False (then sign_by_sender sends them, one by one if need be)."""
        return self.act("write_letter", from_box=from_box, to_box=to_box, documents=documents, **more)

    def accept_invitation(self, by_box: str, *, box: str = ROMASHKA.box) -> dict[str, Any]:
        return self.act("accept_invitation", box=box, by_box=by_box)

    def reject_invitation(self, by_box: str, *, box: str = ROMASHKA.box) -> dict[str, Any]:
        return self.act("reject_invitation", box=box, by_box=by_box)

    def lapse_subscription(self, box: str = ROMASHKA.box) -> dict[str, Any]:
        return self.act("lapse_subscription", box=box)

    def revoke_tokens(self, user: User | None = None, *kinds: str) -> dict[str, Any]:
        return self.act("revoke_tokens", user=user.id if user else "", kinds=list(kinds) or None)

    def advance_clock(self, seconds: float) -> dict[str, Any]:
        return self.act("advance_clock", seconds=seconds)

    def link(self, message_id: str, entity_id: str, *, box: str = ROMASHKA.box) -> str:
        """The web page of a document."""
        return f"{self.url}/{box}/Document/Show?letterId={message_id}&documentId={entity_id}"


SIGNER = DIRECTOR.id  # whose signature the operator's actions give by default
