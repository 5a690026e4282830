"""What Airflow, the AWS stand-in and MLflow say of a run themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import boto3
import httpx

MODEL = "claims-frequency"


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


class Airflow:
    """Airflow's API as the bot's user."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        url = environment["AIRFLOW_URL"]
        login = {
            "username": environment["AIRFLOW_USERNAME"],
            "password": environment["AIRFLOW_PASSWORD"],
        }
        answer = httpx.post(f"{url}/auth/token", json=login, trust_env=False)
        answer.raise_for_status()
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self._client = httpx.Client(
            base_url=f"{url}/api/v2/dags/train_model/dagRuns", headers=headers, trust_env=False
        )

    def created(self, run_id: str) -> float:
        """When the run was created."""
        return _seconds(self._get(f"/{run_id}")["queued_at"])

    def tasks(self, run_id: str) -> dict[str, tuple[float, float]]:
        """Start and end of each task."""
        found = self._get(f"/{run_id}/taskInstances")["task_instances"]
        return {
            each["task_id"]: (_seconds(each["start_date"]), _seconds(each["end_date"]))
            for each in found
        }

    def _get(self, path: str) -> dict[str, Any]:
        answer = self._client.get(path)
        answer.raise_for_status()
        return dict(answer.json())


class Jobs:
    """The stand-in's records of its jobs, as any client sees them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._client = boto3.client(
            "sagemaker",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def training(self, name: str) -> tuple[float, float]:
        """When CreateTrainingJob was accepted, and when the job ended."""
        job = self._client.describe_training_job(TrainingJobName=name)
        return job["CreationTime"].timestamp(), job["TrainingEndTime"].timestamp()

    def evaluation(self, name: str) -> tuple[float, float]:
        """The same of the processing job."""
        job = self._client.describe_processing_job(ProcessingJobName=name)
        return job["CreationTime"].timestamp(), job["ProcessingEndTime"].timestamp()


def newest_version(environment: Mapping[str, str]) -> float:
    """When MLflow's newest version of the model was created."""
    answer = httpx.get(
        f"{environment['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/model-versions/search",
        params={"filter": f"name='{MODEL}'"},
        trust_env=False,
    )
    answer.raise_for_status()
    versions = answer.json().get("model_versions", [])
    return max(int(each["creation_timestamp"]) for each in versions) / 1000
