"""What the measurements run on: the emulators and a database as real processes, thrown away afterwards."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from cryptography.fernet import Fernet
from psycopg.conninfo import conninfo_to_dict

from clients.diadoc.ids import normal_box_id
from credentials import Token
from registry.boxes import Boxes
from registry.database import Database
from registry.keyring import Keyring
from registry.portals import Installation, Portals
from registry.tables import Box, Portal
from sandbox.diadoc import seed
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import LocalApp, PortalSandbox
from tests.conftest import start, stop, temporary_postgres

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class World:
    """Two emulators, an empty database with our tables, and the settings that point at them."""

    folder: Path
    portal: PortalSandbox
    diadoc: DiadocSandbox
    app: LocalApp
    database: Database
    environment: dict[str, str]

    def installed_portal(self) -> Portal:
        described, tokens = self.portal.portal(), self.portal.tokens(self.app)
        return Portals(self.database).install(
            Installation(
                member_id=described["member_id"],
                client_endpoint=described["client_endpoint"],
                server_endpoint=described["server_endpoint"],
                application_token=self.app.application_token,
                user_id=1,
                access_token=tokens["access_token"],
                refresh_token=tokens["refresh_token"],
                expires_at=datetime.now(UTC) + timedelta(hours=1),
            )
        )

    def connected_box(self, portal: Portal) -> Box:
        boxes = Boxes(self.database, portal.id)
        account_id = boxes.add_account(kind="oidc", token=Token("", seed.first_refresh_token(seed.ROBOT)))
        ours = seed.ROMASHKA
        names = {"inn": ours.inn, "kpp": ours.kpp, "name": ours.name}
        return boxes.connect(account_id=account_id, box_id=normal_box_id(ours.box), **names)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    diadoc_process, diadoc_urls = start("sandbox.diadoc", url_file=folder / "diadoc")
    portal_process, portal_urls = start("sandbox.portal", url_file=folder / "portal")
    try:
        with temporary_postgres(folder / "database") as dsn:
            yield _world(folder, dsn, DiadocSandbox(diadoc_urls[0]), PortalSandbox(portal_urls))
    finally:
        stop(diadoc_process)
        stop(portal_process)


def _world(folder: Path, dsn: str, diadoc: DiadocSandbox, portal: PortalSandbox) -> World:
    app = portal.add_local_app("http://127.0.0.1:9/app", api_only=True)
    portal.install(app)
    key = Fernet.generate_key().decode()
    parts = conninfo_to_dict(dsn)
    environment = {
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": f"postgresql://{parts['user']}:{parts['password']}@/{parts['dbname']}?host={parts['host']}",
        "SECRET_KEYS": key,
        "BITRIX24_CLIENT_ID": app.client_id,
        "BITRIX24_CLIENT_SECRET": app.client_secret,
        "BITRIX24_OAUTH_URLS": portal.auth_url,
        "DIADOC_API_URL": diadoc.url,
        "DIADOC_IDENTITY_URL": diadoc.url,
        "DIADOC_CLIENT_ID": seed.CLIENT_ID,
        "DIADOC_CLIENT_SECRET": seed.CLIENT_SECRET,
    }
    return World(folder, portal, diadoc, app, Database(dsn, Keyring((key,))), environment)


def empty(world: World) -> None:
    """A clean database and fresh emulators for the next measurement."""
    with psycopg.connect(world.database.dsn, autocommit=True) as connection:
        rows = connection.execute(
            "select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'"
        )
        connection.execute(f"truncate {', '.join(name for (name,) in rows)} restart identity cascade")


def run(code: str, *arguments: str, environment: dict[str, str]) -> str:
    """A piece of a measurement in a process of its own, so that its memory is its own too; what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout
