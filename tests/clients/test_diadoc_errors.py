"""What each status and text of Diadoc becomes."""

from types import SimpleNamespace

import pytest
import responses

from clients.diadoc import conflicts
from clients.diadoc.answers import StillInProgress
from credentials import Token
from errors import (
    Conflict,
    NoAccess,
    NotFoundThere,
    RateLimited,
    RequestRejected,
    ServiceError,
    SubscriptionEnded,
    Unavailable,
)
from tests.clients.diadoc_support import ADDRESS, API, Tokens, client

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


@pytest.mark.parametrize(
    ("status", "kind", "is_temporary"),
    [
        (400, RequestRejected, False),
        (402, SubscriptionEnded, False),
        (403, NoAccess, False),
        (404, NotFoundThere, False),
        (405, RequestRejected, False),
        (409, Conflict, False),
        (410, RequestRejected, False),
        (415, RequestRejected, False),
        (418, RequestRejected, False),
        (429, RateLimited, True),
        (500, Unavailable, True),
        (502, Unavailable, True),
        (503, Unavailable, True),
        (302, Unavailable, True),
    ],
)
def test_a_status_becomes_its_error(remote, status, kind, is_temporary):
    answer(remote, status, "Так нельзя", {"X-Diadoc-ErrorCode": "Service.Code"})

    error = failure()

    assert type(error) is kind
    assert error.temporary is is_temporary
    assert (error.status, error.vendor_code, error.detail) == (status, "Service.Code", "Так нельзя")
    assert (error.system, error.method) == ("Диадок", "V3/GetDocument")


def test_an_error_without_words_names_the_status(remote):
    answer(remote, 403)

    assert failure(NoAccess).detail == "HTTP 403"


def test_a_text_is_cut_and_loses_what_would_break_a_log(remote):
    answer(remote, 400, "a\r\nb\x00" + "x" * 9000)

    detail = failure(RequestRejected).detail

    assert detail.startswith("a b x")
    assert len(detail) <= 500


def test_a_token_that_comes_back_in_a_text_is_not_shown(remote):
    answer(remote, 403, "Token first-token may not do this")

    error = failure(NoAccess)

    assert "first-token" not in str(error)
    assert "***" in error.detail


@pytest.mark.parametrize("status", [200, 401, 403, 404, 409, 502])
def test_a_page_of_a_proxy_is_no_answer_of_diadoc(remote, status):
    tokens = Tokens(Token("first-token"))
    for _ in range(20):
        remote.get(URL, status=status, body="<html><h1>Blocked first-token</h1>", content_type="text/html")

    error = failure(Unavailable, tokens=tokens)

    assert "proxy" in error.detail
    assert "Blocked" not in str(error)
    assert tokens.renewals == 0


@pytest.mark.parametrize("body", ["", "null", "{", "[1]", "{}"])
def test_half_an_answer_is_asked_for_again_later(remote, body):
    remote.get(URL, body=body, content_type="application/json")

    assert failure(Unavailable).temporary


def test_an_operation_in_progress_is_waited_for_and_no_conflict(remote):
    answer(remote, 409, "Request processing is in progress. Please, retry later.")

    error = failure(StillInProgress)

    assert isinstance(error, Unavailable)
    assert error.temporary
    assert error.retry_after == 5


@pytest.mark.parametrize(
    ("status", "code", "text", "predicate"),
    [
        (409, "", "Recipient allows to receive messages only from counteragents", conflicts.only_counteragents),
        (409, "", "Recipient forbids to receive messages from blocked senders", conflicts.blocked_sender),
        (409, "DocumentService.NotAllowedForLockedPacket", "Пакет заблокирован", conflicts.locked_packet),
        (
            400,
            "",
            "Organization is not allowed to send documents in a packet with LockMode.Full",
            conflicts.lock_full_not_allowed,
        ),
        (
            403,
            "DocumentService.EmployeeCannotSignDocuments",
            "У вас нет права подписи в организации",
            conflicts.cannot_sign,
        ),
        (400, "", "MessageToPost.DocumentAttachments[0]: файл a.pdf не найден на полке", conflicts.shelf_file_gone),
        (404, "", "File is not found on shelf", conflicts.shelf_file_gone),
        (409, "", "Generating print form for this type of document is not supported", conflicts.no_print_form),
    ],
)
def test_an_objection_is_told_from_the_others(remote, status, code, text, predicate):
    answer(remote, status, text, {"X-Diadoc-ErrorCode": code})
    predicates = (
        conflicts.only_counteragents,
        conflicts.blocked_sender,
        conflicts.locked_packet,
        conflicts.lock_full_not_allowed,
        conflicts.cannot_sign,
        conflicts.no_print_form,
        conflicts.shelf_file_gone,
        conflicts.already_done,
        conflicts.in_progress,
        conflicts.roaming_request_needed,
    )

    error = failure()

    assert [other for other in predicates if other(error)] == [predicate]
    assert error.detail == text


def test_deleting_twice_is_told_from_deleting_a_part_of_a_locked_packet(remote):
    remote.post(f"{API}/Delete", status=409, body="Уже удалено")
    remote.post(
        f"{API}/Delete", status=409, headers={"X-Diadoc-ErrorCode": "DocumentService.NotAllowedForLockedPacket"}
    )

    with pytest.raises(Conflict) as twice:
        client().delete(**ADDRESS)
    with pytest.raises(Conflict) as locked:
        client().delete(**ADDRESS)

    assert conflicts.already_done(twice.value)
    assert not conflicts.already_done(locked.value)
    assert conflicts.locked_packet(locked.value)
