"""A whole installation against both emulators: portal, Diadoc, database, web, worker and scheduler."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from clients.diadoc.ids import normal_box_id
from credentials import Token
from registry.boxes import Boxes
from registry.database import Database
from registry.keyring import Keyring
from registry.portals import Portals
from sandbox.diadoc import seed
from tests.conftest import SECRET_KEY
from tests.scenarios.product import Product, wait_registered


@pytest.fixture
def own_database(postgres: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of this test alone, which processes may use while they die: its address."""
    name = f"scenario_{abs(hash(request.node.nodeid))}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    parts = conninfo_to_dict(postgres)
    yield f"postgresql://{parts['user']}:{parts['password']}@/{name}?host={parts['host']}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def installation(own_database: str, portal_sandbox: Any, diadoc_sandbox: Any, tmp_path: Path) -> Iterator[Product]:
    """Settings, tables and a local application's card on the portal; nothing runs yet."""
    product = Product({"DATABASE_URL": own_database, "SECRET_KEYS": SECRET_KEY}, tmp_path)
    product.app = portal_sandbox.add_local_app(  # type: ignore[attr-defined]
        product.url + "/bitrix24/pages/app", product.url + "/bitrix24/install"
    )
    product.environment |= {
        "BITRIX24_CLIENT_ID": product.app.client_id,  # type: ignore[attr-defined]
        "BITRIX24_CLIENT_SECRET": product.app.client_secret,  # type: ignore[attr-defined]
        "BITRIX24_OAUTH_URLS": portal_sandbox.auth_url,
        "DIADOC_API_URL": diadoc_sandbox.url,
        "DIADOC_IDENTITY_URL": diadoc_sandbox.url,
        "DIADOC_WEB_URL": diadoc_sandbox.url,
        "DIADOC_CLIENT_ID": seed.CLIENT_ID,
        "DIADOC_CLIENT_SECRET": seed.CLIENT_SECRET,
    }
    product.database = Database(own_database, Keyring((SECRET_KEY,)), pool_size=2)  # type: ignore[attr-defined]
    product.database.upgrade()  # type: ignore[attr-defined]
    yield product
    product.stop()
    product.database.close()  # type: ignore[attr-defined]


@pytest.fixture
def product(installation: Product, portal_sandbox: Any) -> Product:
    """The installation running, the application installed and registered, our box connected."""
    installation.start("web", "worker", "scheduler")
    page = portal_sandbox.install(installation.app)  # type: ignore[attr-defined]
    assert page.is_finished, page.body
    wait_registered(portal_sandbox, installation.app)  # type: ignore[attr-defined]
    connect_box(installation)
    return installation


def connect_box(product: Product, organization: seed.Organization = seed.ROMASHKA) -> None:
    """Connect a box as the robot user has consented to."""
    (portal,) = Portals(product.database).all()  # type: ignore[attr-defined]
    boxes = Boxes(product.database, portal.id)  # type: ignore[attr-defined]
    account_id = boxes.add_account(kind="oidc", token=Token("", seed.first_refresh_token(seed.ROBOT)))
    facts = {"inn": organization.inn, "kpp": organization.kpp, "name": organization.name}
    boxes.connect(account_id=account_id, box_id=normal_box_id(organization.box), **facts)
