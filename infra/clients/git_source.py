"""A git repository, fetched shallowly into a temporary folder."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit, urlunsplit

TIMEOUT_S = 120
_SCHEMES = ("https://", "http://", "ssh://", "git://", "file://")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:(?!//)\S+")
_REF = re.compile(r"(?!-)[\w./+@-]{1,200}")


class GitError(Exception):
    """The repository cannot be fetched; the message says why, without credentials."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A fetched repository: the project's folder and the full commit ID."""

    folder: Path
    commit: str


def is_git_url(location: str) -> bool:
    """Whether `location` is a git address rather than a path."""
    return location.startswith(_SCHEMES) or _SCP.fullmatch(location) is not None


@contextmanager
def checkout(url: str, ref: str | None = None) -> Iterator[Checkout]:
    """Fetch one commit of the repository; gone when the block ends.

    `ref` is a branch, a tag or a full commit ID, the default branch without it. A part
    `#subdirectory=path` of the URL, as pip writes it, names the project's folder.

    Raises GitError for an address, ref or folder that is not there or not allowed.
    """
    address, _, fragment = url.partition("#")
    subdirectory = _subdirectory(fragment)
    if not is_git_url(address):
        raise GitError(f"{hidden(url)} is no git address; write https://, ssh:// or git@host:path")
    if ref is not None and (_REF.fullmatch(ref) is None or ".." in ref):
        raise GitError(f"{ref!r} is no branch, tag or commit")
    with tempfile.TemporaryDirectory(prefix="cooper-git-") as name:
        folder = Path(name)
        _git(folder, "init", "--quiet")
        _git(folder, "fetch", "--quiet", "--depth=1", "--no-tags", "--", address, ref or "HEAD")
        _git(folder, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        commit = _git(folder, "rev-parse", "HEAD").strip()
        project = folder / subdirectory
        if not project.is_dir() or not project.resolve().is_relative_to(folder.resolve()):
            raise GitError(f"{hidden(address)} has no folder {subdirectory}")
        yield Checkout(project, commit)


def hidden(url: str) -> str:
    """The address without a user's name or password."""
    parts = urlsplit(url)
    if not parts.scheme or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _subdirectory(fragment: str) -> str:
    if not fragment:
        return "."
    key, _, value = fragment.partition("=")
    path = PurePosixPath(unquote(value))
    if key != "subdirectory" or not value or path.is_absolute() or ".." in path.parts:
        raise GitError(f"#{fragment} is not read; write #subdirectory=path/in/the/repository")
    return path.as_posix()


def _git(folder: Path, *arguments: str) -> str:
    """Run git without a prompt, hooks or helpers that a URL could start."""
    command = [
        "git", "-C", str(folder), "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never",
        "-c", "protocol.file.allow=always", "-c", "submodule.recurse=false", *arguments,
    ]  # fmt: skip
    environment = os.environ | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    }
    # A surrounding git command (a hook) would point these at its own repository.
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        environment.pop(name, None)
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False,
            timeout=TIMEOUT_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise GitError("git is not installed; install it, or register a folder") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git did not finish within {TIMEOUT_S} s") from None
    if done.returncode:
        said = [line for line in done.stderr.strip().splitlines() if line.strip()]
        reason = said[0] if said else f"exit status {done.returncode}"
        raise GitError(f"git {arguments[0]} failed: {_scrubbed(reason)}")
    return done.stdout


def _scrubbed(text: str) -> str:
    return re.sub(r"://[^/\s@]+@", "://", text)
