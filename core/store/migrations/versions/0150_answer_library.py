"""The answer library: every version of every answer, and the files that prove it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_index, create_table

revision = "0150"
down_revision = "0120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table("library_answers", *_answers())
    create_index("ix_library_answers_import_id", "library_answers", ["import_id"])
    create_table(
        "library_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.String(40), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(200), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_library_files"),
        sa.UniqueConstraint("answer_id", "sha256", name="uq_library_files_answer_id"),
    )


def _answers() -> list[Any]:
    texts = ("question", "answer")
    loose = ("detail", "evidence", "tags")
    short = {"product": 200, "language": 40, "category": 40, "capability_id": 200, "owner": 200, "source": 260}
    signed = {"written_by": 200, "approved_by": 200, "merged_into": 40, "import_id": 40}
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_id", sa.String(40), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        *(sa.Column(name, sa.Text(), nullable=True) for name in loose),
        *(sa.Column(name, sa.String(length), nullable=True) for name, length in short.items()),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        *(sa.Column(name, sa.String(length), nullable=True) for name, length in signed.items()),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_library_answers"),
        sa.UniqueConstraint("book", "answer_id", "version", name="uq_library_answers_book"),
    ]


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("library_files")
    op.drop_table("library_answers")
