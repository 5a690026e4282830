"""`cooper bot`, `cooper worker`: the long-running processes."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from dotenv import dotenv_values
from pydantic import ValidationError

from actions.config import ConfigError
from bot.garbage import collect_rarely
from bot.settings import RUN_ENV, Settings

_BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits.h


def settings() -> Settings:
    """The settings, or one clear line on standard error and exit code 78.

    boto3's own variables (`AWS_…`) go from the settings' files into the environment, where boto3 reads them.
    """
    files = dotenv_values(RUN_ENV) | dotenv_values(".env")
    for name, value in files.items():
        if name.startswith("AWS_") and value:
            os.environ.setdefault(name, value)
    try:
        return Settings()
    except ValidationError as error:
        sys.stderr.write(
            f"Set {unset(error)}, or start the embedded stack with `make up` first "
            "(docs/contracts.md says what they mean).\n"
        )
        raise SystemExit(_BAD_CONFIGURATION) from None


def unset(error: ValidationError) -> str:
    """The variables that are missing or cannot be, by name; no value is told."""
    named = {"/".join(str(part) for part in fault["loc"]).upper() for fault in error.errors()}
    return ", ".join(sorted(named))


def run(main: Callable[[Settings, asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run `main` until SIGTERM or SIGINT asks it to stop."""
    _log_as_json()
    collect_rarely()
    configuration = settings()

    async def supervised() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await main(configuration, stop)

    try:
        asyncio.run(supervised())
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(_BAD_CONFIGURATION) from None


def bot() -> None:
    """Take in what Slack sends."""
    from bot.app import serve

    run(serve)


def worker() -> None:
    """Do what was taken in: answer, plan, start, follow."""
    from bot.bootstrap import worker as built

    async def main(configuration: Settings, stop: asyncio.Event) -> None:
        async with built(configuration) as made:
            await made.run(stop)

    run(main)


def _log_as_json() -> None:
    """One JSON object a line, with the time in UTC."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
    )
