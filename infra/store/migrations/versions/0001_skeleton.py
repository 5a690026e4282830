"""The first schema: the conversation, requests, runs, the audit chain and the job queue."""

from typing import Any

from alembic import op
from procrastinate.schema import SchemaManager

from infra.store.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only.';
END;
$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
"""


def upgrade() -> None:
    """Apply."""
    bind = op.get_bind()
    metadata.create_all(bind)
    raw: Any = bind.connection.driver_connection
    # Without parameters psycopg leaves the percent signs of the functions alone.
    raw.execute(_APPEND_ONLY)
    raw.execute(SchemaManager.get_schema())


def downgrade() -> None:
    """Nothing goes before the first schema."""
    msg = "The first schema has nothing before it; drop the database instead."
    raise NotImplementedError(msg)
