"""What draft answers are made of in the catalogue, and the log of what a language model was asked."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import add_columns, create_index, create_table

revision = "0170"
down_revision = "0160"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    add_columns(
        "capabilities",
        sa.Column("how", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("exception", sa.Text(), nullable=True),
        sa.Column("evidence_on", sa.Date(), nullable=True),
    )
    create_table(
        "model_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("struck", sa.JSON(), nullable=False),
        sa.Column("n_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_amount", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_calls"),
    )
    create_index("ix_model_calls_asked_at", "model_calls", ["asked_at"])


def downgrade() -> None:
    """Take the table and the columns back."""
    op.drop_index("ix_model_calls_asked_at", "model_calls")
    op.drop_table("model_calls")
    with op.batch_alter_table("capabilities") as table:
        for name in ("evidence_on", "exception", "scope", "how"):
            table.drop_column(name)
