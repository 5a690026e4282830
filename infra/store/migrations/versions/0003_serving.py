"""What served, from when until when, and whether somebody went back from it; one change at a time.

Promotions, rollbacks and removals change an endpoint as deployments do.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INDEX = "uq_requests_one_deployment"
_UNDER_WAY = "state IN ('running', 'stopping')"
_SERVING = "command IN ('deploy_model', 'promote_model', 'rollback_model', 'undeploy_model')"
_ENDED = """
UPDATE deployments SET until = later.good FROM (
    SELECT id, lead(good) OVER (PARTITION BY project, environment ORDER BY good, id) AS good
    FROM deployments
) AS later WHERE later.id = deployments.id
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("deployments", sa.Column("until", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "deployments",
        sa.Column("bad", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.execute(_ENDED)
    op.drop_index(_INDEX, "requests")
    _index(_SERVING)


def downgrade() -> None:
    """Take back."""
    op.drop_index(_INDEX, "requests")
    _index("command = 'deploy_model'")
    op.drop_column("deployments", "bad")
    op.drop_column("deployments", "until")


def _index(commands: str) -> None:
    op.create_index(
        _INDEX,
        "requests",
        ["project", "environment"],
        unique=True,
        postgresql_where=sa.text(f"{commands} AND {_UNDER_WAY}"),
    )
