"""Starts the code of jobs and model servers: guarded, with a small environment, its output read line by line."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.local.aws.images import Image

_GUARD = Path(__file__).with_name("guard.py")
# What a package index or a proxy of the machine needs; nothing that could hold a secret of Cooper.
_PASSED_ON = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "LANG",
    "LC_ALL",
    "PIP_CERT",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_NO_INDEX",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TZ",
)
_LONGEST_LINE = 256 * 1024
_LAST_OUTPUT_SECONDS = 5


def environment(overlay: Path, image: Image, home: Path) -> dict[str, str]:
    """Return the environment a container of this image would start with, for the overlay made of it."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        "LANG": "C.UTF-8",
        **passed,
        "PATH": f"{overlay / 'bin'}:{image.root / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        # Threads that spin on a shared machine make small jobs slower by orders of magnitude.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def make_overlay(image: Image, folder: Path) -> Path:
    """Make a virtual environment that sees the image's packages and takes what a job installs; return its path.

    It is the writable layer of a container: a `requirements.txt` never changes the image itself.
    """
    base = image.python.resolve()
    packages = folder / "lib" / image.site_packages.parent.name / "site-packages"
    packages.mkdir(parents=True, exist_ok=True)
    (folder / "bin").mkdir(exist_ok=True)
    for name in ("python", "python3", image.site_packages.parent.name):
        link = folder / "bin" / name
        if not link.is_symlink():
            link.symlink_to(base)
    (folder / "pyvenv.cfg").write_text(
        f"home = {base.parent}\ninclude-system-site-packages = false\n"
    )
    # Whole lines at a time: metrics are read from them while the job runs, through the toolkit's own pipe.
    (packages / "_image.pth").write_text(
        f"{image.site_packages}\nimport sys; sys.stdout and sys.stdout.reconfigure(line_buffering=True)\n"
    )
    return folder


class Guarded:
    """A running command, its lines handed to `on_line`; it cannot outlive this process."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None],
        inherited: socket.socket | None = None,
    ) -> None:
        """Start the command; `inherited` is a listening socket it gets as COOPER_SERVING_FD."""
        reader, self._control = os.pipe()
        passed = [reader]
        variables = dict(environment)
        if inherited is not None:
            passed.append(inherited.fileno())
            variables["COOPER_SERVING_FD"] = str(inherited.fileno())
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_GUARD), str(reader), *command],
                env=variables,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=passed,
                # A Ctrl-C at the terminal is for the stand-in, which then ends this in order.
                start_new_session=True,
            )
        finally:
            os.close(reader)
        self._on_line = on_line
        self._closing = threading.Lock()
        self._pump = threading.Thread(target=self._read, name="output", daemon=True)
        self._pump.start()

    @property
    def returncode(self) -> int | None:
        """The exit code, 128 + signal for a signal; None while it runs."""
        return self._process.poll()

    def wait(self, timeout: float | None) -> int | None:
        """Return the exit code once all output is read, or None when `timeout` seconds passed before."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        # What left the group and still holds the pipe must not hold up the job's end.
        self._pump.join(_LAST_OUTPUT_SECONDS)
        self.close()
        return code

    def terminate(self) -> None:
        """Ask every process of the command to end (SIGTERM)."""
        self._order(b"T")

    def kill(self) -> None:
        """End every process of the command (SIGKILL)."""
        self._order(b"K")

    def close(self) -> None:
        """Let go of the guard; what still runs is killed."""
        with self._closing:
            if self._control >= 0:
                os.close(self._control)
                self._control = -1

    def _order(self, letter: bytes) -> None:
        with self._closing, contextlib.suppress(BrokenPipeError):
            if self._control >= 0:
                os.write(self._control, letter)

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with stream:
            while line := stream.readline(_LONGEST_LINE):
                self._on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
