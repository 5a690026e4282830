"""Lets things go wrong in a running stand-in, as they do on AWS.

`python -m infra.local.aws.chaos interrupt JOB [--seconds N]` takes a spot training job's instance away;
`python -m infra.local.aws.chaos shortage TYPE [--count N]` lets the next jobs on an instance type find no capacity.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import httpx

_SECONDS = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Send one request; 0 when it was done, 1 when the stand-in refused it or does not answer."""
    options = _parser().parse_args(arguments)
    if options.what == "interrupt":
        path, body = "interruptions", {"job": options.job, "seconds": options.seconds}
    else:
        path, body = "shortages", {"instance_type": options.type, "count": options.count}
    try:
        answer = httpx.post(
            f"{options.endpoint.rstrip('/')}/_cooper/{path}",
            json=body,
            timeout=_SECONDS,
            trust_env=False,  # a proxy of the machine has no way to loopback
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        sys.stderr.write(f"error: nothing answers at {options.endpoint}: {error}\n")
        return 1
    if answer.is_success:
        sys.stdout.write(f"{answer.text}\n")
        return 0
    sys.stderr.write(f"error: {_reason(answer)}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    given = os.environ.get("AWS_ENDPOINT_URL")
    shared.add_argument(
        "--endpoint",
        default=given,
        required=given is None,
        help="URL of the stand-in (AWS_ENDPOINT_URL)",
    )
    parser = argparse.ArgumentParser(prog="python -m infra.local.aws.chaos", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    interrupt = commands.add_parser("interrupt", parents=[shared], help="interrupt a spot job")
    interrupt.add_argument("job", help="name of the training job")
    interrupt.add_argument(
        "--seconds", type=float, default=0, help="until there is capacity again (0)"
    )
    shortage = commands.add_parser("shortage", parents=[shared], help="run short of instances")
    shortage.add_argument("type", help="instance type, such as ml.g5.xlarge")
    shortage.add_argument("--count", type=int, default=1, help="how many jobs find none (1)")
    return parser


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}: {answer.text[:500]}"


if __name__ == "__main__":
    sys.exit(main())
