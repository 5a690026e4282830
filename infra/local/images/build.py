"""Builds the environment of a local image with uv, from its lock, and only when the lock has changed."""

from __future__ import annotations

import fcntl
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
    """Say whether the image below `into` is the one its lock describes."""
    stamp = into / name / _STAMP
    return stamp.exists() and stamp.read_text() == fingerprint(_recipe(name))


def build(name: str, into: Path) -> Path:
    """Make the image `name` at `into/name` and return that path; two builders at once wait for each other.

    Raises UnknownImageError, and StepError with the log's tail when uv fails.
    """
    recipe = _recipe(name)
    target = into.resolve() / name
    into.mkdir(parents=True, exist_ok=True)
    with _lock(into / f".{name}.lock"):
        if not is_current(name, into):
            _sync(recipe, target)
    return target


def _recipe(name: str) -> Path:
    if name not in names():
        raise UnknownImageError(name)
    return RECIPES / name


def _sync(recipe: Path, target: Path) -> None:
    check_disk(target.parent, _DISK)
    uv = find_uv(target.parent.parent / "bootstrap")
    python = find_python(
        Environment(recipe.name, ".", (_PYTHON,), _DISK, f"the local image {recipe.name}"), uv
    )
    (target / _STAMP).unlink(missing_ok=True)
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
            python,
        ],
        target.parent / f"{recipe.name}.log",
    )
    (target / _STAMP).write_text(fingerprint(recipe))


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
