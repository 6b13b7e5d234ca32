"""Forecast calls, published numbers, what reviews say of deals, and views of the review."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "forecast_calls",
        *_version(),
        sa.Column("manager_id", sa.String(200), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=False),
        sa.Column("called_on", sa.Date(), nullable=False),
        sa.Column("commit_amount", sa.Double(), nullable=False),
        sa.Column("best_case_amount", sa.Double(), nullable=True),
        sa.Column("pipeline_amount", sa.Double(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("system_amount", sa.Double(), nullable=True),
        sa.Column("system_lower", sa.Double(), nullable=True),
        sa.Column("system_upper", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_forecast_calls"),
        sa.UniqueConstraint("book", "manager_id", "period_start_on", "version", name="uq_forecast_calls_book"),
    )
    create_table(
        "deal_edits",
        *_version(),
        sa.Column("opportunity_id", sa.String(200), nullable=False),
        sa.Column("edited_on", sa.Date(), nullable=False),
        sa.Column("forecast_category", sa.String(40), nullable=True),
        sa.Column("call_amount", sa.Double(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deal_edits"),
        sa.UniqueConstraint("book", "opportunity_id", "version", name="uq_deal_edits_book"),
    )
    create_table(
        "forecast_snapshots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("window_name", sa.String(80), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Double(), nullable=False)
            for name in ("closed_amount", "open_amount", "new_amount", "amount", "lower", "upper")
        ),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forecast_snapshots"),
        sa.UniqueConstraint("book", "as_of_on", "window_name", name="uq_forecast_snapshots_book"),
    )
    create_table(
        "review_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_views"),
        sa.UniqueConstraint("owner", "name", name="uq_review_views_owner"),
    )


def _version() -> "list[sa.Column[object]]":
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
    ]


def downgrade() -> None:
    """Take the tables back."""
    for table in ("review_views", "forecast_snapshots", "deal_edits", "forecast_calls"):
        op.drop_table(table)
