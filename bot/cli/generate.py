"""`cooper generate`: writes what derives from the catalogue, or checks that it is fresh."""

import sys
from pathlib import Path

from bot.generate import generate as generate_files

ROOT = Path(__file__).resolve().parents[2]


def generate(*, check: bool = False, root: Path = ROOT) -> None:
    """Write every generated file; with `check`, exit 1 and name those that are not up to date."""
    outcome = generate_files(root, check=check)
    if check and outcome.stale:
        for name in outcome.stale:
            sys.stderr.write(f"not up to date: {name}; run `make generate`\n")
        raise SystemExit(1)
    for name in outcome.written:
        sys.stdout.write(f"wrote {name}\n")
