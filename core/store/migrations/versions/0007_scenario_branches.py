"""Scenarios as branches: parent, description, shared, locked, and who changed them last."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import add_columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    add_columns(
        "scenarios",
        sa.Column("parent", sa.String(320), nullable=False, server_default=""),
        sa.Column("description", sa.Text(), nullable=False, server_default=""),
        sa.Column("is_shared", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("is_locked", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Take the tables back."""
    with op.batch_alter_table("scenarios") as table:
        for name in ("parent", "description", "is_shared", "is_locked"):
            table.drop_column(name)
