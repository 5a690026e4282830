"""A processing job: a command of the image over inputs from S3, its outputs back to S3."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws.cloud import MissingObjectsError, S3Uri
from infra.local.aws.context import Caller, Context
from infra.local.aws.jobs import End, Job, JobFailedError, write_file
from infra.local.aws.spot import Shortages

KIND = "processing-job"
_EXIT_MESSAGE_LENGTH = 1024


def finish(document: dict[str, Any], status: str, **members: object) -> None:
    """Move a processing job's description to a final status."""
    document.update(members)
    document["ProcessingJobStatus"] = status
    document["ProcessingEndTime"] = time.time()


def fail(document: dict[str, Any], reason: str) -> None:
    """Record that a processing job has failed."""
    finish(document, "Failed", FailureReason=reason)


class ProcessingJob(Job):
    """One processing job on its way."""

    kind = KIND
    log_group = "/aws/sagemaker/ProcessingJobs"

    def __init__(
        self, context: Context, caller: Caller, request: dict[str, Any], shortages: Shortages
    ) -> None:
        """Prepare; nothing runs yet."""
        super().__init__(context, caller, request, request["ProcessingJobName"])
        self._shortages = shortages
        self._application = request["AppSpecification"]

    def failed(self, reason: str) -> None:
        """Record the failure."""
        message = self._exit_message()
        members = {"ExitMessage": message} if message else {}

        def edit(document: dict[str, Any]) -> None:
            fail(document, reason)
            document.update(members)

        self.context.store.change(KIND, self.name, edit)

    def stopped(self) -> None:
        """Record that the job was stopped."""
        self.context.store.change(KIND, self.name, lambda document: finish(document, "Stopped"))

    def work(self) -> None:
        """Download, run, upload."""
        cluster = self.request["ProcessingResources"]["ClusterConfig"]
        self._shortages.provision(cluster["InstanceType"])
        image = self.image(self._application["ImageUri"])
        self._prepare()
        self.check()
        self.context.store.change(
            KIND, self.name, lambda document: document.update(ProcessingStartTime=time.time())
        )
        with self.open_log() as log:
            code, end = self.execute(
                image,
                self._command(),
                {
                    name: self.local(value)
                    for name, value in self.request.get("Environment", {}).items()
                },
                limit=self.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86400),
                on_line=log.write,
            )
        if end is End.EXITED and code != 0:
            raise JobFailedError(
                f"AlgorithmError: See job logs for more information, exit code: {code}"
            )
        self._upload()
        self._finish(end)

    def _prepare(self) -> None:
        for each in self.request.get("ProcessingInputs", []):
            self.check()
            source = each["S3Input"]
            folder = Path(self.local(source["LocalPath"]))
            try:
                self.cloud.download(
                    S3Uri.parse(source["S3Uri"]),
                    folder,
                    unzip=source.get("S3CompressionType") == "Gzip",
                )
            except (MissingObjectsError, ClientError, BotoCoreError) as error:
                raise JobFailedError(
                    f"ClientError: Data download failed: input {each['InputName']!r}, {error}"
                ) from error
        for each in self._outputs():
            Path(self.local(each["S3Output"]["LocalPath"])).mkdir(parents=True, exist_ok=True)
        (self.ml / "output").mkdir(parents=True, exist_ok=True)
        config = self.ml / "config"
        write_file(config / "processingjobconfig.json", json.dumps(self.request))
        hosts = {"current_host": "localhost", "hosts": ["localhost"]}
        write_file(config / "resourceconfig.json", json.dumps(hosts))

    def _outputs(self) -> list[dict[str, Any]]:
        outputs: list[dict[str, Any]] = self.request.get("ProcessingOutputConfig", {}).get(
            "Outputs", []
        )
        return outputs

    def _command(self) -> list[str]:
        command = [
            *self._application.get("ContainerEntrypoint", []),
            *self._application.get("ContainerArguments", []),
        ]
        return [self.local(each) for each in command]

    def _upload(self) -> None:
        for each in self._outputs():
            output = each["S3Output"]
            try:
                self.cloud.upload(
                    Path(self.local(output["LocalPath"])), S3Uri.parse(output["S3Uri"])
                )
            except (ClientError, BotoCoreError) as error:
                raise JobFailedError(
                    f"ClientError: Failed to upload output {each['OutputName']!r} "
                    f"to {output['S3Uri']}: {error}"
                ) from error

    def _finish(self, end: End) -> None:
        message = self._exit_message()
        members: dict[str, object] = {"ExitMessage": message} if message else {}
        if end is End.TIME_LIMIT:
            members["FailureReason"] = (
                "ClientError: The processing job ran longer than MaxRuntimeInSeconds"
            )

        def edit(document: dict[str, Any]) -> None:
            asked_to_stop = document["ProcessingJobStatus"] == "Stopping"
            is_whole = end is End.EXITED and not asked_to_stop
            finish(document, "Completed" if is_whole else "Stopped", **members)

        self.context.store.change(KIND, self.name, edit)

    def _exit_message(self) -> str:
        path = self.ml / "output" / "message"
        if not path.is_file():
            return ""
        return path.read_text(errors="replace")[:_EXIT_MESSAGE_LENGTH]
