"""Who is signed in, from where, and until when."""

import sqlalchemy as sa

from core.store.schema import create_index, create_table

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "sign_ins",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user_name", sa.String(200), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("address", sa.String(60), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
    )
    create_index("ix_sign_ins_user", "sign_ins", ["user_name"])


def downgrade() -> None:
    """Take the table back."""
    from alembic import op

    op.drop_table("sign_ins")
