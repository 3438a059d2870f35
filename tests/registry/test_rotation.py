import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from errors import NotConfigured
from registry.database import Database
from registry.keyring import Keyring
from registry.rotation import reseal_everything
from registry.tables import Portal
from registry.tokens import PortalTokens


def test_after_rotation_the_old_key_is_not_needed(database: Database, portal: Portal) -> None:
    old_key, new_key = _key_of(database), Fernet.generate_key().decode()
    both = Database(database.dsn, Keyring((new_key, old_key)))

    rotated = reseal_everything(both)

    only_new = Database(database.dsn, Keyring((new_key,)))
    assert (rotated.sealed, rotated.lost) == (2, [])
    assert PortalTokens(only_new, portal.id).read().access_token == "access"
    with pytest.raises(NotConfigured):
        PortalTokens(database, portal.id).read()


def test_nothing_but_sealed_columns_changes(database: Database, portal: Portal) -> None:
    def rest() -> object:
        with database.session() as session:
            return session.execute(text("select member_id, application_token_digest from portal")).all()

    before = rest()

    reseal_everything(database)

    assert rest() == before


def _key_of(database: Database) -> str:
    from tests.conftest import SECRET_KEY

    return SECRET_KEY


def test_a_secret_that_no_key_opens_does_not_stop_the_others(database: Database, portal: Portal) -> None:
    with database.session() as session:
        lost = Keyring((Fernet.generate_key().decode(),)).seal("lost")
        session.execute(text("update portal_token set access_token_sealed = :lost"), {"lost": lost})

    rotated = reseal_everything(database)

    assert rotated.sealed == 1
    assert rotated.lost == ["portal_token.access_token_sealed"]
