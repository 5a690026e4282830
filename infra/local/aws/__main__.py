"""`python -m infra.local.aws --port N --state DIR --images DIR`: the local stand-in for AWS, until a signal ends it.

Prints `ready http://127.0.0.1:PORT` when it answers; port 0 takes a free one.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stand-in."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, required=True, help="folder for all that is kept")
    parser.add_argument("--images", type=Path, required=True, help="folder of the local images")
    parser.add_argument(
        "--stop-grace", type=float, default=120, help="seconds between SIGTERM and SIGKILL"
    )
    parser.add_argument(
        "--startup-timeout",
        type=float,
        default=240,
        help="seconds a model server may take to start",
    )
    parser.add_argument(
        "--concurrency", type=int, default=max(1, os.cpu_count() or 1), help="jobs that run at once"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    from infra.local.aws.server import run

    try:
        run(
            port=options.port,
            state=options.state,
            images=options.images,
            stop_grace=options.stop_grace,
            startup_timeout=options.startup_timeout,
            concurrency=options.concurrency,
        )
    except OSError as error:
        sys.stderr.write(f"error: the AWS stand-in cannot start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
