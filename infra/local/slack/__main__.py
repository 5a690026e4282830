"""`python -m infra.local.slack --port N --state DIR`: runs the workspace until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.local.slack.seed import DEFAULT_WORKSPACE, SeedError, load_seed
from infra.local.slack.server import running_workspace
from infra.local.slack.workspace import Options, load_tokens


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.slack",
        description="A Slack workspace on this machine. Tokens come from SLACK_BOT_TOKEN,"
        " SLACK_APP_TOKEN and SLACK_SIGNING_SECRET, else from the state folder.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--state", type=Path, required=True, help="folder with its history")
    parser.add_argument(
        "--workspace", type=Path, default=DEFAULT_WORKSPACE, help="people and channels"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        help="another name it answers to, in containers",
    )
    parser.add_argument("--public-url", help="its own address as the app reaches it")
    parser.add_argument("--events-url", help="deliver by signed HTTP to this URL, not by socket")
    parser.add_argument(
        "--no-rate-limits", action="store_true", help="never answer 429 of its own accord"
    )
    return parser.parse_args(argv)


async def _serve(given: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    given.state.mkdir(parents=True, exist_ok=True)
    tokens = load_tokens(
        given.state,
        os.environ.get("SLACK_BOT_TOKEN"),
        os.environ.get("SLACK_APP_TOKEN"),
        os.environ.get("SLACK_SIGNING_SECRET"),
    )
    options = Options(rate_limits=not given.no_rate_limits, events_url=given.events_url)
    async with running_workspace(
        given.state,
        port=given.port,
        host=given.host,
        allowed_hosts=given.allow_host,
        tokens=tokens,
        seed=load_seed(given.workspace),
        options=options,
    ) as running:
        if given.public_url:
            running.workspace.base_url = given.public_url.rstrip("/")
        sys.stdout.write(f"The workspace is at {running.url}\n")
        sys.stdout.flush()
        await stop.wait()


def main(argv: Sequence[str] | None = None) -> int:
    """0 after a stop; 2 where the workspace file or the port cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    given = _arguments(argv)
    try:
        asyncio.run(_serve(given))
    except SeedError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except OSError as error:
        place = f"{given.host}:{given.port}, state {given.state}"
        sys.stderr.write(f"error: cannot serve on {place}: {error.strerror}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
