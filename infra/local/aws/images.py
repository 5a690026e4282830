"""Which local environment stands for which container image; it is made when it is first needed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.local.environments import ROOT
from infra.local.images.build import is_current

# Repository name in the image URI → name of the local image.
_REPOSITORIES = {
    "pytorch-training": "pytorch",
    "sagemaker-scikit-learn": "sklearn",
}
# Cooper's own serving image has one tag a framework: `1-pytorch`. One without means scikit-learn.
_SERVING = "cooper-serving"
_SERVING_DEFAULT = "sklearn"
# Framework of a project whose image AWS provides → name of the local image.
_FRAMEWORKS = {"pytorch": "pytorch", "sklearn": "sklearn"}
_POLL_SECONDS = 0.2
_END_SECONDS = 10.0
_SHOWN_LINES = 3
_URI = re.compile(r"^(?:(?P<registry>[^/]+)/)?(?P<repository>[^:@]+)(?:[:@](?P<tag>.+))?$")


class UnknownImageUriError(LookupError):
    """No local environment stands for this image."""


class ImageNotMadeError(UnknownImageUriError):
    """The environment that stands for this image could not be made."""


@dataclass(frozen=True)
class Image:
    """A local environment: `root` is a virtual environment with `bin/python`."""

    name: str
    root: Path

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.root / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where the environment's packages are installed."""
        return next((self.root / "lib").glob("python3.*")) / "site-packages"


def local_name(uri: str) -> str:
    """Return the local image's name for an image URI. Raises UnknownImageUriError."""
    match = _URI.match(uri)
    repository = match["repository"].rsplit("/", 1)[-1] if match else uri
    if repository == _SERVING:
        return _of_serving_tag((match and match["tag"]) or "")
    if repository not in _REPOSITORIES:
        known = ", ".join(f"…/{name}:…" for name in sorted([_SERVING, *_REPOSITORIES]))
        raise UnknownImageUriError(f"no local image stands for {uri!r}; known are: {known}")
    return _REPOSITORIES[repository]


def _of_serving_tag(tag: str) -> str:
    _, dash, word = tag.rpartition("-")
    return framework_name(word) if dash and word.isalpha() else _SERVING_DEFAULT


def framework_name(framework: str) -> str:
    """Return the local image's name for a framework. Raises UnknownImageUriError."""
    if framework not in _FRAMEWORKS:
        raise UnknownImageUriError(
            f"no local image stands for the framework {framework!r}; known are: "
            f"{', '.join(sorted(_FRAMEWORKS))}"
        )
    return _FRAMEWORKS[framework]


def find(uri: str, images: Path, *, check: Callable[[], None] = lambda: None) -> Image:
    """Return the environment for an image URI, made first where it is missing or its recipe has changed.

    Making one takes minutes; several callers make it once. `check` is called meanwhile, and what it raises ends
    the wait. Raises UnknownImageUriError, and ImageNotMadeError with the builder's last words.
    """
    name = local_name(uri)
    if not is_current(name, images):
        _make(name, images, check)
    return Image(name, (images / name).resolve())


def _make(name: str, images: Path, check: Callable[[], None]) -> None:
    # That module needs the class above.
    from infra.local.aws.process import Guarded

    said: list[str] = []
    # A process of its own, guarded: it ends when the stand-in does, with whatever it has started.
    builder = Guarded(
        [sys.executable, "-m", "infra.local.images", "build", name, "--into", str(images)],
        environment=os.environ,
        cwd=ROOT,
        on_line=said.append,
    )
    try:
        while (code := builder.wait(_POLL_SECONDS)) is None:
            check()
    finally:
        builder.close()
        builder.wait(_END_SECONDS)
    if code:
        words = " ".join(line.strip() for line in said[-_SHOWN_LINES:])
        raise ImageNotMadeError(f"the local image {name!r} could not be made: {words}")
