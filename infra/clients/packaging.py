"""Register a project: validate all of it, package its source, put source and data into S3."""

from __future__ import annotations

import ast
import csv
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actions.config import ConfigError, Fault, Plain, Problem, pick
from actions.plans import Artifact
from actions.ports import Artifacts
from actions.project import FILE, Project, is_path, load_project
from infra.clients.git_source import checkout, is_git_url
from infra.clients.source_archive import ArchiveError, archive, file_sha256

SAMPLE_KEYS = ("dataframe_split", "dataframe_records", "instances", "inputs")
MAX_SAMPLE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class PackagedProject:
    """What a registration stores. `sample` is the request body that an endpoint must answer.

    `commit` is the git commit of a repository, None for a folder.
    """

    slug: str
    spec: Project
    source: Artifact
    data: Artifact
    holdout: Artifact
    sample: Mapping[str, Any]
    commit: str | None = None


def package_project(
    location: str | Path, artifacts: Artifacts, bucket: str, *, ref: str | None = None
) -> PackagedProject:
    """Validate the project at a path or git URL, then upload what is not in the bucket yet.

    Safe to repeat: keys are named by content, and the same content is not sent again.

    Raises:
        ConfigError: All mistakes in `project.yaml` and in the files that it names, by line.
        GitError: The repository cannot be fetched.
        ArtifactError, CloudUnavailableError: S3 refuses or does not answer.
    """
    with _opened(location, ref) as (folder, commit), tempfile.TemporaryDirectory() as work:
        project = validate_project(folder)
        local = [folder / p for p in (project.data.train, project.data.holdout) if not _is_s3(p)]
        try:
            packed = archive(folder / project.source, Path(work) / "source.tar.gz", leave_out=local)
        except ArchiveError as error:
            raise ConfigError(
                [Problem(FILE, 1, 1, "source", problem) for problem in error.problems]
            ) from None
        prefix = f"projects/{project.name}"
        key = f"{prefix}/source/{packed.sha256}.tar.gz"
        uri = artifacts.put_file(bucket, key, str(packed.path), packed.sha256)
        return PackagedProject(
            slug=project.name,
            spec=project,
            source=Artifact(uri=uri, sha256=packed.sha256),
            data=_data(folder, project.data.train, artifacts, bucket, prefix),
            holdout=_data(folder, project.data.holdout, artifacts, bucket, prefix),
            sample=json.loads((folder / project.serving.sample).read_bytes()),
            commit=commit,
        )


def validate_project(folder: Path) -> Project:
    """Check `project.yaml` and the files that it names, without sending anything.

    Raises ConfigError with every mistake by line.
    """
    if not folder.is_dir():
        raise ConfigError([Problem(str(folder), 1, 1, "", "there is no such folder")])
    inside = folder.resolve()
    if not (folder / FILE).resolve().is_relative_to(inside):
        raise ConfigError([Problem(FILE, 1, 1, "", "the file is a link out of the project")])

    def contents(data: Mapping[str, Plain]) -> Iterable[Fault]:
        for check in (_links, _scripts, _columns, _sample):
            try:
                yield from check(inside, data)
            except OSError as error:
                yield Fault((), f"{error.filename} cannot be read: {error.strerror}")

    return load_project(folder, checks=(contents,))


@contextmanager
def _opened(location: str | Path, ref: str | None) -> Iterator[tuple[Path, str | None]]:
    if isinstance(location, str) and is_git_url(location.partition("#")[0]):
        with checkout(location, ref) as found:
            yield found.folder, found.commit
        return
    if ref is not None:
        raise ConfigError(
            [Problem(str(location), 1, 1, "", "--ref goes with a git URL, not with a folder")]
        )
    yield Path(location).expanduser(), None


def _data(folder: Path, place: str, artifacts: Artifacts, bucket: str, prefix: str) -> Artifact:
    if _is_s3(place):
        return Artifact(uri=place, sha256=artifacts.sha256(place))
    path = folder / place
    digest = file_sha256(path)
    key = f"{prefix}/data/{digest}/{path.name}"
    return Artifact(uri=artifacts.put_file(bucket, key, str(path), digest), sha256=digest)


def _is_s3(place: str) -> bool:
    return place.startswith("s3://")


def _value(data: Mapping[str, Plain], pattern: str, default: str = "") -> str:
    found = next((value for _, value in pick(dict(data), pattern)), default)
    return found if isinstance(found, str) else default


def _file(folder: Path, *parts: str) -> Path | None:
    """A plain file inside the project; everything else is another check's to report."""
    if not all(is_path(part) for part in parts):
        return None
    path = folder.joinpath(*parts).resolve()
    return path if path.is_relative_to(folder) and path.is_file() else None


def _links(folder: Path, data: Mapping[str, Plain]) -> Iterable[Fault]:
    """A cloned repository must not make us read a file of this machine."""
    for pattern in ("source", "data.train", "data.holdout", "serving.sample"):
        value = _value(data, pattern)
        if is_path(value):
            path = folder / value
            if not path.resolve().is_relative_to(folder):
                yield Fault(tuple(pattern.split(".")), f"{value} is a link out of the project")
            elif path.exists() and path.is_dir() != (pattern == "source"):
                kind = "a folder" if path.is_dir() else "no folder"
                yield Fault(tuple(pattern.split(".")), f"{value} is {kind}")


def _scripts(folder: Path, data: Mapping[str, Plain]) -> Iterable[Fault]:
    """The entry points parse as Python; nothing is run."""
    for key in ("train", "evaluate"):
        name = _value(data, f"entry_points.{key}", f"{key}.py")
        path = _file(folder, _value(data, "source", "."), name)
        if path is None or path.suffix != ".py":
            continue
        try:
            ast.parse(path.read_bytes(), filename=name)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None)
            where = f"{name}, line {line}" if line else name
            message = getattr(error, "msg", None) or str(error)
            yield Fault(("entry_points", key), f"{where}: not valid Python: {message}")


def _columns(folder: Path, data: Mapping[str, Plain]) -> Iterable[Fault]:
    """Local CSV files have rows, the target, and the same columns."""
    if _value(data, "data.format", "csv") != "csv":
        return
    target = _value(data, "data.target")
    headers: dict[str, list[str]] = {}
    for key in ("train", "holdout"):
        place = _value(data, f"data.{key}")
        path = _file(folder, place) if place and not _is_s3(place) else None
        if path is None:
            continue
        head = _head(path)
        if len(head) < 2:
            yield Fault(("data", key), f"{place} holds no rows that can be read as CSV")
            continue
        headers[key] = head[0]
        if target and target not in head[0]:
            yield Fault(("data", "target"), f"{place} has no column {target!r}", _listed(head[0]))
    if len(headers) == 2 and headers["train"] != headers["holdout"]:
        other = sorted(set(headers["train"]) ^ set(headers["holdout"]))
        message = "has other columns than data.train" + (f": {_listed(other)}" if other else "")
        yield Fault(("data", "holdout"), message, "the same columns in the same order")


def _head(path: Path) -> list[list[str]]:
    """The first two rows, or less where there are none."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return [row for row, _ in zip(csv.reader(stream), range(2), strict=False)]
    except (UnicodeDecodeError, csv.Error):
        return []


def _sample(folder: Path, data: Mapping[str, Plain]) -> Iterable[Fault]:
    """The sample is a request body that MLflow's scoring server takes."""
    name = _value(data, "serving.sample", "sample.json")
    path = _file(folder, name)
    if path is None:
        return
    where = ("serving", "sample")
    if path.stat().st_size > MAX_SAMPLE_BYTES:
        yield Fault(where, f"{name} is larger than {MAX_SAMPLE_BYTES // 1024} KiB")
        return
    try:
        sample = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        yield Fault(where, f"{name} is not JSON: {error}")
        return
    if not isinstance(sample, dict) or len(set(sample) & set(SAMPLE_KEYS)) != 1:
        yield Fault(where, f"{name} is no request body", "one key of " + _listed(SAMPLE_KEYS))


def _listed(names: Iterable[str], most: int = 12) -> str:
    every = list(names)
    return ", ".join(every[:most]) + (", …" if len(every) > most else "")
