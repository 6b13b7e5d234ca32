"""What is to be done behind the pages, and the workers that do it."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_index, create_table

revision = "0090"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    moment = sa.DateTime(timezone=True)
    create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("n_attempts", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("run_at", moment, nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("leased_until", moment, nullable=True),
        sa.Column("worker", sa.String(120), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    create_index("uq_jobs_active", "jobs", ["kind", "subject"], sa.text("state IN ('queued', 'running')"))
    create_table(
        "workers",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("host", sa.String(120), nullable=False),
        sa.Column("process", sa.Integer(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("workers")
    op.drop_table("jobs")
