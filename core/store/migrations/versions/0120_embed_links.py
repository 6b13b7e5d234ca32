"""Links that open one answer without signing in."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0120"
down_revision = "0110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "embed_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(12), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("n_opened", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_embed_links"),
        sa.UniqueConstraint("mark", name="uq_embed_links_mark"),
    )


def downgrade() -> None:
    """Take the table back."""
    op.drop_table("embed_links")
