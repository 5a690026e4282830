"""Data capture: what endpoints are asked and answer, as JSON lines in S3.

Layout, records and encodings are those of
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html; how SageMaker fills its files
it does not say.
"""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import uuid
from dataclasses import dataclass
from typing import Any

from infra.local.aws.cloud import Cloud, S3Uri
from infra.local.aws.exchange import Exchange

Config = dict[str, Any]
"""A DataCaptureConfig."""

_FLUSH_SECONDS = 5.0
_FLUSH_BYTES = 4 * 1024 * 1024
_MOST_BYTES = 128 * 1024 * 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Folder:
    """Where records lie that belong in one file: an hour of a variant."""

    cloud: Cloud
    target: str
    endpoint: str
    variant: str
    hour: str


class DataCapture:
    """Collects, and writes after some seconds or bytes. Nothing of it slows or fails an invocation."""

    def __init__(self) -> None:
        """Start the writing thread."""
        self._lock = threading.Lock()
        self._waiting: list[tuple[Cloud, Config, Exchange]] = []
        self._bytes = 0
        self._failing: set[tuple[str, str]] = set()
        self._due = threading.Event()
        self._is_ended = False
        self._thread = threading.Thread(target=self._run, name="data-capture", daemon=True)
        self._thread.start()

    def record(self, cloud: Cloud, config: Config | None, exchange: Exchange) -> None:
        """Note an exchange, if the endpoint captures and the draw is on it."""
        if config is None or not is_sampled(config, exchange, random.uniform(0, 100)):  # noqa: S311 - no secret
            return
        size = len(exchange.request) + len(exchange.response)
        with self._lock:
            # As SageMaker does with a disk that is nearly full, rather than hold up what is asked.
            is_room = self._bytes + size <= _MOST_BYTES
            if is_room:
                self._waiting.append((cloud, config, exchange))
                self._bytes += size
            is_due = self._bytes >= _FLUSH_BYTES
        if not is_room:
            _log.warning(
                "data capture of %s: a record was left out, as too many wait", exchange.endpoint
            )
        if is_due:
            self._due.set()

    def is_failing(self, endpoint: str, target: str) -> bool:
        """Whether the endpoint's last records could not be written to this DestinationS3Uri."""
        return (endpoint, target) in self._failing

    def forget(self, endpoint: str) -> None:
        """Forget how an endpoint's last writing went, as it is deleted."""
        with self._lock:
            self._failing = {each for each in self._failing if each[0] != endpoint}

    def close(self) -> None:
        """Write what waits and end."""
        self._is_ended = True
        self._due.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._is_ended:
            self._due.wait(_FLUSH_SECONDS)
            self._due.clear()
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            waiting, self._waiting, self._bytes = self._waiting, [], 0
        files: dict[_Folder, list[tuple[Config, Exchange]]] = {}
        for cloud, config, exchange in waiting:
            folder = _Folder(
                cloud,
                config["DestinationS3Uri"],
                exchange.endpoint,
                exchange.variant,
                f"{exchange.at:%Y/%m/%d/%H}",
            )
            files.setdefault(folder, []).append((config, exchange))
        for folder, records in files.items():
            self._write(folder, records)

    def _write(self, folder: _Folder, records: list[tuple[Config, Exchange]]) -> None:
        key = (folder.endpoint, folder.target)
        try:
            _put(folder, records)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next destination gets its own
            with self._lock:
                self._failing.add(key)
            _log.warning(
                "data capture of %s: %d records are lost, as %s cannot be written: %s",
                folder.endpoint,
                len(records),
                folder.target,
                error,
            )
        else:
            with self._lock:
                self._failing.discard(key)


def is_enabled(config: Config) -> bool:
    """Whether a DataCaptureConfig captures; AWS's default is that it does."""
    return bool(config.get("EnableCapture", True))


def is_sampled(config: Config, exchange: Exchange, draw: float) -> bool:
    """Whether an exchange is captured; `draw` is uniform from 0 to 100. Errors never are."""
    return (
        is_enabled(config) and exchange.is_answered and draw < config["InitialSamplingPercentage"]
    )


def record(config: Config, exchange: Exchange) -> dict[str, Any]:
    """The record of one exchange."""
    modes = {each["CaptureMode"] for each in config["CaptureOptions"]}
    encodings = _encodings(config.get("CaptureContentTypeHeader", {}))
    data: dict[str, Any] = {}
    if modes & {"Input", "InputAndOutput"}:
        data["endpointInput"] = _captured(
            "INPUT", exchange.request_type, exchange.request, encodings
        )
    if modes & {"Output", "InputAndOutput"}:
        data["endpointOutput"] = _captured(
            "OUTPUT", exchange.response_type, exchange.response, encodings
        )
    metadata: dict[str, Any] = {"eventId": str(uuid.uuid4())}
    if exchange.custom_attributes:
        metadata["customAttributes"] = [exchange.custom_attributes]
    if exchange.inference_id:
        metadata["inferenceId"] = exchange.inference_id
    metadata["inferenceTime"] = f"{exchange.at:%Y-%m-%dT%H:%M:%SZ}"
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _encodings(types: dict[str, list[str]]) -> dict[str, str]:
    """The encoding of each content type that is kept as text."""
    members = (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes"))
    return {each.lower(): name for name, member in members for each in types.get(member, [])}


def _captured(
    mode: str, content_type: str, body: bytes, encodings: dict[str, str]
) -> dict[str, str]:
    plain = content_type.split(";", maxsplit=1)[0].strip().lower()
    encoding = encodings.get(plain, "BASE64")
    try:
        data = body.decode() if encoding != "BASE64" else base64.b64encode(body).decode()
    except UnicodeDecodeError:
        # As text it would lose what it holds.
        encoding, data = "BASE64", base64.b64encode(body).decode()
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}


def _put(folder: _Folder, records: list[tuple[Config, Exchange]]) -> None:
    first = records[0][1]
    name = f"{first.at:%M-%S}-{first.at.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
    place = S3Uri.parse(folder.target) / f"{folder.endpoint}/{folder.variant}/{folder.hour}/{name}"
    lines = [json.dumps(record(config, exchange)) for config, exchange in records]
    folder.cloud.s3.put_object(
        Bucket=place.bucket,
        Key=place.key,
        Body="".join(f"{line}\n" for line in lines).encode(),
        ContentType="application/json",
    )
