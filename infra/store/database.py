"""Connections: one engine a process, and the queue that shares its transactions."""

from procrastinate import App, PsycopgConnector
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infra.store.jobs import Jobs


def sqlalchemy_url(database_url: str) -> str:
    """The URL with psycopg 3 as its driver."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def libpq_url(database_url: str) -> str:
    """The URL as libpq reads it."""
    url = make_url(database_url).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def engine(database_url: str, *, pool_size: int = 5) -> AsyncEngine:
    """An engine with a small pool; stale connections are noticed before use."""
    return create_async_engine(
        sqlalchemy_url(database_url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
    )


def queue(database_url: str, *, pool_size: int = 4) -> App:
    """The job queue on the same database; open it before use."""
    connector = PsycopgConnector(conninfo=libpq_url(database_url), min_size=1, max_size=pool_size)
    made = App(connector=connector)
    made.job_manager = Jobs(connector)
    return made
