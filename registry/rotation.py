"""Key rotation: every sealed column of every table, found by its name."""

from sqlalchemy import Table as SqlTable
from sqlalchemy import select, update

from registry.database import Database
from registry.tables import Table

SEALED = "_sealed"
BATCH = 500


def reseal_everything(database: Database) -> int:
    """Seal all stored secrets with the newest key; how many. May be interrupted and run again."""
    tables = [table for table in Table.metadata.sorted_tables if _sealed_columns(table)]
    return sum(_reseal(database, table) for table in tables)


def _sealed_columns(table: SqlTable) -> list[str]:
    return [column.name for column in table.columns if column.name.endswith(SEALED)]


def _reseal(database: Database, table: SqlTable) -> int:
    keys, names = list(table.primary_key.columns), _sealed_columns(table)
    with database.session() as session:
        ids = [tuple(row) for row in session.execute(select(*keys).order_by(*keys))]
    count = 0
    for start in range(0, len(ids), BATCH):
        for identity in ids[start : start + BATCH]:
            count += _reseal_row(database, table, dict(zip(keys, identity, strict=True)), names)
    return count


def _reseal_row(database: Database, table: SqlTable, identity: dict, names: list[str]) -> int:
    here = [column == value for column, value in identity.items()]
    with database.session() as session:
        # Locked, because a token may be renewed at this very moment.
        row = session.execute(select(*(table.c[name] for name in names)).where(*here).with_for_update()).first()
        if row is None:
            return 0
        sealed = {name: value for name, value in zip(names, row, strict=True) if value}
        if sealed:
            fresh = {name: database.keyring.reseal(value) for name, value in sealed.items()}
            session.execute(update(table).where(*here).values(fresh))
        return len(sealed)
