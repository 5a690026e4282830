"""Airflow's four processes and MLflow's server: their environment and commands (environment `dags/`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from infra.local.stack import ready
from infra.local.stack.environment import Addresses, base_environment
from infra.local.stack.keys import AIRFLOW_BOT_USER, AIRFLOW_PERSON, Keys
from infra.local.stack.layout import Layout
from infra.local.stack.postgres import with_driver
from infra.local.stack.process import Process

NAMES = ("airflow", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
_QUIET = {
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "SCARF_ANALYTICS": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
# What our tasks import and takes long. Tasks are forks of the scheduler's: it imports once for all.
_TASK_IMPORTS = (
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.amazon.aws.hooks.base_aws",
    "mlflow",
    "sagemaker.core.image_uris",
)
# glibc gives each thread an arena of its own; two are enough here and keep idle memory down.
_LEAN = {"MALLOC_ARENA_MAX": "2"}


def _connection(aws: Mapping[str, str]) -> str:
    """Return an Airflow connection of the kind `aws`, as JSON."""
    extra = {"region_name": aws["AWS_REGION"]}
    if "AWS_ENDPOINT_URL" in aws:
        extra["endpoint_url"] = aws["AWS_ENDPOINT_URL"]
    found: dict[str, object] = {"conn_type": "aws", "extra": extra}
    if "AWS_ACCESS_KEY_ID" in aws:
        found["login"] = aws["AWS_ACCESS_KEY_ID"]
        found["password"] = aws["AWS_SECRET_ACCESS_KEY"]
    return json.dumps(found)


def environment(
    layout: Layout, keys: Keys, addresses: Addresses, database: str, aws: Mapping[str, str]
) -> dict[str, str]:
    """Return what Airflow's processes find: no token of Slack, no database but their own, the public key only."""
    home = layout.folder("airflow")
    url = addresses.url("airflow")
    base = base_environment()
    connection = _connection(aws)
    return (
        base
        | _QUIET
        | _LEAN
        | dict(aws)
        | {
            "PATH": f"{layout.checkout / 'dags/.venv/bin'}:{base.get('PATH', '')}",
            "AIRFLOW_HOME": str(home),
            # The triggerer, unlike Airflow's other processes, does not put the DAG folder on its path.
            "PYTHONPATH": str(layout.checkout / "dags"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(layout.checkout / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__FERNET_KEY": keys["airflow-fernet-key"],
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{AIRFLOW_BOT_USER}:user,{AIRFLOW_PERSON}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(keys.airflow_passwords),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": with_driver(database, "psycopg2"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": with_driver(database, "asyncpg"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "5",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "10",
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__API__SECRET_KEY": keys["airflow-secret-key"],
            "AIRFLOW__API_AUTH__JWT_SECRET": keys["airflow-jwt-secret"],
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(
                home / "logs" / "dag_processor"
            ),
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            # A task's successor waits for the next look; one second by default.
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
            "AIRFLOW_CONN_AWS_DEFAULT": connection,
            "AIRFLOW_CONN_AWS_STAGING": connection,
            "AIRFLOW_CONN_AWS_PRODUCTION": connection,
            # A task whose process ends a moment after its sockets is noticed only after this, 5 s by
            # default. It must be less than our triggers' first look: what resumes earlier than its
            # end was noticed is taken for dead by Airflow and tried again.
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
            "COOPER_POLL_SECONDS": "2",  # jobs on one machine end within seconds
            "COOPER_PUBLIC_KEY_FILE": str(keys.public),
            "COOPER_SERVICE_USER": AIRFLOW_BOT_USER,
            "MLFLOW_TRACKING_URI": addresses.url("mlflow"),
        }
    )


def monitoring(
    addresses: Addresses, environments: str, application: Mapping[str, str]
) -> dict[str, str]:
    """Return what the DAG `monitor_models` finds: where models serve, and where its alerts go."""
    passed = ("COOPER_ALERTS_MONITOR_SECRET", "COOPER_MONITOR_SCHEDULE", "MLFLOW_PUBLIC_URL")
    return {
        "COOPER_ENVIRONMENTS": environments,
        "COOPER_ALERTS_URL": addresses.url("bot"),
        **{name: application[name] for name in passed if name in application},
    }


def aporia(layout: Layout, given: Mapping[str, str]) -> dict[str, str]:
    """Return what the task `aporia` finds: its interpreter, and the connection where it is given."""
    python = {"COOPER_APORIA_PYTHON": layout.python("dags/aporia")}
    connection = given.get("AIRFLOW_CONN_APORIA")
    return python | ({"AIRFLOW_CONN_APORIA": connection} if connection else {})


def processes(
    layout: Layout, keys: Keys, addresses: Addresses, variables: Mapping[str, str]
) -> tuple[Process, ...]:
    """Return Airflow's processes. No log server runs: everything is on one machine, so logs are read from disk."""
    airflow = (layout.program("airflow", "dags"),)
    warm = str(Path(__file__).with_name("warm.py"))
    url = addresses.url("airflow")
    port = str(addresses.ports["airflow"])
    commands = {
        "airflow": (
            *airflow,
            "api-server",
            "--host",
            "127.0.0.1",
            "--port",
            port,
            "--workers",
            "1",
        ),
        "airflow-scheduler": (
            # -P: this folder's modules must not stand in front of Airflow's.
            *(layout.python("dags"), "-P", warm, ",".join(_TASK_IMPORTS)),
            *("airflow", "scheduler", "--skip-serve-logs"),
        ),
        "airflow-dag-processor": (*airflow, "dag-processor"),
        "airflow-triggerer": (*airflow, "triggerer", "--skip-serve-logs"),
    }
    components = {
        "airflow-scheduler": "scheduler",
        "airflow-dag-processor": "dag_processor",
        "airflow-triggerer": "triggerer",
    }
    titles = {
        "airflow": "Airflow API and pages",
        "airflow-scheduler": "Airflow scheduler",
        "airflow-dag-processor": "Airflow DAG processor",
        "airflow-triggerer": "Airflow triggerer",
    }
    probes = {name: ready.airflow_component(url, each) for name, each in components.items()}
    # The part that tasks report to is built at its first request, for seconds: not by the first task.
    probes["airflow"] = ready.both(
        ready.http(f"{url}/api/v2/monitor/health"), ready.http(f"{url}/execution/health")
    )
    password = keys[f"airflow-{AIRFLOW_BOT_USER}-password"]
    probes["airflow-dag-processor"] = ready.both(
        probes["airflow-dag-processor"], ready.airflow_dags(url, AIRFLOW_BOT_USER, password)
    )
    return tuple(
        Process(
            name=name,
            title=titles[name],
            command=command,
            environment=variables,
            ready=probes[name],
            needs=("airflow-database",),
        )
        for name, command in commands.items()
    )


def mlflow_environment(keys: Keys, database: str) -> dict[str, str]:
    """Return what the MLflow server finds."""
    return (
        base_environment()
        | _QUIET
        | _LEAN
        | {
            "MLFLOW_BACKEND_STORE_URI": with_driver(database, "psycopg2"),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "5",
            "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "10",
            "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": keys["mlflow-webhook-key"],
            "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
            "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
        }
    )


def mlflow_process(layout: Layout, addresses: Addresses, variables: Mapping[str, str]) -> Process:
    """Return MLflow's server, which also keeps the artifacts."""
    artifacts = layout.folder("mlflow") / "artifacts"
    command = (
        *(layout.program("mlflow", "dags"), "server", "--host", "127.0.0.1"),
        *("--port", str(addresses.ports["mlflow"]), "--workers", "1"),
        *("--serve-artifacts", "--artifacts-destination", artifacts.as_uri()),
    )
    return Process(
        name="mlflow",
        title="MLflow",
        command=command,
        environment=variables,
        ready=ready.http(f"{addresses.url('mlflow')}/health"),
        needs=("mlflow-database",),
    )
