"""What people were told of incidents, and the silences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("incidents", sa.Column("resolved", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE incidents SET resolved = (incident ->> 'resolved_at')::timestamptz "
        "WHERE state = 'resolved'"
    )
    op.create_index(
        "ix_incidents_resolved",
        "incidents",
        ["resolved"],
        postgresql_where=sa.text("state = 'resolved'"),
    )
    op.create_table(
        "incident_messages",
        sa.Column("incident", sa.BigInteger(), sa.ForeignKey("incidents.number"), primary_key=True),
        sa.Column("sent_to", sa.Text(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.Column("posted", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spoken", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarmed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("ts", sa.Text(), nullable=True),
        sa.Column("posting", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("drawn", sa.Text(), nullable=True),
    )
    op.create_index("ix_incident_messages_channel", "incident_messages", ["channel", "ts"])
    op.create_table(
        "silences",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=True),
        sa.Column("matchers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("ix_silences_ends", "silences", ["ends"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("silences")
    op.drop_table("incident_messages")
    op.drop_index("ix_incidents_resolved", "incidents")
    op.drop_column("incidents", "resolved")
