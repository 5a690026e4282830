"""Starts the stand-in as a process of its own, for tests and tools."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STOP_SECONDS = 60


class DidNotStartError(RuntimeError):
    """The stand-in ended before it was ready; its own words are on stderr."""


class Process:
    """A running stand-in and its URL."""

    def __init__(self, state: Path, images: Path, *options: str) -> None:
        """Start it and wait until it answers. Raises DidNotStartError."""
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "infra.local.aws",
                "--port",
                "0",
                "--state",
                str(state),
                "--images",
                str(images),
                *options,
            ],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("ready "):
                self.url = line.split()[1]
                break
        else:
            self.process.stdout.close()
            raise DidNotStartError(f"it ended with {self.process.wait()}")
        threading.Thread(target=self._drain, daemon=True).start()

    def stop(self) -> int:
        """End it as the process manager does; return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def _drain(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for _ in stream:
                pass


@contextmanager
def running(state_dir: Path, images_dir: Path, *options: str) -> Iterator[str]:
    """Run the stand-in for a while; yields its URL, for `AWS_ENDPOINT_URL`."""
    process = Process(state_dir, images_dir, *options)
    try:
        yield process.url
    finally:
        process.stop()
