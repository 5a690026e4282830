"""The output of jobs and model servers in CloudWatch Logs, written a few times a second."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws.cloud import Cloud

_FLUSH_SECONDS = 0.5
_FLUSH_WAIT_SECONDS = 5.0
_BATCH = 1000  # events in one PutLogEvents; AWS takes 10,000 and a megabyte
_log = logging.getLogger(__name__)


class LogStream:
    """One stream of a log group; `write` never blocks on the network."""

    def __init__(self, cloud: Cloud, group: str, stream: str) -> None:
        """Make the group and the stream, and start writing."""
        self._cloud = cloud
        self._group, self._stream = group, stream
        self._waiting: deque[tuple[int, str]] = deque()
        self._made = threading.Event()
        self._ended = threading.Event()
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return the stream itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what waits and end."""
        self.close()

    def write(self, line: str) -> None:
        """Add a line, stamped with the time of now."""
        # CloudWatch refuses an empty event.
        self._waiting.append((int(time.time() * 1000), line or " "))

    def flush(self) -> None:
        """Write what waits; returns when it is there, or a few seconds later when Logs does not answer."""
        if self._made.wait(_FLUSH_WAIT_SECONDS):
            with contextlib.suppress(ClientError, BotoCoreError):
                self._put()

    def close(self) -> None:
        """Write what waits and end."""
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        try:
            self._create()
            self._made.set()
            while not self._ended.wait(_FLUSH_SECONDS):
                self._put()
            self._put()
        except (ClientError, BotoCoreError):
            _log.exception("cannot write the log stream %s", self._stream)

    def _create(self) -> None:
        logs = self._cloud.logs
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=self._group)
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=self._group, logStreamName=self._stream)

    def _put(self) -> None:
        with self._writing:
            while self._waiting:
                count = min(_BATCH, len(self._waiting))
                events = [self._waiting.popleft() for _ in range(count)]
                self._cloud.logs.put_log_events(
                    logGroupName=self._group,
                    logStreamName=self._stream,
                    logEvents=[{"timestamp": stamp, "message": text} for stamp, text in events],
                )
