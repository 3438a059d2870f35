"""The tables that the code knows are those that the migrations make."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from registry.database import Database
from registry.tables import Table


def is_ours(item: object, name: str | None, kind: str, *_) -> bool:
    return kind != "table" or not (name or "").startswith("procrastinate_")


def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": True})

        differences = compare_metadata(context, Table.metadata)

    assert len(Table.metadata.tables) > 10
    assert differences == []
