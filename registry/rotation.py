"""Key rotation: every sealed column of every table, found by its name."""

from dataclasses import dataclass, field

from sqlalchemy import Table as SqlTable
from sqlalchemy import select, update

from errors import NotConfigured
from registry.database import Database
from registry.tables import Table

SEALED = "_sealed"


@dataclass
class Rotated:
    """How many secrets are sealed with the newest key now, and the columns of those that no key opens, one each."""

    sealed: int = 0
    lost: list[str] = field(default_factory=list)


def reseal_everything(database: Database) -> Rotated:
    """Seal all stored secrets with the newest key; one that is lost stays as it is. May be run again."""
    rotated = Rotated()
    for table in Table.metadata.sorted_tables:
        if _sealed_columns(table):
            _reseal(database, table, rotated)
    return rotated


def _sealed_columns(table: SqlTable) -> list[str]:
    return [column.name for column in table.columns if column.name.endswith(SEALED)]


def _reseal(database: Database, table: SqlTable, rotated: Rotated) -> None:
    keys, names = list(table.primary_key.columns), _sealed_columns(table)
    with database.session() as session:
        ids = [tuple(row) for row in session.execute(select(*keys).order_by(*keys))]
    for identity in ids:
        _reseal_row(database, table, dict(zip(keys, identity, strict=True)), names, rotated)


def _reseal_row(database: Database, table: SqlTable, identity: dict, names: list[str], rotated: Rotated) -> None:
    here = [column == value for column, value in identity.items()]
    with database.session() as session:
        # Locked, because a token may be renewed at this very moment.
        row = session.execute(select(*(table.c[name] for name in names)).where(*here).with_for_update()).first()
        fresh = {}
        for name, sealed in zip(names, row or (), strict=row is not None):
            if not sealed:
                continue
            try:
                fresh[name] = database.keyring.reseal(sealed)
            except NotConfigured:
                rotated.lost.append(f"{table.name}.{name}")
        if fresh:
            session.execute(update(table).where(*here).values(fresh))
            rotated.sealed += len(fresh)
