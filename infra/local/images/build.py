"""Builds the environment of a local image, from the recipe in its folder, and only when that has changed.

A recipe is a lock for uv, and where a package is to be chosen by the machine's own pip, its `pip.txt` as well.
"""

from __future__ import annotations

import fcntl
import hashlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.environments import (
    Environment,
    check_disk,
    find_python,
    find_uv,
    fingerprint,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

RECIPES = Path(__file__).parent
_PYTHON = "3.11"
_DISK = 1_200_000_000  # bytes an image may take while it is made
_DISK_WITH_PIP = 3_000_000_000
_PIP = "pip.txt"
_STAMP = ".cooper-stamp"


class UnknownImageError(LookupError):
    """There is no recipe for an image of this name."""

    def __init__(self, name: str) -> None:
        """Say which images there are."""
        super().__init__(f"there is no local image {name!r}; there are: {', '.join(names())}")


def names() -> list[str]:
    """Return the images that can be built: the folders with a lock."""
    return sorted(lock.parent.name for lock in RECIPES.glob("*/uv.lock"))


def is_current(name: str, into: Path) -> bool:
    """Say whether the image below `into` is the one its recipe describes."""
    stamp = into / name / _STAMP
    return stamp.exists() and stamp.read_text() == _mark(_recipe(name))


def build(name: str, into: Path) -> Path:
    """Make the image `name` at `into/name` and return that path; two builders at once wait for each other.

    Raises UnknownImageError, and StepError with the log's tail when uv or pip fails.
    """
    recipe = _recipe(name)
    target = into.resolve() / name
    into.mkdir(parents=True, exist_ok=True)
    with _lock(into / f".{name}.lock"):
        if not is_current(name, into):
            _make(recipe, target)
    return target


def _recipe(name: str) -> Path:
    if name not in names():
        raise UnknownImageError(name)
    return RECIPES / name


def _mark(recipe: Path) -> str:
    mark = fingerprint(recipe)
    extra = recipe / _PIP
    return f"{mark} {hashlib.sha256(extra.read_bytes()).hexdigest()}" if extra.exists() else mark


def _make(recipe: Path, target: Path) -> None:
    extra = recipe / _PIP
    disk = _DISK_WITH_PIP if extra.exists() else _DISK
    check_disk(target.parent, disk)
    (target / _STAMP).unlink(missing_ok=True)
    log = target.parent / f"{recipe.name}.log"
    _sync(recipe, target, disk, log)
    if extra.exists():
        python = str(target / "bin" / "python")
        run([python, "-m", "pip", "install", "--quiet", "--requirement", str(extra)], log)
    (target / _STAMP).write_text(_mark(recipe))


def _sync(recipe: Path, target: Path, disk: int, log: Path) -> None:
    uv = find_uv(target.parent.parent / "bootstrap")
    wanted = Environment(recipe.name, ".", (_PYTHON,), disk, f"the local image {recipe.name}")
    run(
        [
            "env",
            f"UV_PROJECT_ENVIRONMENT={target}",
            uv,
            "sync",
            "--frozen",
            "--quiet",
            # Jobs never write into an image, so what is not compiled now is compiled by each of them.
            "--compile-bytecode",
            "--project",
            str(recipe),
            "--python",
            find_python(wanted, uv),
        ],
        log,
    )


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
