"""What must hold before anything starts. Each check says what is wrong and what to do, in one clear line."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping

from infra.local.environments import ENVIRONMENTS, check_disk
from infra.local.progress import StepError
from infra.local.stack.configuration import configuration, load_configuration
from infra.local.stack.environment import Given
from infra.local.stack.layout import Layout

_FREE_BYTES = 1_000_000_000
_SOCKET_LIMIT = 107


def check(layout: Layout, given: Given, names: frozenset[str]) -> None:
    """Raise StepError at the first thing that stands in the way of starting the processes `names`."""
    _platform()
    check_disk(layout.state, _FREE_BYTES)
    _writable(layout)
    _sockets(layout)
    _environments(layout, names)
    _slack(given.values)
    # The monitor in Airflow looks where cooper.yaml says that models serve.
    if names & {"bot", "airflow-scheduler"}:
        load_configuration(configuration(layout, given))


def _platform() -> None:
    if sys.platform not in ("linux", "darwin"):
        raise StepError(
            f"the embedded stack runs on Linux and macOS, and this is {platform.system()}."
        )


def _writable(layout: Layout) -> None:
    if not os.access(layout.state, os.W_OK | os.X_OK):
        raise StepError(f"{layout.state} cannot be written: give it to the user who runs make.")


def _sockets(layout: Layout) -> None:
    longest = layout.sockets / "pg" / ".s.PGSQL.5432.lock"
    if len(os.fsencode(longest)) > _SOCKET_LIMIT:
        raise StepError(
            f"{layout.sockets} is too long a path for sockets: set TMPDIR to a short one."
        )


def _environments(layout: Layout, names: frozenset[str]) -> None:
    needed = {"root"}
    needed |= (
        {"dags"} if any(name == "mlflow" or name.startswith("airflow") for name in names) else set()
    )
    needed |= {"nlu"} if "nlu" in names else set()
    for name in sorted(needed):
        environment = ENVIRONMENTS[name]
        python = layout.checkout / environment.folder / ".venv" / "bin" / "python"
        if not python.exists():
            raise StepError(
                f"the Python environment for {environment.purpose} is missing ({python}): run `make env`."
            )


def _slack(values: Mapping[str, str]) -> None:
    bot, app = values.get("SLACK_BOT_TOKEN", ""), values.get("SLACK_APP_TOKEN", "")
    if bot and not (app or values.get("SLACK_SIGNING_SECRET")):
        raise StepError(
            "SLACK_BOT_TOKEN is set, but neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP).\n"
            "    Set one of them, or unset the token to use the workspace simulator."
        )
    if app and not bot:
        raise StepError(
            "SLACK_APP_TOKEN is set and SLACK_BOT_TOKEN is not.\n"
            "    Set both, or neither to use the workspace simulator."
        )
    for name, token, start in (
        ("SLACK_BOT_TOKEN", bot, "xoxb-"),
        ("SLACK_APP_TOKEN", app, "xapp-"),
    ):
        if token and not token.startswith(start):
            raise StepError(f"{name} does not start with {start}: it is another kind of token.")
