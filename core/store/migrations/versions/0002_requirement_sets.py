"""Requirement lists and the buyers' files."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "requirement_sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_requirement_sets"),
        sa.UniqueConstraint("owner", "name", name="uq_requirement_sets_owner"),
    )
    create_table(
        "requirement_files",
        sa.Column("requirement_set_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(260), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["requirement_set_id"],
            ["requirement_sets.id"],
            name="fk_requirement_files_requirement_set_id_requirement_sets",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("requirement_set_id", name="pk_requirement_files"),
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("requirement_files")
    op.drop_table("requirement_sets")
