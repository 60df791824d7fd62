"""By how much a worker's clock is ahead of the other systems'."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """NULL: nobody has said yet what time it is."""
    op.add_column("worker", sa.Column("clock_offset", sa.Integer, nullable=True))
