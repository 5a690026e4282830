"""Subscriptions to digests, and what was sent for them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("subscription_numbers")))
    op.create_table(
        "subscriptions",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("covered", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("team", "channel", "project", name="uq_subscriptions_team"),
    )
    op.create_index("ix_subscriptions_due", "subscriptions", ["due"])
    op.create_table(
        "digests",
        sa.Column(
            "subscription",
            sa.BigInteger(),
            sa.ForeignKey("subscriptions.number", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("due", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("digests")
    op.drop_table("subscriptions")
    op.execute(sa.schema.DropSequence(sa.Sequence("subscription_numbers")))
