"""SageMaker's calls about training and processing jobs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from infra.local.aws import processing, training
from infra.local.aws.cloud import S3Uri
from infra.local.aws.context import Caller, Context
from infra.local.aws.errors import AwsError, in_use, not_found, unsupported, validation
from infra.local.aws.jobs import JobPool
from infra.local.aws.listing import page
from infra.local.aws.spot import Shortages

Request = dict[str, Any]
_RESTARTED = "InternalServerError: the AWS stand-in was restarted while the job was running; start a new one."


class JobCalls:
    """Each public method whose name is a call's, in snake case, answers that call."""

    def __init__(self, context: Context, shortages: Shortages) -> None:
        """Open the job slots, and report as failed what ran when the stand-in went down."""
        self._context = context
        self._store = context.store
        self._shortages = shortages
        self._pool = JobPool(context.settings.concurrency)
        for document in self._store.all(training.KIND):
            if document["TrainingJobStatus"] in {"InProgress", "Stopping"}:
                self._store.change(
                    training.KIND,
                    document["TrainingJobName"],
                    lambda each: training.fail(each, _RESTARTED),
                )
        for document in self._store.all(processing.KIND):
            if document["ProcessingJobStatus"] in {"InProgress", "Stopping"}:
                self._store.change(
                    processing.KIND,
                    document["ProcessingJobName"],
                    lambda each: processing.fail(each, _RESTARTED),
                )

    def close(self) -> None:
        """End what runs."""
        self._pool.close()

    # ------------------------------------------------------------------ training

    def create_training_job(self, caller: Caller, request: Request) -> Request:
        """Queue a training job."""
        call = "CreateTrainingJob"
        _refuse(call, _unsupported_in_training(request))
        name = request["TrainingJobName"]
        arn = caller.arn(training.KIND, name)
        try:
            job = training.TrainingJob(self._context, caller, request, self._shortages)
        except ValueError as error:
            raise validation(str(error)) from error
        now = time.time()
        document: Request = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "TrainingJobArn": arn,
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        training.transition(document, "Starting")
        if not self._store.add(training.KIND, name, document):
            raise in_use(
                "Training job names must be unique within an AWS account and region, and a training "
                f"job with this name already exists ({arn})"
            )
        self._tag(arn, request)
        self._pool.start(job)
        return {"TrainingJobArn": arn}

    def describe_training_job(self, caller: Caller, request: Request) -> Request:
        """Return the job's description."""
        del caller
        document = self._store.get(training.KIND, request["TrainingJobName"])
        if document is None:
            raise validation("Requested resource not found.")
        return document

    def stop_training_job(self, caller: Caller, request: Request) -> Request:
        """Ask the job to stop; a job that has ended is an error, as on AWS."""
        del caller
        name = request["TrainingJobName"]

        def edit(document: Request) -> None:
            if document["TrainingJobStatus"] not in {"InProgress", "Stopping"}:
                raise validation(
                    "The request was rejected because the training job is in status "
                    f"{document['TrainingJobStatus']}."
                )
            if document["TrainingJobStatus"] != "Stopping":
                training.transition(document, "Stopping")

        try:
            self._store.change(training.KIND, name, edit)
        except KeyError as error:
            raise not_found("Requested resource not found.") from error
        self._pool.stop(training.KIND, name)
        return {}

    def interrupt(self, name: str, seconds: float) -> None:
        """Take a spot job's instance away for so many seconds. Raises AwsError: 404, 409."""
        document = self._store.get(training.KIND, name)
        if document is None:
            raise AwsError("ResourceNotFound", f"there is no training job {name!r}", 404)
        if not document.get("EnableManagedSpotTraining"):
            raise AwsError("Conflict", f"{name} does not run on spot instances", 409)
        job = self._pool.find(training.KIND, name)
        secondary = document["SecondaryStatus"]
        if secondary != "Training" or not isinstance(job, training.TrainingJob):
            raise AwsError(
                "Conflict", f"{name} is {secondary}; only a job in Training is interrupted", 409
            )
        job.spot.interrupt(seconds)

    def list_training_jobs(self, caller: Caller, request: Request) -> Request:
        """Return summaries of jobs, newest first."""
        del caller
        found, token = page(
            self._store.all(training.KIND),
            request,
            name="TrainingJobName",
            status="TrainingJobStatus",
        )
        keys = (
            "TrainingJobName",
            "TrainingJobArn",
            "CreationTime",
            "TrainingEndTime",
            "LastModifiedTime",
            "TrainingJobStatus",
            "SecondaryStatus",
        )
        return {
            "TrainingJobSummaries": [_pick(each, keys) for each in found],
            "NextToken": token,
        }

    # ------------------------------------------------------------------ processing

    def create_processing_job(self, caller: Caller, request: Request) -> Request:
        """Queue a processing job."""
        call = "CreateProcessingJob"
        _refuse(call, _unsupported_in_processing(request))
        name = request["ProcessingJobName"]
        arn = caller.arn(processing.KIND, name)
        try:
            for uri in _processing_uris(request):
                S3Uri.parse(uri)
        except ValueError as error:
            raise validation(str(error)) from error
        now = time.time()
        document = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "ProcessingJobArn": arn,
            "ProcessingJobStatus": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        if not self._store.add(processing.KIND, name, document):
            raise in_use(
                "Job name must be unique within an AWS account and region, and a processing job "
                f"with this name already exists ({arn})"
            )
        self._tag(arn, request)
        self._pool.start(processing.ProcessingJob(self._context, caller, request, self._shortages))
        return {"ProcessingJobArn": arn}

    def describe_processing_job(self, caller: Caller, request: Request) -> Request:
        """Return the job's description."""
        del caller
        document = self._store.get(processing.KIND, request["ProcessingJobName"])
        if document is None:
            raise validation(
                f"Could not find requested job with name: {request['ProcessingJobName']}"
            )
        return document

    def stop_processing_job(self, caller: Caller, request: Request) -> Request:
        """Ask the job to stop; nothing happens to one that has ended."""
        del caller
        name = request["ProcessingJobName"]

        def edit(document: Request) -> None:
            if document["ProcessingJobStatus"] == "InProgress":
                document["ProcessingJobStatus"] = "Stopping"

        try:
            self._store.change(processing.KIND, name, edit)
        except KeyError as error:
            raise not_found(f"Could not find requested job with name: {name}") from error
        self._pool.stop(processing.KIND, name)
        return {}

    def list_processing_jobs(self, caller: Caller, request: Request) -> Request:
        """Return summaries of jobs, newest first."""
        del caller
        found, token = page(
            self._store.all(processing.KIND),
            request,
            name="ProcessingJobName",
            status="ProcessingJobStatus",
        )
        keys = (
            "ProcessingJobName",
            "ProcessingJobArn",
            "CreationTime",
            "ProcessingEndTime",
            "LastModifiedTime",
            "ProcessingJobStatus",
            "FailureReason",
            "ExitMessage",
        )
        return {
            "ProcessingJobSummaries": [_pick(each, keys) for each in found],
            "NextToken": token,
        }

    def _tag(self, arn: str, request: Request) -> None:
        self._store.set_tags(arn, {each["Key"]: each["Value"] for each in request.get("Tags", [])})


def _pick(document: Request, keys: tuple[str, ...]) -> Request:
    return {key: document[key] for key in keys if key in document}


def _refuse(call: str, reasons: Iterator[str]) -> None:
    for reason in reasons:
        raise unsupported(call, reason)


def _unsupported_in_training(request: Request) -> Iterator[str]:
    algorithm = request.get("AlgorithmSpecification")
    if algorithm is None or "TrainingImage" not in algorithm:
        yield "AlgorithmSpecification.TrainingImage is needed; AWS's own algorithms are not here"
        return
    if "ResourceConfig" not in request or "StoppingCondition" not in request:
        raise validation("ResourceConfig and StoppingCondition must be given.")
    if "OutputDataConfig" not in request:
        raise validation("OutputDataConfig must be given.")
    if request["ResourceConfig"].get("InstanceCount", 1) > 1:
        yield "more than one instance (ResourceConfig.InstanceCount)"
    for channel in request.get("InputDataConfig", []):
        if "S3DataSource" not in channel["DataSource"]:
            yield "a channel that is not in S3"
        elif channel["DataSource"]["S3DataSource"]["S3DataType"] != "S3Prefix":
            yield "an S3DataType other than S3Prefix"
        elif channel.get("InputMode", algorithm["TrainingInputMode"]) == "Pipe":
            yield "input mode Pipe"
    _check_stopping(request)


def _check_stopping(request: Request) -> None:
    stopping = request["StoppingCondition"]
    if request.get("EnableManagedSpotTraining") and "MaxWaitTimeInSeconds" not in stopping:
        raise validation(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds when EnableManagedSpotTraining is true"
        )
    if stopping.get("MaxWaitTimeInSeconds", 10**9) < stopping.get("MaxRuntimeInSeconds", 86400):
        raise validation("MaxWaitTimeInSeconds must be at least MaxRuntimeInSeconds")


def _unsupported_in_processing(request: Request) -> Iterator[str]:
    if not request["AppSpecification"].get("ContainerEntrypoint"):
        yield "a job without AppSpecification.ContainerEntrypoint"
    if request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] > 1:
        yield "more than one instance (ClusterConfig.InstanceCount)"
    for each in request.get("ProcessingInputs", []):
        source = each.get("S3Input")
        if source is None or "LocalPath" not in source:
            yield f"input {each['InputName']!r}, which is not an S3Input with a LocalPath"
        elif source["S3DataType"] != "S3Prefix":
            yield "an S3DataType other than S3Prefix"
        else:
            _below_processing(source["LocalPath"])
    for each in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "S3Output" not in each or "LocalPath" not in each["S3Output"]:
            yield f"output {each['OutputName']!r}, which is not an S3Output with a LocalPath"
        else:
            _below_processing(each["S3Output"]["LocalPath"])


def _below_processing(path: str) -> None:
    if not path.startswith("/opt/ml/processing/") or ".." in path.split("/"):
        raise validation(f"LocalPath {path!r} must start with /opt/ml/processing/")


def _processing_uris(request: Request) -> Iterator[str]:
    for each in request.get("ProcessingInputs", []):
        yield each["S3Input"]["S3Uri"]
    for each in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        yield each["S3Output"]["S3Uri"]
