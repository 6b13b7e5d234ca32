"""The audit log as a chain of hashes that the database itself keeps from being changed."""

import sqlalchemy as sa
from alembic import op

from core.store import audit_guards
from core.store.audit_chain import BEFORE_THE_FIRST, HEAD, row_hash
from core.store.schema import add_columns, create_table

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TRAIL = sa.table(
    "audit",
    sa.column("id", sa.Integer),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("user_name", sa.String),
    sa.column("action", sa.String),
    sa.column("target", sa.String),
    sa.column("detail", sa.Text),
    sa.column("number", sa.Integer),
    sa.column("previous_hash", sa.String),
    sa.column("hash", sa.String),
)
HEADS = sa.table(
    "audit_head", sa.column("id", sa.Integer), sa.column("number", sa.Integer), sa.column("hash", sa.String)
)


def upgrade() -> None:
    """Bring the tables to this revision; rows written before are linked in the order in which they were written."""
    connection = op.get_bind()
    audit_guards.drop(connection)
    add_columns(
        "audit",
        sa.Column("number", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("previous_hash", sa.String(64), nullable=False, server_default=""),
        sa.Column("hash", sa.String(64), nullable=False, server_default=""),
    )
    create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    if not connection.execute(sa.select(sa.func.count()).select_from(HEADS)).scalar():
        connection.execute(sa.insert(HEADS).values(id=HEAD, **_linked(connection)))
    audit_guards.create(connection)


def _linked(connection: sa.Connection) -> dict[str, int | str]:
    """Link the rows that are not, and return the number and hash of the newest."""
    number, previous = 0, BEFORE_THE_FIRST
    for row in connection.execute(sa.select(TRAIL).order_by(TRAIL.c.id)).fetchall():
        if row.hash:
            number, previous = row.number, row.hash
            continue
        number += 1
        entry = {"at": row.at, "user": row.user_name, "action": row.action, "target": row.target, "detail": row.detail}
        current = row_hash(previous, number, entry)
        values = {"number": number, "previous_hash": previous, "hash": current}
        connection.execute(sa.update(TRAIL).where(TRAIL.c.id == row.id).values(**values))
        previous = current
    return {"number": number, "hash": previous}


def downgrade() -> None:
    """Take the chain back."""
    audit_guards.drop(op.get_bind())
    op.drop_table("audit_head")
    with op.batch_alter_table("audit") as table:
        for name in ("number", "previous_hash", "hash"):
            table.drop_column(name)
