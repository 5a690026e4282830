"""Runs a measuring script in the environment of its tool and reads the JSON that it prints."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_TOOLS = Path(__file__).with_name("tools")
_OURS = ROOT / "dags"
_ORACLES = ROOT / "tests" / "monitoring" / "oracles"
ENVIRONMENTS: Mapping[str, Path] = {
    "cooper": _OURS,
    "scipy": _OURS,
    "evidently": _ORACLES,
    "nannyml": _ORACLES,
}
_QUIET = {
    # Neither tool is to tell its maker of each run, nor to wait for an answer.
    "DO_NOT_TRACK": "1",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": str(_OURS),
}


def ask(script: str, tool: str, *arguments: object) -> dict[str, Any]:
    """What `tools/{script}.py {tool} …` prints. Exits with its last lines where it fails."""
    folder = ENVIRONMENTS[tool]
    python = folder / ".venv" / "bin" / "python"
    if not python.exists():
        raise SystemExit(
            f"{folder.relative_to(ROOT)}/.venv is missing: uv sync --frozen --directory "
            f"{folder.relative_to(ROOT)}"
        )
    done = subprocess.run(
        [python, _TOOLS / f"{script}.py", tool, *map(str, arguments)],
        env=os.environ | _QUIET,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{script}.py {tool} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
