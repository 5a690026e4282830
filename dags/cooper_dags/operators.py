"""Operators that attach by name, defer their waits and stop what they started when killed."""

import os
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException

from cooper_dags import attempts, aws, failures, logs, requests
from cooper_dags.conf import Run, checked_report, verified
from cooper_dags.errors import RefusedError, fails_clearly
from cooper_dags.triggers import SageMakerTrigger

_LOG_TAIL = 60
"""Lines of a failed job's log in which its exception is looked for."""
_LOG_GROUPS = {"training": logs.TRAINING, "processing": logs.PROCESSING}


def poll_seconds() -> float:
    """Seconds between two looks: `COOPER_POLL_SECONDS`, 15 by default."""
    return float(os.environ.get("COOPER_POLL_SECONDS", "15"))


def job_description(sagemaker: Any, kind: str, name: str) -> dict[str, Any]:
    """What SageMaker says about the training or processing job."""
    if kind == "training":
        answer = sagemaker.describe_training_job(TrainingJobName=name)
    else:
        answer = sagemaker.describe_processing_job(ProcessingJobName=name)
    found: dict[str, Any] = answer
    return found


class AttachOperator(BaseOperator):
    """Starts or attaches, waits without a worker, then reports."""

    def wait(self, run: Run, kind: str, name: str) -> None:
        """Defer until the resource's status is final; `kind` is one of SageMakerTrigger's."""
        environment = run.plan["environment"]
        self.defer(
            trigger=SageMakerTrigger(
                kind=kind,
                name=name,
                connection=environment["connection"],
                region=environment["region"],
                poll_seconds=poll_seconds(),
            ),
            method_name="finish",
        )

    def finish(self, context: Any, event: dict[str, Any] | None = None) -> dict[str, Any]:
        """Called when the wait is over; the event only says that, the truth is looked up."""
        if event is not None and event["status"] == "Unreachable":
            # Not final: Airflow tries again and the task attaches to what runs.
            raise AirflowException(f"SageMaker does not answer: {event['reason']}")
        return self._finish(context)

    @fails_clearly
    def _finish(self, context: Any) -> dict[str, Any]:
        return checked_report(self.conclude(verified(context), context))

    def conclude(self, run: Run, context: Any) -> dict[str, Any]:
        """The stage's report, or an error."""
        raise NotImplementedError


class _JobOperator(AttachOperator):
    """A training or processing job named after the run."""

    kind: str
    _started: tuple[Run, str] | None = None

    def request(self, run: Run, context: Any) -> dict[str, Any]:
        """The create request."""
        raise NotImplementedError

    def report(self, run: Run, job: dict[str, Any]) -> dict[str, Any]:
        """The report of a job that completed."""
        raise NotImplementedError

    @fails_clearly
    def execute(self, context: Any) -> Any:
        """Create the job or attach to it, and wait."""
        run = verified(context)
        sagemaker = aws.client(run, "sagemaker")
        self._started = (run, self.kind)
        create = getattr(sagemaker, f"create_{self.kind}_job")
        found, created = aws.attach_or_create(
            run,
            what=f"{self.kind} job",
            describe=lambda: job_description(sagemaker, self.kind, run.id),
            arn_key=f"{self.kind.title()}JobArn",
            create=lambda: create(**self.request(run, context)),
        )
        self.log.info("%s %s job %s", "Created" if created else "Attached to", self.kind, run.id)
        if found[f"{self.kind.title()}JobStatus"] in {"Completed", "Failed", "Stopped"}:
            return checked_report(self.conclude(run, context))
        self.wait(run, self.kind, run.id)
        return None

    def on_kill(self) -> None:
        """Stop the job of a task that was killed before it deferred."""
        if self._started is None:
            return
        run, kind = self._started
        sagemaker = aws.client(run, "sagemaker")
        if aws.describe_or_none(lambda: job_description(sagemaker, kind, run.id)) is None:
            return
        stop = getattr(sagemaker, f"stop_{kind}_job")
        stop(**{f"{kind.title()}JobName": run.id})

    def conclude(self, run: Run, context: Any) -> dict[str, Any]:  # noqa: ARG002 -- the base's signature
        """The report of the job, or its failure as SageMaker and its log tell it."""
        job = job_description(aws.client(run, "sagemaker"), self.kind, run.id)
        if job[f"{self.kind.title()}JobStatus"] == "Completed":
            return self.report(run, job)
        tail = logs.tail(aws.client(run, "logs"), _LOG_GROUPS[self.kind], f"{run.id}/", _LOG_TAIL)
        raise RefusedError.of(failures.of_job(self.kind, run.id, job, tail))


class TrainOperator(_JobOperator):
    """The training job on the snapshot."""

    kind = "training"

    def request(self, run: Run, context: Any) -> dict[str, Any]:
        """CreateTrainingJob with the image that `validate` resolved and the time that is left."""
        return requests.training_job(
            run,
            context["ti"].xcom_pull("validate")["image_uri"],
            attempts.remaining_seconds(run, aws.client(run, "sagemaker")),
            attempts.checkpoints_uri(run),
        )

    def report(self, run: Run, job: dict[str, Any]) -> dict[str, Any]:
        """Duration, billed time and the job's last metrics."""
        metrics = {
            item["MetricName"]: float(item["Value"]) for item in job.get("FinalMetricDataList", [])
        }
        seconds = int(job.get("TrainingTimeInSeconds") or 0)
        return {
            "stage": "train",
            "headline": f"Trained in {seconds} s on {run.plan['resources']['instance_type']}.",
            "job": run.id,
            "model_uri": job["ModelArtifacts"]["S3ModelArtifacts"],
            "seconds": seconds,
            "billable_seconds": int(job.get("BillableTimeInSeconds") or seconds),
            "metrics": metrics,
        }


class EvaluateOperator(_JobOperator):
    """The processing job that evaluates candidate and champion on the holdout."""

    kind = "processing"

    def request(self, run: Run, context: Any) -> dict[str, Any]:
        """CreateProcessingJob; the champion is whoever holds the alias now."""
        from cooper_dags import registry

        ti = context["ti"]
        champion = registry.champion(run.plan["model_name"])
        return requests.evaluation_job(
            run,
            ti.xcom_pull("validate")["image_uri"],
            ti.xcom_pull("train")["model_uri"],
            champion,
        )

    def report(self, run: Run, job: dict[str, Any]) -> dict[str, Any]:
        """Metrics, checks and verdict, from what the project's evaluation wrote."""
        from cooper_dags import verdict

        return verdict.report(run, job)
