"""Engagement: mails, meetings and calls, who took part, and what was counted of transcripts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_index, create_table

revision = "0240"
down_revision = "0230"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "interactions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        _moment("occurred_at"),
        _moment("ended_at", is_nullable=True),
        _words("thread", 64),
        _words("opportunity_id", 200),
        _words("subject", 300),
        _words("text"),
        _count("size_bytes"),
        _count("n_attachments"),
        sa.Column("is_cancelled", sa.Boolean(), server_default=sa.false(), nullable=False),
        _moment("added_at"),
        sa.PrimaryKeyConstraint("id", name="pk_interactions"),
        sa.UniqueConstraint("book", "key", name="uq_interactions_book"),
    )
    create_index("ix_interactions_occurred_at", "interactions", ["occurred_at"])
    create_table(
        "interaction_people",
        *_part("interaction_people"),
        sa.Column("address", sa.String(320), nullable=False),
        _words("name", 200),
        sa.Column("role", sa.String(12), nullable=False),
        _words("answer", 12),
    )
    create_index("ix_interaction_people_interaction_id", "interaction_people", ["interaction_id"])
    create_index("ix_interaction_people_address", "interaction_people", ["address"])
    create_table(
        "call_turns",
        *_part("call_turns"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.String(320), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("n_words", sa.Integer(), nullable=False),
        sa.Column("n_questions", sa.Integer(), nullable=False),
        _words("topics", 300),
        _words("step", 20),
        sa.Column("step_due_on", sa.Date(), nullable=True),
        _count("n_sentences"),
        _count("n_positive"),
        _count("n_negative"),
        _words("text"),
        sa.UniqueConstraint("interaction_id", "number", name="uq_call_turns_interaction_id"),
    )


def _part(name: str) -> list[Any]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interaction_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interactions.id"], name=f"fk_{name}_interaction_id_interactions", ondelete="CASCADE"
        ),
    ]


def _moment(name: str, is_nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=is_nullable)


def _words(name: str, length: int = 0) -> "sa.Column[Any]":
    return sa.Column(name, sa.String(length) if length else sa.Text(), server_default="", nullable=False)


def _count(name: str) -> "sa.Column[Any]":
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def downgrade() -> None:
    """Take the tables back."""
    for name in ("call_turns", "interaction_people", "interactions"):
        op.drop_table(name)
