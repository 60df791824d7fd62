"""${message}."""

import sqlalchemy as sa
from alembic import op

from sync.store.tables import Id
from sync.store.types import Json, Moment, Words

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
