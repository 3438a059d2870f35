"""Around every request: patience, tokens, headers, announcements."""

import logging
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import responses

from clients.http import Http
from credentials import Token
from errors import DiadocAuthLost, RateLimited, ServiceError, Unavailable
from tests.clients.diadoc_support import ADDRESS, API, OUR_BOX, Blocks, Tokens, client, sample

URL = f"{API}/V3/GetDocument"
TEXT = "text/plain; charset=utf-8"


@pytest.fixture(autouse=True)
def naps(monkeypatch):
    """Pauses are counted, not slept; the clock goes on by them."""
    slept: list[float] = []
    clock = SimpleNamespace(sleep=slept.append, monotonic=lambda: sum(slept))
    monkeypatch.setattr("clients.diadoc.transport.time", clock)
    return slept


@pytest.fixture
def remote():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def answer(remote, status, text="", headers=None, times=20):
    """Diadoc answers so, as often as it is asked."""
    for _ in range(times):
        remote.get(URL, status=status, body=text.encode(), content_type=TEXT, headers=headers or {})


def failure(kind=ServiceError, **options) -> ServiceError:
    with pytest.raises(kind) as caught:
        client(**options).get_document(**ADDRESS)
    return caught.value


def test_a_service_that_recovers_within_three_seconds_is_not_noticed(remote, naps):
    answer(remote, 503, times=2)
    remote.get(URL, json=sample("document_waiting"))

    document = client().get_document(**ADDRESS)

    assert document.custom_document_id == "b24-1-a"
    assert len(naps) == 2


def test_patience_ends_after_three_seconds(remote, naps):
    answer(remote, 500, times=50)

    failure(Unavailable)

    assert 2 <= sum(naps) <= 3


def test_a_short_wait_that_diadoc_asks_for_is_waited(remote, naps):
    throttle = Blocks()
    answer(remote, 429, headers={"Retry-After": "2"}, times=1)
    remote.get(URL, json=sample("document_waiting"))

    client(throttle=throttle).get_document(**ADDRESS)

    assert naps == [2.0]
    assert throttle.blocked == [2.0]
    assert throttle.turns == ["V3/GetDocument"] * 2


def test_a_long_wait_is_handed_to_the_worker_and_tells_everybody(remote, naps):
    throttle = Blocks()
    answer(remote, 429, headers={"Retry-After": "40"})

    error = failure(RateLimited, throttle=throttle)

    assert error.retry_after == 40
    assert throttle.blocked == [40]
    assert naps == []


@pytest.mark.parametrize("said", ["", "soon", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 400])
def test_a_wait_that_is_no_number_of_seconds_gets_a_sensible_one(remote, said):
    answer(remote, 429, headers={"Retry-After": said})

    assert 0 < failure(RateLimited).retry_after <= 24 * 3600


def test_a_refused_token_is_renewed_once_and_the_request_repeated(remote):
    tokens = Tokens(Token("first-token", "first-refresh"))
    answer(remote, 401, times=1)
    remote.get(URL, json=sample("document_waiting"))

    document = client(tokens=tokens).get_document(**ADDRESS)

    assert document.custom_document_id == "b24-1-a"
    assert tokens.renewals == 1
    assert [call.request.headers["Authorization"] for call in remote.calls] == [
        "Bearer first-token",
        "Bearer renewed-1",
    ]


def test_a_fresh_token_that_is_refused_too_ends_it(remote):
    tokens = Tokens(Token("first-token", "first-refresh"))
    answer(remote, 401)

    error = failure(DiadocAuthLost, tokens=tokens)

    assert tokens.renewals == 1
    assert not error.temporary
    assert len(remote.calls) == 2


def test_headers_are_those_that_diadoc_expects(remote):
    remote.get(URL, json=sample("document_waiting"))
    remote.post(f"{API}/RecycleDraft")

    diadoc = client(solution="b24-edo-test")
    diadoc.get_document(**ADDRESS)
    diadoc.recycle_draft(box_id=OUR_BOX, draft_id="d")

    get, post = (call.request.headers for call in remote.calls)
    assert get["Accept"].startswith("application/json")
    assert get["X-Solution-Info"] == "b24-edo-test"
    assert "Content-Type" not in get
    assert "Content-Type" not in post


def test_a_method_that_will_be_removed_is_told_once_and_logged(remote, caplog):
    told = []
    headers = {"Sunset": "Fri, 30 Apr 2027 00:00:00 GMT", "Link": '<https://docs.example/x>;rel="sunset"'}
    remote.get(URL, json=sample("document_waiting"), headers=headers)
    diadoc = client(on_sunset=lambda *announcement: told.append(announcement))

    with caplog.at_level(logging.WARNING):
        diadoc.get_document(**ADDRESS)
        diadoc.get_document(**ADDRESS)

    assert told == [("V3/GetDocument", datetime(2027, 4, 30, tzinfo=UTC), "https://docs.example/x")]
    assert len(caplog.records) == 1


def test_a_sunset_without_a_date_is_an_alarm_all_the_same(remote):
    told = []
    remote.get(URL, json=sample("document_waiting"), headers={"Sunset": "soon"})

    client(on_sunset=lambda *announcement: told.append(announcement)).get_document(**ADDRESS)

    assert told == [("V3/GetDocument", None, "")]


def test_an_empty_success_is_one_whatever_its_type(remote):
    remote.post(f"{API}/Delete", body=b"", content_type="text/html")

    client().delete(**ADDRESS)

    assert len(remote.calls) == 1


def test_a_broken_connection_is_unavailable(remote, naps):
    error = failure(Unavailable, http=Http(system="Диадок", timeout_seconds=1))

    assert error.temporary
    assert "diadoc.example" in error.detail
