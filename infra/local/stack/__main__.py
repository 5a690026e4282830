"""`python -m infra.local.stack`: start the stack, stop it, or build one of its parts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.local.progress import Progress, StepError
from infra.local.stack import Options, stop, up
from infra.local.stack.layout import CHECKOUT, Layout
from infra.local.stack.prepare import PREPARATIONS
from infra.local.stack.services import NAMES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.stack", description=__doc__)
    parser.add_argument(
        "--state", type=Path, default=CHECKOUT / ".cooper", help="folder of the data"
    )
    parser.add_argument(
        "--only",
        type=lambda text: tuple(text.split(",")),
        default=(),
        metavar="NAMES",
        help=f"start these only, with commas between: {', '.join(NAMES)}",
    )
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="register no demo project"
    )
    parser.add_argument("--stop", action="store_true", help="stop a running stack")
    parser.add_argument("--prepare", choices=sorted(PREPARATIONS), help="build one part and end")
    options = parser.parse_args(arguments)
    if options.stop:
        return stop(options.state)
    if options.prepare:
        progress = Progress()
        try:
            PREPARATIONS[options.prepare](Layout.at(options.state), progress)
        except StepError as error:
            progress.say(f"error: {error}")
            return 1
        return 0
    return up(Options(state=options.state, only=options.only, demo=options.demo))


if __name__ == "__main__":
    sys.exit(main())
