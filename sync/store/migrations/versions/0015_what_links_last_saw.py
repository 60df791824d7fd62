"""What was last seen of a link's ends and written there, and when a list was last counted."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment, SafeText

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    for name in ("tracker_seen", "portal_seen", "answered"):
        op.add_column("issue_link", sa.Column(name, SafeText(), server_default="", nullable=False))
    op.add_column("issue_link", sa.Column("written_at", Moment(), nullable=True))
    op.add_column("issue_sync_list", sa.Column("counted_at", Moment(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
