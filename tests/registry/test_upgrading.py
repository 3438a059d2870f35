"""A database of the released version before people worked with it: brought up to date with what is in it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from psycopg.conninfo import make_conninfo
from sqlalchemy import text

from registry.changes import Changes
from registry.database import Database, _alembic
from registry.keyring import Keyring
from registry.portal_registry import PortalRegistry
from tests.conftest import SECRET_KEY

OLD = "0003"
PACKAGE = text("""
    insert into package (portal_id, crm_item, name, state, attempt, mode, lock_mode, message, sending, counteragent,
        docflow_state, outcome, is_final)
    values (:portal_id, 'D_1', '', 'sent', 1, 'delay_send', 'none', '', '{}', '{}', 'sent', 'in_progress', false)
    returning id""")
DOCUMENT = text("""
    insert into document (portal_id, package_id, crm_item, sameness, document_type, function, version, number, date,
        requisites, metadata, recipient_in_file, need_reply_signature, comment, file_name, file_size, sha256, blob,
        needs_reply, docflow_state, revocation_state, raw_state, is_final, refusal_reason)
    values (:portal_id, :package_id, 'D_1', 'a', 'Contract', '', '', '1', '', '{}', '{}', '{}', '', '', 'a.pdf', 3,
        '00', '1/00', true, 'sent', 'none', '{}', false, '') returning id""")
PORTAL = text("""
    insert into portal (member_id, client_endpoint, server_endpoint, application_token_digest, language, scope, status,
        status_text, installer_user_id, registrations)
    values ('m', 'https://a.example/rest/', 'https://o.example/rest/', '', 'ru', '', 'installed', '', 1, '{}')
    returning id""")


@pytest.fixture
def old(postgres: str) -> Iterator[Database]:
    """The tables of the released version in a database of their own."""
    keyring = Keyring((SECRET_KEY,))
    beside = Database(postgres, keyring)
    with beside.autocommit() as connection:
        connection.execute(text("drop database if exists upgraded with (force)"))
        connection.execute(text("create database upgraded"))
    database = Database(make_conninfo(postgres, dbname="upgraded"), keyring)
    with database.engine.begin() as connection:
        command.upgrade(_alembic(connection), OLD)
    yield database
    database.close()
    with beside.autocommit() as connection:
        connection.execute(text("drop database upgraded with (force)"))
    beside.close()


def test_what_was_there_is_kept_and_its_next_change_is_noted(old: Database) -> None:
    with old.session() as session:
        portal_id = session.scalar(PORTAL)
        package_id = session.scalar(PACKAGE, {"portal_id": portal_id})
        document_id = session.scalar(DOCUMENT, {"portal_id": portal_id, "package_id": package_id})

    with ThreadPoolExecutor(2) as pool:
        for started in [pool.submit(old.upgrade), pool.submit(old.upgrade)]:
            started.result()

    packages, changes = PortalRegistry(old, portal_id).packages, Changes(old)
    noted_before = changes.get(package_id)
    packages.keep_state(document_id, {"docflow_state": "delivered"})
    package, documents = packages.get(package_id), packages.documents(package_id)
    assert old.is_current()
    assert package is not None
    assert (package.state, package.last_error, [one.origin for one in documents]) == ("sent", "", [""])
    assert noted_before is None  # nobody is told of what is long past
    assert changes.get(package_id) is not None
