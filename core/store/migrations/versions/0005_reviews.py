"""What people do with the rows of a requirement list, and gaps merged by hand."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "review_rows",
        sa.Column("requirement_set_id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(200), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("owner", sa.String(200), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("category", sa.String(40), nullable=True),
        sa.Column("priority", sa.String(40), nullable=True),
        sa.Column("capability_id", sa.String(200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requirement_set_id"],
            ["requirement_sets.id"],
            name="fk_review_rows_requirement_set_id_requirement_sets",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("requirement_set_id", "sheet", "row", name="pk_review_rows"),
    )
    create_table(
        "gap_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap_groups"),
        sa.UniqueConstraint("owner", "name", name="uq_gap_groups_owner"),
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("gap_groups")
    op.drop_table("review_rows")
