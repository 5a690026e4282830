"""The reading commands on a real MLflow, the AWS stand-in and Postgres; Airflow only gives links."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from actions.answers import Answer
from actions.behaviours import READS
from actions.context import Context, World
from actions.people import Person
from actions.policy import Policy
from actions.registration import RegisteredProject
from actions.requests import Request, RunProgress, State, Vote
from infra.clients.drift import MlflowDrift
from infra.clients.mlflow import MlflowRegistry
from infra.clients.sagemaker import SageMakerCloud
from infra.store.database import engine, queue
from infra.store.people import KnownPeople
from infra.store.transaction import PostgresStore
from tests.support.postgres import database_url, postgres
from tests.support.projects import ROOT, registered
from tests.support.requests import HERE, NOW, plan, request, vote
from tests.support.world import ANA, BEN, CHLOE, nowhere

__all__ = ["database_url", "postgres"]

_numbers = itertools.count(1)
BUCKET = "cooper-reads"
REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"


def _services() -> ModuleType:
    """The DAG tests' services, by file: they belong to no package of this environment."""
    spec = importlib.util.spec_from_file_location(
        "dags_services", ROOT / "tests" / "dags" / "services.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["dags_services"] = module
    spec.loader.exec_module(module)
    return module


@dataclass
class Platform:
    """Addresses of a real MLflow and the AWS stand-in."""

    services: ModuleType
    mlflow: str
    aws: str

    def client(self, service: str) -> Any:
        """A client of the stand-in."""
        return boto3.client(
            service,
            endpoint_url=self.aws,
            region_name=self.services.REGION,
            aws_access_key_id=self.services.AWS_KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.services.AWS_KEYS["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    services = _services()
    with tempfile.TemporaryDirectory(prefix="cooper-reads-") as name:
        folder = Path(name)
        processes = services.Processes(folder)
        try:
            found = Platform(
                services,
                services.start_mlflow(processes, folder),
                services.start_aws(processes, folder),
            )

            def is_up() -> bool:
                processes.check()
                return services.answers(f"{found.mlflow}/health") and _listens(found)

            services.eventually(is_up, "MLflow and the AWS stand-in are up", 90)
            _put_broken_model(found)
            yield found
        finally:
            processes.close()


def _listens(platform: Platform) -> bool:
    try:
        platform.client("sagemaker").list_endpoints()
    except Exception:  # noqa: BLE001 -- whatever it is, it is not up
        return False
    return True


def _put_broken_model(platform: Platform) -> None:
    """A model's file that no server can load: its endpoints fail within a moment."""
    s3 = platform.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=b"no archive")


@dataclass
class Company:
    """What was trained, deployed and asked for; `asks` is a person at a reading command."""

    platform: Platform
    store: PostgresStore
    people: KnownPeople
    world: World
    projects: dict[str, RegisteredProject] = field(default_factory=dict)

    async def asks(self, command: str, who: Person = ANA, **params: Any) -> Answer:
        """What the command answers this person."""
        async with self.store.transaction() as tx:
            context = Context(
                who=who, place=HERE, world=self.world, tx=tx, projects=self.projects, now=NOW
            )
            context.permit(command, None, None)
            return await READS[command](context, params)

    def project(self, **changes: Any) -> RegisteredProject:
        """A registered project of a name that nobody used before."""
        made = registered(name=f"claims-{next(_numbers)}", aliases=[], **changes)
        self.projects[made.slug] = made
        return made

    def under(self, rules: Policy) -> None:
        """From now on this policy holds."""
        self.world = replace(self.world, policy=rules)

    def without(self, *ports: str) -> None:
        """These services do not answer any more."""
        away = nowhere(self.world.policy)
        self.world = replace(self.world, **{port: getattr(away, port) for port in ports})

    def version(
        self,
        project: RegisteredProject,
        evaluation: dict[str, Any] | None = None,
        alias: str | None = None,
        params: dict[str, Any] | None = None,
        **tags: str,
    ) -> int:
        """Registers a version as the DAG does; its number. Tags without their `cooper.`."""
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        client = MlflowClient(self.platform.mlflow, self.platform.mlflow)
        try:
            client.create_registered_model(project.slug)
            experiment = client.create_experiment(project.slug)
        except MlflowException:
            experiment = client.get_experiment_by_name(project.slug).experiment_id
        run = client.create_run(experiment).info.run_id
        for name, value in (params or {}).items():
            client.log_param(run, name, value)
        if evaluation is not None:
            client.log_text(run, json.dumps(evaluation), "evaluation.json")
        made = client.create_model_version(
            project.slug,
            "s3://b/x",
            run_id=run,
            await_creation_for=0,
            tags={f"cooper.{name.replace('_', '.')}": value for name, value in tags.items()},
        )
        if alias is not None:
            client.set_registered_model_alias(project.slug, alias, made.version)
        return int(made.version)

    def looked(
        self, project: RegisteredProject, end: datetime, document: str, environment: str = "staging"
    ) -> None:
        """Keeps a report as the DAG `monitor_models` does."""
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        client = MlflowClient(self.platform.mlflow, self.platform.mlflow)
        try:
            experiment = client.create_experiment(project.slug)
        except MlflowException:
            experiment = client.get_experiment_by_name(project.slug).experiment_id
        tags = {"cooper.monitor": f"demo-{project.slug}-{environment}"}
        at = int(end.timestamp() * 1000)
        run = client.create_run(experiment, start_time=at, tags=tags).info.run_id
        client.log_text(run, document, "drift.json")

    def serves(self, project: RegisteredProject, environment: str, config: str) -> None:
        """An endpoint with this configuration. Its model's file is broken, so it has failed."""
        sagemaker = self.platform.client("sagemaker")
        role = "arn:aws:iam::000000000000:role/cooper"
        image = {
            "Image": f"{REGISTRY}/cooper-serving:1",
            "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
        }
        sagemaker.create_model(ModelName=config, PrimaryContainer=image, ExecutionRoleArn=role)
        variant = {"VariantName": "AllTraffic", "ModelName": config, "InitialInstanceCount": 2}
        sagemaker.create_endpoint_config(
            EndpointConfigName=config,
            ProductionVariants=[variant | {"InstanceType": "ml.m5.large"}],
        )
        name = f"demo-{project.slug}-{environment}"
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        self.platform.services.eventually(
            lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Failed",
            f"{name} has failed",
        )

    def logs(self, group: str, stream: str, *lines: str) -> None:
        """These lines are in CloudWatch."""
        logs = self.platform.client("logs")
        where = {"logGroupName": group, "logStreamName": stream}
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(**where)
        at = int(NOW.timestamp() * 1000)
        events = [{"timestamp": at + i, "message": line} for i, line in enumerate(lines)]
        logs.put_log_events(**where, logEvents=events)

    async def requested(
        self,
        project: RegisteredProject,
        votes: tuple[Vote, ...] = (),
        progress: RunProgress | None = None,
        **changes: Any,
    ) -> Request:
        """Stores a request about the project."""
        number = next(_numbers)
        made = request(number, project=project.slug, **changes)
        async with self.store.transaction() as tx:
            await tx.add_request(made)
            for each in votes:
                await tx.add_vote(replace(each, request=number))
            if progress is not None:
                await tx.save_run(number, progress.model_copy(update={"run_id": made.run_id}))
        return made

    async def deployed(
        self,
        project: RegisteredProject,
        version: int,
        environment: str = "production",
        voters: tuple[Person, ...] = (BEN, CHLOE),
        **changes: Any,
    ) -> Request:
        """A deployment of the version that people agreed to."""
        conf = {"model": {"version": version}, "endpoint": f"demo-{project.slug}-{environment}"}
        made = plan(dag="deploy_model", conf=conf, environment=environment)
        votes = tuple(vote(made, each.id, voter_name=each.name) for each in voters)
        values = {"command": "deploy_model", "plan": made, "state": State.SUCCEEDED} | changes
        return await self.requested(project, votes, **values)


@pytest.fixture
async def company(
    platform: Platform, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Company]:
    # For the ports that point nowhere.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    made = engine(database_url)
    client: Callable[[str], Any] = platform.client
    world = replace(
        nowhere(),
        registry=MlflowRegistry(platform.mlflow, "https://mlflow.example"),
        drift=MlflowDrift(platform.mlflow, "https://mlflow.example"),
        cloud=SageMakerCloud(client("sagemaker"), client("sagemaker-runtime"), client("logs")),
    )
    yield Company(platform, PostgresStore(made, queue(database_url)), KnownPeople(made), world)
    await made.dispose()
