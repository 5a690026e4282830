"""SageMaker, read, invoke and stop only: every change goes through a DAG."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from actions.ports import (
    CloudUnavailableError,
    EndpointError,
    EndpointState,
    Invocation,
    JobProgress,
    RunningJob,
    Variant,
)

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

T = TypeVar("T")
_LOG_GROUPS = ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs")
_ENDPOINT_LOGS = "/aws/sagemaker/Endpoints"
# An instance that has just come may have written nothing.
_STREAMS_TRIED = 3
_RUNNING = frozenset({"InProgress"})
_TRANSIENT = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
    }
)
_ABSENT = re.compile(r"not (be )?found|could not find|does not exist", re.IGNORECASE)


class SageMakerCloud:
    """The `Cloud` port. Blocking calls run in threads.

    Args:
        sagemaker: Client of the control plane.
        runtime: Client for invocations.
        logs: Client of CloudWatch Logs.
    """

    def __init__(
        self,
        sagemaker: SageMakerClient,
        runtime: SageMakerRuntimeClient,
        logs: CloudWatchLogsClient,
    ) -> None:
        self._sagemaker = sagemaker
        self._runtime = runtime
        self._logs = logs

    @classmethod
    def connect(cls, region: str) -> SageMakerCloud:
        """An adapter over boto3's own configuration (variables, profile, role of the machine)."""
        config = Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 3})
        # An endpoint has a minute to answer; asking it twice would count as traffic twice.
        once = Config(connect_timeout=5, read_timeout=65, retries={"total_max_attempts": 1})
        session = boto3.Session(region_name=region)
        return cls(
            session.client("sagemaker", config=config),
            session.client("sagemaker-runtime", config=once),
            session.client("logs", config=config),
        )

    async def training(self, job: str) -> JobProgress | None:
        """The training job, or None where there is none.

        Raises:
            CloudUnavailableError: AWS does not answer.
        """
        found = await _call(
            lambda: _or_none(lambda: self._sagemaker.describe_training_job(TrainingJobName=job))
        )
        return None if found is None else _progress(found)

    async def stop_job(self, job: str) -> None:
        """Stop the training and the processing job of this name where they run.

        Raises:
            CloudUnavailableError: AWS does not answer.
        """
        await _call(lambda: self._stop_training(job))
        await _call(lambda: self._stop_processing(job))

    async def running_jobs(self, prefix: str) -> Sequence[RunningJob]:
        """Training and processing jobs under way whose name starts with the prefix, oldest first.

        Raises:
            CloudUnavailableError: AWS does not answer.
        """
        found = await asyncio.gather(
            _call(lambda: self._running_trainings(prefix)),
            _call(lambda: self._running_processings(prefix)),
        )
        jobs = [job for kind in found for job in kind if job.name.startswith(prefix)]
        return sorted(jobs, key=lambda job: job.created)

    async def log_tail(self, job: str, lines: int) -> Sequence[str]:
        """The last lines of the job's newest log, oldest first; empty where there is none.

        Raises:
            CloudUnavailableError: AWS does not answer.
        """
        return await _call(lambda: self._tail(job, lines))

    async def endpoint_log(self, name: str, lines: int) -> Sequence[str]:
        """The last lines of the endpoint's newest log, oldest first; empty where there is none.

        Raises:
            CloudUnavailableError: AWS does not answer.
        """
        return await _call(lambda: self._endpoint_tail(name, lines))

    async def endpoint(self, name: str) -> EndpointState | None:
        """The endpoint, or None.

        Raises:
            CloudUnavailableError: AWS does not answer.
        """
        return await _call(lambda: self._endpoint(name))

    async def invoke(
        self, name: str, payload: dict[str, Any], inference_id: str | None = None
    ) -> Invocation:
        """Send one request body to the endpoint. Latency in milliseconds, as seen from here.

        Args:
            name: The endpoint.
            payload: A body of the scoring server, sent as JSON.
            inference_id: Stands beside what data capture keeps, so that labels find it; at most 64
                characters.

        Raises:
            EndpointError: It does not exist or answered with an error.
            CloudUnavailableError: AWS does not answer.
        """

        def call() -> Invocation:
            start = time.perf_counter()
            try:
                answer = self._runtime.invoke_endpoint(
                    EndpointName=name,
                    ContentType="application/json",
                    Accept="application/json",
                    Body=json.dumps(payload, allow_nan=False),
                    **({"InferenceId": inference_id} if inference_id else {}),
                )
            except ClientError as error:
                raise _endpoint_error(name, error) from error
            body = answer["Body"].read().decode(errors="replace")
            latency = (time.perf_counter() - start) * 1000
            return Invocation(_parsed(body), latency, answer.get("InvokedProductionVariant"))

        return await _call(call)

    def _stop_training(self, job: str) -> None:
        found = _or_none(lambda: self._sagemaker.describe_training_job(TrainingJobName=job))
        if found is not None and found["TrainingJobStatus"] in _RUNNING:
            _unless_ended(lambda: self._sagemaker.stop_training_job(TrainingJobName=job))

    def _stop_processing(self, job: str) -> None:
        found = _or_none(lambda: self._sagemaker.describe_processing_job(ProcessingJobName=job))
        if found is not None and found["ProcessingJobStatus"] in _RUNNING:
            _unless_ended(lambda: self._sagemaker.stop_processing_job(ProcessingJobName=job))

    def _tail(self, job: str, lines: int) -> list[str]:
        newest: tuple[int, str, str] | None = None
        for group in _LOG_GROUPS:
            for stream in self._streams(group, job):
                seen = (
                    stream.get("lastEventTimestamp") or stream.get("creationTime") or 0,
                    group,
                    stream["logStreamName"],
                )
                newest = max(newest, seen) if newest else seen
        return [] if newest is None else self._last_lines(newest[1], newest[2], lines)

    def _streams(self, group: str, job: str) -> list[Any]:
        # The slash ends the name: "demo-R1-a1" is a prefix of "demo-R1-a12".
        return _streams_of(
            lambda: self._logs.describe_log_streams(
                logGroupName=group, logStreamNamePrefix=f"{job}/"
            )
        )

    def _endpoint_tail(self, name: str, lines: int) -> list[str]:
        group = f"{_ENDPOINT_LOGS}/{name}"
        streams = _streams_of(
            lambda: self._logs.describe_log_streams(
                logGroupName=group, orderBy="LastEventTime", descending=True
            )
        )
        # The instance that came last: where a deployment fails, the old ones go on writing.
        streams.sort(key=lambda each: each.get("creationTime") or 0, reverse=True)
        for stream in streams[:_STREAMS_TRIED]:
            written = self._last_lines(group, stream["logStreamName"], lines)
            if written:
                return written
        return []

    def _last_lines(self, group: str, stream: str, lines: int) -> list[str]:
        events = self._logs.get_log_events(
            logGroupName=group, logStreamName=stream, limit=lines, startFromHead=False
        )["events"]
        return [event["message"].rstrip("\n") for event in events][-lines:]

    def _running_trainings(self, prefix: str) -> list[RunningJob]:
        pages = self._sagemaker.get_paginator("list_training_jobs").paginate(
            NameContains=prefix, StatusEquals="InProgress"
        )
        return [
            RunningJob(job["TrainingJobName"], "training", job["CreationTime"])
            for page in pages
            for job in page["TrainingJobSummaries"]
        ]

    def _running_processings(self, prefix: str) -> list[RunningJob]:
        pages = self._sagemaker.get_paginator("list_processing_jobs").paginate(
            NameContains=prefix, StatusEquals="InProgress"
        )
        return [
            RunningJob(job["ProcessingJobName"], "processing", job["CreationTime"])
            for page in pages
            for job in page["ProcessingJobSummaries"]
        ]

    def _endpoint(self, name: str) -> EndpointState | None:
        found = _or_none(lambda: self._sagemaker.describe_endpoint(EndpointName=name))
        if found is None:
            return None
        config_name = found["EndpointConfigName"]
        config = _or_none(
            lambda: self._sagemaker.describe_endpoint_config(EndpointConfigName=config_name)
        )
        wanted: list[Any] = list(config["ProductionVariants"]) if config else []
        configured = {variant["VariantName"]: variant for variant in wanted}
        live: list[Any] = list(found.get("ProductionVariants") or wanted)
        tags = self._sagemaker.list_tags(ResourceArn=found["EndpointArn"], MaxResults=100)["Tags"]
        return EndpointState(
            name=name,
            status=found["EndpointStatus"],
            config=config_name,
            variants=_variants(live, configured),
            changed=found.get("LastModifiedTime"),
            failure=found.get("FailureReason"),
            tags={tag["Key"]: tag["Value"] for tag in tags},
        )


def _progress(found: Any) -> JobProgress:
    billable = found.get("BillableTimeInSeconds")
    return JobProgress(
        name=found["TrainingJobName"],
        status=found["TrainingJobStatus"],
        phase=found.get("SecondaryStatus") or found["TrainingJobStatus"],
        metrics={
            item["MetricName"]: float(item["Value"])
            for item in found.get("FinalMetricDataList") or []
        },
        started=_time(found.get("TrainingStartTime")),
        ended=_time(found.get("TrainingEndTime")),
        billable_seconds=None if billable is None else int(billable),
        failure=found.get("FailureReason"),
    )


def _time(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _variants(live: Sequence[Any], configured: dict[str, Any]) -> tuple[Variant, ...]:
    def weight(variant: Any) -> float:
        value = variant.get("CurrentWeight", variant.get("InitialVariantWeight"))
        return 1.0 if value is None else float(value)

    total = sum(weight(variant) for variant in live) or 1.0
    found = []
    for variant in live:
        wanted = configured.get(variant["VariantName"], {})
        count = variant.get("CurrentInstanceCount")
        if count is None:
            count = wanted.get("InitialInstanceCount", 0)
        found.append(
            Variant(
                name=variant["VariantName"],
                instance_type=wanted.get("InstanceType"),
                instance_count=int(count),
                weight=weight(variant) / total,
                model_name=wanted.get("ModelName"),
            )
        )
    return tuple(found)


def _streams_of(describe: Callable[[], Any]) -> list[Any]:
    """The log streams that `describe` finds; none where the group does not exist."""
    try:
        return list(describe()["logStreams"])
    except ClientError as error:
        if error.response["Error"].get("Code") == "ResourceNotFoundException":
            return []
        raise


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def _is_transient(error: ClientError) -> bool:
    return (
        error.response["Error"].get("Code") in _TRANSIENT
        or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 429
    )


def _endpoint_error(name: str, error: ClientError) -> Exception:
    code, message = error.response["Error"].get("Code"), error.response["Error"].get("Message", "")
    if _ABSENT.search(message) and code in {"ValidationError", "ValidationException"}:
        return EndpointError(f"There is no endpoint {name}.")
    if code == "ModelError":
        said = _model_said(str(error.response.get("OriginalMessage") or message))
        return EndpointError(f"The model behind {name} answered with an error: {said[:500]}")
    if _is_transient(error):
        return CloudUnavailableError("SageMaker does not answer now; try again in a moment.")
    return EndpointError(f"The endpoint {name} cannot be asked: {message[:500]}")


def _model_said(text: str) -> str:
    """An error of MLflow's scoring server: its message, and the last line of the traceback; else the text."""
    body = _parsed(text)
    if not isinstance(body, dict) or not body.get("message"):
        return text
    trace = str(body.get("stack_trace") or "").strip().splitlines()
    return f"{body['message']} ({trace[-1].strip()})" if trace else str(body["message"])


def _or_none(call: Callable[[], T]) -> T | None:
    """What `call` answers, or None where there is no such thing (SageMaker has no code for it)."""
    try:
        return call()
    except ClientError as error:
        code = error.response["Error"].get("Code")
        message = error.response["Error"].get("Message", "")
        if code in {"ValidationException", "ResourceNotFound"} and _ABSENT.search(message):
            return None
        raise


def _unless_ended(stop: Callable[[], object]) -> None:
    """Stop; a job that ended in between is as good."""
    try:
        stop()
    except ClientError as error:
        if error.response["Error"].get("Code") not in {"ValidationException", "ResourceNotFound"}:
            raise


async def _call(call: Callable[[], T]) -> T:
    """`call` in a thread, with our errors for boto3's."""
    return await asyncio.to_thread(_answered, call)


def _answered(call: Callable[[], T]) -> T:
    try:
        return call()
    except ClientError as error:
        if _is_transient(error):
            raise CloudUnavailableError(
                "AWS does not answer now; try again in a moment."
            ) from error
        code, message = error.response["Error"].get("Code"), error.response["Error"].get("Message")
        raise CloudUnavailableError(
            f"AWS refuses {error.operation_name} ({code}): {message}"
        ) from error
    except BotoCoreError as error:
        raise CloudUnavailableError("AWS does not answer.") from error
