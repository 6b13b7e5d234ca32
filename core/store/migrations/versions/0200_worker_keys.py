"""The public key of a worker, by which a session's own data are sealed for it alone."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import add_columns

revision = "0200"
down_revision = "0190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    add_columns("workers", sa.Column("public_key", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    """Take the column back."""
    with op.batch_alter_table("workers") as table:
        table.drop_column("public_key")
