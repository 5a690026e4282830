"""A request remembers what asked for it; plans and audit entries keep the bytes of their numbers.

JSONB normalises numbers (1e16 comes back as an integer, -0.0 as 0.0), and then a digest over what
was stored is another than the one that was shown, voted on or chained.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_EXACT = (("requests", "plan"), ("audit", "detail"))


def upgrade() -> None:
    """Apply."""
    op.add_column("requests", sa.Column("origin", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_requests_origin"), "requests", ["origin"])
    for table, column in _EXACT:
        op.alter_column(table, column, type_=postgresql.JSON(), postgresql_using=f"{column}::json")


def downgrade() -> None:
    """Take back."""
    for table, column in _EXACT:
        op.alter_column(
            table, column, type_=postgresql.JSONB(), postgresql_using=f"{column}::jsonb"
        )
    op.drop_column("requests", "origin")
