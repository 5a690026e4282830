"""Which subscriptions `cooper.yaml` has, and no person set up."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    column: sa.Column[bool] = sa.Column(
        "standing", sa.Boolean(), nullable=False, server_default=sa.text("false")
    )
    op.add_column("subscriptions", column)


def downgrade() -> None:
    """Take back."""
    op.drop_column("subscriptions", "standing")
