"""How buyers' layouts are to be read."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "requirement_layouts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_requirement_layouts"),
        sa.UniqueConstraint("owner", "name", name="uq_requirement_layouts_owner"),
    )


def downgrade() -> None:
    """Take the table back."""
    op.drop_table("requirement_layouts")
