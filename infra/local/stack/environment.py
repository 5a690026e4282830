"""What the processes of the stack find in their environment. Each gets what it needs and no more."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from dotenv import dotenv_values

from infra.local.stack.keys import AIRFLOW_BOT_USER, Keys, write_private
from infra.local.stack.layout import Layout

_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "SHELL", "TERM")
_PASSED_ON_ENDINGS = ("_PROXY", "_proxy", "_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_AWS = "AWS_"
_LOOPBACK = "127.0.0.1,localhost"
REGION = "us-east-1"
"""Of the stand-in: the one the demo's cooper.yaml names."""


def base_environment(source: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the harmless part of an environment (default: our own): paths, locale, proxies, certificates."""
    source = os.environ if source is None else source
    kept = {
        key: value
        for key, value in source.items()
        if key in _PASSED_ON or key.startswith("LC_") or key.endswith(_PASSED_ON_ENDINGS)
    }
    if any(key.lower().endswith("_proxy") for key in kept):
        for key in ("NO_PROXY", "no_proxy"):
            kept[key] = ",".join(filter(None, (kept.get(key), _LOOPBACK)))
    return kept | {"PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "1"}


def given_environment(layout: Layout) -> dict[str, str]:
    """Return what the person has set: the checkout's `.env`, then the process environment, which wins."""
    dotenv = dotenv_values(layout.checkout / ".env", interpolate=False)
    return {key: value for key, value in dotenv.items() if value} | dict(os.environ)


@dataclass(frozen=True)
class Given:
    """What the person configured, and so what needs no stand-in."""

    values: Mapping[str, str]

    @property
    def slack(self) -> bool:
        """A real Slack workspace: its bot token, and either Socket Mode or signed HTTP."""
        return bool(
            self.values.get("SLACK_BOT_TOKEN")
            and (self.values.get("SLACK_APP_TOKEN") or self.values.get("SLACK_SIGNING_SECRET"))
        )

    @property
    def aws(self) -> bool:
        """A real AWS account. `COOPER_AWS=local` keeps the stand-in on a machine that has credentials."""
        if self.values.get("COOPER_AWS", "").lower() == "local":
            return False
        return any(
            self.values.get(key)
            for key in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
        )

    @property
    def database(self) -> str | None:
        return self.values.get("DATABASE_URL") or None

    @property
    def redis(self) -> str | None:
        return self.values.get("REDIS_URL") or None


@dataclass(frozen=True)
class Addresses:
    """Where everything of this stack is."""

    ports: Mapping[str, int]
    database: str
    redis: str

    def url(self, name: str) -> str:
        """Return the base URL of a server of the stack, without a slash at its end."""
        return f"http://127.0.0.1:{self.ports[name]}"


def slack_environment(given: Given, keys: Keys, addresses: Addresses) -> dict[str, str]:
    """Return the Slack variables: the person's own, or the simulator's."""
    if given.slack:
        names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL")
        return {key: given.values[key] for key in names if given.values.get(key)}
    return {
        "SLACK_BOT_TOKEN": keys["slack-bot-token"],
        "SLACK_APP_TOKEN": keys["slack-app-token"],
        "SLACK_SIGNING_SECRET": keys["slack-signing-secret"],
        "SLACK_API_URL": f"{addresses.url('slack')}/api/",
    }


def aws_environment(given: Given, keys: Keys, addresses: Addresses) -> dict[str, str]:
    """Return boto3's variables: the person's own, or the stand-in's."""
    if given.aws:
        found = {key: value for key, value in given.values.items() if key.startswith(_AWS)}
        region = found.get("AWS_REGION") or found.get("AWS_DEFAULT_REGION") or REGION
        return found | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    return {
        "AWS_ENDPOINT_URL": addresses.url("aws"),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIACOOPERLOCAL00000",
        "AWS_SECRET_ACCESS_KEY": keys["aws-secret-access-key"],
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def application_environment(
    layout: Layout, given: Given, keys: Keys, addresses: Addresses
) -> dict[str, str]:
    """Return the variables of docs/contracts.md: what the bot, the worker and the command line read."""
    own = {key: value for key, value in given.values.items() if key.startswith("COOPER_") and value}
    return (
        own
        | {
            "DATABASE_URL": addresses.database,
            "REDIS_URL": addresses.redis,
            "COOPER_CONFIG": own.get("COOPER_CONFIG") or str(layout.checkout / "cooper.yaml"),
            "COOPER_HTTP_HOST": "127.0.0.1",
            "COOPER_HTTP_PORT": str(addresses.ports["bot"]),
            "COOPER_SIGNING_KEY_FILE": str(keys.signing),
            "COOPER_PUBLIC_KEY_FILE": str(keys.public),
            "COOPER_WEBHOOK_SECRET": keys["webhook-secret"],
            "COOPER_ALERTS_MONITOR_SECRET": own.get("COOPER_ALERTS_MONITOR_SECRET")
            or keys["alerts-monitor-secret"],
            "NLU_URL": addresses.url("nlu"),
            "NLU_TOKEN": keys["nlu-token"],
            "ACTIONS_URL": f"{addresses.url('actions')}/webhook",
            "AIRFLOW_URL": addresses.url("airflow"),
            "AIRFLOW_PUBLIC_URL": given.values.get("AIRFLOW_PUBLIC_URL")
            or addresses.url("airflow"),
            "AIRFLOW_USERNAME": AIRFLOW_BOT_USER,
            "AIRFLOW_PASSWORD": keys[f"airflow-{AIRFLOW_BOT_USER}-password"],
            "MLFLOW_TRACKING_URI": addresses.url("mlflow"),
            "MLFLOW_PUBLIC_URL": given.values.get("MLFLOW_PUBLIC_URL") or addresses.url("mlflow"),
        }
        | slack_environment(given, keys, addresses)
        | aws_environment(given, keys, addresses)
    )


def write_run_env(layout: Layout, environment: Mapping[str, str]) -> None:
    """Write `run.env`, by which every command finds the running stack."""
    lines = [f"{key}={value}\n" for key, value in sorted(environment.items())]
    write_private(layout.run_env, "".join(lines))
