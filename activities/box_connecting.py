"""Connects the boxes that one Diadoc user opens: by consent in a browser, or by the login of a developer key."""

import secrets
from dataclasses import dataclass, field

import structlog

from activities.connections import Connections
from clients.diadoc.client import DiadocClient
from clients.diadoc.models import Organization
from credentials import Token
from errors import NoAccess, NotConfigured, ServiceError
from registry.keyring import digest
from registry.portal_registry import PortalRegistry
from registry.tables import Box

log = structlog.get_logger()

CALLBACK_PATH = "/diadoc/callback"


@dataclass(frozen=True)
class Login:
    """A Diadoc user's login and password, for accounts that use a developer key."""

    login: str
    password: str = field(repr=False)


def consent_address(connections: Connections, registry: PortalRegistry, *, administrator_id: int) -> str:
    """Where a person consents; good once and for ten minutes. Raises NotConfigured, Unavailable, NoAccess."""
    state = secrets.token_urlsafe(32)
    address = connections.oidc().authorization_url(_redirect_uri(connections), state, _nonce(state))
    registry.boxes.begin_consent(state, administrator_id=administrator_id)
    return address


def exchange_code(connections: Connections, *, code: str, state: str) -> Token:
    """The token for what a consent brought back. Raises DiadocAuthLost, RequestRejected, Unavailable, NoAccess."""
    return connections.oidc().exchange(code, _redirect_uri(connections), _nonce(state))


def connect_account(
    connections: Connections, registry: PortalRegistry, *, token: Token | None = None, login: Login | None = None
) -> list[Box]:
    """Keep the account and connect every box it opens, again if it was connected before.

    Exactly one of token (a consent's) and login is given. A box that refuses is left out as long as another one can
    be connected. Accounts that no box belongs to afterwards are dropped: an earlier consent of the same user, or this
    one if it connected nothing. Raises NotConfigured when the account opens no box, DiadocAuthLost on a wrong login,
    ServiceError.
    """
    before = registry.boxes.accounts()
    account_id = _kept_account(connections, registry, token, login)
    try:
        return _connect_boxes(connections, registry, account_id)
    finally:
        registry.boxes.drop_accounts({*before, account_id})


def _connect_boxes(connections: Connections, registry: PortalRegistry, account_id: int) -> list[Box]:
    client = connections.diadoc_of_account(account_id)
    organizations = [one for one in client.get_my_organizations() if one.box_id]
    connected: list[Box] = []
    refusal: ServiceError | None = None
    for organization in organizations:
        try:
            connected.append(_connected(client, registry, account_id, organization))
        except ServiceError as error:
            log.warning("box not connected", box_id=organization.box_id, error_code=error.code, detail=str(error))
            refusal = refusal or error
    if connected:
        return connected
    raise refusal or NotConfigured(what="this Diadoc user opens no organization's box")


def _kept_account(connections: Connections, registry: PortalRegistry, token: Token | None, login: Login | None) -> int:
    if token is not None:
        return registry.boxes.add_account(kind="oidc", token=token)
    if login is None:
        raise ValueError("a token or a login is needed")
    # A wrong password is found out before it is kept.
    first = connections.developer_key(login=login.login, password=login.password).authenticate()
    return registry.boxes.add_account(kind="developer_key", login=login.login, password=login.password, token=first)


def _connected(client: DiadocClient, registry: PortalRegistry, account_id: int, organization: Organization) -> Box:
    features = client.get_organization_features(box_id=organization.box_id)
    return registry.boxes.connect(
        account_id=account_id,
        box_id=organization.box_id,
        inn=organization.inn,
        kpp=organization.kpp,
        name=organization.name,
        sees_all_documents=_sees_all_documents(client, organization.box_id),
        features=sorted(features.features),
    )


def _sees_all_documents(client: DiadocClient, box_id: str) -> bool:
    try:
        return client.get_my_employee(box_id=box_id).sees_all_documents
    except NoAccess:  # not even their own rights are shown to this user: count on the least
        return False


def _redirect_uri(connections: Connections) -> str:
    return connections.config.public_url + CALLBACK_PATH


def _nonce(state: str) -> str:
    """Derived, so that the state alone has to be remembered; whoever sees the one cannot tell the other."""
    return digest(f"nonce of {state}")
