"""Named views of the scope, and what each person prefers."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0030"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("scope_views", "preferences")


def upgrade() -> None:
    """Bring the tables to this revision."""
    for name in TABLES:
        create_table(
            name,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("owner", sa.String(200), nullable=False),
            sa.Column("name", sa.String(120), nullable=False),
            sa.Column("payload", sa.JSON(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
            sa.UniqueConstraint("owner", "name", name=f"uq_{name}_owner"),
        )


def downgrade() -> None:
    """Take the tables back."""
    for name in TABLES:
        op.drop_table(name)
