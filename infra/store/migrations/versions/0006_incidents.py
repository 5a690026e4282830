"""Incidents as their events made them, and the events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("incident_numbers")))
    op.create_table(
        "incidents",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=True),
        sa.Column("environment", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("incident", postgresql.JSONB(), nullable=False),
    )
    op.create_index("ix_incidents_fingerprint", "incidents", ["fingerprint", "number"])
    op.create_index(
        "uq_incidents_open",
        "incidents",
        ["fingerprint"],
        unique=True,
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_table(
        "incident_events",
        sa.Column("incident", sa.BigInteger(), sa.ForeignKey("incidents.number"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("event", postgresql.JSONB(), nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("incident_events")
    op.drop_table("incidents")
    op.execute(sa.schema.DropSequence(sa.Sequence("incident_numbers")))
