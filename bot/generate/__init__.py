"""What derives from the catalogue: generated files and the check that they are up to date."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.generate.docs import commands_reference
from bot.generate.language import domain, nlu_data, rules
from bot.generate.schemas import dag_schemas
from bot.generate.slack import slack_manifest

Generator = Callable[[], dict[str, str]]

GENERATORS: tuple[Generator, ...] = (
    dag_schemas,
    nlu_data,
    domain,
    rules,
    slack_manifest,
    commands_reference,
)
"""Each gives file names relative to the repository and their whole text; none does I/O."""


OWNED = ("nlu/data/generated", "dags/schemas")
"""Folders in which every file is generated: what nothing makes any more goes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `generate` did or, when checking, would have to do. Paths relative to the root."""

    written: tuple[str, ...]
    stale: tuple[str, ...]


def expected_files() -> dict[str, str]:
    """Every generated file, by its path relative to the repository."""
    files: dict[str, str] = {}
    for generator in GENERATORS:
        files.update(generator())
    return files


def generate(root: Path, *, check: bool = False) -> Outcome:
    """Write every generated file under `root`; with `check`, only name those that differ.

    Raises:
        OSError: A file cannot be read or written.
    """
    written: list[str] = []
    stale: list[str] = []
    expected = expected_files()
    for name, text in expected.items():
        path = root / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(name)
    for orphan in _orphans(root, expected):
        stale.append(orphan)
        if not check:
            (root / orphan).unlink()
    return Outcome(tuple(written), tuple(stale))


def _orphans(root: Path, expected: dict[str, str]) -> list[str]:
    found = (file for folder in OWNED for file in sorted((root / folder).glob("*.*")))
    names = (file.relative_to(root).as_posix() for file in found)
    return [name for name in names if name not in expected]
