import contextlib
import io
from pathlib import Path

import pytest
import train

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A short but real training on all of the data: its folder, and what it printed."""
    folder = tmp_path_factory.mktemp("trained")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        train.main(
            [
                *("--train", str(PROJECT / "data")),
                *("--model-dir", str(folder / "model")),
                *("--output-dir", str(folder / "output")),
                *("--folds", "2", "--max_rounds", "40", "--lr", "0.1"),
            ]
        )
    return folder, printed.getvalue()


@pytest.fixture(scope="session")
def model_dir(trained):
    return trained[0] / "model"
