"""What each source sends: its documentation's own examples, or a delivery recorded in public."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from bot.alerts.alertmanager import Alertmanager
from bot.alerts.aporia import Aporia
from bot.alerts.coralogix import Coralogix
from bot.alerts.credentials import bearer, bearer_or_basic, in_header
from bot.alerts.model_monitor import ModelMonitor
from bot.alerts.monitor import Monitor
from bot.alerts.source import Incoming, Source

SECRET = "correct-horse-battery-staple"
_BEARER = {"Authorization": f"Bearer {SECRET}"}
HIDDEN = SecretStr(SECRET)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

# The keys of docs.aporia.com/integrations/webhook; values as its own monitors and pages show them.
APORIA = {
    "alert_id": "0a2c0f9e-5c1a-4c3c-8a3b-6a35a3a4f2b1",
    "monitor_type": "data_drift",
    "monitor_id": "b8f0f9ab-3a0b-4e59-9d0f-0d6a2a4b6a11",
    "monitor_name": "Data Drift - Last 7d",
    "model_id": "fraud-1",
    "model_name": "Fraud detection",
    "severity": "HIGH",
    "environment": "Production",
    "pretty_description": (
        "A drift was detected in <b>age</b>.<br />Segments:<ul><li>country = <b>US</b></li>"
        "<li>country = FR & DE</li></ul>"
    ),
    "dashboard_link": "https://platform.aporia.com/accounts/a/workspaces/w/models/fraud-1/alerts/0a2c",
}

# docs.rs/crate/alertmanager-webhook-types: sample-v4-payload.json, and a second alert that ended.
ALERTMANAGER = {
    "receiver": "sms",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "ProbeFailure",
                "instance": "https://server.example.org",
                "job": "http_checks",
                "monitor": "master",
                "severity": "critical",
            },
            "annotations": {
                "description": "Instance https://server.example.org has been down for over 5m.",
                "summary": "BlackBox Probe Failure: https://server.example.org",
            },
            "startsAt": "2023-02-06T13:08:45.828Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=probe_success",
            "fingerprint": "1a30ba71cca2921f",
        },
        {
            "status": "resolved",
            "labels": {
                "alertname": "DataDrift",
                "model": "claims-frequency",
                "environment": "production",
                "version": "3",
            },
            "annotations": {"value": "0.31", "threshold": "0.2"},
            "startsAt": "2018-08-03T09:52:26.739266876+02:00",
            "endsAt": "2018-08-03T10:52:26.739266876+02:00",
            "generatorURL": "",
            "fingerprint": "c6eadffa33fcdf37",
        },
    ],
    "groupLabels": {"alertname": "ProbeFailure"},
    "commonLabels": {"alertname": "ProbeFailure"},
    "commonAnnotations": {},
    "externalURL": "http://prometheus.example.org:9093",
    "version": "4",
    "groupKey": '{}/{severity="critical"}:{alertname="ProbeFailure"}',
    "truncatedAlerts": 0,
}

# The proposed body of coralogix.com's generic outbound webhook, its placeholders filled in but two.
CORALOGIX = {
    "alert_id": "7d1e1b63-7a39-4a3e-a4a4-3f4f5b6b0a5f",
    "name": "Latency of the model server",
    "description": "p99 is above 800 ms",
    "threshold": "800",
    "timewindow": "10",
    "group_by_labels": "$ALERT_GROUPBY_LABELS",
    "alert_action": "TRIGGERED",
    "alert_url": "https://team.coralogix.com/#/alerts/7d1e1b63",
    "log_url": "$LOG_URL",
    "icon_url": "https://coralogix.com/icon.png",
    "service": "",
    "duration": "",
    "errors": "",
    "spans": "",
    "fields": [
        {"key": "team", "value": "ml"},
        {"key": "application", "value": "production"},
        {"key": "subsystem", "value": "claims-frequency"},
        {"key": "severity", "value": "Critical"},
        {"key": "priority", "value": "P2"},
        {"key": "timestampISO", "value": "2026-01-01T00:00:00.000Z"},
        {"key": "text", "value": {"latency": 0.9}},
        {"key": "query", "value": 17},
    ],
}

# The schema of docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html, and
# of the pages on bias and attribution drift; descriptions as the containers write them.
MODEL_MONITOR = {
    "version": "1.0",
    "violations": [
        {
            "feature_name": "age",
            "constraint_check_type": "baseline_drift_check",
            "description": "Baseline drift distance: 0.31 exceeds threshold: 0.1",
        },
        {
            "facet": "Age",
            "facet_value": "40",
            "metric_name": "CI",
            "constraint_check_type": "bias_drift_check",
            "description": "Value 0.0751544567666083 does not meet the constraint requirement",
        },
        {
            "label": "label0",
            "metric_name": "shap",
            "constraint_check_type": "feature_attribution_drift_check",
            "description": "Feature attribution drift 0.7639720923277322 exceeds threshold 0.9",
        },
    ],
}

MONITOR = {
    "delivery": "monitor_models/2026-01-01T00:00:00+00:00/claims-frequency",
    "findings": [
        {
            "project": "claims-frequency",
            "version": "3",
            "environment": "production",
            "monitor": "drift",
            "check": "psi",
            "column": "age",
            "slice": None,
            "value": 0.31,
            "threshold": 0.2,
            "severity": "high",
            "status": "firing",
            "detail": "PSI of age is 0.31, above 0.2.",
            "link": "https://mlflow.example.org/#/runs/1",
            "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"},
        },
        {
            "project": "claims-frequency",
            "environment": "production",
            "monitor": "activity",
            "check": "activity",
            "severity": "medium",
            "status": "resolved",
        },
    ],
}

# Recorded: github.com, an SNS notification of a CloudWatch alarm from us-west-2.
ALARM = {
    "AlarmName": "claims-5xx",
    "AlarmDescription": None,
    "AWSAccountId": "123456789012",
    "AlarmConfigurationUpdatedTimestamp": "2025-02-02T11:48:52.788+0000",
    "NewStateValue": "ALARM",
    "NewStateReason": (
        "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (02/02/25 12:05:00)] was greater "
        "than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    ),
    "StateChangeTime": "2025-02-02T12:06:35.472+0000",
    "Region": "US West (Oregon)",
    "AlarmArn": "arn:aws:cloudwatch:us-west-2:123456789012:alarm:claims-5xx",
    "OldStateValue": "INSUFFICIENT_DATA",
    "OKActions": [],
    "AlarmActions": ["arn:aws:sns:us-west-2:123456789012:MyTopic"],
    "InsufficientDataActions": [],
    "Trigger": {
        "MetricName": "Invocation5XXErrors",
        "Namespace": "AWS/SageMaker",
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": None,
        "Dimensions": [
            {"value": "demo-claims-frequency-production", "name": "EndpointName"},
            {"value": "AllTraffic", "name": "VariantName"},
        ],
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
    },
}


@dataclass(frozen=True)
class Example:
    """A source, and a delivery that it takes."""

    source: Source
    body: Any
    alerts: int
    headers: Mapping[str, str] = field(default_factory=lambda: dict(_BEARER))
    query: Mapping[str, str] = field(default_factory=dict)

    def incoming(self, body: Any = None) -> Incoming:
        sent = self.body if body is None else body
        raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        return Incoming(self.headers, self.query, raw)

    def with_headers(self, headers: Mapping[str, str]) -> Example:
        return replace(self, headers=headers)


EXAMPLES = {
    "aporia": Example(
        Aporia(in_header("X-Cooper-Secret", HIDDEN)), APORIA, 1, {"X-Cooper-Secret": SECRET}
    ),
    "alertmanager": Example(Alertmanager(bearer_or_basic(HIDDEN, "cooper")), ALERTMANAGER, 2),
    "coralogix": Example(Coralogix(bearer(HIDDEN)), CORALOGIX, 1),
    "model_monitor": Example(
        ModelMonitor(bearer(HIDDEN)),
        MODEL_MONITOR,
        3,
        query={"endpoint": "demo-claims-production", "schedule": "hourly"},
    ),
    "monitor": Example(Monitor(bearer(HIDDEN)), MONITOR, 2),
}
"""By the source's name; CloudWatch's are signed, see `sns.py`."""
