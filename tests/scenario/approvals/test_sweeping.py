"""Jobs that nobody follows any more are stopped; whose they are is for Airflow and the database to say."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import tarfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from botocore.exceptions import ClientError

from actions.ports import Unavailable
from actions.requests import State
from actions.sweeping import Sweep
from bot.bootstrap import now, worker
from infra.clients.airflow import AirflowOrchestrator
from infra.clients.sagemaker import SageMakerCloud
from infra.store.database import engine, queue
from infra.store.transaction import PostgresStore
from tests.scenario.reads.conftest import BUCKET, REGISTRY
from tests.support.bot import settings_for
from tests.support.requests import request
from tests.support.waiting import eventually
from tests.support.world import nowhere

ROLE = "arn:aws:iam::000000000000:role/cooper"
IMAGE = f"{REGISTRY}/sagemaker-scikit-learn:1.4-2-cpu-py3"
ENDLESS = "import time; time.sleep(600)"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
# Of no other test in this stand-in, whose jobs outlive a test's database.
_numbers = itertools.count(3000)


class Airflow:
    """The two calls by which Airflow says how a run is: a stand-in of Airflow, not of our port."""

    def __init__(self):
        self.runs = {}
        self.asked = []

    async def token(self, _):
        return web.json_response({"access_token": "token"}, status=201)

    async def run(self, http):
        name = http.match_info["run"]
        self.asked.append((http.match_info["dag"], name))
        if name not in self.runs:
            return web.json_response({"detail": f"The DagRun {name} was not found"}, status=404)
        found = {
            "dag_id": http.match_info["dag"],
            "dag_display_name": http.match_info["dag"],
            "dag_run_id": name,
            "dag_versions": [],
            "run_after": datetime(2026, 11, 20, tzinfo=UTC).isoformat(),
            "run_type": "manual",
            "state": self.runs[name],
        }
        return web.json_response(found)


@pytest.fixture
async def airflow():
    made = Airflow()
    app = web.Application()
    app.router.add_post("/auth/token", made.token)
    app.router.add_get("/api/v2/dags/{dag}/dagRuns/{run}", made.run)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    yield made
    await runner.cleanup()


class Floor:
    """Jobs in the cloud, the requests behind them, and a sweep."""

    def __init__(self, platform, store, airflow):
        self.store = store
        self.airflow = airflow
        self.jobs = []
        self._sagemaker = platform.client("sagemaker")
        client = platform.client
        self.world = replace(
            nowhere(),
            cloud=SageMakerCloud(self._sagemaker, client("sagemaker-runtime"), client("logs")),
            orchestrator=AirflowOrchestrator(airflow.url, "cooper", "test"),
        )

    def trains(self, name):
        self.jobs.append(name)
        self._sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn=ROLE,
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            HyperParameters={
                "sagemaker_program": json.dumps("train.py"),
                "sagemaker_submit_directory": json.dumps(f"s3://{BUCKET}/endless.tar.gz"),
            },
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/runs"},
            ResourceConfig=CLUSTER,
            StoppingCondition={"MaxRuntimeInSeconds": 600},
        )

    def evaluates(self, name):
        self.jobs.append(name)
        self._sagemaker.create_processing_job(
            ProcessingJobName=name,
            RoleArn=ROLE,
            AppSpecification={
                "ImageUri": IMAGE,
                "ContainerEntrypoint": ["python3", "-c", ENDLESS],
            },
            ProcessingResources={"ClusterConfig": CLUSTER},
        )

    def stop_all(self):
        for name in self.jobs:
            with suppress(ClientError):
                self._sagemaker.stop_training_job(TrainingJobName=name)
            with suppress(ClientError):
                self._sagemaker.stop_processing_job(ProcessingJobName=name)

    async def asked(self, state=State.FAILED, **changes):
        """A training request; its run's name, which is its job's."""
        made = request(next(_numbers), state=state, **changes)
        async with self.store.transaction() as tx:
            await tx.add_request(made)
        return made.run_id

    async def sweeps(self, later=timedelta(minutes=5), **ports):
        """One round, so much later; which of these jobs were stopped."""
        world = replace(self.world, **ports)
        return await Sweep(self.store, world, lambda: now() + later).sweep()

    def is_under_way(self, name):
        job = self._sagemaker.describe_training_job(TrainingJobName=name)
        return job["TrainingJobStatus"] == "InProgress"

    async def swept(self):
        """What the audit log says was stopped."""
        async with self.store.transaction() as tx:
            query = "SELECT who, request, detail FROM audit WHERE what = 'swept' ORDER BY id"
            return [tuple(row) for row in await tx.connection.exec_driver_sql(query)]


@pytest.fixture(scope="session")
def endless(platform):
    """The code of jobs that end only when they are stopped."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as tar:
        info = tarfile.TarInfo("train.py")
        info.size = len(ENDLESS)
        tar.addfile(info, io.BytesIO(ENDLESS.encode()))
    s3 = platform.client("s3")
    s3.put_object(Bucket=BUCKET, Key="endless.tar.gz", Body=body.getvalue())
    return platform


@pytest.fixture
async def floor(endless, database_url, airflow):
    database = engine(database_url)
    made = Floor(endless, PostgresStore(database, queue(database_url)), airflow)
    yield made
    made.stop_all()
    await database.dispose()


async def test_where_nothing_runs_nobody_is_asked(floor):
    await floor.asked()
    assert await floor.sweeps() == ()
    assert floor.airflow.asked == []


@pytest.mark.parametrize("ended", ["failed", "success"])
async def test_a_job_whose_run_has_ended_is_stopped_once(floor, ended):
    name = await floor.asked()
    floor.airflow.runs[name] = ended
    floor.trains(name)
    assert await floor.sweeps() == (name,)
    assert floor.airflow.asked == [("train_model", name)]
    assert not floor.is_under_way(name)
    number = int(name.split("-R")[1].split("-")[0])
    assert await floor.swept() == [("cooper", number, {"job": name, "kind": "training"})]
    assert await floor.sweeps() == ()
    assert len(await floor.swept()) == 1


async def test_a_job_whose_run_airflow_does_not_know_is_stopped(floor):
    name = await floor.asked(State.STOPPED)
    floor.trains(name)
    assert await floor.sweeps() == (name,)


async def test_an_evaluation_is_stopped_as_a_training_is(floor):
    name = await floor.asked()
    floor.evaluates(name)
    assert await floor.sweeps() == (name,)
    [(_, _, detail)] = await floor.swept()
    assert detail["kind"] == "processing"


@pytest.mark.parametrize("followed", [State.QUEUED, State.RUNNING, State.STOPPING])
async def test_a_job_that_is_followed_goes_on_whatever_airflow_says(floor, followed):
    name = await floor.asked(followed)
    floor.trains(name)
    assert await floor.sweeps(orchestrator=nowhere().orchestrator) == ()
    assert floor.is_under_way(name)


async def test_a_job_that_an_engineer_runs_again_goes_on(floor):
    name = await floor.asked(State.FAILED)
    floor.airflow.runs[name] = "running"
    floor.trains(name)
    assert await floor.sweeps() == ()
    assert floor.is_under_way(name)


async def test_of_two_attempts_only_the_one_that_ended_is_stopped(floor):
    second = await floor.asked(State.RUNNING, attempt=2)
    first = second.replace("-a2", "-a1")
    floor.airflow.runs |= {first: "failed", second: "running"}
    floor.trains(first)
    floor.trains(second)
    assert await floor.sweeps() == (first,)
    assert floor.is_under_way(second)


async def test_what_is_not_ours_is_left_alone(floor):
    ours = await floor.asked()
    number = ours.split("-R")[1]
    foreign = [
        f"demo-R{next(_numbers)}-a1",  # of another database of this installation
        f"demo2-R{number}",
        f"another-demo-R{number}",
        f"demo-Retrain-{number}",
        f"{ours}-by-hand",
    ]
    for name in foreign:
        floor.trains(name)
    assert await floor.sweeps() == ()
    assert [name for name in foreign if not floor.is_under_way(name)] == []
    assert floor.airflow.asked == []


async def test_a_young_job_is_left_until_it_is_older(floor):
    name = await floor.asked()
    floor.trains(name)
    assert await floor.sweeps(timedelta(0)) == ()
    assert await floor.sweeps(timedelta(seconds=100)) == ()
    assert floor.is_under_way(name)
    assert await floor.sweeps(timedelta(seconds=130)) == (name,)


@pytest.mark.parametrize("port", ["orchestrator", "cloud"])
async def test_while_airflow_or_aws_is_away_nothing_is_stopped(floor, port):
    name = await floor.asked()
    floor.trains(name)
    with pytest.raises(Unavailable, match="does not answer"):
        await floor.sweeps(**{port: getattr(nowhere(), port)})
    assert floor.is_under_way(name)
    assert await floor.swept() == []
    assert await floor.sweeps() == (name,)


async def test_a_sweep_that_waits_for_airflow_keeps_no_alias_behind(
    floor, shop, workspace, tmp_path
):
    await shop.opens()
    shop.mlflow.delete_registered_model_alias("claims-served", "champion")
    floor.trains(await floor.asked())
    world = replace(floor.world, orchestrator=nowhere().orchestrator)
    stuck = Sweep(floor.store, world, lambda: now() + timedelta(minutes=5))
    with pytest.raises(Unavailable):
        await stuck.sweep()
    stop = asyncio.Event()
    async with worker(
        settings_for(workspace, shop.database_url, tmp_path, **shop.addresses)
    ) as at_work:
        running = asyncio.create_task(replace(at_work, sweep=stuck).run(stop))
        await eventually(lambda: shop.champion() == 1, "the alias follows")
        stop.set()
        await running
