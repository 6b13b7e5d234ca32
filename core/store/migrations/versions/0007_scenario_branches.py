"""Scenarios as branches: parent, description, shared, locked, and who changed them last."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    with op.batch_alter_table("scenarios") as table:
        table.add_column(sa.Column("parent", sa.String(320), nullable=False, server_default=""))
        table.add_column(sa.Column("description", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("is_shared", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("is_locked", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take the tables back."""
    with op.batch_alter_table("scenarios") as table:
        for name in ("parent", "description", "is_shared", "is_locked"):
            table.drop_column(name)
