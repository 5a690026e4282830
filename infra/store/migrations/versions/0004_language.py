"""What of an answer was said so far, and what people meant where they were not understood."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "drafts", sa.Column("begun", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.create_table(
        "meanings",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("taken", sa.Boolean(), nullable=True),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("meanings")
    op.drop_column("drafts", "begun")
