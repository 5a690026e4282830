"""A folder of code as a tar.gz that depends on its content only: same files, same bytes."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 50 * 1024 * 1024

EXCLUDED_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", "mlruns",
        ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox",
        ".ipynb_checkpoints", ".idea", ".vscode", ".aws", ".ssh", ".dvc",
    }
)  # fmt: skip
EXCLUDED_FILES = (".env", ".netrc", ".pypirc", ".DS_Store", ".coverage")
EXCLUDED_ENDINGS = (".pyc", ".pyo", ".pem", ".key", ".egg-info", ".swp", "~")


@dataclass(frozen=True, slots=True)
class SourceArchive:
    """A written archive: its file, the SHA-256 of its bytes, and the members' names in order."""

    path: Path
    sha256: str
    members: tuple[str, ...]


class ArchiveError(Exception):
    """The folder cannot be packaged; `problems` says why, one line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def archive(folder: Path, target: Path, *, leave_out: Iterable[Path] = ()) -> SourceArchive:
    """Write `folder`'s files to `target`, sorted, without times, owners or umask.

    Left out: version control, environments, caches, keys and `.env` files, and the files in
    `leave_out`. A link to a file inside the folder is stored as that file.

    Raises ArchiveError for links that lead out of the folder or to a folder, for files that are no
    plain files, for an empty folder, and above 50 MiB before compression.
    """
    try:
        files = _files(folder.resolve(), {path.resolve() for path in leave_out})
        _write(target, files)
    except OSError as error:
        raise ArchiveError([f"{error.filename} cannot be read: {error.strerror}"]) from error
    return SourceArchive(target, file_sha256(target), tuple(name for name, _ in files))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(root: Path, left_out: set[Path]) -> list[tuple[str, Path]]:
    problems: list[str] = []
    files = sorted(
        found for found in _walk(root, root, problems) if found[1].resolve() not in left_out
    )
    problems += _too_large(files)
    if not files and not problems:
        problems.append(f"{root.name} holds no file to package")
    if problems:
        raise ArchiveError(problems)
    return files


def _write(target: Path, files: list[tuple[str, Path]]) -> None:
    # The name in gzip's header and its time would make the bytes depend on where and when.
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, path in files:
            _add(tar, name, path)


def _walk(root: Path, folder: Path, problems: list[str]) -> Iterator[tuple[str, Path]]:
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        path = Path(entry.path)
        name = path.relative_to(root).as_posix()
        if _excluded(entry.name):
            continue
        if entry.is_symlink():
            problem = _link_problem(root, path, name)
            if problem:
                problems.append(problem)
            else:
                yield name, path
        elif entry.is_dir():
            if not (path / "pyvenv.cfg").exists():  # a virtual environment of whatever name
                yield from _walk(root, path, problems)
        elif entry.is_file():
            yield name, path
        else:
            problems.append(f"{name} is a socket, pipe or device; only plain files are packaged")


def _excluded(name: str) -> bool:
    return (
        name in EXCLUDED_FOLDERS
        or name in EXCLUDED_FILES
        or name.startswith(".env.")
        or name.endswith(EXCLUDED_ENDINGS)
    )


def _link_problem(root: Path, path: Path, name: str) -> str:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return f"{name} is a link that leads nowhere; remove it"
    if not target.is_relative_to(root):
        return f"{name} is a link out of the source folder; copy the file in"
    if not stat.S_ISREG(target.stat().st_mode):
        return f"{name} is a link to a folder; move the folder or copy it in"
    return ""


def _too_large(files: list[tuple[str, Path]]) -> list[str]:
    sizes = sorted(((path.stat().st_size, name) for name, path in files), reverse=True)
    total = sum(size for size, _ in sizes)
    if total <= MAX_BYTES:
        return []
    largest = ", ".join(f"{name} ({size / 1e6:.1f} MB)" for size, name in sizes[:3])
    message = (
        f"the source is {total / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:.1f} MB go into a package; "
        f"largest: {largest}; keep data in S3"
    )
    return [message]


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    status = path.stat()
    member = tarfile.TarInfo(name)
    member.size = status.st_size
    member.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    member.mtime = 0
    with path.open("rb") as stream:
        tar.addfile(member, stream)
