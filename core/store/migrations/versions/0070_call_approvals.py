"""Approvals of managers' forecasts, and the reminders that wait to be sent."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0070"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "call_approvals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("manager_id", sa.String(200), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=False),
        sa.Column("call_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_call_approvals"),
        sa.UniqueConstraint("book", "manager_id", "period_start_on", "version", name="uq_call_approvals_book"),
    )
    create_table(
        "call_reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("manager_id", sa.String(200), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("queued_by", sa.String(200), nullable=False),
        sa.Column("queued_on", sa.Date(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_call_reminders"),
        sa.UniqueConstraint("book", "manager_id", "period_start_on", "queued_on", name="uq_call_reminders_book"),
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("call_reminders")
    op.drop_table("call_approvals")
