"""Read a YAML file that people write, and name every mistake in it by file, line and column.

`load` parses the text, checks it against a pydantic model and against the checks of the caller, and
raises one `ConfigError` with all problems found. Nothing is read from the environment.

Scalars follow YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema): `on`, `22:00`
and `2026-01-01` are strings, as their writers mean them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from actions.config_errors import describe
from actions.config_yaml import Document, Plain, Problem, YamlProblemsError, dotted, parse

__all__ = ["ConfigError", "Fault", "Plain", "Problem", "Strict", "load", "load_text", "pick"]

MAX_BYTES = 256 * 1024

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """Base of the configuration models: unknown keys refused, no coercion, immutable."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, validate_default=False
    )


class ConfigError(Exception):
    """The file has mistakes; `problems` holds all of them, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__(str(self))

    def __str__(self) -> str:
        """One line a problem, below a line that counts them."""
        count = len(self.problems)
        files = ", ".join(dict.fromkeys(problem.file for problem in self.problems))
        heading = f"{files}: {count} mistake{'s' if count != 1 else ''}"
        return "\n".join([heading, *(f"  {problem}" for problem in self.problems)])


@dataclass(frozen=True, slots=True)
class Fault:
    """What a caller's own check found: where in the document, what is wrong, what would be right."""

    path: tuple[str | int, ...]
    message: str
    allowed: str = ""
    suggestion: str = ""


Check = Callable[[Mapping[str, Plain]], Iterable[Fault]]


def load(model: type[M], path: Path, *, checks: Iterable[Check] = (), name: str = "") -> M:
    """Read and validate the file at `path`; `name` replaces the path in messages.

    Raises ConfigError with every problem: a missing, unreadable, oversized (over 256 KiB) or
    non-UTF-8 file, broken YAML, unknown keys, wrong values, and whatever `checks` report. Checks get
    the plain document, valid or not, so that their findings come with all others.
    """
    file = name or str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _whole(file, "the file does not exist") from None
    except OSError as error:
        raise _whole(file, f"the file cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise _whole(file, f"the file is larger than {MAX_BYTES // 1024} KiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise ConfigError([Problem(file, line, column, "", "the file is not UTF-8")]) from None
    return load_text(model, text, file, checks=checks)


def load_text(model: type[M], text: str, file: str, *, checks: Iterable[Check] = ()) -> M:
    """Validate YAML text; `file` names it in messages. Raises ConfigError as `load` does."""
    if len(text) > MAX_BYTES:
        raise _whole(file, f"the file is larger than {MAX_BYTES // 1024} KiB")
    try:
        document = parse(text, file)
    except YamlProblemsError as error:
        raise ConfigError(error.problems) from None
    problems = list(document.problems)
    result: M | None = None
    try:
        # Through JSON, since pydantic's strict mode takes a list for a tuple only there.
        result = model.model_validate_json(json.dumps(document.data))
    except ValidationError as error:
        problems += describe(model, document, error)
    for check in checks:
        problems += [_located(document, fault) for fault in check(document.data)]
    if problems or result is None:
        raise ConfigError(problems)
    return result


def pick(data: Plain, pattern: str) -> Iterable[tuple[tuple[str | int, ...], Plain]]:
    """Every (path, value) of a plain document that matches a dotted pattern, `*` for any key or item.

    What has another shape than the pattern simply does not match; the model reports it.
    """
    found: list[tuple[tuple[str | int, ...], Plain]] = [((), data)]
    for step in pattern.split("."):
        found = [
            ((*path, key), value)
            for path, parent in found
            for key, value in _children(parent)
            if step in ("*", key)
        ]
    return found


def _children(parent: Plain) -> Iterable[tuple[str | int, Plain]]:
    if isinstance(parent, dict):
        return parent.items()
    return enumerate(parent) if isinstance(parent, list) else ()


def _located(document: Document, fault: Fault) -> Problem:
    line, column = document.position(fault.path)
    path = dotted(fault.path)
    return Problem(
        document.file, line, column, path, fault.message, fault.allowed, fault.suggestion
    )


def _whole(file: str, message: str) -> ConfigError:
    return ConfigError([Problem(file, 1, 1, "", message)])
