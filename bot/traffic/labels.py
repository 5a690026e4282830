"""True labels as SageMaker's model-quality monitoring takes them in: JSON lines in a folder for each hour.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html. The folder is of the
hour in which the label was collected; `eventId` is the inference id that the prediction was asked with.
Of a request with several rows, which AWS does not describe, `data` has one line for each, in their order.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.traffic.play import Asked

_LINES = 1000
"""So many labels make a file; the last one holds what is left."""


class LabelStore(Protocol):
    """Where label files lie. Blocking."""

    def put(self, bucket: str, key: str, body: bytes) -> str:
        """Write an object. Raises ArtifactError and CloudUnavailableError."""


class Labels:
    """Collects the labels of what an endpoint answered, and writes them a file at a time."""

    def __init__(
        self, store: LabelStore, bucket: str, endpoint: str, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._bucket = bucket
        self._endpoint = endpoint
        self._now = now
        self._waiting: list[str] = []
        self.written = 0
        """Records in the bucket by now: one for each request."""

    async def add(self, asked: Asked) -> None:
        """Take the labels of an answered request. Raises as `flush`."""
        line = ground_truth(asked.inference_id, asked.labels)
        if line is not None:
            self._waiting.append(line)
        if len(self._waiting) >= _LINES:
            await self.flush()

    async def flush(self) -> None:
        """Write what waits.

        Raises:
            ArtifactError: S3 refuses.
            CloudUnavailableError: S3 does not answer.
        """
        lines, self._waiting = self._waiting, []
        if not lines:
            return
        key = label_key(self._endpoint, self._now())
        body = "".join(f"{line}\n" for line in lines).encode()
        await asyncio.to_thread(self._store.put, self._bucket, key, body)
        self.written += len(lines)


def ground_truth(inference_id: str, labels: Sequence[Any]) -> str | None:
    """One line of a label file; None where no label is known. An unknown one among others is empty."""
    if all(label is None for label in labels):
        return None
    return json.dumps(
        {
            "groundTruthData": {"data": _csv(labels), "encoding": "CSV"},
            "eventMetadata": {"eventId": inference_id},
            "eventVersion": "0",
        },
        ensure_ascii=False,
    )


def label_key(endpoint: str, at: datetime) -> str:
    """The S3 key of a new label file, collected at this time (UTC)."""
    name = f"{at:%M-%S}-{at.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
    return f"labels/{endpoint}/{at:%Y/%m/%d/%H}/{name}"


def _csv(labels: Sequence[Any]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_cell(label)] for label in labels)
    return text.getvalue().removesuffix("\n")


def _cell(label: Any) -> str:
    """As JSON writes it, and as captured predictions have it: `true`, not `True`."""
    if isinstance(label, bool):
        return "true" if label else "false"
    return "" if label is None else str(label)
