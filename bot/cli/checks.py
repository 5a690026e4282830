"""What `cooper doctor` looks at: each check asks one thing that Cooper needs, as Cooper would.

A check returns what it found in one line, or raises `NotOnError` (nothing to look at, and nothing
wrong) or `AmissError` (with what to do). None of its lines holds a secret.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import httpx
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from slack_sdk.errors import SlackApiError

from actions.config import ConfigError
from actions.digests.places import named, obstacle
from actions.policy_file import PolicyFile
from actions.ports import Unavailable
from bot.alerts.fetching import HttpsFetch
from bot.alerts.sources import sources
from bot.bootstrap import now, policy, slack_client
from bot.channels import SlackChannels
from bot.settings import Settings
from infra.clients.nlu import Rasa
from infra.store.database import libpq_url
from infra.store.migrate import is_newest

SECONDS = 5
"""What one connection or answer may take; the whole check has a limit of its own."""
_DAGS = ("train_model", "deploy_model", "undeploy_model", "monitor_models")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotOnError(Exception):
    """There is nothing to look at, by choice."""


class AmissError(Exception):
    """Something is wrong: what, and what to do."""

    def __init__(self, said: str, advice: str) -> None:
        super().__init__(said)
        self.advice = advice


async def configuration(settings: Settings) -> str:
    """`cooper.yaml`, as bot and worker read it at their start."""
    try:
        rules = policy(settings)
    except ConfigError as error:
        raise AmissError(str(error), "Correct it; docs/policy.md has every key.") from error
    except OSError as error:
        raise AmissError(
            f"{settings.config} cannot be read: {error.strerror}.", "Set COOPER_CONFIG."
        ) from error
    return f"{settings.config}: {', '.join(rules.file.environments)}."


async def postgres(settings: Settings) -> str:
    """Postgres, and whether its schema is the newest."""
    url = settings.database_url.get_secret_value()
    try:
        connection = await psycopg.AsyncConnection.connect(libpq_url(url), connect_timeout=SECONDS)
        async with connection:
            version = connection.info.server_version
        newest = await asyncio.to_thread(is_newest, url)
    except psycopg.Error as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise AmissError(
            f"Postgres does not let us in: {said}", "Start it, or correct DATABASE_URL."
        ) from error
    if not newest:
        raise AmissError("The database has not the newest schema.", "Run `cooper db upgrade`.")
    return f"Postgres {version // 10000}, with the newest schema."


async def redis(settings: Settings) -> str:
    """Redis, where it is set."""
    if settings.redis_url is None:
        raise NotOnError("REDIS_URL is not set: some things are slower.")
    client = Redis.from_url(settings.redis_url.get_secret_value(), socket_timeout=SECONDS)
    try:
        await client.ping()
    except RedisError as error:
        raise AmissError(
            f"Redis does not answer: {type(error).__name__}.",
            "Start it, or correct REDIS_URL. Until then some things are slower, and nothing is lost.",
        ) from error
    finally:
        await client.aclose()
    return "Redis answers."


async def rasa(settings: Settings) -> str:
    """Rasa, with a model."""
    token = settings.nlu_token.get_secret_value()
    async with Rasa(settings.nlu_url, token, timeout=SECONDS) as understanding:
        try:
            model = await understanding.model()
        except Unavailable as error:
            raise AmissError(
                str(error), "Start it, or correct NLU_URL; slash commands work without it."
            ) from error
    return f"Rasa serves the model {model[:12]}."


async def airflow(settings: Settings) -> str:
    """Airflow: the service user is let in, the scheduler runs, our DAGs are there."""
    advice = "Start it, or correct AIRFLOW_URL, AIRFLOW_USERNAME and AIRFLOW_PASSWORD."
    credentials = {
        "username": settings.airflow_username,
        "password": settings.airflow_password.get_secret_value(),
    }
    async with _client(settings.airflow_url) as client:
        token = await _asked(client, "POST", "/auth/token", advice, json=credentials)
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        health = await _asked(client, "GET", "/api/v2/monitor/health", advice, headers=headers)
        down = [
            part for part, state in health.items() if (state or {}).get("status") == "unhealthy"
        ]
        if down:
            raise AmissError(f"Airflow's {', '.join(down)} is down.", "Look into its log.")
        for dag in _DAGS:
            advice = "Give Airflow the folder dags/, and look for import errors on its page."
            found = await _asked(client, "GET", f"/api/v2/dags/{dag}", advice, headers=headers)
            if found["is_paused"]:
                raise AmissError(f"The DAG {dag} is paused.", "Unpause it in Airflow.")
    return f"Airflow lets {settings.airflow_username} in and has our DAGs."


async def mlflow(settings: Settings) -> str:
    """MLflow's registry."""
    path = "/api/2.0/mlflow/registered-models/search"
    async with _client(settings.mlflow_tracking_uri) as client:
        await _asked(
            client,
            "GET",
            path,
            "Start it, or correct MLFLOW_TRACKING_URI.",
            params={"max_results": 1},
        )
    return "MLflow's registry answers."


async def slack(settings: Settings) -> str:
    """The bot's token."""
    advice = "Put the app's bot token into SLACK_BOT_TOKEN, as its pages show it."
    try:
        found = await slack_client(settings).auth_test()
    except SlackApiError as error:
        raise AmissError(f"Slack refuses the token: {error.response['error']}.", advice) from error
    except OSError as error:
        raise AmissError(
            f"Slack does not answer at {settings.slack_api_url}: {type(error).__name__}.",
            "See whether this machine reaches it.",
        ) from error
    return f"Slack knows us as {found['user']} in {found['team']}."


def _rules(settings: Settings, what: str) -> PolicyFile:
    """The configuration, for a check that needs it to know of `what`. Raises AmissError."""
    try:
        return policy(settings).file
    except (ConfigError, OSError) as error:
        raise AmissError(
            f"Which {what} there should be cannot be read.", "Correct the configuration first."
        ) from error


async def digests(settings: Settings) -> str:
    """The digests of `cooper.yaml`: whether they may go where they shall, and their readers are there."""
    entries = _rules(settings, "digests").digests
    if not entries:
        raise NotOnError("cooper.yaml has none; people set up their own.")
    client = slack_client(settings)
    channels = SlackChannels(client)
    for entry in entries:
        try:
            problem = obstacle(await named(channels, entry.channel.removeprefix("#")))
            reader = (await client.users_info(user=entry.reader))["user"]
        except SlackApiError as error:
            raise AmissError(
                f"Slack does not tell of {entry.reader}: {error.response['error']}.",
                "Correct `reader` under `digests`.",
            ) from error
        if problem is not None:
            said = f"No digest can go to {entry.channel}: {problem}"
            raise AmissError(said, "Mend that, or correct `channel` under `digests`.")
        if reader.get("deleted"):
            said = f"{entry.reader}, the reader of {entry.channel}, is no longer there."
            raise AmissError(said, "Name another `reader` under `digests`.")
    return f"{len(entries)} can be sent."


async def aws(settings: Settings) -> str:
    """Who we are to AWS, and whether each environment's bucket is there for us."""
    environments = _rules(settings, "buckets").environments.values()
    buckets = {each.bucket: each.region for each in environments}
    return await asyncio.to_thread(_aws, settings, buckets)


def _aws(settings: Settings, buckets: Mapping[str, str]) -> str:
    limits = Config(
        connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1}
    )

    def client(service: Any, region: str) -> Any:
        return boto3.client(
            service, region_name=region, endpoint_url=settings.aws_endpoint_url, config=limits
        )

    what = "who we are"
    try:
        account = client("sts", settings.aws_region).get_caller_identity()["Account"]
        for bucket, region in buckets.items():
            what = f"the bucket {bucket}"
            client("s3", region).head_bucket(Bucket=bucket)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise AmissError(
            f"AWS refuses to tell of {what}: {code}.",
            "Let the role of bot and worker read it, or make what is missing.",
        ) from error
    except BotoCoreError as error:
        raise AmissError(
            f"AWS does not tell {what}: {type(error).__name__}.",
            "Give boto3 credentials, or correct AWS_ENDPOINT_URL.",
        ) from error
    return f"AWS account {account}, and every bucket is there."


async def alerts(settings: Settings) -> str:
    """The sources of alerts that are on, and the bot that takes them in."""
    on = sources(settings, HttpsFetch(), now)
    if not on:
        raise NotOnError("No source of alerts has a secret.")
    host = "127.0.0.1" if settings.http_host == "0.0.0.0" else settings.http_host  # noqa: S104
    url = f"http://{host}:{settings.http_port}"
    async with _client(url) as client:
        await _asked(client, "GET", "/healthz", "Start `cooper bot`, which takes alerts in.")
    return f"{', '.join(on)}: taken in at {url}/alerts/…"


async def aporia(settings: Settings) -> str:
    """Aporia's token, where a connection is given."""
    given = settings.airflow_conn_aporia
    if given is None:
        raise NotOnError("AIRFLOW_CONN_APORIA is not set; our own monitor watches.")
    url, token, path = _aporia_connection(given.get_secret_value())
    async with _client(url) as client:
        advice = "Correct the connection's host, account or workspace, or make a new token there."
        await _asked(client, "GET", path, advice, headers={"Authorization": f"Bearer {token}"})
    return f"{url} takes the token."


def _aporia_connection(text: str) -> tuple[str, str, str]:
    """Address, token and the path of the workspace."""
    advice = "docs/operations.md has an example of AIRFLOW_CONN_APORIA."
    try:
        found = json.loads(text)
        extra = found.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
        host, token, account = found["host"], found["password"], extra["account"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AmissError("AIRFLOW_CONN_APORIA is not the JSON of a connection.", advice) from error
    url = (host if "://" in host else f"https://{host}").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise AmissError("The connection's host would get the token unencrypted.", advice)
    workspace = extra.get("workspace") or "default-workspace"
    return (
        url,
        token,
        f"/v1/identity-service/accounts/{quote(account, safe='')}/workspaces/{quote(workspace, safe='')}",
    )


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url.rstrip("/"), timeout=SECONDS)


async def _asked(
    client: httpx.AsyncClient, method: str, path: str, advice: str, **options: Any
) -> Any:
    """The JSON that the server answers, None where it is none. Raises AmissError."""
    url = str(client.base_url).rstrip("/")
    try:
        answer = await client.request(method, path, **options)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise AmissError(f"{url} does not answer: {type(error).__name__}.", advice) from error
    if not answer.is_success:
        raise AmissError(f"{url} answers {answer.status_code} to {path}.", advice)
    try:
        return answer.json()
    except ValueError:
        return None


CHECKS: Mapping[str, Callable[[Settings], Awaitable[str]]] = {
    "configuration": configuration,
    "postgres": postgres,
    "redis": redis,
    "rasa": rasa,
    "airflow": airflow,
    "mlflow": mlflow,
    "slack": slack,
    "digests": digests,
    "aws": aws,
    "alerts": alerts,
    "aporia": aporia,
}
"""Every check by its name, in the order in which people read them."""
