"""What an endpoint tells about its requests: CloudWatch metrics, and data capture in S3."""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import uuid
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws.cloud import Cloud, S3Uri

_FLUSH_SECONDS = 1.0
_VALUES = 150  # values AWS takes in one metric datum
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exchange:
    """One request to an endpoint and what came of it."""

    endpoint: str
    config: str  # the endpoint configuration of the fleet that answered
    variant: str
    request_type: str
    request: bytes
    response_type: str
    response: bytes
    status: int
    latency: float  # seconds the model took
    inference_id: str | None
    custom_attributes: str | None


class Telemetry:
    """Collects, and writes once a second."""

    def __init__(self) -> None:
        """Start the writing thread."""
        self._waiting: deque[tuple[Cloud, dict[str, Any] | None, Exchange]] = deque()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
        self._thread.start()

    def record(self, cloud: Cloud, capture: dict[str, Any] | None, exchange: Exchange) -> None:
        """Note an exchange; `capture` is the endpoint's DataCaptureConfig, if it has one."""
        self._waiting.append((cloud, capture, exchange))

    def close(self) -> None:
        """Write what waits and end."""
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._ended.wait(_FLUSH_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        captured: dict[tuple[str, str], tuple[Cloud, str, list[str]]] = {}
        measured: dict[tuple[str, str, str], tuple[Cloud, list[Exchange]]] = {}
        while self._waiting:
            cloud, capture, exchange = self._waiting.popleft()
            key = (exchange.endpoint, exchange.variant)
            measured.setdefault((*key, exchange.config), (cloud, []))[1].append(exchange)
            if capture is not None and _is_sampled(capture, exchange):
                target = capture["DestinationS3Uri"]
                line = json.dumps(capture_record(capture, exchange))
                captured.setdefault(key, (cloud, target, []))[2].append(line)
        for (endpoint, variant), (cloud, target, lines) in captured.items():
            _guarded(_write_capture, cloud, target, endpoint, variant, lines)
        for (endpoint, variant, config), (cloud, exchanges) in measured.items():
            _guarded(_write_metrics, cloud, endpoint, variant, config, exchanges)


def _guarded(write: Any, *arguments: object) -> None:
    try:
        write(*arguments)
    except (ClientError, BotoCoreError):
        _log.exception("cannot write an endpoint's telemetry")


def _is_sampled(capture: dict[str, Any], exchange: Exchange) -> bool:
    share = capture["InitialSamplingPercentage"]
    return (
        capture.get("EnableCapture", False)
        and exchange.status < 400
        and random.uniform(0, 100) < share  # noqa: S311 - a sample, no secret
    )


def capture_record(capture: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """Return one record in the format of SageMaker's data capture."""
    modes = {each["CaptureMode"] for each in capture["CaptureOptions"]}
    types = capture.get("CaptureContentTypeHeader", {})
    data: dict[str, Any] = {}
    if modes & {"Input", "InputAndOutput"}:
        data["endpointInput"] = _captured("INPUT", exchange.request_type, exchange.request, types)
    if modes & {"Output", "InputAndOutput"}:
        data["endpointOutput"] = _captured(
            "OUTPUT", exchange.response_type, exchange.response, types
        )
    metadata: dict[str, Any] = {
        "eventId": str(uuid.uuid4()),
        "inferenceTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if exchange.inference_id:
        metadata["inferenceId"] = exchange.inference_id
    if exchange.custom_attributes:
        metadata["customAttributes"] = [exchange.custom_attributes]
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _captured(
    mode: str, content_type: str, body: bytes, types: dict[str, list[str]]
) -> dict[str, str]:
    plain = content_type.split(";", maxsplit=1)[0].strip().lower()
    encodings = {
        each.lower(): encoding
        for encoding, member in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes"))
        for each in types.get(member, [])
    }
    encoding = encodings.get(plain, "BASE64")
    text = (
        base64.b64encode(body).decode() if encoding == "BASE64" else body.decode("utf-8", "replace")
    )
    return {
        "observedContentType": content_type,
        "mode": mode,
        "data": text,
        "encoding": encoding,
    }


def _write_capture(
    cloud: Cloud, target: str, endpoint: str, variant: str, lines: list[str]
) -> None:
    now = datetime.now(UTC)
    name = f"{now:%Y/%m/%d/%H/%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
    place = S3Uri.parse(target) / f"{endpoint}/{variant}/{name}"
    body = "".join(f"{line}\n" for line in lines).encode()
    cloud.s3.put_object(
        Bucket=place.bucket, Key=place.key, Body=body, ContentType="application/json"
    )


def _write_metrics(
    cloud: Cloud, endpoint: str, variant: str, config: str, exchanges: list[Exchange]
) -> None:
    values: dict[str, list[float]] = defaultdict(list)
    for each in exchanges:
        values["Invocations"].append(1.0)
        values["Invocation4XXErrors"].append(float(400 <= each.status < 500))
        values["Invocation5XXErrors"].append(float(each.status >= 500))
        values["InvocationModelErrors"].append(float(each.status >= 400))
        values["ModelLatency"].append(each.latency * 1e6)
    dimensions = [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": variant},
    ]
    # With the configuration too, so that an alarm can watch the new fleet alone.
    series = [dimensions, [*dimensions, {"Name": "EndpointConfigName", "Value": config}]]
    for start in range(0, len(exchanges), _VALUES):
        cloud.cloudwatch.put_metric_data(
            Namespace="AWS/SageMaker",
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": each_series,  # type: ignore[typeddict-item]
                    "Values": each[start : start + _VALUES],
                    "Unit": "Microseconds" if name == "ModelLatency" else "Count",
                }
                for name, each in values.items()
                for each_series in series
            ],
        )
