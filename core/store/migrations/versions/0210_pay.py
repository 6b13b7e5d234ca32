"""Compensation plans, exceptions to pay and approvals of statements."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0210"
down_revision = "0200"
branch_labels = None
depends_on = None


def _versioned(name: str, keys: list[str], *columns: sa.Column[Any]) -> None:
    create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("book", *keys, "version", name=f"uq_{name}_book"),
    )


def upgrade() -> None:
    """Bring the tables to this revision."""
    _versioned(
        "pay_plans",
        ["file"],
        sa.Column("file", sa.String(40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    _versioned(
        "pay_exceptions",
        ["rep_id", "period_start_on", "number"],
        sa.Column("rep_id", sa.String(200), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    _versioned(
        "pay_approvals",
        ["rep_id", "period_start_on"],
        sa.Column("rep_id", sa.String(200), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    """Take the tables back."""
    for name in ("pay_approvals", "pay_exceptions", "pay_plans"):
        op.drop_table(name)
