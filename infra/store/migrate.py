"""Bring a database to the newest schema, or say that it is not there yet."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from infra.store.database import sqlalchemy_url
from infra.store.locks import Lock
from infra.store.tables import metadata


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def is_newest(database_url: str) -> bool:
    """Whether the database has the newest revision."""
    engine = create_engine(sqlalchemy_url(database_url))
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_heads()
    finally:
        engine.dispose()
    return set(found) == set(ScriptDirectory.from_config(_config()).get_heads())


def upgrade(database_url: str) -> None:
    """Migrate to the newest revision; safe to run from several processes at once."""
    config = _config()
    engine = create_engine(sqlalchemy_url(database_url))
    try:
        with engine.connect() as guard, engine.connect() as connection:
            guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": int(Lock.MIGRATION)})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()


def differences(database_url: str) -> list[object]:
    """How the database differs from `tables.py`; empty where it does not."""
    engine = create_engine(sqlalchemy_url(database_url))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "include_object": lambda _o, name, *_: not str(name).startswith("procrastinate")
                },
            )
            return list(compare_metadata(context, metadata))
    finally:
        engine.dispose()
