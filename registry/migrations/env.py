"""Alembic's entry: runs on the connection that Database.upgrade() holds under its lock."""

from alembic import context

from registry.tables import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata)
with context.begin_transaction():
    context.run_migrations()
