"""The local images from the command line: `build NAME --into DIR`, `of PROJECT_DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from infra.local.aws.images import UnknownImageUriError, framework_name, local_name
from infra.local.environments import ROOT
from infra.local.images.build import UnknownImageError, build, is_current, names
from infra.local.progress import StepError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when it did its work, 1 with a line on stderr when it could not."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.images", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="make an image's environment, if it changed")
    building.add_argument("name", choices=names())
    building.add_argument("--into", type=Path, default=ROOT / ".cooper" / "images")
    of = commands.add_parser("of", help="print the name of the image a project uses")
    of.add_argument("project", type=Path, help="folder with project.yaml")
    options = parser.parse_args(arguments)
    try:
        if options.command == "build":
            was_current = is_current(options.name, options.into)
            path = build(options.name, options.into)
            sys.stdout.write(f"{path} {'is up to date' if was_current else 'was built'}\n")
        else:
            sys.stdout.write(f"{_image_of(options.project)}\n")
    except (StepError, UnknownImageError, UnknownImageUriError, OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _image_of(project: Path) -> str:
    path = project / "project.yaml"
    content = yaml.safe_load(path.read_text())
    image = content.get("image") if isinstance(content, dict) else None
    if not isinstance(image, dict) or not image.keys() & {"framework", "uri"}:
        raise ValueError(f"{path}: `image` must have `framework` and `version`, or `uri`")
    uri = image.get("uri")
    return local_name(str(uri)) if uri else framework_name(str(image["framework"]))


if __name__ == "__main__":
    sys.exit(main())
