"""Playbooks: plays as edited, their runs and steps; benchmarks: what was made to leave, and files that came."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_index, create_table

revision = "0230"
down_revision = "0210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    for name in ("plays", "benchmark_files"):
        create_table(name, *_document(name))
    create_table(
        "benchmark_exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("epsilon", sa.Double(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("id", name="pk_benchmark_exports"),
    )
    create_table(
        "play_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("play", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject_id", sa.String(200), nullable=False),
        sa.Column("occasion", sa.String(20), server_default="", nullable=False),
        sa.Column("is_held_out", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        _moment("started_at"),
        sa.PrimaryKeyConstraint("id", name="pk_play_runs"),
        sa.UniqueConstraint("book", "play", "subject_id", "occasion", name="uq_play_runs_book"),
    )
    create_table("play_steps", *_steps())
    create_index("ix_play_steps_state", "play_steps", ["state", "assignee_id"])
    create_table(
        "play_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("play_step_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("assignee_id", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_play_changes"),
        sa.ForeignKeyConstraint(
            ["play_step_id"], ["play_steps.id"], name="fk_play_changes_play_step_id_play_steps", ondelete="CASCADE"
        ),
    )
    create_index("ix_play_changes_play_step_id", "play_changes", ["play_step_id"])


def _moment(name: str) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


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


def _steps() -> list[Any]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("play_run_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("assignee_id", sa.String(200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_by", sa.String(200), server_default="", nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_play_steps"),
        sa.ForeignKeyConstraint(
            ["play_run_id"], ["play_runs.id"], name="fk_play_steps_play_run_id_play_runs", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("play_run_id", "number", name="uq_play_steps_play_run_id"),
    ]


def downgrade() -> None:
    """Take the tables back."""
    for name in ("play_changes", "play_steps", "play_runs", "benchmark_exports", "benchmark_files", "plays"):
        op.drop_table(name)
