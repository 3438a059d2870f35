"""The client and a portal that behaves: tokens, moves, limits, accidents."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from clients.bitrix24.auth import Bitrix24Auth
from errors import NoAccess, PortalAuthLost, RateLimited, SubscriptionEnded, Unavailable
from sandbox.portal import driver
from tests.clients.bitrix24_support import NotingThrottle
from tests.clients.bitrix24_world import World, open_desk


@pytest.fixture
def world(portal_sandbox: driver.PortalSandbox) -> Iterator[World]:
    portal_sandbox.settings(rate_burst=10_000.0)
    with open_desk() as desk:
        yield World(portal_sandbox, desk)


def test_an_installation_event_is_true_when_the_auth_server_says_so(world):
    auth = world.installed.auth

    info = world.auth.app_info(auth.server_endpoint, auth.access_token)

    assert info.client_id == world.app.client_id
    assert info.member_id == world.installed.member_id == world.sandbox.member_id()
    assert info.client_endpoint == auth.client_endpoint
    assert world.installed.application_token == world.app.application_token


def test_a_refresh_rotates_the_pair_and_kills_the_old_one(world):
    server = world.sandbox.auth_url
    old = world.tokens.token.refresh_token

    grant = world.auth.refresh(server, old)

    assert grant.refresh_token != old
    assert grant.client_endpoint == world.sandbox.portal()["client_endpoint"]
    with pytest.raises(PortalAuthLost):
        world.auth.refresh(server, old)
    assert world.auth.refresh(server, grant.refresh_token).access_token


def test_a_code_is_exchanged_once(world):
    code = world.sandbox.authorization_code(world.app)

    grant = world.auth.exchange(code, world.sandbox.auth_url)

    assert grant.user_id == driver.ADMIN
    with pytest.raises(PortalAuthLost):
        world.auth.exchange(code, world.sandbox.auth_url)


@pytest.mark.parametrize("answer", ["invalid_client", "wrong_client"])
def test_a_wrong_secret_of_ours_kills_no_token(world, answer):
    world.sandbox.settings(wrong_secret_answer=answer)
    wrong = Bitrix24Auth(
        client_id=world.app.client_id, client_secret="wrong", allowed_servers=(world.sandbox.auth_url,)
    )

    with pytest.raises(NoAccess):
        wrong.refresh(world.sandbox.auth_url, world.tokens.token.refresh_token)

    assert world.auth.refresh(world.sandbox.auth_url, world.tokens.token.refresh_token).access_token


def test_fifty_calls_with_an_expired_token_make_one_refresh(world):
    client = world.client()
    world.sandbox.expire_tokens()
    world.sandbox.forget_requests()
    start = threading.Barrier(50)

    def call(_number: int) -> int:
        start.wait(20)
        return client.profile().user_id

    with ThreadPoolExecutor(50) as pool:
        users = list(pool.map(call, range(50)))

    assert users == [driver.ADMIN] * 50
    assert len(world.sandbox.requests("oauth.token")) == 1
    assert world.tokens.renewals == 1


def test_a_dead_refresh_token_is_a_lost_portal(world):
    world.sandbox.expire_tokens()
    world.sandbox.expire_refresh_tokens()

    with pytest.raises(PortalAuthLost):
        world.client().profile()

    assert world.tokens.dead


def test_an_unpaid_application_is_an_ended_subscription(world):
    world.sandbox.change_app(world.app, is_paid=False)
    world.sandbox.expire_tokens()

    with pytest.raises(SubscriptionEnded):
        world.client().profile()


def test_a_portal_without_rest_is_an_ended_subscription(world):
    world.sandbox.change_portal(has_rest=False)

    with pytest.raises(SubscriptionEnded):
        world.client().crm_item_get(entity_type_id=2, item_id=driver.DEAL)


def test_an_uninstalled_application_is_a_lost_portal(world):
    world.sandbox.uninstall(world.app)

    with pytest.raises(PortalAuthLost):
        world.client().profile()


def test_a_refresh_answer_that_got_lost_ends_in_an_honest_error(world):
    world.sandbox.expire_tokens()
    world.sandbox.fault("oauth.token", "lost_reply")

    with pytest.raises(PortalAuthLost):
        world.client().profile()


def test_a_renamed_portal_is_followed_and_remembered(world):
    client = world.client()
    new = world.sandbox.rename()

    item = client.crm_item_update(entity_type_id=2, item_id=driver.DEAL, fields={"title": "Переименован"})

    assert item.title == "Переименован"
    assert world.tokens.token.endpoint == f"{new}/rest/"
    world.sandbox.forget_requests()
    client.profile()
    assert [seen["ids"]["at"] for seen in world.sandbox.requests("profile")] == ["spare"]


def test_a_renamed_portal_is_followed_with_an_expired_token_too(world):
    new = world.sandbox.rename()
    world.sandbox.expire_tokens()

    assert world.client().profile().user_id == driver.ADMIN
    assert world.tokens.token.endpoint == f"{new}/rest/"


def test_a_redirect_to_a_stranger_never_gets_the_token(world):
    before = len(world.desk.bodies)
    world.sandbox.fault(
        "profile", "status", status=302, headers={"Location": world.desk.url + "/rest/profile"}, times=-1
    )

    with pytest.raises(Unavailable):
        world.client().profile()

    assert len(world.desk.bodies) == before


def test_a_full_bucket_is_waited_out(world):
    throttle = NotingThrottle()
    world.sandbox.settings(rate_burst=5.0, rate_per_second=20.0)

    users = {world.client(throttle=throttle).profile().user_id for _ in range(15)}

    assert users == {driver.ADMIN}
    assert {block[1] for block in throttle.blocks} == {""}


def test_a_method_over_its_time_is_blocked_and_others_are_not(world):
    throttle, told = NotingThrottle(), []
    client = world.client(throttle=throttle, on_operating=lambda *what: told.append(what))
    world.sandbox.settings(operating_limit_seconds=10.0, operating_cost={"crm.item.get": 20.0})
    client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)

    with pytest.raises(RateLimited) as caught:
        client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)

    assert throttle.blocks[-1][1] == "crm.item.get"
    assert 0 < caught.value.retry_after <= 600
    assert client.profile().user_id == driver.ADMIN
    assert told[0][0] == "crm.item.get"
    assert told[0][1] >= 20


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply", "garbage"])
def test_a_read_survives_an_accident_and_a_write_reports_it(world, kind):
    world.sandbox.fault("crm.item.get", kind)
    world.sandbox.fault("crm.timeline.comment.add", kind)
    world.sandbox.forget_requests()
    client = world.client()

    item = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)
    with pytest.raises(Unavailable):
        client.crm_timeline_comment_add(entity_type_id=2, entity_id=driver.DEAL, comment="once")

    assert item.id == driver.DEAL
    assert len(world.sandbox.requests("crm.timeline.comment.add")) == 1


def test_maintenance_is_waited_for_by_whoever_called(world):
    world.sandbox.change_portal(is_in_maintenance=True)

    with pytest.raises(Unavailable):
        world.client().crm_timeline_comment_add(entity_type_id=2, entity_id=driver.DEAL, comment="x")
