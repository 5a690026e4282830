"""`cooper db`: the schema."""

from infra.store.migrate import upgrade


def upgrade_database(database_url: str) -> None:
    """Bring the database to the newest schema; safe to repeat."""
    upgrade(database_url)
