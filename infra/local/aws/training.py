"""A training job: the project's code, run by the SageMaker training toolkit in script mode."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import infra.local.images
from infra.local.aws.cloud import MissingObjectsError, S3Uri
from infra.local.aws.context import Caller, Context
from infra.local.aws.images import Image
from infra.local.aws.jobs import End, Job, JobFailedError, write_file
from infra.local.aws.metrics import MetricReader
from infra.local.aws.spot import Shortages, Spot

KIND = "training-job"
_MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Stopping": "Stopping the training job",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "Interrupted": "The job stopped because the managed spot training instances were interrupted.",
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds provided",
}
_STATUS = {
    "Completed": "Completed",
    "Failed": "Failed",
    "Stopped": "Stopped",
    "MaxRuntimeExceeded": "Stopped",
    "MaxWaitTimeExceeded": "Stopped",
    "Stopping": "Stopping",
}
_FINAL = _STATUS.keys() - {"Stopping"}
# In these a job has an instance; in the others it waits for one.
_BILLED = {"Downloading", "Training", "Uploading", "Stopping"}
_ENDS = {
    End.STOPPED: "Stopped",
    End.TIME_LIMIT: "MaxRuntimeExceeded",
    End.WAIT_LIMIT: "MaxWaitTimeExceeded",
}
_CHECKPOINTS = "/opt/ml/checkpoints"
_CHECKPOINT_SECONDS = 2.0


def transition(document: dict[str, Any], secondary: str, message: str | None = None) -> None:
    """Move a training job's description to a secondary status, with the history AWS keeps."""
    now = time.time()
    history = document.setdefault("SecondaryStatusTransitions", [])
    if history and "EndTime" not in history[-1]:
        history[-1]["EndTime"] = now
    text = message or _MESSAGES[secondary]
    history.append({"Status": secondary, "StartTime": now, "StatusMessage": text})
    document["SecondaryStatus"] = secondary
    document["TrainingJobStatus"] = _STATUS.get(secondary, "InProgress")
    if secondary in _FINAL:
        history[-1]["EndTime"] = now
        document["TrainingEndTime"] = now
        begun = document.get("TrainingStartTime")
        document["TrainingTimeInSeconds"] = math.ceil(now - begun) if begun else 0
        document["BillableTimeInSeconds"] = _billable(history) if begun else 0


def _billable(history: list[dict[str, Any]]) -> int:
    seconds: float = sum(
        each["EndTime"] - each["StartTime"] for each in history if each["Status"] in _BILLED
    )
    return math.ceil(seconds)


def _prepare_instances(document: dict[str, Any]) -> None:
    """Say that a job waits for its image and no longer for its turn."""
    if document["SecondaryStatus"] == "Starting":
        latest = document["SecondaryStatusTransitions"][-1]
        latest["StatusMessage"] = "Preparing the instances for training"


def fail(document: dict[str, Any], reason: str) -> None:
    """Record that a training job has failed."""
    document["FailureReason"] = reason
    transition(document, "Failed")


class TrainingJob(Job):
    """One training job on its way."""

    kind = KIND
    log_group = "/aws/sagemaker/TrainingJobs"

    def __init__(
        self, context: Context, caller: Caller, request: dict[str, Any], shortages: Shortages
    ) -> None:
        """Prepare. Raises ValueError for a metric's regex that is none."""
        super().__init__(context, caller, request, request["TrainingJobName"])
        self._algorithm = request["AlgorithmSpecification"]
        self.metrics = MetricReader(self._algorithm.get("MetricDefinitions", []))
        self._shortages = shortages
        stopping = request["StoppingCondition"]
        self.spot = Spot(stopping.get("MaxWaitTimeInSeconds", float("inf")))
        self._runtime_left: float = stopping.get("MaxRuntimeInSeconds", 86400)
        self._begun: float | None = None
        self._output = S3Uri.parse(request["OutputDataConfig"]["S3OutputPath"]) / self.name

    # ------------------------------------------------------------------ description

    def _move(self, secondary: str, message: str | None = None, **members: object) -> None:
        def edit(document: dict[str, Any]) -> None:
            if secondary not in _STATUS and document["TrainingJobStatus"] == "Stopping":
                # What goes on after a stop goes on under that status.
                return
            document.update(members)
            transition(document, secondary, message)
            document["FinalMetricDataList"] = self.metrics.final()

        self.context.store.change(KIND, self.name, edit)

    def failed(self, reason: str) -> None:
        """Record the failure."""

        def edit(document: dict[str, Any]) -> None:
            document["FinalMetricDataList"] = self.metrics.final()
            fail(document, reason)

        self.context.store.change(KIND, self.name, edit)

    def stopped(self) -> None:
        """Record that the job was stopped."""
        self._move("Stopped")

    # ------------------------------------------------------------------ stages

    def work(self) -> None:
        """Download, train, upload; after an interruption from the start, with the checkpoints."""
        self._shortages.provision(self.request["ResourceConfig"].get("InstanceType", ""))
        self.context.store.change(KIND, self.name, _prepare_instances)
        image = self.image(self._algorithm["TrainingImage"])
        while (end := self._run(image)) is End.INTERRUPTED:
            self._move("Interrupted")
            if not self.spot.wait(self._stop):
                self._move("MaxWaitTimeExceeded")
                return
            self.check()
            self._move("Starting")
            # Another instance, with an empty disk.
            shutil.rmtree(self.folder)
        self._upload(end)

    def ending(self, deadline: float) -> End | None:
        """Return why the code must end now, if it must; of two limits that have passed, the earlier."""
        end = super().ending(min(deadline, self.spot.deadline))
        if end is End.TIME_LIMIT and self.spot.deadline < deadline:
            return End.WAIT_LIMIT
        if end is None and self.spot.taken:
            return End.INTERRUPTED
        return end

    def _run(self, image: Image) -> End:
        """Download and train on one instance; return how the code came to its end."""
        self._begun = self._begun or time.time()
        self._move("Downloading", TrainingStartTime=self._begun)
        self._prepare()
        self.check()
        self._move("Training")
        with self.open_log() as log, _CheckpointSync(self):

            def on_line(line: str) -> None:
                log.write(line)
                self._observe(line)

            started = time.monotonic()
            code, end = self.execute(
                image,
                self._command(),
                self._variables(),
                limit=self._runtime_left,
                on_line=on_line,
            )
            self._runtime_left -= time.monotonic() - started
        if end is End.EXITED and code != 0:
            raise JobFailedError(self._failure(code))
        return end

    def _prepare(self) -> None:
        for folder in ("model", "output/data", "output/intermediate", "input/data", "code"):
            (self.ml / folder).mkdir(parents=True, exist_ok=True)
        channels = self.request.get("InputDataConfig", [])
        for channel in channels:
            self.check()
            self._download(channel)
        checkpoints = self.request.get("CheckpointConfig")
        if checkpoints:
            kept = self.checkpoint_folder()
            kept.mkdir(parents=True, exist_ok=True)
            # The first run of many starts without one.
            with contextlib.suppress(MissingObjectsError):
                self.cloud.download(S3Uri.parse(checkpoints["S3Uri"]), kept)
        config = self.ml / "input" / "config"
        write_file(
            config / "hyperparameters.json", json.dumps(self.request.get("HyperParameters", {}))
        )
        write_file(config / "resourceconfig.json", json.dumps(self._resources()))
        write_file(
            config / "inputdataconfig.json",
            json.dumps({each["ChannelName"]: _channel_config(each) for each in channels}),
        )

    def _resources(self) -> dict[str, Any]:
        # `algo-1`, the name on AWS, does not resolve here and the toolkit waits for its address.
        host = "localhost"
        instance = self.request["ResourceConfig"].get("InstanceType", "")
        group = {"instance_group_name": "homogeneousCluster", "instance_type": instance}
        return {
            "current_host": host,
            "hosts": [host],
            "network_interface_name": "lo",
            "current_instance_type": instance,
            "current_group_name": group["instance_group_name"],
            "instance_groups": [{**group, "hosts": [host]}],
        }

    def _download(self, channel: dict[str, Any]) -> None:
        source = channel["DataSource"]["S3DataSource"]
        uri = S3Uri.parse(source["S3Uri"])
        folder = self.ml / "input" / "data" / channel["ChannelName"]
        try:
            self.cloud.download(uri, folder, unzip=channel.get("CompressionType") == "Gzip")
        except (MissingObjectsError, ClientError, BotoCoreError) as error:
            raise JobFailedError(
                f"ClientError: Data download failed: channel {channel['ChannelName']!r}, {error}. "
                "Please ensure that there is at least one object below that URI."
            ) from error

    def _command(self) -> list[str]:
        entry = self._algorithm.get("ContainerEntrypoint")
        if entry:
            arguments = self._algorithm.get("ContainerArguments", [])
            return [self.local(each) for each in [*entry, *arguments]]
        return ["python", "-c", "from sagemaker_training.trainer import train; train()"]

    def _variables(self) -> dict[str, str]:
        toolkit = Path(infra.local.images.__file__).with_name("toolkit")
        given = self.request.get("Environment", {})
        return {
            **{name: self.local(value) for name, value in given.items()},
            "PYTHONPATH": str(toolkit),
            "SAGEMAKER_TRAINING_MODULE": "cooper_training:main",
            "SAGEMAKER_REGION": self.cloud.region,
            "TRAINING_JOB_NAME": self.name,
            "TRAINING_JOB_ARN": self.context.store.get(KIND, self.name)["TrainingJobArn"],  # type: ignore[index]
        }

    def _observe(self, line: str) -> None:
        found = self.metrics.read(line)
        if not found:
            return

        def edit(document: dict[str, Any]) -> None:
            document["FinalMetricDataList"] = self.metrics.final()

        self.context.store.change(KIND, self.name, edit)

    def _failure(self, code: int) -> str:
        path = self.ml / "output" / "failure"
        text = path.read_text(errors="replace").strip() if path.exists() else ""
        if not text:
            text = "Please use CloudWatch logs to see why the training code ended"
        return f"AlgorithmError: {text[:900]}, exit code: {code}"

    def _upload(self, end: End) -> None:
        artifacts = self._output / "output"
        model = artifacts / "model.tar.gz"
        self._move("Uploading")
        members: dict[str, Any] = {}
        try:
            if end is End.EXITED or any((self.ml / "model").iterdir()):
                self.cloud.upload_archive(self.ml / "model", model)
                members["ModelArtifacts"] = {"S3ModelArtifacts": str(model)}
            if any((self.ml / "output" / "data").iterdir()):
                self.cloud.upload_archive(self.ml / "output" / "data", artifacts / "output.tar.gz")
        except (ClientError, BotoCoreError, OSError) as error:
            raise JobFailedError(
                f"ClientError: Failed to upload the model to {artifacts}: {error}"
            ) from error
        if end is End.EXITED:
            self._finish(members)
        else:
            self._move(_ENDS[end], **members)

    def _finish(self, members: dict[str, object]) -> None:
        def edit(document: dict[str, Any]) -> None:
            document.update(members)
            document["FinalMetricDataList"] = self.metrics.final()
            asked_to_stop = document["TrainingJobStatus"] == "Stopping"
            transition(document, "Stopped" if asked_to_stop else "Completed")

        self.context.store.change(KIND, self.name, edit)

    def checkpoint_folder(self) -> Path:
        """Return where the code keeps its checkpoints."""
        given = self.request.get("CheckpointConfig", {}).get("LocalPath", _CHECKPOINTS)
        return Path(self.local(given))


class _CheckpointSync:
    """Copies new checkpoints to S3 while the code runs, and once more when it has ended."""

    def __init__(self, job: TrainingJob) -> None:
        config = job.request.get("CheckpointConfig")
        self._target = S3Uri.parse(config["S3Uri"]) if config else None
        self._job = job
        self._copied_until = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def __enter__(self) -> None:
        if self._target is not None:
            # What was there before is in S3 already.
            self._copied_until = time.time()
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        if self._target is not None:
            self._ended.set()
            self._thread.join()
            self._copy()

    def _run(self) -> None:
        while not self._ended.wait(_CHECKPOINT_SECONDS):
            self._copy()

    def _copy(self) -> None:
        assert self._target is not None
        begun = time.time()
        self._job.cloud.upload(
            self._job.checkpoint_folder(), self._target, newer_than=self._copied_until
        )
        self._copied_until = begun


def _channel_config(channel: dict[str, Any]) -> dict[str, str]:
    config = {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
            "S3DataDistributionType", "FullyReplicated"
        ),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    if "ContentType" in channel:
        config["ContentType"] = channel["ContentType"]
    return config
