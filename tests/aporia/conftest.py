"""The real SDK in its own environment (`make env` makes it) against the stand-in."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dags/aporia"
PYTHON = FOLDER / ".venv/bin/python"
sys.path[:0] = [str(Path(__file__).parent), str(FOLDER)]

import standin  # noqa: E402 -- the path comes first
from states import document  # noqa: E402


@dataclass
class Registration:
    """A process of the SDK's environment that registers what it is told."""

    process: subprocess.Popen
    errors: Path

    def begin(self, document, token, timeout=None):
        asked = {"document": document, "token": token, "timeout": timeout}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()

    def run(self, document, token, timeout=None):
        self.begin(document, token, timeout)
        said = self.process.stdout.readline()
        told = self.errors.read_text()
        assert said, told
        assert token not in said + told
        return json.loads(said)


@pytest.fixture(scope="session")
def started(tmp_path_factory):
    """Starts such processes; ends them with the tests."""
    running = []

    def start():
        errors = tmp_path_factory.mktemp("registration") / "stderr"
        with errors.open("w") as output:
            process = subprocess.Popen(
                [PYTHON, Path(__file__).with_name("drive.py"), FOLDER],
                env={"PATH": os.environ["PATH"]},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        running.append(process)
        return Registration(process, errors)

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def registration(started):
    """One process for all tests that kill none."""
    return started()


@pytest.fixture
def aporia():
    with standin.serving() as found:
        yield found
    assert found.surprises == []


@pytest.fixture
def register(aporia, registration):
    """Registers a state to the end; its outcome."""

    def run(state, token=standin.TOKEN, **settings):
        return registration.run(document(aporia, state, **settings), token)

    return run
