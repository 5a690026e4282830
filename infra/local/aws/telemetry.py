"""What an endpoint tells about its requests in CloudWatch."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws.cloud import Cloud
from infra.local.aws.exchange import Exchange

_FLUSH_SECONDS = 1.0
_VALUES = 150  # values AWS takes in one metric datum
_log = logging.getLogger(__name__)


class Telemetry:
    """Collects, and writes once a second."""

    def __init__(self) -> None:
        """Start the writing thread."""
        self._waiting: deque[tuple[Cloud, Exchange]] = deque()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
        self._thread.start()

    def record(self, cloud: Cloud, exchange: Exchange) -> None:
        """Note an exchange."""
        self._waiting.append((cloud, exchange))

    def close(self) -> None:
        """Write what waits and end."""
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._ended.wait(_FLUSH_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        measured: dict[tuple[str, str, str], tuple[Cloud, list[Exchange]]] = {}
        while self._waiting:
            cloud, exchange = self._waiting.popleft()
            key = (exchange.endpoint, exchange.variant, exchange.config)
            measured.setdefault(key, (cloud, []))[1].append(exchange)
        for (endpoint, variant, config), (cloud, exchanges) in measured.items():
            try:
                _write_metrics(cloud, endpoint, variant, config, exchanges)
            except (ClientError, BotoCoreError):
                _log.exception("cannot write the metrics of the endpoint %s", endpoint)


def _write_metrics(
    cloud: Cloud, endpoint: str, variant: str, config: str, exchanges: list[Exchange]
) -> None:
    values: dict[str, list[float]] = defaultdict(list)
    for each in exchanges:
        values["Invocations"].append(1.0)
        values["Invocation4XXErrors"].append(float(400 <= each.status < 500))
        values["Invocation5XXErrors"].append(float(each.status >= 500))
        values["InvocationModelErrors"].append(float(not each.is_answered))
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
