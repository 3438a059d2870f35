"""The queue's own tables and functions, as procrastinate 3.10 ships them."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The file holds many statements and percent signs: hand it to the driver as it is.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101 - an open connection has one
    driver.execute(SchemaManager.get_schema())
