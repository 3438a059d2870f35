"""Connecting the boxes of a Diadoc user, by consent and by login, against the sandbox Diadoc."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from activities.box_connecting import Login, connect_account, consent_address, exchange_code
from activities.connections import Connections
from config import Config
from errors import DiadocAuthLost, NotConfigured, ServiceError, Unavailable
from registry.database import Database
from registry.portal_registry import PortalRegistry
from registry.tables import Account, Portal
from sandbox.diadoc.driver import CLERK, LOGISTICS, ROBOT, ROMASHKA, DiadocSandbox

Connect = Callable[..., Connections]


@pytest.fixture
def registry(database: Database, portal: Portal) -> PortalRegistry:
    return PortalRegistry(database, portal.id)


@pytest.fixture
def connections(config: Config, database: Database, diadoc_sandbox: DiadocSandbox) -> Connections:
    keys = {"diadoc_client_id": diadoc_sandbox.client_id, "diadoc_client_secret": diadoc_sandbox.client_secret}
    keys |= {"diadoc_api_url": diadoc_sandbox.url, "diadoc_identity_url": diadoc_sandbox.url}
    return Connections(replace(config, diadoc_developer_key=diadoc_sandbox.developer_key, **keys), database)


def consented(connections: Connections, registry: PortalRegistry, sandbox: DiadocSandbox, user=ROBOT):
    """The token of a person who went to the consent page and said yes."""
    address = consent_address(connections, registry, administrator_id=1)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    back = parse_qs(urlsplit(sandbox.consent(query, user=user)).query)
    return exchange_code(connections, code=back["code"][0], state=back["state"][0])


def test_a_consent_connects_every_box_of_the_user(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    token = consented(connections, registry, diadoc_sandbox)

    boxes = connect_account(connections, registry, token=token)

    assert {box.box_id for box in boxes} == {box.box_id for box in registry.boxes.all()}
    assert {(box.inn, box.kpp) for box in boxes} == {(one.inn, one.kpp) for one in (ROMASHKA, LOGISTICS)}
    assert all(box.sees_all_documents and box.status == "connected" for box in boxes)
    locking = {box.inn for box in boxes if "AllowSendLockedPackets" in box.features}
    assert locking == {ROMASHKA.inn}
    assert connections.diadoc(boxes[0]).get_my_employee(box_id=boxes[0].box_id).login


def test_a_user_who_sees_only_a_department_is_marked(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    token = consented(connections, registry, diadoc_sandbox, CLERK)

    (box,) = connect_account(connections, registry, token=token)

    assert not box.sees_all_documents


def test_connecting_again_keeps_the_boxes_and_uses_the_new_account(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    first = connect_account(connections, registry, token=consented(connections, registry, diadoc_sandbox))
    registry.boxes.mark(first[0].id, "auth_lost", "withdrawn")

    second = connect_account(connections, registry, token=consented(connections, registry, diadoc_sandbox))

    assert {box.id for box in first} == {box.id for box in second}
    assert {box.status for box in second} == {"connected"}
    assert {box.account_id for box in first} & {box.account_id for box in second} == set()


def test_a_login_of_a_developer_key_connects_too(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    boxes = connect_account(connections, registry, login=Login(ROBOT.login, ROBOT.password))

    assert len(boxes) == 2
    assert connections.diadoc(boxes[0]).get_my_organizations()


def test_a_wrong_password_keeps_nothing(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    with pytest.raises(DiadocAuthLost) as caught:
        connect_account(connections, registry, login=Login(ROBOT.login, "wrong-password"))

    assert "wrong-password" not in str(caught.value)
    assert registry.boxes.all() == []


def test_a_login_needs_a_developer_key(config: Config, database: Database, registry: PortalRegistry) -> None:
    with pytest.raises(NotConfigured):
        connect_account(Connections(config, database), registry, login=Login("anna", "password"))


def test_a_password_does_not_show_in_its_repr() -> None:
    assert "s3cret" not in repr(Login("anna", "s3cret"))


def test_a_box_that_refuses_does_not_keep_the_other_out(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    token = consented(connections, registry, diadoc_sandbox)
    diadoc_sandbox.fault("GetOrganizationFeatures", "status", status=402)

    boxes = connect_account(connections, registry, token=token)

    assert len(boxes) == 1


def test_when_every_box_refuses_the_reason_is_told(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    token = consented(connections, registry, diadoc_sandbox)
    diadoc_sandbox.fault("GetOrganizationFeatures", "status", status=402, times=-1)

    with pytest.raises(ServiceError) as caught:
        connect_account(connections, registry, token=token)

    assert caught.value.status == 402
    assert registry.boxes.all() == []


def test_a_code_is_good_once(connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox) -> None:
    code = diadoc_sandbox.authorize(connections.config.public_url + "/diadoc/callback", "a-state")
    exchange_code(connections, code=code, state="a-state")

    with pytest.raises(DiadocAuthLost):
        exchange_code(connections, code=code, state="a-state")


def test_no_address_is_made_while_the_provider_is_away(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    diadoc_sandbox.fault("*", "status", status=502, times=-1)

    with pytest.raises(Unavailable):
        consent_address(connections, registry, administrator_id=1)


def test_a_second_consent_leaves_no_account_behind(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    connect_account(connections, registry, token=consented(connections, registry, diadoc_sandbox))
    (before,) = registry.boxes.accounts()

    connect_account(connections, registry, token=consented(connections, registry, diadoc_sandbox))

    (after,) = registry.boxes.accounts()
    assert after != before
    with registry.database.session() as session:
        assert list(session.scalars(select(Account.id))) == [after]


def test_an_account_that_still_opens_a_box_stays(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    connect_account(connections, registry, token=consented(connections, registry, diadoc_sandbox))

    connect_account(connections, registry, token=consented(connections, registry, diadoc_sandbox, CLERK))

    assert len(registry.boxes.accounts()) == 2


def test_a_consent_that_connects_nothing_leaves_nothing(
    connections: Connections, registry: PortalRegistry, diadoc_sandbox: DiadocSandbox
) -> None:
    token = consented(connections, registry, diadoc_sandbox)
    diadoc_sandbox.fault("GetMyOrganizations", "status", status=500, times=-1)

    with pytest.raises(Unavailable):
        connect_account(connections, registry, token=token)

    with registry.database.session() as session:
        assert list(session.scalars(select(Account.id))) == []
