"""Operators that attach by name, defer their waits and stop what they started when killed."""

import os
import time
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException

from cooper_dags import aws, requests
from cooper_dags.conf import Run, checked_report, verified
from cooper_dags.errors import RefusedError, fails_clearly
from cooper_dags.triggers import SageMakerTrigger

_DELETION_SECONDS = 300


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


class _AttachOperator(BaseOperator):
    """Starts or attaches, waits without a worker, then reports."""

    kind: str

    def wait(self, run: Run, name: str) -> None:
        """Defer until the resource's status is final."""
        environment = run.plan["environment"]
        self.defer(
            trigger=SageMakerTrigger(
                kind=self.kind,
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


class _JobOperator(_AttachOperator):
    """A training or processing job named after the run."""

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
        self.wait(run, run.id)
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
        """The report of the job, or its failure as SageMaker tells it."""
        job = job_description(aws.client(run, "sagemaker"), self.kind, run.id)
        status = job[f"{self.kind.title()}JobStatus"]
        if status == "Completed":
            return self.report(run, job)
        if status == "Stopped":
            late = job.get("SecondaryStatus") == "MaxRuntimeExceeded"
            raise RefusedError(
                f"The {self.kind} job {run.id} was stopped"
                + (": it took longer than its time limit." if late else ".")
            )
        reason = job.get("ExitMessage") or job.get("FailureReason") or "SageMaker gave no reason."
        raise RefusedError(f"The {self.kind} job {run.id} failed: {reason}")


class TrainOperator(_JobOperator):
    """The training job on the snapshot."""

    kind = "training"

    def request(self, run: Run, context: Any) -> dict[str, Any]:
        """CreateTrainingJob with the image that `validate` resolved."""
        return requests.training_job(run, context["ti"].xcom_pull("validate")["image_uri"])

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
        from cooper_dags.stages import evaluation_report

        return evaluation_report(run, job)


class DeployOperator(_AttachOperator):
    """Creates or updates the endpoint; rolled back is a failure."""

    kind = "endpoint"

    @fails_clearly
    def execute(self, context: Any) -> Any:
        """Ask for the configuration named after the run, once, and wait."""
        run = verified(context)
        sagemaker, name = aws.client(run, "sagemaker"), run.plan["endpoint"]
        found = aws.describe_or_none(lambda: sagemaker.describe_endpoint(EndpointName=name))
        if found is not None:
            aws_tags = aws.tags_of(sagemaker, found["EndpointArn"])
            _check_owner(run, aws_tags)
            if found["EndpointStatus"] == "Failed":
                # A failed endpoint serves nothing and takes no update: it can only be deleted.
                _delete(sagemaker, name)
                found = None
        if found is None:
            sagemaker.create_endpoint(
                EndpointName=name, EndpointConfigName=run.id, Tags=aws.tags(run)
            )
        elif _pending(found) == run.id or found["EndpointConfigName"] == run.id:
            self.log.info("Attached to the change of %s to %s", name, run.id)
        else:
            self._update(run, sagemaker, found)
        self.wait(run, name)

    def _update(self, run: Run, sagemaker: Any, found: dict[str, Any]) -> None:
        name, status = run.plan["endpoint"], found["EndpointStatus"]
        if status != "InService":
            raise RefusedError(
                f"The endpoint {name} is {status}, so it takes no change now; "
                f"it runs {found['EndpointConfigName']}."
            )
        previous = [{"Key": PREVIOUS_TAG, "Value": found["EndpointConfigName"]}]
        # Before the update: a retry could no longer tell what served before.
        sagemaker.add_tags(ResourceArn=found["EndpointArn"], Tags=[*aws.tags(run), *previous])
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=run.id)

    def conclude(self, run: Run, context: Any) -> dict[str, Any]:  # noqa: ARG002 -- the base's signature
        """The report of an endpoint that runs what was asked; anything else is a failure."""
        sagemaker, name = aws.client(run, "sagemaker"), run.plan["endpoint"]
        found = sagemaker.describe_endpoint(EndpointName=name)
        status, config = found["EndpointStatus"], found["EndpointConfigName"]
        reason = found.get("FailureReason") or "SageMaker gave no reason."
        if status != "InService":
            raise RefusedError(f"The endpoint {name} is {status}: {reason}")
        if config != run.id:
            raise RefusedError(
                f"The endpoint {name} was rolled back and still runs {config}: {reason}"
            )
        previous = aws.tags_of(sagemaker, found["EndpointArn"]).get(PREVIOUS_TAG)
        change = "updated" if previous else "created"
        return {
            "stage": "deploy",
            "headline": f"Endpoint {name} {change}, in service.",
            "endpoint": name,
            "endpoint_config": config,
            "previous_config": previous,
            "change": change,
        }


PREVIOUS_TAG = "cooper:previous-config"
"""Tag of an endpoint: the configuration that it ran before the last change."""


def _pending(found: dict[str, Any]) -> str | None:
    pending = (found.get("PendingDeploymentSummary") or {}).get("EndpointConfigName")
    return None if pending is None else str(pending)


def _check_owner(run: Run, theirs: dict[str, str]) -> None:
    for key in ("installation", "project", "environment"):
        ours = {tag["Key"]: tag["Value"] for tag in aws.tags(run)}[f"cooper:{key}"]
        if theirs.get(f"cooper:{key}") != ours:
            raise RefusedError(
                f"The endpoint {run.plan['endpoint']} is not ours: its tag cooper:{key} is "
                f"{theirs.get(f'cooper:{key}') or 'not set'}, not {ours}; it was not touched."
            )


def _delete(sagemaker: Any, name: str) -> None:
    sagemaker.delete_endpoint(EndpointName=name)
    deadline = time.monotonic() + _DELETION_SECONDS
    while aws.describe_or_none(lambda: sagemaker.describe_endpoint(EndpointName=name)) is not None:
        if time.monotonic() > deadline:
            raise RefusedError(f"The failed endpoint {name} could not be deleted in time.")
        time.sleep(min(poll_seconds(), 5))
