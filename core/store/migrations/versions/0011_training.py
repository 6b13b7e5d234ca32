"""Who has done which lesson, and how proofs of concept and contracts stand."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0011"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "enablement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_enablement"),
        sa.UniqueConstraint("owner", "name", name="uq_enablement_owner"),
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("enablement")
