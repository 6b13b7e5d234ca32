"""The catalogue as people edit it: every version of every capability."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "capabilities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capability_id", sa.String(200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.String(40), nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("limit_text", sa.Text(), nullable=True),
        sa.Column("commitments", sa.Text(), nullable=True),
        sa.Column("available_on", sa.Date(), nullable=True),
        sa.Column("effort_weeks", sa.Double(), nullable=True),
        sa.Column("owner", sa.String(200), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("is_retired", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("merged_into", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_capabilities"),
        sa.UniqueConstraint("book", "capability_id", "version", name="uq_capabilities_book"),
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("capabilities")
