"""What runs in its own environment imports nothing of ours (import-linter sees the rest)."""

import ast
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
OURS = {"actions", "bot", "infra"}
FOLDERS = ("nlu", "dags", "examples", "infra/docker/serving")
LEFT_OUT = {".venv", "node_modules", "__pycache__"}


def sources(folder: str) -> list[Path]:
    found = (CHECKOUT / folder).rglob("*.py")
    return [path for path in found if not LEFT_OUT & set(path.parts)]


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_with_its_own_environment_imports_nothing_of_ours(folder: str) -> None:
    files = sources(folder)
    assert files, f"{folder} holds no Python"
    offenders = {path.name: imported(path) & OURS for path in files if imported(path) & OURS}
    assert offenders == {}


def test_the_check_sees_an_import_inside_a_function(tmp_path: Path) -> None:
    source = tmp_path / "late.py"
    source.write_text("def work():\n    from actions.plans import TrainingPlan\n")
    assert imported(source) & OURS == {"actions"}
