"""One REST call to a portal: its token, its turn, its errors, its address."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_before_delay, wait_random_exponential

from clients.bitrix24 import faults, wire
from clients.bitrix24.auth import Bitrix24Auth
from clients.http import PATIENCE_SECONDS, Http, Throttle, TokenStore
from credentials import Token
from errors import NoAccess, PortalAuthLost, RateLimited, ServiceError, Unavailable

log = logging.getLogger(__name__)

OnOperating = Callable[[str, float, datetime | None], None]
PAGE_SIZE = 50
_READS = (
    ".get", ".list", ".fields", ".current", ".info", ".getfields", ".getlist", ".getchildren", ".getforapp",
    ".instances", ".time",
)  # fmt: skip
_READS_WITHOUT_DOT = ("profile", "scope", "events", "methods")
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "b24-edo"}
_jitter = wait_random_exponential(multiplier=0.1, max=1.0)


@dataclass(frozen=True)
class Answer:
    """result: as it came; total, next_start: of a list method, None when there is no such."""

    result: Any
    total: int | None = None
    next_start: int | None = None


def is_read(method: str) -> bool:
    """Does a call of this method change nothing, so that an unclear failure may be repeated?"""
    name = method.lower()
    return name in _READS_WITHOUT_DOT or name.endswith(_READS)


class Caller:
    """Calls the REST methods of one portal as one user.

    tokens: where the user's token is kept; throttle: the portal's rate, shared by all processes; auth and
    server_endpoint: who renews the token and vouches for a new address; on_operating(method, seconds, reset_at): told
    after each answer how much of its time limit the method has used.
    Every method raises: Unavailable, RateLimited (waiting may cure), PortalAuthLost, SubscriptionEnded, NoAccess,
    NotFoundThere, Conflict, RequestRejected. Source: bitrix24 docs, settings/how-to-call-rest-api, limits.
    """

    def __init__(
        self,
        *,
        tokens: TokenStore,
        throttle: Throttle,
        auth: Bitrix24Auth,
        server_endpoint: str,
        http: Http | None = None,
        on_operating: OnOperating | None = None,
    ) -> None:
        self._tokens, self._throttle, self._auth = tokens, throttle, auth
        self._server_endpoint = server_endpoint
        self._http = http or Http(system=wire.SYSTEM)
        self._on_operating = on_operating

    def call(self, method: str, params: Mapping[str, Any] | None = None, *, repeat: bool | None = None) -> Any:
        """The result of one remote method.

        repeat: whether an unclear failure (no answer, 5xx) may be repeated for up to 3 s; by default only for methods
        that read. What the portal surely did not do (limits, an expired token, a redirect) is repeated always.
        """
        return self.ask(method, params, repeat=repeat).result

    def ask(self, method: str, params: Mapping[str, Any] | None = None, *, repeat: bool | None = None) -> Answer:
        """As call(), with what a list method says about its pages."""
        harmless = is_read(method) if repeat is None else repeat
        attempts = Retrying(
            retry=retry_if_exception(lambda error: _is_over_soon(error, harmless)),
            stop=stop_before_delay(PATIENCE_SECONDS),
            wait=_pause,
            reraise=True,
        )
        return attempts(self._ask, method, dict(params or {}))

    def list_all(
        self, method: str, params: Mapping[str, Any] | None = None, key: str = "", *, id_field: str = "ID"
    ) -> Iterator[Any]:
        """Every item of a list method, in the order of ids and without counting, a page of 50 a call.

        key: the member of the result that holds the items, "" when the result is the list; id_field: what the method
        calls an item's id. `order` of params is not obeyed. Source: settings/performance/huge-data.
        """
        given = dict(params or {})
        bounds = dict(given.get("filter") or {})
        if given.get("select"):
            given["select"] = list({**dict.fromkeys(given["select"]), id_field: None})
        last = 0
        while True:
            page = {**given, "filter": bounds, "order": {id_field: "ASC"}, "start": -1}
            items = _items(self.call(method, page), key)
            yield from items
            if len(items) < PAGE_SIZE:
                return
            newest = wire.as_int(wire.as_map(items[-1]).get(id_field))
            if newest <= last:  # it ignores our order or filter: better an error than a loop without end
                raise ServiceError(system=wire.SYSTEM, method=method, detail="pages that do not advance")
            last = newest
            bounds = {**bounds, f">{id_field}": last}

    def list_pages(self, method: str, params: Mapping[str, Any] | None = None, key: str = "") -> Iterator[Any]:
        """Every item of a list method that knows no filter by id: by `start` and `next`."""
        start: int | None = 0
        while start is not None:
            answer = self.ask(method, {**(params or {}), "start": start})
            yield from _items(answer.result, key)
            start = answer.next_start if answer.next_start and answer.next_start > start else None

    def _ask(self, method: str, params: dict[str, Any]) -> Answer:
        token = self._tokens.read()
        renewed = moved = False
        while True:
            self._throttle.wait_turn(method)
            response = self._post(token, method, params)
            if response.is_redirect and not moved:
                token, moved = self._follow(token, response, method), True
                continue
            try:
                return self._read(response, method, token)
            except ServiceError as error:
                if renewed or error.vendor_code.lower() not in faults.TOKEN_IS_STALE:
                    raise
                token, renewed = self._renew(token, error.vendor_code), True

    def _post(self, token: Token, method: str, params: dict[str, Any]) -> requests.Response:
        body = wire.dump({**params, "auth": token.access_token})
        return self._http.send(
            "POST", token.endpoint + method, method=method, repeat=False, data=body, headers=_HEADERS
        )

    def _read(self, response: requests.Response, method: str, token: Token) -> Answer:
        secrets = (token.access_token, token.refresh_token)
        try:
            body = faults.read(response, method=method, secrets=secrets)
        except RateLimited as error:
            self._step_back(error)
            raise
        self._note_operating(method, wire.as_map(body.get("time")))
        if "result" not in body:
            raise Unavailable(system=wire.SYSTEM, method=method, status=response.status_code, detail="no result")
        return Answer(body["result"], _count(body.get("total")), _count(body.get("next")))

    def _step_back(self, error: RateLimited) -> None:
        only_this_method = error.vendor_code.upper() == "OPERATION_TIME_LIMIT"
        self._throttle.block(error.retry_after or faults.QUERY_LIMIT_SECONDS, error.method if only_this_method else "")

    def _note_operating(self, method: str, spent: dict[str, Any]) -> None:
        used = spent.get("operating")
        if self._on_operating and isinstance(used, (int, Decimal)):
            self._on_operating(method, float(used), wire.as_time(spent.get("operating_reset_at")))

    def renew_token(self) -> None:
        """Renew the token although it is not spent: one that is never used would die. Raises PortalAuthLost."""
        self._renew(self._tokens.read(), because="")

    def _renew(self, stale: Token, because: str) -> Token:
        try:
            return self._tokens.renew(stale, lambda stored: self._refresh(stored, because))
        except PortalAuthLost:
            # somebody may have won a race that the lock does not see: look once more before giving up
            token = self._tokens.read()
            if token.access_token == stale.access_token:
                raise
            return token

    def _refresh(self, stored: Token, because: str) -> Token:
        try:
            return self._auth.refresh(self._server_endpoint, stored.refresh_token).token(stored.endpoint)
        except NoAccess as error:
            # "invalid_client" alone may be a wrong secret of ours, which must not cost us the portal's token
            if (because.lower(), error.vendor_code.lower()) == ("invalid_token", "invalid_client"):
                raise PortalAuthLost(**error.facts) from None
            raise

    def _follow(self, token: Token, response: requests.Response, method: str) -> Token:
        """The token at the portal's new address, which its auth server must confirm before a token goes there."""
        there = wire.origin(urljoin(token.endpoint, response.headers.get("Location", "")))
        here = token.endpoint
        if there == wire.origin(here):
            raise Unavailable(system=wire.SYSTEM, method=method, status=response.status_code, detail="a redirect")
        token, endpoint = self._confirmed_address(token)
        if wire.origin(endpoint) != there or not _is_as_safe(endpoint, here):
            detail = "the portal redirects to a host that its auth server does not confirm"
            raise Unavailable(system=wire.SYSTEM, method=method, status=response.status_code, detail=detail)
        self._tokens.moved(endpoint)
        log.info("portal moved", extra={"host": there[1]})
        return replace(token, endpoint=endpoint)

    def _confirmed_address(self, token: Token) -> tuple[Token, str]:
        try:
            info = self._auth.app_info(self._server_endpoint, token.access_token)
        except ServiceError as error:
            if error.vendor_code.lower() not in faults.TOKEN_IS_STALE:
                raise
            token = self._renew(token, error.vendor_code)
            info = self._auth.app_info(self._server_endpoint, token.access_token)
        return token, info.client_endpoint


def _is_over_soon(error: BaseException, harmless: bool) -> bool:
    if isinstance(error, RateLimited):
        return error.retry_after is not None and error.retry_after < PATIENCE_SECONDS
    return harmless and isinstance(error, Unavailable)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    told = error.retry_after if isinstance(error, RateLimited) else None
    return (told or 0.0) + _jitter(state)


def _is_as_safe(endpoint: str, than: str) -> bool:
    return wire.origin(endpoint)[0] == "https" or wire.origin(than)[0] == "http"


def _items(result: Any, key: str) -> list[Any]:
    return wire.as_list(wire.as_map(result).get(key) if key else result)


def _count(value: Any) -> int | None:
    return None if value is None else wire.as_int(value)
