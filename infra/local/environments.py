"""Creates the project's Python environments with uv, each from its own lock.

Runs before any environment exists, on whatever Python ≥ 3.11 the machine has: standard library only.
Every step is idempotent and costs nothing when nothing changed: a stamp inside the environment holds the hash of
the project file, the lock and the interpreter's version it was made from.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from infra.local.progress import Progress, StepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).resolve().parents[2]
MINIMUM_PYTHON = (3, 11)
_LOG_TAIL = 12


@dataclass(frozen=True)
class Environment:
    """One uv project: `folder` below the checkout, the Python it needs, the disk it takes (bytes) when new."""

    name: str
    folder: str
    pythons: tuple[str, ...]
    disk: int
    purpose: str


ENVIRONMENTS = {
    each.name: each
    for each in (
        Environment("root", ".", ("3.11", "3.12", "3.13"), 2_000_000_000, "the bot and the stack"),
        Environment("dags", "dags", ("3.11",), 3_000_000_000, "Airflow and MLflow"),
        Environment("nlu", "nlu", ("3.10",), 3_000_000_000, "Rasa"),
        Environment("aporia", "dags/aporia", ("3.11",), 50_000_000, "Aporia's SDK"),
        Environment(
            "oracles", "tests/monitoring/oracles", ("3.11",), 2_000_000_000, "Evidently and NannyML"
        ),
    )
}


# ------------------------------------------------------------------ running


def run(command: Sequence[str], log: Path, *, cwd: Path = ROOT) -> None:
    """Run `command` with its output in `log`. Raises StepError with the last lines of it when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    with log.open("wb") as output:
        code = subprocess.run(
            command, cwd=cwd, stdout=output, stderr=output, env=environment, check=False
        ).returncode
    if code:
        lines = log.read_text(errors="replace").strip().splitlines()[-_LOG_TAIL:]
        tail = "\n".join(f"    {line}" for line in lines)
        raise StepError(f"`{' '.join(command)}` ended with {code}. Its last lines ({log}):\n{tail}")


def _answers(command: Sequence[str]) -> str | None:
    """Return the command's output, or None when it is not there or fails."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


# ------------------------------------------------------------------ uv and interpreters


def find_uv(bootstrap: Path) -> str:
    """Return a working uv: the machine's, or one installed into `bootstrap`. Raises StepError when there is none."""
    on_path = shutil.which("uv")
    own = [bootstrap / "bin" / "uv"]
    for candidate in ([on_path] if on_path else []) + [str(path) for path in own if path.exists()]:
        if _answers([candidate, "--version"]):
            return candidate
    attempts = (
        (
            [sys.executable, "-m", "venv", str(bootstrap)],
            [str(bootstrap / "bin" / "python"), "-m", "pip", "install", "-q", "uv"],
        ),
        ([sys.executable, "-m", "pip", "install", "-q", "--target", str(bootstrap), "uv"],),
    )
    for commands in attempts:
        if all(_answers(command) is not None for command in commands) and _answers(
            [str(own[0]), "--version"]
        ):
            return str(own[0])
    raise StepError(
        "uv is not installed, and installing it with this Python's venv and pip did not work.\n"
        "    Install it (https://docs.astral.sh/uv/getting-started/installation/) and run make again."
    )


def _pyenv_interpreters(version: str) -> Iterable[str]:
    root = (
        os.environ.get("PYENV_ROOT") or _answers(["pyenv", "root"]) or str(Path.home() / ".pyenv")
    )
    return (
        str(path)
        for path in sorted(Path(root, "versions").glob(f"{version}*/bin/python"), reverse=True)
    )


def _is_python(path: str, version: str) -> bool:
    return _answers([path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]) == version


def find_python(environment: Environment, uv: str) -> str:
    """Return the path of an interpreter for `environment`: uv's find, pyenv's versions, then uv's download.

    pyenv's shims are no answer: for a version that is not the global one they end with 127.
    """
    for version in environment.pythons:
        found = _answers([uv, "python", "find", "--no-project", version])
        for candidate in ([found] if found else []) + list(_pyenv_interpreters(version)):
            if _is_python(candidate, version):
                return candidate
    for version in environment.pythons:
        if _answers([uv, "python", "install", version]) is not None:
            found = _answers([uv, "python", "find", "--no-project", "--managed-python", version])
            if found:
                return found
    wanted = " or ".join(environment.pythons)
    raise StepError(
        f"{environment.purpose} needs Python {wanted}, and there is none: not on PATH, not in pyenv, and uv could not "
        f"download one.\n    Install it (`uv python install {environment.pythons[0]}`, `pyenv install "
        f"{environment.pythons[0]}` or the system's package) and run make again."
    )


# ------------------------------------------------------------------ environments


def fingerprint(folder: Path) -> str:
    """Return what an environment was made from, as a hash of its project file and lock."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "uv.lock"):
        path = folder / name
        if not path.exists():
            raise StepError(f"{path} is missing: the checkout is not complete.")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(environment: Environment) -> bool:
    """Say whether the environment stands as its lock says."""
    folder = ROOT / environment.folder
    stamp = folder / ".venv" / ".cooper-stamp"
    python = folder / ".venv" / "bin" / "python"
    return python.exists() and stamp.exists() and stamp.read_text() == fingerprint(folder)


def check_disk(folder: Path, needed: int) -> None:
    """Raise StepError when the disk of `folder` has less than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StepError(
            f"{folder} has {free / 1e9:.1f} GB free, and this step needs {needed / 1e9:.1f} GB. "
            "Free some space and run make again."
        )


def create(environment: Environment, progress: Progress, state: Path) -> None:
    """Make the environment as its lock says, if it is not so already."""
    if is_current(environment):
        return
    folder = ROOT / environment.folder
    with progress.step(f"Python environment for {environment.purpose}"):
        is_new = not (folder / ".venv").exists()
        check_disk(folder, environment.disk if is_new else environment.disk // 10)
        uv = find_uv(state / "bootstrap")
        python = find_python(environment, uv)
        run(
            [uv, "sync", "--frozen", "--quiet", "--directory", str(folder), "--python", python],
            state / "logs" / f"environment-{environment.name}.log",
        )
        (folder / ".venv" / ".cooper-stamp").write_text(fingerprint(folder))


# ------------------------------------------------------------------ the browser of the tests


def _playwright_chromium() -> bool:
    code = (
        "from playwright.sync_api import sync_playwright as p\n"
        "with p() as play: print(play.chromium.executable_path)"
    )
    path = _answers([str(ROOT / ".venv/bin/python"), "-c", code])
    return bool(path and Path(path).exists())


def ensure_chromium(progress: Progress, state: Path) -> None:
    """See that the browser tests find a Chromium: the machine's, Playwright's download, or Debian's package."""
    if (
        any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
        or _playwright_chromium()
    ):
        return
    logs = state / "logs"
    debian = (
        Path("/etc/debian_version").exists()
        and os.geteuid() == 0
        and shutil.which("apt-get") is not None
    )
    attempts = [[str(ROOT / ".venv/bin/playwright"), "install", "chromium"]]
    if debian:
        # A system package also brings the libraries that Playwright's download leaves to the machine.
        attempts.insert(
            0,
            [
                "sh",
                "-c",
                "apt-get update -q && apt-get install -y -q --no-install-recommends chromium",
            ],
        )
    with progress.step("Chromium for the browser tests"):
        for number, command in enumerate(attempts):
            try:
                run(command, logs / f"chromium-{number}.log")
            except StepError:
                continue
            return
        raise StepError(
            f"no Chromium for the browser tests, and it could not be installed ({logs}/chromium-*.log).\n"
            "    Install the system's `chromium` package and run make again."
        )


# ------------------------------------------------------------------ command line


def _terminated(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(143)


def main(arguments: Sequence[str] | None = None) -> int:
    """Create what is named: environments, or `chromium`."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.environments", description=main.__doc__
    )
    parser.add_argument("names", nargs="+", choices=[*ENVIRONMENTS, "chromium"])
    parser.add_argument("--state", type=Path, default=ROOT / ".cooper")
    options = parser.parse_args(arguments)
    # Python's default for SIGTERM would leave the uv process behind.
    signal.signal(signal.SIGTERM, _terminated)
    progress = Progress()
    try:
        if sys.version_info < MINIMUM_PYTHON:
            have = ".".join(map(str, sys.version_info[:2]))
            raise StepError(
                f"this Python is {have}, and Cooper needs 3.11 or newer: run `make PYTHON=python3.12` with one that is."
            )
        for name in options.names:
            if name == "chromium":
                ensure_chromium(progress, options.state)
            else:
                create(ENVIRONMENTS[name], progress, options.state)
    except StepError as error:
        progress.say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
