"""`cooper nlu train` and `cooper actions`: the language model and Rasa's action server."""

import sys
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.cli.rasa_model import ROOT, NluError
from bot.cli.rasa_model import train as train_model
from bot.settings import RUN_ENV

_BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits.h


class _Actions(BaseSettings):
    model_config = SettingsConfigDict(env_file=(RUN_ENV, ".env"), extra="ignore")

    url: str = Field(
        default="http://127.0.0.1:5055/webhook", validation_alias=AliasChoices("ACTIONS_URL")
    )


def serve_actions() -> None:
    """Serve Rasa's actions on loopback at the port of `ACTIONS_URL`, until SIGTERM or SIGINT."""
    from actions.rasa.server import serve

    url = _Actions().url
    try:
        port = urlsplit(url).port
    except ValueError:
        port = None
    if not port:
        sys.stderr.write(
            f"ACTIONS_URL ({url}) names no port, as http://127.0.0.1:5055/webhook does.\n"
        )
        raise SystemExit(_BAD_CONFIGURATION)
    serve(port)


def train(*, force: bool = False) -> None:
    """Train the language model, unless the present one fits its inputs."""
    try:
        trained = train_model(force=force)
    except NluError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
    state = "trained" if trained.fresh else "up to date"
    sys.stdout.write(f"{trained.path.relative_to(ROOT)} {state}, sha256 {trained.sha256}\n")
