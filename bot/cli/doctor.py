"""`cooper doctor`: looks at everything that Cooper needs, at once, and says what to do."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Literal

import typer
from pydantic import ValidationError

from bot.cli.checks import CHECKS, AmissError, NotOnError
from bot.cli.processes import unset
from bot.settings import Settings

SECONDS = 15.0
"""What each check may take in all."""
_SIGNS = {"ok": "ok    ", "off": "off   ", "amiss": "AMISS "}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in one line; `advice` where something is amiss."""

    name: str
    state: Literal["ok", "off", "amiss"]
    said: str
    advice: str | None = None


def doctor(*, as_json: bool) -> None:
    """Print what every check found; exit code 1 where something is amiss."""
    # Clients log what they meet, which the findings say better.
    logging.disable(logging.CRITICAL)
    findings = _findings()
    well = all(each.state != "amiss" for each in findings)
    if as_json:
        typer.echo(json.dumps({"ok": well, "checks": [asdict(each) for each in findings]}))
    else:
        for each in findings:
            typer.echo(_line(each))
    raise typer.Exit(0 if well else 1)


def _findings() -> list[Finding]:
    try:
        settings = Settings()
    except ValidationError as error:
        advice = "Set them, or start the embedded stack; docs/contracts.md says what they mean."
        said = f"Not set, or not as they should be: {unset(error)}. Nothing else can be looked at."
        return [Finding("settings", "amiss", said, advice)]
    return asyncio.run(examine(settings))


async def examine(settings: Settings) -> list[Finding]:
    """All checks at the same time; their findings in order."""
    looks = (_finding(name, look, settings) for name, look in CHECKS.items())
    return list(await asyncio.gather(*looks))


async def _finding(
    name: str, look: Callable[[Settings], Awaitable[str]], settings: Settings
) -> Finding:
    try:
        async with asyncio.timeout(SECONDS):
            return Finding(name, "ok", await look(settings))
    except NotOnError as error:
        return Finding(name, "off", str(error))
    except AmissError as error:
        return Finding(name, "amiss", str(error), error.advice)
    except TimeoutError:
        return Finding(name, "amiss", f"No answer within {SECONDS:g} s.", "See whether it is up.")
    except Exception as error:  # noqa: BLE001 -- one check must not hide what the others found
        # Its text is not ours, and may hold an address with a password.
        said = f"It could not be looked at: {type(error).__name__}."
        return Finding(name, "amiss", said, "See whether its settings are as in docs/contracts.md.")


def _line(finding: Finding) -> str:
    text = f"{_SIGNS[finding.state]}{finding.name:<14} {finding.said}"
    return f"{text}\n{' ' * 21}→ {finding.advice}" if finding.advice else text
