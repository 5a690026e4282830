"""The same alerts in the shapes of both: 500 fingerprints, drawn at random with a fixed seed."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.alerts.client import request

FINGERPRINTS = 500
SECRET = "a-secret-of-the-benchmark"
_DIFFERENT = 400
"""Different messages that are sent in turn."""


def _alert(number: int, begun: datetime) -> dict[str, Any]:
    return {
        "labels": {
            "alertname": "DataDrift",
            "environment": "production",
            "model": f"model-{number % 50}",
            "monitor": f"drift-{number}",
            "severity": "warning",
            "version": "3",
        },
        "annotations": {
            "summary": f"Drift of column {number} of model-{number % 50}",
            "description": "The PSI of the column is 0.31 over the last hour, above 0.2.",
        },
        "startsAt": begun.isoformat(),
        "endsAt": (begun + timedelta(hours=1)).isoformat(),
        "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=psi",
    }


def _groups(each: int) -> list[list[int]]:
    chance = random.Random(5)
    return [[chance.randrange(FINGERPRINTS) for _ in range(each)] for _ in range(_DIFFERENT)]


def for_cooper(each: int) -> list[bytes]:
    """Alertmanager's webhook, `each` alerts a POST."""
    return _webhooks(_groups(each))


def of_each_fingerprint(fingerprints: int) -> list[bytes]:
    """Alertmanager's webhook, one alert a POST, of each fingerprint in turn."""
    return _webhooks([[number] for number in range(fingerprints)])


def _webhooks(groups: list[list[int]]) -> list[bytes]:
    begun = datetime.now(UTC)
    headers = {"Authorization": f"Bearer {SECRET}"}
    messages = []
    for group in groups:
        alerts = [
            _alert(number, begun) | {"status": "firing", "fingerprint": f"{number:016x}"}
            for number in group
        ]
        body = {"version": "4", "groupKey": "{}", "status": "firing", "alerts": alerts}
        messages.append(request("/alerts/alertmanager", json.dumps(body).encode(), headers))
    return messages


def for_alertmanager(each: int) -> list[bytes]:
    """`POST /api/v2/alerts`, `each` alerts a POST."""
    begun = datetime.now(UTC)
    return [
        request(
            "/api/v2/alerts", json.dumps([_alert(number, begun) for number in group]).encode(), {}
        )
        for group in _groups(each)
    ]
