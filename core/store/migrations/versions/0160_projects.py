"""The work on a list: plan, members, changes row by row, tasks, questions to the buyer, review stages, public answers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.schema import add_columns, create_index, create_table

revision = "0160"
down_revision = "0150"
branch_labels = None
depends_on = None

TABLES = ("buyer_questions", "work_tasks", "row_changes", "project_members", "project_plans")


def upgrade() -> None:
    """Bring the tables to this revision; of what was done before, the last change of each row is known."""
    add_columns("review_rows", sa.Column("stage", sa.String(40)), sa.Column("is_public", sa.Boolean()))
    create_table(
        "project_plans",
        sa.Column("requirement_set_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_by", sa.String(200), nullable=False),
        _moment("saved_at"),
        _of_list("project_plans"),
        sa.PrimaryKeyConstraint("requirement_set_id", name="pk_project_plans"),
    )
    create_table(
        "project_members",
        sa.Column("requirement_set_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        _of_list("project_members"),
        sa.PrimaryKeyConstraint("requirement_set_id", "person", "role", name="pk_project_members"),
    )
    create_table("row_changes", *_row_changes())
    create_table("work_tasks", *_work_tasks())
    create_index("ix_work_tasks_mine", "work_tasks", ["assignee", "is_open"])
    create_table("buyer_questions", *_buyer_questions())
    _carry_over()


def _carry_over() -> None:
    """Note the last change of every row worked on before, and a task for each that somebody owns and has not done."""
    op.execute(
        "INSERT INTO row_changes (requirement_set_id, sheet, row, version, fields, state, changed_by, changed_at) "
        "SELECT requirement_set_id, sheet, row, version, '[\"state\"]', state, changed_by, changed_at "
        "FROM review_rows WHERE NOT EXISTS (SELECT 1 FROM row_changes)"
    )
    op.execute(
        "INSERT INTO work_tasks (requirement_set_id, sheet, row, kind, assignee, due_on, is_open, made_by, made_at, "
        "closed_by) SELECT requirement_set_id, sheet, row, 'answer', lower(trim(owner)), due_on, TRUE, changed_by, "
        "changed_at, '' FROM review_rows WHERE owner IS NOT NULL AND trim(owner) <> '' "
        "AND state NOT IN ('answered', 'approved') AND NOT EXISTS (SELECT 1 FROM work_tasks)"
    )


def _moment(name: str, may_be_empty: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=may_be_empty)


def _of_list(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["requirement_set_id"],
        ["requirement_sets.id"],
        name=f"fk_{table}_requirement_set_id_requirement_sets",
        ondelete="CASCADE",
    )


def _of_row(table: str) -> list[Any]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("requirement_set_id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(200), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        _of_list(table),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def _row_changes() -> list[Any]:
    name = "uq_row_changes_requirement_set_id"
    return [
        *_of_row("row_changes"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("stage", sa.String(40)),
        sa.Column("changed_by", sa.String(200), nullable=False),
        _moment("changed_at"),
        sa.UniqueConstraint("requirement_set_id", "sheet", "row", "version", name=name),
    ]


def _work_tasks() -> list[Any]:
    name = "uq_work_tasks_requirement_set_id"
    return [
        *_of_row("work_tasks"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("assignee", sa.String(200), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("snoozed_until", sa.Date()),
        sa.Column("made_by", sa.String(200), nullable=False),
        _moment("made_at"),
        sa.Column("closed_by", sa.String(200), nullable=False),
        _moment("closed_at", may_be_empty=True),
        sa.UniqueConstraint("requirement_set_id", "sheet", "row", "kind", "assignee", name=name),
    ]


def _buyer_questions() -> list[Any]:
    return [
        *_of_row("buyer_questions"),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answer_file", sa.String(260), nullable=False),
        sa.Column("rival_answer", sa.Text(), nullable=False),
        sa.Column("rival_file", sa.String(260), nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        _moment("asked_at"),
        _moment("answered_at", may_be_empty=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("requirement_set_id", "code", name="uq_buyer_questions_requirement_set_id"),
    ]


def downgrade() -> None:
    """Take the tables and columns back."""
    for name in TABLES:
        op.drop_table(name)
    with op.batch_alter_table("review_rows") as table:
        for name in ("stage", "is_public"):
            table.drop_column(name)
