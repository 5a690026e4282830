"""A candidate's way to production and back: verdict, votes, changed plans, rollback, removal.

The tests follow each other: what one deployed, the next one finds.
"""

import itertools
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.e2e.stack import ANA, BEN, CHECKOUT, CHLOE, People, Stack, payload, text_of, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

TRAINED = 420
DEPLOYED = 300
PROJECT = "claims-frequency"
PRODUCTION = f"demo-{PROJECT}-production"
SAMPLE = (CHECKOUT / "examples" / PROJECT / "sample.json").read_text()

_BROKEN = """
    # As a library that is missing in the serving image: it loads where it is judged, and nowhere else.
    class Broken(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            if "COOPER_RUN" not in os.environ:
                raise ImportError("no module named 'actuarial_tables'")
            self.model = mlflow.sklearn.load_model(context.artifacts["model"])

        def predict(self, context, model_input, params=None):
            return self.model.predict(model_input)

    import shutil
    import tempfile
    from pathlib import Path

    inner = Path(tempfile.mkdtemp()) / "inner"
    shutil.move(str(args.model_dir), inner)
    mlflow.pyfunc.save_model(
        args.model_dir,
        python_model=Broken(),
        artifacts={"model": str(inner)},
        signature=infer_signature(example, model.predict(example)),
        pip_requirements=[f"scikit-learn=={sklearn.__version__}"],
    )
"""


@pytest.fixture(scope="module")
def versions() -> dict[str, int]:
    """Versions by what they are, as the tests make them."""
    return {}


def ask(people: People, text: str, command: str, who: str = ANA) -> tuple[str, dict[str, Any]]:
    """Say it in a thread of its own; thread and plan."""
    thread = people.says(who, f"@cooper {text}")
    return thread, people.card(thread, 60, "awaiting_confirmation", command=command)


def refused(people: People, text: str, words: str, who: str = ANA) -> None:
    """Say it; Cooper refuses with these words and makes no plan."""
    thread = people.says(who, f"@cooper {text}")
    told = people.reply(thread, 60, lambda m: m["user"] != who and words in text_of(m))
    assert payload(told).get("request") is None


def ended(people: People, thread: str, command: str, seconds: float = DEPLOYED) -> dict[str, Any]:
    """The request's card at its end."""
    return people.card(thread, seconds, "succeeded", "failed", "rejected", command=command)


def train(people: People, what: str = f"train {PROJECT}") -> tuple[int, dict[str, Any]]:
    """Train to the end: version, and the news in the thread."""
    thread, plan = ask(people, what, "train_model")
    people.clicks(ANA, plan, "confirm")
    done = ended(people, thread, "train_model", TRAINED)
    assert payload(done)["state"] == "succeeded", text_of(done)
    news = people.reply(thread, 30, lambda m: "is trained and registered" in text_of(m))
    version = text_of(news).split(f"{PROJECT} v", 1)[1].split(" ", 1)[0]
    return int(version), news


def approve(people: People, thread: str, plan: dict[str, Any], command: str) -> None:
    """Ana confirms; Ben agrees by button, Chloe in words."""
    people.clicks(ANA, plan, "confirm")
    agreed(people, thread, command)


def agreed(people: People, thread: str, command: str) -> None:
    """Ben agrees by button, Chloe in words."""
    waiting = people.card(thread, 60, "awaiting_approval", command=command)
    people.clicks(BEN, waiting, "approve")
    people.reply(thread, 60, lambda m: m["ts"] == waiting["ts"] and f"<@{BEN}>" in text_of(m)[60:])
    people.says(CHLOE, f"approve {payload(waiting)['request']}", thread=thread)


@contextmanager
def traffic(stack: Stack, endpoint: str) -> Iterator[list[str]]:
    """Requests to the endpoint without a pause until the block ends; what went wrong with any."""
    client = runtime(stack)
    faults: list[str] = []
    answered = itertools.count()
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            try:
                client.invoke_endpoint(
                    EndpointName=endpoint, ContentType="application/json", Body=SAMPLE
                )["Body"].read()
                next(answered)
            except (BotoCoreError, ClientError) as fault:
                faults.append(repr(fault))

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    try:
        yield faults
    finally:
        stop.set()
        for sender in senders:
            sender.join(60)
    assert next(answered) > 20, "nobody sent anything"


def runtime(stack: Stack) -> Any:
    """A client of SageMaker's runtime that does not try again: every failure counts."""
    return aws(stack, "sagemaker-runtime", Config(retries={"total_max_attempts": 1}))


def aws(stack: Stack, service: str, config: Config | None = None) -> Any:
    found = stack.environment
    return boto3.client(
        service,
        endpoint_url=found["AWS_ENDPOINT_URL"],
        region_name=found["AWS_REGION"],
        aws_access_key_id=found["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=found["AWS_SECRET_ACCESS_KEY"],
        config=config,
    )


def live_config(stack: Stack) -> str:
    """What production runs."""
    found = aws(stack, "sagemaker").describe_endpoint(EndpointName=PRODUCTION)
    assert found["EndpointStatus"] == "InService"
    return str(found["EndpointConfigName"])


def registered(stack: Stack, alias: str) -> str | None:
    """The version that an alias names in MLflow."""
    url = f"{stack.environment['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/registered-models/get"
    found = httpx.get(url, params={"name": PROJECT}).json()["registered_model"]
    named = {each["alias"]: each["version"] for each in found.get("aliases", [])}
    return named.get(alias)


def test_what_misses_a_threshold_may_serve_in_staging_only(
    people: People, versions: dict[str, int]
) -> None:
    weak, news = train(people, f"train {PROJECT} with max_rounds=10 learning_rate=0.001")
    versions["weak"] = weak
    assert "It did not pass its checks" in text_of(news)
    assert "poisson_deviance" in text_of(news)
    refused(people, f"deploy {PROJECT} v{weak} to production", "did not pass its evaluation")
    thread, plan = ask(people, f"deploy {PROJECT} v{weak} to staging", "deploy_model")
    people.clicks(ANA, plan, "confirm")
    done = ended(people, thread, "deploy_model")
    assert payload(done)["state"] == "succeeded", text_of(done)
    refused(people, f"promote {PROJECT}", "did not pass its evaluation")


def test_two_votes_promote_what_staging_serves(
    people: People, stack: Stack, versions: dict[str, int]
) -> None:
    versions["first"], news = train(people)
    first = versions["first"]
    assert "It passed its checks" in text_of(news)
    thread, plan = ask(people, f"deploy {PROJECT} to staging", "deploy_model")
    people.clicks(ANA, plan, "confirm")
    assert payload(ended(people, thread, "deploy_model"))["state"] == "succeeded"
    thread, plan = ask(people, f"promote {PROJECT}", "promote_model")
    assert f"v{first}" in text_of(plan)
    people.clicks(ANA, plan, "confirm")
    waiting = people.card(thread, 60, "awaiting_approval", command="promote_model")
    people.clicks(ANA, waiting, "approve")
    people.reply(thread, 30, lambda m: "somebody else has to decide" in text_of(m), user=ANA)
    agreed(people, thread, "promote_model")
    done = ended(people, thread, "promote_model")
    assert payload(done)["state"] == "succeeded", text_of(done)
    assert wait_for(lambda: registered(stack, "champion") == str(first), 30, "the champion")
    people.reply(thread, 30, lambda m: f"v{first} serves in production" in text_of(m))


def test_a_plan_that_changed_is_put_to_the_vote_again(
    people: People, stack: Stack, versions: dict[str, int]
) -> None:
    """Two changes are approved at once; the second finds another world than its voters saw."""
    versions["second"], _ = train(people)
    wanted = [f"deploy {PROJECT} v{versions['second']} to production"]
    wanted.append(f"deploy {PROJECT} v{versions['first']} to production")
    asked = [ask(people, text, "deploy_model") for text in wanted]
    for thread, plan in asked:
        approve(people, thread, plan, "deploy_model")
    done = ended(people, asked[0][0], "deploy_model")
    assert payload(done)["state"] == "succeeded", text_of(done)
    thread, plan = asked[1]
    news = people.reply(thread, DEPLOYED, lambda m: "waits for you again" in text_of(m))
    assert f"v{versions['second']}" in text_of(news), "what changed is said"
    waiting = people.card(thread, 30, "awaiting_approval", command="deploy_model")
    assert payload(waiting)["plan_digest"] != payload(plan)["plan_digest"]
    agreed(people, thread, "deploy_model")
    done = ended(people, thread, "deploy_model")
    assert payload(done)["state"] == "succeeded", text_of(done)
    assert live_config(stack) == f"demo-{payload(done)['request']}-a1"
    assert wait_for(
        lambda: registered(stack, "champion") == str(versions["first"]), 30, "the champion"
    )


def test_a_model_that_does_not_serve_is_rolled_back_and_nobody_notices(
    people: People, stack: Stack, versions: dict[str, int], tmp_path: Path
) -> None:
    broken = tmp_path / PROJECT
    shutil.copytree(CHECKOUT / "examples" / PROJECT, broken)
    code = (broken / "train.py").read_text()
    marker = '    (args.output_dir / "training.json")'
    assert marker in code
    (broken / "train.py").write_text(code.replace(marker, f"{_BROKEN}\n{marker}"))
    register(stack, broken)
    try:
        version, news = train(people)
        assert "It passed its checks" in text_of(news), text_of(news)
        before = live_config(stack)
        thread, plan = ask(people, f"deploy {PROJECT} v{version} to production", "deploy_model")
        with traffic(stack, PRODUCTION) as faults:
            approve(people, thread, plan, "deploy_model")
            done = ended(people, thread, "deploy_model")
        assert payload(done)["state"] == "failed"
        assert "rolled back" in text_of(done)
        assert "actuarial_tables" in text_of(done), "the container's own reason is on the card"
        assert faults == []
        assert live_config(stack) == before
        assert registered(stack, "champion") == str(versions["first"])
        asked = people.says(ANA, f"@cooper why did {payload(done)['request']} fail")
        people.reply(asked, 60, lambda m: m["user"] != ANA and "actuarial_tables" in text_of(m))
    finally:
        register(stack, CHECKOUT / "examples" / PROJECT)


def register(stack: Stack, folder: Path) -> None:
    done = stack.cooper("project", "register", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_vote_rolls_back_and_nobody_goes_back_twice(
    people: People, stack: Stack, versions: dict[str, int]
) -> None:
    thread, plan = ask(people, f"roll back {PROJECT} in production", "rollback_model")
    assert f"v{versions['second']}" in text_of(plan)
    with traffic(stack, PRODUCTION) as faults:
        people.clicks(ANA, plan, "confirm")
        waiting = people.card(thread, 60, "awaiting_approval", command="rollback_model")
        people.clicks(BEN, waiting, "approve")
        done = ended(people, thread, "rollback_model")
    assert payload(done)["state"] == "succeeded", text_of(done)
    assert faults == []
    assert wait_for(
        lambda: registered(stack, "champion") == str(versions["second"]), 30, "the champion"
    )
    thread, plan = ask(people, f"roll back {PROJECT} in production", "rollback_model")
    assert f"to v{versions['first']}" in text_of(plan), "the one before, not the one left behind"
    people.clicks(ANA, plan, "cancel")


def test_reads_know_it_all(people: People, versions: dict[str, int]) -> None:
    thread = people.says(
        BEN, f"@cooper compare {PROJECT} v{versions['first']} with v{versions['second']}"
    )
    compared = people.reply(
        thread, 60, lambda m: m["user"] != BEN and "poisson_deviance" in text_of(m)
    )
    assert any(block["type"] == "image" for block in compared["blocks"])
    thread = people.says(BEN, f"@cooper show {PROJECT} v{versions['second']}")
    shown = people.reply(
        thread, 60, lambda m: m["user"] != BEN and "poisson_deviance" in text_of(m)
    )
    assert "production" in text_of(shown)
    assert "Chloe Martin" in text_of(shown), "who approved it"
    thread = people.says(BEN, "@cooper list endpoints")
    people.reply(
        thread, 60, lambda m: "production" in text_of(m) and f"v{versions['second']}" in text_of(m)
    )


def test_an_engineer_cannot_start_a_copied_plan_and_may_clear_a_task(
    people: People, stack: Stack, versions: dict[str, int]
) -> None:
    airflow = Engineer(stack)
    thread, plan = ask(people, f"deploy {PROJECT} v{versions['first']} to staging", "deploy_model")
    people.clicks(ANA, plan, "confirm")
    done = ended(people, thread, "deploy_model")
    run = f"demo-{payload(done)['request']}-a1"
    conf = airflow.get(f"/dags/deploy_model/dagRuns/{run}")["conf"]
    for copied in ("demo-R9999-a1", f"{run[:-1]}2", "by-hand"):
        airflow.trigger("deploy_model", copied, conf)
        assert airflow.finished("deploy_model", copied) == "failed"
        states = airflow.states("deploy_model", copied)
        assert states["validate"] == "failed"
        assert states["deploy"] == "upstream_failed", "no effect"
    airflow.clear("deploy_model", run, "record")
    assert airflow.finished("deploy_model", run) == "success"
    assert airflow.states("deploy_model", run)["record"] == "success"


class Engineer:
    """Somebody in Airflow, as its administrator."""

    def __init__(self, stack: Stack) -> None:
        found = stack.environment
        self._url = found["AIRFLOW_URL"]
        name = "engineer"
        passwords = json.loads((stack.state / "keys" / "airflow-passwords.json").read_text())
        answer = httpx.post(
            f"{self._url}/auth/token", json={"username": name, "password": passwords[name]}
        )
        self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def get(self, path: str) -> dict[str, Any]:
        answer = httpx.get(f"{self._url}/api/v2{path}", headers=self._headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def post(self, path: str, body: dict[str, Any]) -> None:
        answer = httpx.post(
            f"{self._url}/api/v2{path}", headers=self._headers, json=body, timeout=30
        )
        assert answer.is_success, answer.text

    def trigger(self, dag: str, run: str, conf: dict[str, Any]) -> None:
        body = {"dag_run_id": run, "logical_date": None, "conf": conf}
        self.post(f"/dags/{dag}/dagRuns", body)

    def clear(self, dag: str, run: str, task: str) -> None:
        body = {
            "dry_run": False,
            "dag_run_id": run,
            "task_ids": [task],
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self.post(f"/dags/{dag}/clearTaskInstances", body)

    def states(self, dag: str, run: str) -> dict[str, str]:
        found = self.get(f"/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
        return {task["task_id"]: task["state"] for task in found}

    def finished(self, dag: str, run: str) -> str:
        def look() -> str | None:
            state = self.get(f"/dags/{dag}/dagRuns/{run}")["state"]
            return str(state) if state in {"success", "failed"} else None

        return wait_for(look, 120, f"the end of {run}")


def test_taking_it_down_leaves_nothing_behind(people: People, stack: Stack) -> None:
    thread, plan = ask(people, f"undeploy {PROJECT} from production", "undeploy_model")
    approve(people, thread, plan, "undeploy_model")
    done = ended(people, thread, "undeploy_model")
    assert payload(done)["state"] == "succeeded", text_of(done)
    left = aws(stack, "sagemaker").list_endpoints(NameContains=PRODUCTION)["Endpoints"]
    assert left == []
    assert (
        aws(stack, "cloudwatch").describe_alarms(AlarmNamePrefix=PRODUCTION)["MetricAlarms"] == []
    )
    assert registered(stack, "champion") is None
    refused(people, f"roll back {PROJECT} in production", "serves in production")
    refused(people, f"undeploy {PROJECT} from production", "nothing to take down")


def test_lacking_capacity_leads_to_another_attempt(people: People, stack: Stack) -> None:
    control = f"{stack.environment['AWS_ENDPOINT_URL']}/_cooper/shortages"
    answer = httpx.post(control, json={"instance_type": "ml.m5.xlarge", "count": 1})
    assert answer.is_success, answer.text
    thread, plan = ask(people, f"train {PROJECT} on ml.m5.xlarge", "train_model")
    people.clicks(ANA, plan, "confirm")
    people.reply(thread, TRAINED, lambda m: "Attempt 2" in text_of(m) and "capacity" in text_of(m))
    done = ended(people, thread, "train_model", TRAINED)
    assert payload(done)["state"] == "succeeded", text_of(done)
    assert "attempt 2" in text_of(done)
