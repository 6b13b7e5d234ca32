"""Who wrote an answer, and who approved it when."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS = (
    ("answered_by", sa.String(200)),
    ("approved_by", sa.String(200)),
    ("approved_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Bring the tables to this revision; for rows approved before, the last change counts as the approval."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("review_rows")}
    with op.batch_alter_table("review_rows") as table:
        for name, kind in COLUMNS:
            if name not in there:
                table.add_column(sa.Column(name, kind, nullable=True))
    op.execute(
        "UPDATE review_rows SET approved_by = changed_by, approved_at = changed_at "
        "WHERE state = 'approved' AND approved_by IS NULL"
    )


def downgrade() -> None:
    """Take the columns back."""
    with op.batch_alter_table("review_rows") as table:
        for name, _ in COLUMNS:
            table.drop_column(name)
