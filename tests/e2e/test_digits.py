"""The digit reader on the whole stack: two processes, taken away in mid-epoch, one version."""

from typing import Any

import httpx
import pytest

from tests.e2e.stack import ANA, CHECKOUT, People, Stack, payload, text_of, wait_for
from tests.e2e.test_production import aws, ended, register

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

TRAINED = 900  # the first job makes the environment
WORDS = "train digit-reader with processes=2 epochs=8 checkpoint_every=5"


def accuracy(stack: Stack, version: int) -> float:
    """The version's metric in MLflow."""
    base = f"{stack.environment['MLFLOW_TRACKING_URI']}/api/2.0/mlflow"
    asked = {"name": "digit-reader", "version": str(version)}
    found = httpx.get(f"{base}/model-versions/get", params=asked).json()["model_version"]
    run = httpx.get(f"{base}/runs/get", params={"run_id": found["run_id"]}).json()["run"]
    metrics = {each["key"]: each["value"] for each in run["data"]["metrics"]}
    return float(metrics["accuracy"])


def versions(stack: Stack) -> list[int]:
    """All registered versions, oldest first."""
    url = f"{stack.environment['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/model-versions/search"
    found = httpx.get(url, params={"filter": "name='digit-reader'"}).json()
    return sorted(int(each["version"]) for each in found.get("model_versions", []))


def begun(people: People, words: str) -> tuple[str, str]:
    """Ask and confirm: thread and job."""
    thread = people.says(ANA, f"@cooper {words}")
    plan = people.card(thread, 60, "awaiting_confirmation", command="train_model")
    people.clicks(ANA, plan, "confirm")
    return thread, f"demo-{payload(plan)['request']}-a1"


def done(people: People, thread: str) -> None:
    card = ended(people, thread, "train_model", TRAINED)
    assert payload(card)["state"] == "succeeded", text_of(card)


def test_an_interrupted_training_ends_as_an_uninterrupted_one(people: People, stack: Stack) -> None:
    register(stack, CHECKOUT / "examples" / "digit-reader")
    thread, _ = begun(people, WORDS)
    done(people, thread)
    assert versions(stack) == [1]

    thread, job = begun(people, f"{WORDS} on spot")
    sagemaker = aws(stack, "sagemaker")

    def described() -> dict[str, Any]:
        return dict(sagemaker.describe_training_job(TrainingJobName=job))

    def in_mid_training() -> bool:
        try:
            found = described()
        except sagemaker.exceptions.ClientError:
            return False
        return any(m["MetricName"] == "train_loss" for m in found.get("FinalMetricDataList", ()))

    wait_for(in_mid_training, TRAINED, "the first epochs")
    control = f"{stack.environment['AWS_ENDPOINT_URL']}/_cooper/interruptions"
    answer = httpx.post(control, json={"job": job, "seconds": 0})
    assert answer.is_success, answer.text
    done(people, thread)
    history = [each["Status"] for each in described()["SecondaryStatusTransitions"]]
    assert history.count("Training") == 2, history
    assert "Interrupted" in history
    assert versions(stack) == [1, 2], "one version, however often it was begun"
    assert accuracy(stack, 2) == pytest.approx(accuracy(stack, 1), abs=1e-6)
