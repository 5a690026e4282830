"""The composition root: the only place where ports meet their adapters."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from procrastinate import App
from redis.asyncio import Redis
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.catalog import COMMANDS
from actions.context import World
from actions.digests.sending import Sending
from actions.digests.standing import Standing
from actions.execution import Execution
from actions.following import Following
from actions.incidents.folding import Folding
from actions.incidents.telling import Tell
from actions.policy import Policy, load_policy
from actions.reconciling import Reconciler
from actions.service import Service
from actions.signing import signed_conf
from actions.sweeping import Sweep
from actions.tracking import Tracking
from bot.alerts.commits import GroupCommit
from bot.alerts.fetching import HttpsFetch
from bot.alerts.ingress import Ingress
from bot.alerts.sources import SWITCHES, sources
from bot.channels import SlackChannels
from bot.conversation import Conversation
from bot.home import Home
from bot.incidents import IncidentBoard
from bot.ingress import Inbox
from bot.jobs import Handlers, register
from bot.messenger import Messenger
from bot.outbox import Outbox
from bot.people import People
from bot.settings import Settings
from bot.worker import Worker
from infra.clients.cloudwatch import CloudWatchTraffic
from infra.clients.drift import MlflowDrift
from infra.clients.mlflow import MlflowRegistry
from infra.clients.nlu import Rasa
from infra.clients.sagemaker import SageMakerCloud
from infra.store.alerts import Alerts, quick_engine
from infra.store.database import engine, queue
from infra.store.envelopes import Envelopes
from infra.store.locks import Rounds
from infra.store.outgoing import Outgoings
from infra.store.people import KnownPeople
from infra.store.retention import Retention
from infra.store.tellings import IncidentMessages
from infra.store.transaction import PostgresStore
from infra.store.waiting import WaitingAlerts


def now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def policy(settings: Settings) -> Policy:
    """The policy of this installation; raises ConfigError with every mistake by line."""
    return load_policy(settings.config, {name: c.risk.value for name, c in COMMANDS.items()})


def slack_client(settings: Settings) -> AsyncWebClient:
    """Slack's Web API; waits where Slack says so.

    A broken connection is for the caller, who knows what may be sent again: a post whose answer was
    lost is in the channel.
    """
    return AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=settings.slack_api_url,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
    )


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key that signs plans.

    Raises:
        TypeError: The file holds another kind of key.
    """
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        msg = f"{path} should hold an Ed25519 private key."
        raise TypeError(msg)
    return key


@dataclass(frozen=True, slots=True)
class Core:
    """The database, its queue and Redis, as every process needs them."""

    engine: AsyncEngine
    queue: App
    store: PostgresStore
    redis: Redis | None

    @property
    def inbox(self) -> Inbox:
        """Where the bot puts what comes in."""
        return Inbox(Envelopes(self.engine, self.queue), self.redis)


@asynccontextmanager
async def core(settings: Settings) -> AsyncIterator[Core]:
    """Connections for the time of the block."""
    url = settings.database_url.get_secret_value()
    database, jobs = engine(url), queue(url)
    redis = Redis.from_url(settings.redis_url.get_secret_value()) if settings.redis_url else None
    try:
        yield Core(database, jobs, PostgresStore(database, jobs), redis)
    finally:
        if redis is not None:
            await redis.aclose()
        await database.dispose()


@asynccontextmanager
async def alerts_in(settings: Settings, base: Core) -> AsyncIterator[Ingress]:
    """Where alerts come in, with the sources that are switched on."""
    quick = quick_engine(settings.database_url.get_secret_value())
    on = sources(settings, HttpsFetch(), now)
    try:
        yield Ingress(on, SWITCHES, GroupCommit(Alerts(base.engine, base.queue, quick).accept))
    finally:
        await quick.dispose()


def world(settings: Settings, rules: Policy) -> World:
    """The outside world behind its ports."""
    # Its client takes 2.5 s of CPU to import, and only the worker needs it.
    from infra.clients.airflow import AirflowOrchestrator

    account = rules.file.environments
    first = next(iter(account.values()))
    image = f"{first.account}.dkr.ecr.{first.region}.amazonaws.com/cooper-serving:1"
    slack = slack_client(settings)

    def aws(service: Any) -> Any:
        return boto3.client(
            service, region_name=settings.aws_region, endpoint_url=settings.aws_endpoint_url
        )

    return World(
        policy=rules,
        orchestrator=AirflowOrchestrator(
            settings.airflow_url,
            settings.airflow_username,
            settings.airflow_password.get_secret_value(),
            public_url=settings.airflow_public_url,
        ),
        registry=MlflowRegistry(
            settings.mlflow_tracking_uri, public_url=settings.mlflow_public_url
        ),
        cloud=SageMakerCloud(aws("sagemaker"), aws("sagemaker-runtime"), aws("logs")),
        traffic=CloudWatchTraffic(aws("cloudwatch")),
        drift=MlflowDrift(settings.mlflow_tracking_uri, settings.mlflow_public_url),
        channels=SlackChannels(slack),
        serving_image=settings.serving_image or image,
    )


def _folding(base: Core, rules: Policy) -> Folding:
    def endpoints(project: str) -> list[str]:
        return [rules.endpoint_name(project, name) for name in rules.file.environments]

    return Folding(WaitingAlerts(base.engine, base.queue), rules.file.alerting, endpoints, now)


@asynccontextmanager
async def worker(settings: Settings) -> AsyncIterator[Worker]:
    """A worker with everything that it needs."""
    rules = policy(settings)
    key = signing_key(settings.signing_key_file)
    client = slack_client(settings)
    async with (
        core(settings) as base,
        Rasa(settings.nlu_url, settings.nlu_token.get_secret_value()) as understanding,
    ):
        outside = world(settings, rules)
        service = Service(base.store, outside, now)

        def sign(plan: dict[str, Any], run_id: str) -> dict[str, Any]:
            return signed_conf(plan, run_id, key)

        execution = Execution(base.store, outside, sign, now)
        people = People(client, KnownPeople(base.engine))
        itself = await client.auth_test()
        team = str(itself["team_id"])
        tell = Tell(base.store, rules, team, now)
        messages = IncidentMessages(base.engine)
        handlers = Handlers(
            envelopes=Envelopes(base.engine, base.queue),
            conversation=Conversation(service, understanding, base.store, now),
            execution=execution,
            outbox=Outbox(client, Outgoings(base.engine), base.store, outside, now),
            people=people,
            home=Home(client, base.store, rules),
            folding=_folding(base, rules),
            tell=tell,
            board=IncidentBoard(
                Messenger(client), SlackChannels(client), messages, base.store, outside
            ),
            bot_user=str(itself["user_id"]),
        )
        register(base.queue, handlers)
        following = Following(base.store, outside, Tracking(base.store, outside, now), now)
        yield Worker(
            queue=base.queue,
            alone=Rounds(base.engine).alone,
            store=base.store,
            service=service,
            following=following,
            reconciler=Reconciler(base.store, outside, now),
            sweep=Sweep(base.store, outside, now),
            tell=tell,
            standing=Standing(base.store, rules, outside.channels, people, team, now),
            digests=Sending(base.store, outside, people, now),
            forget=Retention(base.engine, settings.keep_days).forget,
            poll_seconds=settings.poll_seconds,
            upkeep_seconds=settings.upkeep_seconds,
        )
