import itertools
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import project
import pytest
import services
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cooper_dags.conf import verify

_HOME = tempfile.TemporaryDirectory(prefix="cooper-dags-home-")


def pytest_configure():
    # Airflow reads it when it is first imported, and writes into the home folder otherwise.
    os.environ["AIRFLOW_HOME"] = _HOME.name
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"


@dataclass
class Platform:
    """Everything the DAGs talk to, and Airflow itself."""

    folder: Path
    airflow: services.Airflow
    aws: str
    mlflow: str
    key: Ed25519PrivateKey
    artifacts: dict[str, Any]
    numbers: Any

    def client(self, service):
        return services.client(self.aws, service)

    def request(self):
        return f"R{next(self.numbers)}"

    def start(self, plan, run_id=None):
        """Trigger the plan's DAG with a signed conf; the run's id."""
        run_id = run_id or f"{plan['installation']}-{plan['request']}-a1"
        conf = project.signed(plan, run_id, self.key)
        self.airflow.trigger(project.dag_of(plan), run_id, conf)
        return run_id

    def conf(self, plan, run_id=None):
        """A signed conf of the plan."""
        return project.signed(
            plan, run_id or f"{plan['installation']}-{plan['request']}-a1", self.key
        )

    def parked(self, plan, run_id):
        """What the waiting run asks, once it does and may be answered."""
        asked = self.airflow.parked(project.dag_of(plan), run_id)
        services.paused(self.folder, run_id, "approve")
        return asked

    def endpoint(self, name):
        sagemaker = self.client("sagemaker")
        try:
            return sagemaker.describe_endpoint(EndpointName=name)
        except sagemaker.exceptions.ClientError:
            return None

    def serve(self, name, config, **tags):
        """An endpoint that no run made, in service; tagged as ours where nothing else is said."""
        ours = {"installation": "tests", "project": "line", "environment": "staging", **tags}
        tagged = [{"Key": f"cooper:{key}", "Value": value} for key, value in ours.items()]
        self.client("sagemaker").create_endpoint(
            EndpointName=name, EndpointConfigName=config, Tags=tagged
        )
        services.eventually(
            lambda: self.endpoint(name)["EndpointStatus"] == "InService", f"{name} serves"
        )

    def watch(self, endpoint):
        """The watch document of an endpoint, or None."""
        s3 = self.client("s3")
        try:
            found = s3.get_object(Bucket=project.BUCKET, Key=f"watch/tests/{endpoint}.json")
        except s3.exceptions.NoSuchKey:
            return None
        return json.loads(found["Body"].read())

    def trigger_log(self, run_id, task_id):
        """What the triggerer logged while the task was deferred."""
        logs = self.folder.glob(f"airflow/logs/**/run_id={run_id}/task_id={task_id}/*.trigger.*")
        return "".join(log.read_text() for log in logs)

    def failure(self, dag_id, run_id, task_id):
        return self.airflow.xcom(dag_id, run_id, task_id, "failure") or {}

    def reason(self, dag_id, run_id, task_id):
        return self.failure(dag_id, run_id, task_id).get("reason", "")

    def job(self, name):
        sagemaker = self.client("sagemaker")
        try:
            return sagemaker.describe_training_job(TrainingJobName=name)
        except sagemaker.exceptions.ClientError:
            return {}

    def registry(self):
        from mlflow import MlflowClient

        return MlflowClient(self.mlflow, self.mlflow)

    def register_version(self, name, artifact):
        """A version that no run of ours made; its number."""
        registry = self.registry()
        if not registry.search_registered_models(f"name = '{name}'"):
            registry.create_registered_model(name)
        made = registry.create_model_version(name, artifact, tags={"cooper.artifact": artifact})
        return int(made.version)

    def training_jobs(self, prefix):
        found = self.client("sagemaker").list_training_jobs(NameContains=prefix)
        return [job["TrainingJobName"] for job in found["TrainingJobSummaries"]]


@pytest.fixture(scope="session")
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def public_pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="session")
def alerts():
    """Where alerts arrive."""
    found = services.Alerts()
    server = found.start()
    yield found
    server.shutdown()


@dataclass
class Cloud:
    """The AWS stand-in and MLflow, without Airflow."""

    folder: Path
    processes: services.Processes
    aws: str
    mlflow: str

    def client(self, service):
        return services.client(self.aws, service)


@pytest.fixture(scope="session")
def cloud():
    with tempfile.TemporaryDirectory(prefix="cooper-dags-") as name:
        folder = Path(name)
        processes = services.Processes(folder)
        try:
            aws = services.start_aws(processes, folder)
            mlflow = services.start_mlflow(processes, folder)
            found = Cloud(folder, processes, aws, mlflow)

            def is_up():
                processes.check()
                return services.answers(f"{mlflow}/health") and services.serves_s3(found)

            services.eventually(is_up, "AWS stand-in and MLflow are up", 180)
            found.client("s3").create_bucket(Bucket=project.BUCKET)
            yield found
        finally:
            processes.close()


@pytest.fixture(scope="session")
def registry_of_aporia():
    """What Airflow's connection `aporia` leads to."""
    sys.path.append(str(services.ROOT / "tests/aporia"))
    import standin

    with standin.serving() as found:
        extra = {"account": found.account, "integration": "cooper", "data_source": "lake"}
        found.connection = json.dumps(
            {
                "conn_type": "generic",
                "host": found.url,
                "password": found.token,
                "extra": extra | {"serving": {"query": "SELECT 1"}},
            }
        )
        yield found


@pytest.fixture(scope="session")
def platform(cloud, alerts, registry_of_aporia, key, public_pem):
    public_key = cloud.folder / "public.pem"
    public_key.write_bytes(public_pem)
    url = services.start_airflow(
        cloud.processes,
        cloud.folder,
        cloud.aws,
        cloud.mlflow,
        public_key,
        COOPER_ENVIRONMENTS=json.dumps([project.ENVIRONMENT]),
        COOPER_ALERTS_URL=alerts.url,
        COOPER_ALERTS_MONITOR_SECRET=alerts.secret,
        COOPER_APORIA_PYTHON=str(services.DAGS / "aporia/.venv/bin/python"),
        AIRFLOW_CONN_APORIA=registry_of_aporia.connection,
    )
    airflow = services.Airflow(url)

    def is_up():
        cloud.processes.check()
        return airflow.is_ready()

    services.eventually(is_up, "Airflow is up", 180)
    found = Platform(cloud.folder, airflow, cloud.aws, cloud.mlflow, key, {}, itertools.count(1))
    s3 = found.client("s3")
    found.artifacts |= {
        "source": project.put(
            s3, "projects/line/source/{sha256}.tar.gz", project.archive(project.CODE)
        ),
        "data": project.put(s3, "projects/line/data/{sha256}/rows.csv", project.table(40)),
        "holdout": project.put(s3, "projects/line/data/{sha256}/holdout.csv", project.table(15)),
    }
    return found


@pytest.fixture(scope="session")
def trained(platform):
    """A run of train_model that went well: its id and its reports by stage."""
    run_id = platform.start(project.training_plan(platform.request(), platform.artifacts))
    state, tasks = platform.airflow.finished("train_model", run_id, 240)
    reasons = {task: platform.reason("train_model", run_id, task) for task in tasks}
    assert state == "success", (tasks, reasons)
    return run_id, {task: platform.airflow.xcom("train_model", run_id, task) for task in tasks}


@pytest.fixture
def here(cloud, monkeypatch):
    """What the DAGs' own code finds in this process, over the same services."""
    monkeypatch.setenv("AIRFLOW_CONN_AWS_TESTS", services.connection(cloud.aws))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", cloud.mlflow)
    return cloud


@pytest.fixture
def direct(platform, here):
    """Stages can be called in this process, over the same services."""

    def verified(plan, attempt=1):
        run_id = f"tests-{plan['request']}-a{attempt}"
        conf = project.signed(plan, run_id, platform.key)
        pem = platform.key.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        return verify(conf, project.dag_of(plan), run_id, pem)

    return verified


@pytest.fixture(scope="session")
def deployed(platform, trained):
    """A deployment to staging that went well: its run's id, its plan and its reports."""
    return project.deploy(platform, trained)
