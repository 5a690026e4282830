"""The model server behind one variant of an endpoint: started, watched, started again when it dies."""

from __future__ import annotations

import http.client
import shutil
import socket
import tarfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws.cloud import Cloud, MissingObjectsError, S3Uri
from infra.local.aws.images import UnknownImageUriError, find
from infra.local.aws.logs import LogStream
from infra.local.aws.process import Guarded, environment, make_overlay
from infra.local.environments import ROOT

SERVE = ROOT / "infra" / "docker" / "serving" / "serve.py"
# Of the model's container: milliseconds in which serve.py lets the model answer its own example.
LATENCY_BOUND = "COOPER_LATENCY_MS"
_PROVEN = "cooper: validated:"
_LAST_LINES_SECONDS = 2.0
_POLL_SECONDS = 0.2
_PING_SECONDS = 2.0  # SageMaker's own limit for an answer to /ping
_STOP_SECONDS = 10.0
_SLOWEST_RESTART_SECONDS = 30.0


class ServerFailedError(Exception):
    """The model server never answered /ping; the text is the endpoint's FailureReason."""


@dataclass(frozen=True)
class ServerPlan:
    """What a variant serves, and where its log goes. `startup` is the health check's limit in seconds."""

    endpoint: str
    variant: str
    image_uri: str
    model_data: str | None
    variables: dict[str, str]
    startup: float


class ModelServer:
    """One running model server on a socket of its own."""

    def __init__(self, plan: ServerPlan, cloud: Cloud, images: Path, folder: Path) -> None:
        """Open the socket; `start` does the rest."""
        self.plan = plan
        self.in_flight = 0
        self._cloud = cloud
        self._images = images
        self._folder = folder
        # Held here and handed down: nobody else can take the port, and callers wait while a server restarts.
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._ending = threading.Event()
        self._proven = threading.Event()
        self._process: Guarded | None = None
        self._log = LogStream(
            cloud,
            f"/aws/sagemaker/Endpoints/{plan.endpoint}",
            f"{plan.variant}/i-{time.time_ns():x}",
        )

    def start(self) -> None:
        """Download the model and start serving; returns when /ping answers 200. Raises ServerFailedError."""
        try:
            self._download()
            self._process = self._launch(self.plan)
            self._wait_until_healthy(self._process)
        except BaseException:
            self.stop()
            raise
        threading.Thread(target=self._watch, name="model-server", daemon=True).start()

    def stop(self) -> None:
        """End the server; what it still answers may finish."""
        self._ending.set()
        process = self._process
        if process is not None:
            process.terminate()
            if process.wait(_STOP_SECONDS) is None:
                process.kill()
                process.wait(_STOP_SECONDS)
            process.close()
        self._socket.close()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _download(self) -> None:
        model = self._folder / "ml" / "model"
        model.mkdir(parents=True, exist_ok=True)
        (self._folder / "home").mkdir(exist_ok=True)
        if self.plan.model_data is None:
            return
        archive = self._folder / "model.tar.gz"
        try:
            self._cloud.fetch(S3Uri.parse(self.plan.model_data), archive)
            with tarfile.open(archive) as tar:
                _extract(tar, model)
        except (MissingObjectsError, BotoCoreError, ClientError) as error:
            raise ServerFailedError(
                f"Failed to download model data for container hosted in production variant "
                f"{self.plan.variant} from URL: {self.plan.model_data}. {error}"
            ) from error
        except tarfile.TarError as error:
            raise ServerFailedError(
                f"Failed to extract model data archive from URL {self.plan.model_data} for production "
                f"variant {self.plan.variant}: {error}. Please ensure that it is a valid tar.gz."
            ) from error
        finally:
            archive.unlink(missing_ok=True)

    def _launch(self, plan: ServerPlan) -> Guarded:
        try:
            image = find(plan.image_uri, self._images, check=self._check)
        except UnknownImageUriError as error:
            raise ServerFailedError(
                f"The image {plan.image_uri!r} for production variant {plan.variant} "
                f"cannot be pulled: {error}."
            ) from error
        overlay = make_overlay(image, self._folder / "env")
        return Guarded(
            [str(overlay / "bin" / "python"), str(SERVE), "serve"],
            environment={
                **environment(overlay, image, self._folder / "home"),
                **self._cloud.variables(),
                **plan.variables,
                "SAGEMAKER_BASE_DIR": str(self._folder / "ml"),
            },
            cwd=self._folder / "home",
            on_line=self._write,
            inherited=self._socket,
        )

    def _wait_until_healthy(self, process: Guarded) -> None:
        deadline = time.monotonic() + self.plan.startup
        while process.returncode is None and time.monotonic() < deadline:
            if self._ending.wait(_POLL_SECONDS):
                break
            if self._ping():
                # What it said of its validation is in CloudWatch before anybody reads that it serves.
                self._proven.wait(_LAST_LINES_SECONDS)
                self._log.flush()
                return
        raise ServerFailedError(
            f"The primary container for production variant {self.plan.variant} did not pass the ping "
            "health check. Please check CloudWatch logs for this endpoint."
        )

    def _check(self) -> None:
        if self._ending.is_set():
            raise ServerFailedError(f"Production variant {self.plan.variant} is being stopped.")

    def _write(self, line: str) -> None:
        self._log.write(line)
        if line.startswith(_PROVEN):
            self._proven.set()

    def _ping(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PING_SECONDS)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _watch(self) -> None:
        pause = _POLL_SECONDS
        while not self._ending.is_set():
            process = self._process
            assert process is not None
            if process.wait(_POLL_SECONDS) is None:
                continue
            if self._ending.wait(pause):
                return
            pause = min(pause * 2, _SLOWEST_RESTART_SECONDS)
            self._log.write("the model server ended and is started again")
            self._process = self._launch(without_bound(self.plan))


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    """Unpack files and folders below `folder`. Raises TarError for a member that would land elsewhere.

    Python 3.11's first releases have no extraction filters.
    """
    root = folder.resolve()
    for member in tar:
        target = (root / member.name).resolve()
        if not target.is_relative_to(root):
            raise tarfile.TarError(f"{member.name!r} lies outside the archive's own folder")
        source = tar.extractfile(member) if member.isreg() else None
        if source is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            with source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)


def plan_for(
    endpoint: str, variant: dict[str, Any], model: dict[str, Any], default_startup: float
) -> ServerPlan:
    """Return the plan of a variant of an endpoint configuration that serves `model`."""
    container = model.get("PrimaryContainer") or model["Containers"][0]
    return ServerPlan(
        endpoint=endpoint,
        variant=variant["VariantName"],
        image_uri=container["Image"],
        model_data=container.get("ModelDataUrl"),
        variables=container.get("Environment", {}),
        startup=variant.get("ContainerStartupHealthCheckTimeoutInSeconds", default_startup),
    )


def without_bound(plan: ServerPlan) -> ServerPlan:
    """Return the plan of a server that has proved itself before: it must load and answer, however slowly."""
    kept = {name: value for name, value in plan.variables.items() if name != LATENCY_BOUND}
    return replace(plan, variables=kept)
