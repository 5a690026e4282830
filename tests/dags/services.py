"""Real services for the DAGs' tests: the AWS stand-in, an MLflow server and an embedded Airflow."""

import contextlib
import http.server
import json
import os
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "dags"
BIN = DAGS / ".venv/bin"
WARM = ROOT / "infra/local/stack/warm.py"
TASK_IMPORTS = (
    "airflow.sdk.execution_time.task_runner,airflow.providers.amazon.aws.hooks.base_aws,"
    "mlflow,sagemaker.core.image_uris"
)
REGION = "us-east-1"
USER, ENGINEER = "cooper", "engineer"
PASSWORDS = {USER: "cooper-tests", ENGINEER: "engineer-tests"}
AWS_KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIATESTS00000000000",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret-key",
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def eventually(look, what, seconds=120.0):
    """What `look` returns once it is true; fails with `what`, a text or what makes one, after it."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {seconds:g} s: {what() if callable(what) else what}")
        time.sleep(0.2)


def paused(folder, run_id, task_id):
    """Wait until the scheduler, too, knows that the task paused for an answer.

    It takes a task that resumes before that for one that died, and has it ask once more. Cooper, who
    answers again then, need not wait; a test that looks at one answer must.
    """
    task, log = f"task_id={task_id}, run_id={run_id},", folder / "scheduler.log"

    def noticed():
        lines = log.read_text(errors="replace").splitlines()
        return any(task in line and "state=awaiting_input" in line for line in lines)

    eventually(noticed, f"the scheduler knows that {run_id} waits")


def answers(url):
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def client(url, service):
    """A boto3 client of the stand-in."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=AWS_KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=AWS_KEYS["AWS_SECRET_ACCESS_KEY"],
    )


def serves_s3(cloud):
    try:
        return cloud.client("s3").list_buckets() is not None
    except (BotoCoreError, ClientError):
        return False


def end_in_order(*_):
    pytest.exit("terminated", 143)


@dataclass
class Processes:
    """Processes that this session started, each a group of its own; all end with it."""

    folder: Path
    running: list = field(default_factory=list)

    def __post_init__(self):
        # Python's default for SIGTERM would run no fixture's end.
        signal.signal(signal.SIGTERM, end_in_order)

    def start(self, name, command, environment, cwd=ROOT):
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            [str(part) for part in command],
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log.close()
        self.running.append((name, process))
        return process

    def check(self):
        for name, process in self.running:
            if process.poll() is not None:
                tail = (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]
                raise AssertionError(f"{name} ended with {process.returncode}:\n{tail}")

    def close(self):
        for wanted in (signal.SIGTERM, signal.SIGKILL):
            for _, process in self.running:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, wanted)
            for _, process in self.running:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(15)


def base_environment(home):
    """PATH and the like, nothing of the caller's own settings."""
    passed = ("LANG", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "TZ")
    return {name: os.environ[name] for name in passed if name in os.environ} | {
        "HOME": str(home),
        "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
        "MALLOC_ARENA_MAX": "2",
    }


def start_aws(processes, folder):
    port = free_port()
    images = ROOT / ".cooper/images"
    assert (images / "sklearn/bin/python").exists(), "run `make images` first"
    command = [ROOT / ".venv/bin/python", "-m", "infra.local.aws", "--port", port]
    command += ["--state", folder / "aws", "--images", images, "--stop-grace", 2]
    environment = base_environment(folder) | {
        name: value for name, value in os.environ.items() if name.startswith("PIP_")
    }
    processes.start("aws", command, environment)
    return f"http://127.0.0.1:{port}"


def start_mlflow(processes, folder):
    port = free_port()
    command = [BIN / "mlflow", "server", "--host", "127.0.0.1", "--port", port, "--workers", 1]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--serve-artifacts"]
    command += ["--artifacts-destination", (folder / "artifacts").as_uri()]
    environment = base_environment(folder) | {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    processes.start("mlflow", command, environment, cwd=folder)
    return f"http://127.0.0.1:{port}"


def connection(aws):
    """The Airflow connection of the tests, as JSON."""
    return json.dumps(
        {
            "conn_type": "aws",
            "login": AWS_KEYS["AWS_ACCESS_KEY_ID"],
            "password": AWS_KEYS["AWS_SECRET_ACCESS_KEY"],
            "extra": {"endpoint_url": aws, "region_name": REGION},
        }
    )


def airflow_environment(folder, url, aws, mlflow, public_key, more):
    home = folder / "airflow"
    home.mkdir(exist_ok=True)
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps(PASSWORDS))
    return base_environment(folder) | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:user,{ENGINEER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__SECRET_KEY": "tests-only-secret-key",
        "AIRFLOW__API_AUTH__JWT_SECRET": "tests-only-jwt-secret-of-enough-length-for-hs512-signing-keys-here",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        # The least there is: a task that resumes before its end was noticed is tried again.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_AWS_TESTS": connection(aws),
        "PYTHONPATH": str(DAGS),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COOPER_POLL_SECONDS": "1",
        "COOPER_PUBLIC_KEY_FILE": str(public_key),
        "COOPER_MONITOR_SCHEDULE": "0 0 1 1 *",  # only when a test asks for it
        "MLFLOW_TRACKING_URI": mlflow,
        **more,
    }


@dataclass
class Alerts:
    """Where the monitor's alerts arrive: keeps them, and answers as it is told."""

    secret: str = "the-secret-of-the-tests"
    status: int = 200
    bodies: list = field(default_factory=list)
    url: str = ""

    def start(self):
        alerts = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                known = self.headers["Authorization"] == f"Bearer {alerts.secret}"
                status = alerts.status if known else 401
                if self.path != "/alerts/monitor":
                    status = 404
                if status == 200:
                    alerts.bodies.append(body)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b'{"error": "told to"}')

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        return server

    def received(self, status=None):
        """(monitor, column, status) of all that came, in order."""
        return [
            (each["monitor"], each["column"], each["status"])
            for body in self.bodies
            for each in body["findings"]
            if status in {None, each["status"]}
        ]


def start_airflow(processes, folder, aws, mlflow, public_key, **more):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = airflow_environment(folder, url, aws, mlflow, public_key, more)
    migrate = subprocess.run(
        [BIN / "airflow", "db", "migrate"],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert migrate.returncode == 0, migrate.stderr[-3000:]
    airflow = BIN / "airflow"
    for name, command in {
        "api-server": [airflow, "api-server", "--host", "127.0.0.1", "--port", port],
        # As the embedded stack starts it: tasks are its forks and find their imports in memory.
        "scheduler": [BIN / "python", "-P", WARM, TASK_IMPORTS, "airflow", "scheduler"],
        "dag-processor": [airflow, "dag-processor"],
        "triggerer": [airflow, "triggerer"],
    }.items():
        more = {"api-server": ["--workers", 1], "dag-processor": []}
        arguments = more.get(name, ["--skip-serve-logs"])
        processes.start(name, [*command, *arguments], environment)
    return url


@dataclass
class Airflow:
    """Airflow's API as the tests need it."""

    url: str
    user: str = USER
    token: str = ""

    def call(self, method, path, body=None, **query):
        if not self.token:
            credentials = {"username": self.user, "password": PASSWORDS[self.user]}
            answer = httpx.post(f"{self.url}/auth/token", json=credentials, timeout=30)
            self.token = answer.json()["access_token"]
        return httpx.request(
            method,
            f"{self.url}/api/v2{path}",
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
        )

    def is_ready(self):
        if not answers(f"{self.url}/api/v2/monitor/health"):
            return False
        health = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=10).json()
        up = all(health[part]["status"] == "healthy" for part in ("scheduler", "triggerer"))
        return up and self.call("GET", "/dags").json()["total_entries"] == 4

    def trigger(self, dag_id, run_id, conf):
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        answer = self.call("POST", f"/dags/{dag_id}/dagRuns", body)
        assert answer.status_code == 200, answer.text

    def run(self, dag_id, run_id):
        return self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}").json()

    def states(self, dag_id, run_id):
        found = self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances").json()
        return {task["task_id"]: task["state"] for task in found["task_instances"]}

    def mapped(self, dag_id, run_id, task_id):
        """The states of a mapped task's instances, by what they are called."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/listMapped"
        found = self.call("GET", path).json()["task_instances"]
        return {task["rendered_map_index"]: task["state"] for task in found}

    def tries(self, dag_id, run_id, task_id):
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        return self.call("GET", path).json()["try_number"]

    def xcom(self, dag_id, run_id, task_id, key="return_value"):
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        answer = self.call("GET", path, stringify=False)
        return answer.json()["value"] if answer.status_code == 200 else None

    def parked(self, dag_id, run_id):
        """What the waiting run asks, once it does."""
        eventually(
            lambda: self.states(dag_id, run_id).get("approve") == "awaiting_input",
            lambda: f"{run_id} asks again: {self.states(dag_id, run_id)}",
        )
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/approve/-1/hitlDetails"
        return self.call("GET", path).json()

    def answer(self, dag_id, run_id, option, conf=None, by="Ben, Chloe"):
        """Answer a waiting run; the status code."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/approve/-1/hitlDetails"
        given = {} if conf is None else {"conf": conf, "by": by}
        body = {"chosen_options": [option], "params_input": given}
        codes = []

        def is_answered():
            codes.append(self.call("PATCH", path, body).status_code)
            return codes[-1] < 500

        # SQLite takes one writer at a time, and Airflow answers 500 where another one is at it.
        eventually(is_answered, f"Airflow takes the answer to {run_id}", 30)
        return codes[-1]

    def finished(self, dag_id, run_id, seconds=120):
        """The run's final state and its tasks' states."""
        ended = {"success", "failed"}
        eventually(
            lambda: self.run(dag_id, run_id)["state"] in ended,
            lambda: f"{run_id} ends: {self.states(dag_id, run_id)}",
            seconds,
        )
        return self.run(dag_id, run_id)["state"], self.states(dag_id, run_id)

    def again(self, dag_id, run_id, task_id):
        """Wait until the task of a cleared run is tried once more."""
        eventually(lambda: self.tries(dag_id, run_id, task_id) > 1, f"{task_id} runs again")

    def fail(self, dag_id, run_id):
        body = {"state": "failed"}
        answer = self.call("PATCH", f"/dags/{dag_id}/dagRuns/{run_id}", body, update_mask="state")
        assert answer.status_code == 200, answer.text

    def succeed_before(self, dag_id, run_id, task_id):
        """Mark the stages before `task_id` as done, as a person would in the UI."""
        stages = ("validate", "snapshot", "train", "evaluate", "profile", "register", "report")
        for stage in stages[: stages.index(task_id)]:
            path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{stage}"
            answer = self.call("PATCH", path, {"new_state": "success"})
            assert answer.status_code in {200, 409}, answer.text

    def clear(self, dag_id, run_id, task_id):
        body = {
            "dry_run": False,
            "task_ids": [task_id],
            "dag_run_id": run_id,
            "only_failed": False,
            "include_downstream": True,
            "reset_dag_runs": True,
        }
        answer = self.call("POST", f"/dags/{dag_id}/clearTaskInstances", body)
        assert answer.status_code == 200, answer.text
