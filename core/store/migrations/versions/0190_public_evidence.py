"""Whether a file attached in the answer library may go out with public answers."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import add_columns

revision = "0190"
down_revision = "0170"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the table to this revision."""
    add_columns("library_files", sa.Column("is_public", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take the column back."""
    with op.batch_alter_table("library_files") as table:
        table.drop_column("is_public")
