"""Alerts: rules, ways, the ledger of what was told, events and deliveries; answers to writes that may be asked twice."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_index, create_table

revision = "0110"
down_revision = "0105"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    for name in ("alert_rules", "alert_ways"):
        create_table(name, *_document(name))
    create_table("alert_ledger", *_ledger())
    create_index("ix_alert_ledger_reader", "alert_ledger", ["reader"])
    create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        _moment("happened_at"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("event_id", name="uq_events_event_id"),
    )
    create_table("deliveries", *_deliveries())
    create_index("ix_deliveries_due", "deliveries", ["state", "due_at"])
    create_table(
        "api_replays",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(220), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _moment("begun_at"),
        sa.PrimaryKeyConstraint("id", name="pk_api_replays"),
        sa.UniqueConstraint("owner", "key", name="uq_api_replays_owner"),
    )


def _moment(name: str, may_be_empty: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=may_be_empty)


def _document(name: str) -> list[Any]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("saved_at"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("owner", "name", name=f"uq_{name}_owner"),
    ]


def _ledger() -> list[Any]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("state", sa.String(200), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("is_masked", sa.Boolean(), nullable=False),
        _moment("seen_at"),
        _moment("told_at", True),
        _moment("recovered_at", True),
        _moment("snoozed_until", True),
        sa.Column("acknowledged_by", sa.String(200), nullable=False),
        _moment("acknowledged_at", True),
        _moment("escalated_at", True),
        sa.PrimaryKeyConstraint("id", name="pk_alert_ledger"),
        sa.UniqueConstraint("rule_id", "reader", "subject", name="uq_alert_ledger_rule_id"),
    ]


def _deliveries() -> list[Any]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("way_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(400), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("is_batched", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("n_attempts", sa.Integer(), nullable=False),
        _moment("made_at"),
        _moment("due_at"),
        _moment("claimed_until", True),
        _moment("ended_at", True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("key", name="uq_deliveries_key"),
    ]


def downgrade() -> None:
    """Take the tables back."""
    for name in ("api_replays", "deliveries", "events", "alert_ledger", "alert_ways"):
        op.drop_table(name)
    op.drop_table("alert_rules")
