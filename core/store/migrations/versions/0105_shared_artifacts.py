"""What several servers share: artefacts, leases and notes."""

import sqlalchemy as sa
from alembic import op

from core.store.schema import create_index, create_table

revision = "0105"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    moment = sa.DateTime(timezone=True)
    create_table(
        "shared_artifacts",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("n_bytes", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("written_at", moment, nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_shared_artifacts"),
    )
    create_index("ix_shared_artifacts_number", "shared_artifacts", ["number"])
    create_table(
        "shared_artifact_parts",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "digest", "part", name="pk_shared_artifact_parts"),
    )
    if op.get_bind().dialect.name == "postgresql":  # The files are compressed already.
        op.execute("ALTER TABLE shared_artifact_parts ALTER COLUMN content SET STORAGE EXTERNAL")
    create_table(
        "leases",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("held_until", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    create_table(
        "shared_notes",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shared_notes"),
    )


def downgrade() -> None:
    """Take the tables back."""
    for name in ("shared_notes", "leases", "shared_artifact_parts", "shared_artifacts"):
        op.drop_table(name)
