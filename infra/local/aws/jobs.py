"""What training and processing jobs have in common: a place in the queue, a process, a limit, a stop."""

from __future__ import annotations

import logging
import re
import shutil
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from infra.local.aws.context import Caller, Context
from infra.local.aws.images import Image, ImageNotMadeError, UnknownImageUriError, find
from infra.local.aws.logs import LogStream
from infra.local.aws.process import Guarded, environment, make_overlay

_POLL_SECONDS = 0.1
_REASON_LENGTH = 1024
_ML = re.compile(r"(?<![\w/.-])/opt/ml(?=/|$)")
_log = logging.getLogger(__name__)


class End(Enum):
    """How a job's process came to its end."""

    EXITED = "exited"
    STOPPED = "stopped"
    TIME_LIMIT = "time limit"
    INTERRUPTED = "interrupted"
    WAIT_LIMIT = "wait limit"


class JobFailedError(Exception):
    """The job has failed; the text is its FailureReason."""


class StoppedEarlyError(Exception):
    """The job was stopped before its code ran."""


class AbandonedError(Exception):
    """The stand-in is going down; what the job was doing is told at the next start."""


class Job(ABC):
    """One job on its way. `run` is called once, in a thread of its own."""

    kind: ClassVar[str]
    log_group: ClassVar[str]

    def __init__(
        self, context: Context, caller: Caller, request: dict[str, Any], name: str
    ) -> None:
        """Prepare; nothing runs yet."""
        self.context = context
        self.cloud = context.cloud(caller)
        self.request = request
        self.name = name
        self.folder = context.settings.state / "jobs" / self.kind / name
        self.ml = self.folder / "ml"
        self.started = time.time()
        self._stop = threading.Event()
        self._abandoned = threading.Event()

    def run(self) -> None:
        """Take the job from its start to its end; every failure becomes part of its description."""
        try:
            self.check()
            self.work()
        except AbandonedError:
            return
        except StoppedEarlyError:
            self.stopped()
        except JobFailedError as error:
            if self._abandoned.is_set():
                return
            self.failed(str(error)[:_REASON_LENGTH])
        except Exception:  # noqa: BLE001 - whatever it is, the job must not stay InProgress
            if self._abandoned.is_set():
                return
            _log.exception("%s %s", self.kind, self.name)
            self.failed("InternalServerError: the local stand-in failed; its log says why.")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @abstractmethod
    def work(self) -> None:
        """Do the job. Raises JobFailedError, StoppedEarlyError."""

    @abstractmethod
    def failed(self, reason: str) -> None:
        """Record the failure."""

    @abstractmethod
    def stopped(self) -> None:
        """Record that the job was stopped."""

    def stop(self) -> None:
        """Ask the job to end; its code gets SIGTERM, then SIGKILL after the grace period."""
        self._stop.set()

    def abandon(self) -> None:
        """End what runs without a word in the job's description."""
        self._abandoned.set()
        self._stop.set()

    def check(self) -> None:
        """Raise when the job was told to end."""
        if self._abandoned.is_set():
            raise AbandonedError
        if self._stop.is_set():
            raise StoppedEarlyError

    def image(self, uri: str) -> Image:
        """Return the image's environment, which may take minutes to make.

        Raises JobFailedError with AWS's words for an image it cannot pull, and what `check` raises.
        """
        try:
            return find(uri, self.context.settings.images, check=self.check)
        except ImageNotMadeError as error:
            raise JobFailedError(f"ClientError: Cannot pull the image {uri}: {error}.") from error
        except UnknownImageUriError as error:
            raise JobFailedError(
                f"ClientError: Cannot pull the image {uri}: {error}. Please check that the repository exists."
            ) from error

    def local(self, text: str) -> str:
        """Return the text with `/opt/ml` paths turned into the job's own folder."""
        return _ML.sub(str(self.ml), text)

    def execute(
        self,
        image: Image,
        command: Sequence[str],
        variables: Mapping[str, str],
        *,
        limit: float,
        on_line: Callable[[str], None],
    ) -> tuple[int, End]:
        """Run the command in the image's environment; return its exit code and why it ended."""
        overlay = make_overlay(image, self.folder / "env")
        process = Guarded(
            command,
            environment={
                **environment(overlay, image, self.folder / "home"),
                **self.cloud.variables(),
                "SAGEMAKER_BASE_DIR": str(self.ml),
                **variables,
            },
            cwd=self.folder / "home",
            on_line=on_line,
        )
        try:
            return self._watch(process, limit)
        finally:
            process.close()

    def ending(self, deadline: float) -> End | None:
        """Return why the code must end now, if it must; `deadline` is that of its time limit."""
        if self._stop.is_set():
            return End.STOPPED
        return End.TIME_LIMIT if time.monotonic() > deadline else None

    def _watch(self, process: Guarded, limit: float) -> tuple[int, End]:
        end, kill_at = End.EXITED, float("inf")
        deadline = time.monotonic() + limit
        while (code := process.wait(_POLL_SECONDS)) is None:
            if self._abandoned.is_set():
                process.kill()
            if end is End.EXITED and (why := self.ending(deadline)) is not None:
                end = why
                kill_at = time.monotonic() + self.context.settings.stop_grace
                process.terminate()
            if time.monotonic() > kill_at:
                process.kill()
        if self._abandoned.is_set():
            raise AbandonedError
        return code, end

    def open_log(self) -> LogStream:
        """Return the job's stream in CloudWatch Logs, named as SageMaker names it."""
        return LogStream(self.cloud, self.log_group, f"{self.name}/algo-1-{int(time.time())}")


class JobPool:
    """The machine's job slots: as many jobs at once as it has cores, the others wait as `Starting`."""

    def __init__(self, slots: int) -> None:
        """Make the slots."""
        self._executor = ThreadPoolExecutor(slots, thread_name_prefix="job")
        self._jobs: dict[tuple[str, str], tuple[Job, Future[None]]] = {}
        self._lock = threading.Lock()

    def start(self, job: Job) -> None:
        """Queue the job."""
        key = (job.kind, job.name)
        with self._lock:
            future = self._executor.submit(job.run)
            self._jobs[key] = (job, future)
        future.add_done_callback(lambda _: self._forget(key))

    def find(self, kind: str, name: str) -> Job | None:
        """Return the job if it waits or runs."""
        with self._lock:
            job, _ = self._jobs.get((kind, name), (None, None))
        return job

    def stop(self, kind: str, name: str) -> None:
        """Ask the job to end; one that still waits for its slot ends here."""
        with self._lock:
            job, future = self._jobs.get((kind, name), (None, None))
        if job is None or future is None:
            return
        job.stop()
        if future.cancel():
            job.stopped()

    def close(self) -> None:
        """End every job's processes and wait for them."""
        with self._lock:
            jobs = [job for job, _ in self._jobs.values()]
        for job in jobs:
            job.abandon()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _forget(self, key: tuple[str, str]) -> None:
        with self._lock:
            self._jobs.pop(key, None)


def write_file(path: Path, text: str) -> None:
    """Write a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
