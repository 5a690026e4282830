"""Alerts as they came, and which of them are folded into an incident."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=True),
        sa.Column(
            "received", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("alert", postgresql.JSONB(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.Column("folded", sa.DateTime(timezone=True), nullable=True),
        sa.Column("incident", sa.BigInteger(), nullable=True),
    )
    _index("ix_alerts_waiting", "id", "folded IS NULL")
    _index("ix_alerts_incident", "incident", "incident IS NOT NULL")
    _index("uq_alerts_delivery", "delivery", "delivery IS NOT NULL", unique=True)


def _index(name: str, column: str, where: str, *, unique: bool = False) -> None:
    op.create_index(name, "alerts", [column], unique=unique, postgresql_where=sa.text(where))


def downgrade() -> None:
    """Take back."""
    op.drop_table("alerts")
