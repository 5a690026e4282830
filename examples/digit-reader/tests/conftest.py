import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
import train
from digits import read_digits, split_off_last_sheet, to_images

PROJECT = Path(__file__).resolve().parents[1]


def arguments(folder, *more):
    return [
        *("--train", str(PROJECT / "data"), "--model-dir", str(folder / "model")),
        *("--output-dir", str(folder / "output"), "--checkpoint-dir", str(folder / "checkpoints")),
        *(str(each) for each in more),
    ]


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A short but real training on all of the data: its folder, and what it printed."""
    folder = tmp_path_factory.mktemp("trained")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        train.main(arguments(folder, "--epochs", 6))
    return folder, printed.getvalue()


@pytest.fixture(scope="session")
def model_dir(trained):
    return trained[0] / "model"


@pytest.fixture(scope="session")
def parts():
    """The images to learn from, and those of the last sheet."""
    learning, validation = split_off_last_sheet(read_digits(PROJECT / "data"))
    return to_images(learning), to_images(validation)


@pytest.fixture
def begin(tmp_path):
    """Start `train.py` as a program of its own, in a folder of this test; nothing outlives the test."""
    begun = []

    def start(*more, folder=tmp_path):
        program = subprocess.Popen(
            [sys.executable, "train.py", *arguments(folder, *more)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(program)
        return program

    yield start
    for program in begun:
        program.kill()
        program.communicate()
