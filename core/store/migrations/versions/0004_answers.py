"""The library of answers."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("source", sa.String(260), nullable=False),
        sa.Column("place", sa.String(260), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("capability_id", sa.String(200), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("chance", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("answers")
