"""Whole installations for modules that share one: started once, by whoever needs other settings than the usual."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from clients.diadoc.ids import normal_box_id
from credentials import Token
from registry.boxes import Boxes
from registry.database import Database
from registry.keyring import Keyring
from registry.portals import Portals
from registry.tables import Box, Portal
from registry.throttle import set_rate
from sandbox.diadoc import seed
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import LocalApp, PortalSandbox
from tests.conftest import SECRET_KEY
from tests.scenarios.product import Product, wait_registered

RATE, BURST = 500.0, 1_000.0  # of the portal, in both eyes: these tests are not about waiting for a turn


class Installation:
    """The product, its database, and both emulators. portal, box: as installed and connected."""

    def __init__(self, product: Product, dsn: str, portal_sandbox: PortalSandbox, diadoc_sandbox: DiadocSandbox):
        self.product, self.portal_sandbox, self.diadoc_sandbox = product, portal_sandbox, diadoc_sandbox
        self.database = Database(dsn, Keyring((SECRET_KEY,)), pool_size=8)
        self.app: LocalApp = portal_sandbox.add_local_app(
            product.url + "/bitrix24/pages/app", product.url + "/bitrix24/install"
        )
        product.environment |= {
            "BITRIX24_CLIENT_ID": self.app.client_id,
            "BITRIX24_CLIENT_SECRET": self.app.client_secret,
            "BITRIX24_OAUTH_URLS": portal_sandbox.auth_url,
            "DIADOC_API_URL": diadoc_sandbox.url,
            "DIADOC_IDENTITY_URL": diadoc_sandbox.url,
            "DIADOC_WEB_URL": diadoc_sandbox.url,
            "DIADOC_CLIENT_ID": seed.CLIENT_ID,
            "DIADOC_CLIENT_SECRET": seed.CLIENT_SECRET,
        }

    @cached_property
    def portal(self) -> Portal:
        (portal,) = Portals(self.database).all()
        return portal

    @cached_property
    def boxes(self) -> Boxes:
        return Boxes(self.database, self.portal.id)

    @property
    def box(self) -> Box:
        (box,) = self.boxes.all()
        return box

    def start(self, *names: str) -> None:
        """Start these processes, install and register the application, connect our box."""
        self.product.start(*names)
        page = self.portal_sandbox.install(self.app)
        assert page is not None
        assert page.is_finished, page.body
        wait_registered(self.portal_sandbox, self.app)
        token = Token("", seed.first_refresh_token(seed.ROBOT))
        account_id = self.boxes.add_account(kind="oidc", token=token)
        facts = {"inn": seed.ROMASHKA.inn, "kpp": seed.ROMASHKA.kpp, "name": seed.ROMASHKA.name}
        self.boxes.connect(account_id=account_id, box_id=normal_box_id(seed.ROMASHKA.box), **facts)
        set_rate(self.database, name=f"portal:{self.portal.id}", rate=RATE, burst=BURST)
        set_rate(self.database, name=f"account:{account_id}", rate=RATE, burst=BURST)

    def deal(self, *papers: tuple[str, bytes]) -> int:
        """A new deal between our company and the counteragent, with these files; its number."""
        from sandbox.portal.driver import COUNTERAGENT, DEAL_TYPE, FILES, OWN_COMPANY

        fields = {"TITLE": "Поставка", "COMPANY_ID": COUNTERAGENT, "MYCOMPANY_ID": OWN_COMPANY}
        deal = self.portal_sandbox.create_item(DEAL_TYPE, fields)
        for name, content in papers:
            self.portal_sandbox.put_file(FILES, name, content, item_id=deal)
        return deal

    def start_workflow(self, deal: int, steps: list[dict[str, Any]]) -> str:
        return self.portal_sandbox.start_workflow(steps, ["crm", "CCrmDocumentDeal", f"DEAL_{deal}"])


@contextmanager
def installation(
    dsn: str, sandboxes: tuple[PortalSandbox, DiadocSandbox], folder: Path, **environment: str
) -> Iterator[Installation]:
    """Settings and tables in the database `dsn`; nothing runs yet. The emulators begin anew."""
    portal_sandbox, diadoc_sandbox = sandboxes
    portal_sandbox.reset()
    diadoc_sandbox.reset()
    portal_sandbox.settings(rate_burst=1e6, rate_per_second=1e6, event_send_delay_seconds=0.0)
    diadoc_sandbox.settings(rate_limit_per_second=10_000, generation_pending_calls=0)
    settings = {"DATABASE_URL": url_of(dsn), "SECRET_KEYS": SECRET_KEY, **environment}
    made = Installation(Product(settings, folder), dsn, portal_sandbox, diadoc_sandbox)
    made.database.upgrade()
    try:
        yield made
    finally:
        made.product.stop()
        made.database.close()


@contextmanager
def fresh_database(postgres: str, name: str) -> Iterator[str]:
    """A database of this name beside the usual one; gone afterwards whoever still uses it."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
    yield make_conninfo(postgres, dbname=name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def url_of(dsn: str) -> str:
    """The same as an address, for DATABASE_URL."""
    parts = conninfo_to_dict(dsn)
    return f"postgresql://{parts['user']}:{parts['password']}@/{parts['dbname']}?host={parts['host']}"
