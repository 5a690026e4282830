"""Endpoints that really serve, versions in a real MLflow, and the requests that put them there."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mlflow import MlflowClient

from actions.context import World
from actions.plans import (
    DeploymentPlan,
    EnvironmentRef,
    Image,
    ModelRef,
    Money,
    PersonRef,
    Resources,
)
from actions.requests import Plan, State
from actions.store import Deployment
from bot.bootstrap import now
from infra.clients.mlflow import MlflowRegistry
from infra.clients.sagemaker import SageMakerCloud
from infra.store.transaction import PostgresStore
from tests.scenario.reads.conftest import BUCKET, REGISTRY, Platform
from tests.support.projects import SAMPLE, registered
from tests.support.requests import request
from tests.support.world import nowhere

SERVED = registered(name="claims-served", aliases=[])
"""In service in both environments."""
BROKEN = registered(name="claims-broken", aliases=[])
"""Its endpoint in staging has failed."""
UNSERVED = registered(name="claims-new", aliases=[])
"""Trained, and served nowhere."""
EMPTY = registered(name="claims-empty", aliases=[])
"""Never trained."""
TRAINED = (SERVED, BROKEN, UNSERVED)
PROJECTS = (*TRAINED, EMPTY)

STAGING, PRODUCTION = 901, 902
"""The requests whose configurations are live."""
BROKEN_BY = 903
"""The request whose configuration failed."""
EARLIER = 900
"""The request that staging served before."""
PASSED, FAILED = {"verdict": "passed"}, {"verdict": "failed"}
VERSIONS = (PASSED, PASSED, FAILED, PASSED)
"""Of each trained project; the fourth is deleted, and the fifth was not trained by Cooper."""
DELETED = 4

_MODEL = {
    "MLmodel": "flavors:\n  python_function:\n    loader_module: served\n    code: code\n"
    "    python_version: 3.11.0\n",
    "code/served.py": "class Model:\n    def predict(self, data, params=None):\n"
    "        return [1.0] * len(data)\n\n\ndef _load_pyfunc(path):\n    return Model()\n",
    "serving_input_example.json": json.dumps(SAMPLE),
}


def name_of(slug: str, environment: str) -> str:
    """The endpoint."""
    return f"demo-{slug}-{environment}"


def config_of(number: int) -> str:
    """The configuration that the request's run made."""
    return f"demo-R{number}-a1"


def serve(platform: Platform) -> None:
    """Create versions and endpoints, once for all tests: none changes one, since Airflow is down."""
    for project in TRAINED:
        _train(MlflowClient(platform.mlflow, platform.mlflow), project.slug)
    platform.client("s3").put_object(Bucket=BUCKET, Key="served.tar.gz", Body=_packed(_MODEL))
    _endpoint(platform, name_of(SERVED.slug, "staging"), config_of(STAGING), "served.tar.gz")
    _endpoint(platform, name_of(SERVED.slug, "production"), config_of(PRODUCTION), "served.tar.gz")
    _endpoint(platform, name_of(BROKEN.slug, "staging"), config_of(BROKEN_BY), "model.tar.gz")
    wanted = {
        name_of(SERVED.slug, "staging"): "InService",
        name_of(SERVED.slug, "production"): "InService",
        name_of(BROKEN.slug, "staging"): "Failed",
    }
    sagemaker = platform.client("sagemaker")

    def steady() -> bool:
        return all(
            sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == status
            for name, status in wanted.items()
        )

    platform.services.eventually(steady, "the endpoints are as they should be", 90)


def _train(mlflow: MlflowClient, slug: str) -> None:
    mlflow.create_registered_model(slug)
    artifact = {"artifact": f"s3://{BUCKET}/served.tar.gz"}
    for tags in (*({**each, **artifact} for each in VERSIONS), PASSED):
        named = {f"cooper.{name}": value for name, value in tags.items()}
        mlflow.create_model_version(slug, "s3://b/x", tags=named, await_creation_for=0)
    mlflow.delete_model_version(slug, str(DELETED))


def _endpoint(platform: Platform, name: str, config: str, model: str) -> None:
    sagemaker = platform.client("sagemaker")
    sagemaker.create_model(
        ModelName=config,
        ExecutionRoleArn="arn:aws:iam::000000000000:role/cooper",
        PrimaryContainer={
            "Image": f"{REGISTRY}/cooper-serving:1-sklearn",
            "ModelDataUrl": f"s3://{BUCKET}/{model}",
        },
    )
    variant = {"VariantName": "AllTraffic", "ModelName": config, "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName=config,
        ProductionVariants=[variant | {"InstanceType": "ml.m5.xlarge"}],
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)


def _packed(files: dict[str, str]) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as tar:
        for path, text in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return body.getvalue()


@dataclass
class Shop:
    """What MLflow and the database know, made anew for each test."""

    platform: Platform
    store: PostgresStore
    database_url: str
    mlflow: MlflowClient = field(init=False)

    def __post_init__(self) -> None:
        self.mlflow = MlflowClient(self.platform.mlflow, self.platform.mlflow)

    @property
    def world(self) -> World:
        """MLflow and AWS as the domain sees them; Airflow is down."""
        client = self.platform.client
        return replace(
            nowhere(),
            registry=MlflowRegistry(self.platform.mlflow),
            cloud=SageMakerCloud(client("sagemaker"), client("sagemaker-runtime"), client("logs")),
        )

    @property
    def addresses(self) -> dict[str, str]:
        """Settings of a bot that finds MLflow and AWS."""
        return {"mlflow_tracking_uri": self.platform.mlflow, "aws_endpoint_url": self.platform.aws}

    async def opens(self, staging: int = 2, production: int = 1, earlier: int = 1) -> None:
        """All projects, and these versions of one of them in service, everything in its place."""
        for project in TRAINED:
            self._unmark(project.slug)
        self.marks(staging, "staging")
        self.marks(production, "production")
        async with self.store.transaction() as tx:
            for project in PROJECTS:
                await tx.save_project(project)
        await self.asked(BROKEN_BY, 2, "staging", State.FAILED)
        await self.served(EARLIER, earlier, "staging", now() - timedelta(minutes=3))
        await self.served(STAGING, staging, "staging", now() - timedelta(minutes=2))
        await self.served(PRODUCTION, production, "production", now() - timedelta(minutes=1))

    def _unmark(self, slug: str) -> None:
        """As if it had never served."""
        if self.champion(slug) is not None:
            self.mlflow.delete_registered_model_alias(slug, "champion")
        for each in self.mlflow.search_model_versions(f"name = '{slug}'"):
            for tag in each.tags:
                if tag.startswith("cooper.endpoint."):
                    self.mlflow.delete_model_version_tag(slug, each.version, tag)

    def marks(self, version: int, environment: str) -> None:
        """MLflow says that this version serves there."""
        if version == DELETED:
            return
        tag, where = f"cooper.endpoint.{environment}", name_of(SERVED.slug, environment)
        self.mlflow.set_model_version_tag(SERVED.slug, str(version), tag, where)
        if environment == "production":
            self.mlflow.set_registered_model_alias(SERVED.slug, "champion", str(version))

    def live(self, environment: str, slug: str = SERVED.slug) -> list[int]:
        """The versions that MLflow says serve there."""
        tag = f"cooper.endpoint.{environment}"
        found = self.mlflow.search_model_versions(f"name = '{slug}'")
        return sorted(int(each.version) for each in found if tag in each.tags)

    def champion(self, slug: str = SERVED.slug) -> int | None:
        """The version of that alias."""
        found = self.mlflow.get_registered_model(slug).aliases.get("champion")
        return None if found is None else int(found)

    async def asked(
        self, number: int, version: int, environment: str, state: State, **changes: Any
    ) -> None:
        """A request to deploy the version, with all that a rollback needs of it."""
        made = request(
            number,
            command="deploy_model",
            project=SERVED.slug,
            state=state,
            plan=_plan(number, version, environment),
            **changes,
        )
        async with self.store.transaction() as tx:
            await tx.add_request(made)

    async def served(
        self,
        number: int,
        version: int,
        environment: str,
        good: datetime,
        project: str = SERVED.slug,
    ) -> None:
        """A deployment of the version that went well."""
        await self.asked(number, version, environment, State.SUCCEEDED)
        async with self.store.transaction() as tx:
            await tx.add_deployment(
                Deployment(
                    project=project,
                    environment=environment,
                    endpoint=name_of(project, environment),
                    endpoint_config=config_of(number),
                    model_version=version,
                    request=number,
                    good=good,
                )
            )


def _plan(number: int, version: int, environment: str) -> Plan:
    price = Money(amount="0.23", as_of="2026-01", source="tests")
    conf = DeploymentPlan(
        installation="demo",
        request=f"R{number}",
        requested_by=PersonRef(id="UANA00001", name="Ana Lima"),
        policy="sha256:0",
        project=SERVED.slug,
        environment=EnvironmentRef(
            name=environment,
            region="us-east-1",
            role_arn="arn:aws:iam::000000000000:role/cooper",
            connection="aws",
            bucket="cooper-demo",
        ),
        price=price,
        tags={},
        model=ModelRef(name=SERVED.slug, version=version, artifact=f"s3://{BUCKET}/served.tar.gz"),
        endpoint=name_of(SERVED.slug, environment),
        image=Image(uri=f"{REGISTRY}/cooper-serving:1-sklearn"),
        resources=Resources(
            instance_type="ml.m5.xlarge", instance_count=1, max_runtime_seconds=3600
        ),
        sample=SAMPLE,
    )
    return Plan(
        title=f"Deploy v{version}",
        lines=(),
        price=price,
        hourly=True,
        dag="deploy_model",
        conf=conf.model_dump(mode="json"),
        environment=environment,
    )
