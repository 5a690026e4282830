"""The oracles run in their own environment, which `uv sync` makes here; without it they are no tests."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
PYTHON = HERE / ".venv" / "bin" / "python"

collect_ignore_glob = [] if PYTHON.exists() else ["test_*.py"]


@pytest.fixture(scope="session")
def ask(tmp_path_factory):
    """What `evidently` or `nannyml` says of pairs of tables (arrays by column), by the pair's name."""

    def run(tool, pairs):
        path = tmp_path_factory.mktemp(tool) / "pairs.npz"
        arrays = {
            f"{pair}.{side}.{column}": values
            for pair, tables in pairs.items()
            for side, table in zip(("reference", "current"), tables, strict=True)
            for column, values in table.items()
        }
        np.savez(path, **arrays)
        quiet = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [PYTHON, HERE / "ask.py", tool, path],
            env=os.environ | quiet,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run
