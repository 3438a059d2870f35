"""Who we are to Diadoc: OpenID Connect for a user who consented, or a developer key with a login (the older way)."""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from clients.diadoc.answers import SYSTEM, WAIT_SECONDS, Answer, error_of
from clients.diadoc.reading import Item, NotJson, read_json
from clients.diadoc.transport import JSON, RENEW_AHEAD
from clients.http import Http
from credentials import Token
from errors import DiadocAuthLost, NoAccess, RequestRejected, ServiceError, Unavailable

_FORM = "application/x-www-form-urlencoded"
_DISCOVERY = ".well-known/openid-configuration"
_OUR_FAULT = ("invalid_client", "unauthorized_client", "invalid_scope")  # settings, not the user's consent


class OidcAuth:
    """Authorization code once, refresh tokens ever after. Tokens and the secret travel to identity_url only.

    Every method may raise Unavailable; NoAccess when the provider refuses our client id or secret.
    """

    def __init__(
        self, *, identity_url: str, client_id: str, client_secret: str, scope: str, http: Http | None = None
    ) -> None:
        self._identity_url = identity_url.rstrip("/")
        self._client_id, self._client_secret, self._scope = client_id, client_secret, scope
        self._http = http or Http(system=SYSTEM)
        self._endpoints: dict[str, str] = {}
        self._lock = threading.Lock()

    def authorization_url(self, redirect_uri: str, state: str, nonce: str) -> str:
        """Where a person is sent to consent; comes back to redirect_uri with `code` and `state`."""
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "scope": self._scope,
            "redirect_uri": redirect_uri,
            "state": state,
            "nonce": nonce,
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def exchange(self, code: str, redirect_uri: str, nonce: str = "") -> Token:
        """The first token for a code, which is good once. nonce: the one of authorization_url; an id_token that
        holds another is refused. Raises DiadocAuthLost when the code is spent, RequestRejected on a wrong nonce."""
        values = self._ask(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)
        if nonce and values.text("id_token") and _nonce_of(values.text("id_token")) != nonce:
            raise self._failure(RequestRejected, "the id_token was made for another request")
        return self._token(values, old_refresh_token="")

    def renew(self, token: Token) -> Token:
        """A fresh token, with the old refresh token when no new one came. Raises DiadocAuthLost on a dead grant."""
        if not token.refresh_token:
            raise self._failure(DiadocAuthLost, "there is no refresh token")
        values = self._ask(grant_type="refresh_token", refresh_token=token.refresh_token)
        return self._token(values, old_refresh_token=token.refresh_token)

    def header(self, token: Token) -> str:
        """The value of Authorization."""
        return f"Bearer {token.access_token}"

    def _ask(self, **form: str) -> Item:
        form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        answer = _exchange(
            self._http,
            "POST",
            self._endpoint("token_endpoint"),
            method="connect/token",
            data=urlencode(form),
            headers={"Content-Type": _FORM, "Accept": "application/json"},
        )
        if answer.status == 200:
            return answer.json()
        raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> ServiceError:
        try:
            code = read_json(answer.body).text("error") if answer.status in (400, 401, 403) else ""
        except NotJson:
            code = ""
        if code == "invalid_grant":
            return self._failure(DiadocAuthLost, "the consent is spent or withdrawn", answer.status)
        if code in _OUR_FAULT:
            return self._failure(NoAccess, f"{code}: client id, secret or scope are not accepted", answer.status)
        if code:  # never the provider's description: it may repeat what was sent
            return self._failure(RequestRejected, code[:100], answer.status)
        error = error_of(answer, secret=self._client_secret)
        return error if error.temporary else self._failure(NoAccess, f"HTTP {answer.status}", answer.status)

    def _token(self, values: Item, *, old_refresh_token: str) -> Token:
        access_token = _printable(values.text("access_token"))
        if not access_token:
            raise self._failure(Unavailable, "an answer without an access token")
        refresh_token = _printable(values.text("refresh_token")) or old_refresh_token
        return Token(access_token, refresh_token, _expiry(values.number("expires_in")))

    def _endpoint(self, name: str) -> str:
        with self._lock:
            if not self._endpoints:
                self._endpoints = self._discover()
            return self._endpoints[name]

    def _discover(self) -> dict[str, str]:
        answer = _exchange(
            self._http,
            "GET",
            f"{self._identity_url}/{_DISCOVERY}",
            method=_DISCOVERY,
            headers={"Accept": "application/json"},
        )
        if answer.status != 200:
            raise error_of(answer)
        values = answer.json()
        return {name: self._own(values.text(name)) for name in ("authorization_endpoint", "token_endpoint")}

    def _own(self, endpoint: str) -> str:
        ours, theirs = urlsplit(self._identity_url), urlsplit(endpoint)
        if (ours.scheme, ours.netloc.lower()) != (theirs.scheme, theirs.netloc.lower()):
            raise self._failure(NoAccess, "the provider names an endpoint on another host", method=_DISCOVERY)
        return endpoint

    def _failure(
        self, kind: type[ServiceError], detail: str, status: int = 0, method: str = "connect/token"
    ) -> ServiceError:
        return kind(system=SYSTEM, method=method, status=status, detail=detail)


class DeveloperKeyAuth:
    """The older DiadocAuth: a developer key and a user's login and password, a token for 24 hours."""

    LIFE = timedelta(hours=24)

    def __init__(
        self, *, api_url: str, developer_key: str, login: str, password: str, http: Http | None = None
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._developer_key, self._login, self._password = developer_key, login, password
        self._http = http or Http(system=SYSTEM)

    def authenticate(self) -> Token:
        """The first token. Raises DiadocAuthLost when key, login or password are refused."""
        return self.renew(Token(""))

    def renew(self, token: Token) -> Token:
        """A fresh token by the password. Raises DiadocAuthLost when it is refused, Unavailable."""
        answer = _exchange(
            self._http,
            "POST",
            f"{self._api_url}/V3/Authenticate",
            method="V3/Authenticate",
            params={"type": "password"},
            data=json.dumps({"login": self._login, "password": self._password}).encode(),
            headers={"Content-Type": JSON, "Authorization": self._header("")},
        )
        if answer.status in (401, 403) and not answer.is_a_page:
            raise answer.failure(DiadocAuthLost, detail="developer key, login or password are refused")
        if answer.status != 200:
            raise error_of(answer, secret=self._password)
        access_token = _printable(answer.text.strip('"'))
        if not access_token or answer.is_a_page:
            raise answer.failure(Unavailable, detail="an answer without a token", retry_after=WAIT_SECONDS)
        return Token(access_token, "", datetime.now(UTC) + self.LIFE)

    def header(self, token: Token) -> str:
        """The value of Authorization."""
        return self._header(token.access_token)

    def _header(self, access_token: str) -> str:
        key = f"DiadocAuth ddauth_api_client_id={self._developer_key}"
        return f"{key},ddauth_token={access_token}" if access_token else key


def _exchange(http: Http, verb: str, url: str, *, method: str, **request: object) -> Answer:
    """Once: a code and a rotating refresh token are good for one request, whoever asked decides about another."""
    response = http.send(verb, url, method=method, repeat=False, **request)
    return Answer(method, response.status_code, response.headers, response.content, len(response.content))


def _printable(text: str) -> str:
    """What can stand in a header, or ""."""
    return text if text.isascii() and text.isprintable() and " " not in text and len(text) < 64 * 1024 else ""


def _expiry(seconds: int | None) -> datetime | None:
    """None = good until it is refused: nothing was said, or so short a life that renewing ahead of its end would
    mean renewing before every request."""
    if seconds is None or seconds <= 2 * RENEW_AHEAD.total_seconds():
        return None
    return datetime.now(UTC) + timedelta(seconds=min(seconds, 10 * 365 * 24 * 3600))


def _nonce_of(id_token: str) -> str:
    """The claim of a token that came straight from the provider by TLS, which is why nobody checks its signature
    (OpenID Connect Core 3.1.3.7, 6)."""
    try:
        payload = id_token.split(".")[1]
        return read_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).text("nonce")
    except (IndexError, ValueError):
        return ""
