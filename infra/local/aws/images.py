"""Which local environment stands for which container image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# Repository name in the image URI → name of the local image.
_REPOSITORIES = {
    "sagemaker-scikit-learn": "sklearn",
    "cooper-serving": "sklearn",
}
# Framework of a project whose image AWS provides → name of the local image.
_FRAMEWORKS = {"sklearn": "sklearn"}
_URI = re.compile(r"^(?:(?P<registry>[^/]+)/)?(?P<repository>[^:@]+)(?:[:@](?P<tag>.+))?$")


class UnknownImageUriError(LookupError):
    """No local environment stands for this image."""


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
    if repository not in _REPOSITORIES:
        known = ", ".join(f"…/{name}:…" for name in sorted(_REPOSITORIES))
        raise UnknownImageUriError(f"no local image stands for {uri!r}; known are: {known}")
    return _REPOSITORIES[repository]


def framework_name(framework: str) -> str:
    """Return the local image's name for a framework. Raises UnknownImageUriError."""
    if framework not in _FRAMEWORKS:
        raise UnknownImageUriError(
            f"no local image stands for the framework {framework!r}; known are: "
            f"{', '.join(sorted(_FRAMEWORKS))}"
        )
    return _FRAMEWORKS[framework]


def find(uri: str, images: Path) -> Image:
    """Return the built environment for an image URI. Raises UnknownImageUriError when there is none."""
    name = local_name(uri)
    image = Image(name, (images / name).resolve())
    if not image.python.exists():
        raise UnknownImageUriError(
            f"the local image {name!r} for {uri!r} is not built: run "
            f"`python -m infra.local.images build {name} --into {images}`"
        )
    return image
