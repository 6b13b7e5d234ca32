"""The keys under which the audit log names people, by mail address and by name."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_table

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    create_table(
        "person_keys",
        sa.Column("word", sa.String(200), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_person_keys"),
    )


def downgrade() -> None:
    """Take the table back."""
    op.drop_table("person_keys")
