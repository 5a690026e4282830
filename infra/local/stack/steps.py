"""The steps of a start beside the processes: databases, migrations, buckets, the demo's project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from infra.local.environments import fingerprint as lock_fingerprint
from infra.local.progress import StepError
from infra.local.stack import postgres, prepare
from infra.local.stack.commands import Commands
from infra.local.stack.environment import base_environment
from infra.local.stack.process import Task
from infra.local.stack.services import Services

DEMO_PROJECT = Path("examples") / "claims-frequency"


def all_steps(services: Services, commands: Commands, *, demo: bool) -> list[Task]:
    """Return the steps that the chosen processes need."""
    names = services.names
    steps = []
    if {"bot", "worker"} & names:
        steps.append(
            Task(
                "database",
                "Cooper's database",
                lambda: _own_database(services, commands),
                ("postgres",),
            )
        )
    if any(name.startswith("airflow") for name in names):
        steps.append(_airflow_database(services, commands))
    if "mlflow" in names:
        steps.append(_mlflow_database(services, commands))
    if "aws" in names:
        steps.append(Task("buckets", "Buckets", lambda: _buckets(services), ("aws",)))
    if demo and {"bot", "aws"} <= names:
        steps.append(
            Task(
                "demo",
                f"Demo project {DEMO_PROJECT.name}",
                lambda: _demo(services, commands),
                ("database", "redis", "buckets"),
            )
        )
    return steps


# ------------------------------------------------------------------ databases


def _maintenance(services: Services) -> str:
    if services.given.database:
        return services.addresses.database
    return postgres.embedded_url(services.layout, "postgres")


def _own_database(services: Services, commands: Commands) -> None:
    if not services.given.database:
        postgres.ensure_database(services.addresses.database, maintenance=_maintenance(services))
    command = [services.layout.program("cooper"), "db", "upgrade"]
    commands.run(command, "cooper-db-upgrade", services.application)


def _migrate(
    services: Services,
    commands: Commands,
    url: str,
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
) -> None:
    """Create the database and migrate it, unless it says itself that it is as the lock would have it."""
    postgres.ensure_database(url, maintenance=_maintenance(services))
    mark = f"cooper: migrated with {lock_fingerprint(services.layout.checkout / 'dags')}"
    if postgres.migrated(url) != mark:
        commands.run(command, f"{name}-db-upgrade", environment)
        postgres.mark_migrated(url, mark)


def _airflow_database(services: Services, commands: Commands) -> Task:
    command = [services.layout.program("airflow", "dags"), "db", "migrate"]
    run: Callable[[], None] = lambda: _migrate(  # noqa: E731
        services, commands, services.airflow_database, "airflow", command, services.airflow
    )
    return Task("airflow-database", "Airflow's database", run, ("postgres",))


def _mlflow_database(services: Services, commands: Commands) -> Task:
    uri = postgres.with_driver(services.mlflow_database, "psycopg2")
    # The address goes by the environment: a command line can be read by every user of the machine.
    code = (
        "import os; from mlflow.store.db.utils import create_sqlalchemy_engine, _initialize_tables, _upgrade_db;"
        "from sqlalchemy import inspect; e = create_sqlalchemy_engine(os.environ['MLFLOW_BACKEND_STORE_URI']);"
        "(_upgrade_db if 'experiments' in inspect(e).get_table_names() else _initialize_tables)(e)"
    )
    command = [services.layout.python("dags"), "-c", code]
    environment = {**services.mlflow, "MLFLOW_BACKEND_STORE_URI": uri}
    run: Callable[[], None] = lambda: _migrate(  # noqa: E731
        services, commands, services.mlflow_database, "mlflow", command, environment
    )
    return Task("mlflow-database", "MLflow's database", run, ("postgres",))


# ------------------------------------------------------------------ the demo


def bucket_names(configuration: Path) -> list[str]:
    """Return the buckets that `cooper.yaml` names for its environments."""
    try:
        found = yaml.safe_load(configuration.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise StepError(f"{configuration} cannot be read: {error}") from error
    environments = found.get("environments") if isinstance(found, dict) else None
    values = environments.values() if isinstance(environments, dict) else ()
    names = {each.get("bucket") for each in values if isinstance(each, dict)}
    return sorted(str(name) for name in names if name)


def _buckets(services: Services) -> None:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    variables = services.application
    client = boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
    try:
        existing = {each["Name"] for each in client.list_buckets()["Buckets"]}
        for name in bucket_names(Path(variables["COOPER_CONFIG"])):
            if name not in existing:
                client.create_bucket(Bucket=name)
    except (BotoCoreError, ClientError) as error:
        raise StepError(f"the stand-in's buckets cannot be made: {error}") from error


def _demo(services: Services, commands: Commands) -> None:
    layout = services.layout
    project = layout.checkout / DEMO_PROJECT
    maker = project / "make_dataset.py"
    if maker.exists():
        python = str(prepare.image_python(layout, "sklearn"))
        commands.run([python, str(maker)], "demo-data", base_environment(), directory=project)
    command = [layout.program("cooper"), "project", "register", str(project)]
    commands.run(command, "demo-register", services.application)
