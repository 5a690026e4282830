"""What each source's own example becomes, and which field is named where a payload is wrong."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from actions.incidents.alert import AlertStatus
from bot.alerts.cloudwatch import CloudWatch
from bot.alerts.source import Incoming, PayloadError, UnauthenticatedError
from tests.unit.alerts.examples import ALARM, EXAMPLES, NOW
from tests.unit.alerts.sns import TOPIC, notification

FIRING, RESOLVED = AlertStatus.FIRING, AlertStatus.RESOLVED


def alerts(name, body=None):
    example = EXAMPLES[name]
    return example.source.parse(example.incoming(body)).alerts


def changed(name, path, value):
    """The example with one value replaced, or removed where it is `...`."""
    body = copy.deepcopy(EXAMPLES[name].body)
    *parents, last = path
    at = body
    for part in parents:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return body


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_documented_example_is_taken(name):
    example = EXAMPLES[name]
    await example.source.authenticate(example.incoming())
    found = example.source.parse(example.incoming()).alerts
    assert len(found) == example.alerts
    assert {alert.source for alert in found} == {name}
    assert len({alert.fingerprint for alert in found}) == example.alerts


@pytest.mark.parametrize("name", EXAMPLES)
async def test_without_the_secret_it_is_not(name):
    with pytest.raises(UnauthenticatedError):
        await EXAMPLES[name].source.authenticate(EXAMPLES[name].with_headers({}).incoming())


@pytest.mark.parametrize("name", EXAMPLES)
def test_more_than_is_documented_is_left_alone(name):
    body = EXAMPLES[name].body | {"new_in_the_next_version": {"a": [1, None]}}
    assert alerts(name, body) == alerts(name)


def test_an_alert_of_aporia():
    [alert] = alerts("aporia")
    assert (alert.status, alert.severity, alert.monitor_type) == (FIRING, "high", "data_drift")
    assert (alert.model, alert.environment, alert.version) == (
        "Fraud detection",
        "Production",
        None,
    )
    assert alert.title == alert.monitor == "Data Drift - Last 7d"
    assert alert.description == (
        "A drift was detected in *age*.\nSegments:\n• country = *US*\n• country = FR & DE"
    )
    assert (alert.value, alert.threshold, alert.occurred) == (None, None, None)
    assert alert.link is not None
    assert alert.link.startswith("https://platform.aporia.com/")
    assert dict(alert.labels)["model_id"] == "fraud-1"


def test_aporias_next_delivery_of_one_trouble_has_its_fingerprint():
    [first] = alerts("aporia")
    [again] = alerts("aporia", changed("aporia", ["alert_id"], "another"))
    assert again.fingerprint == first.fingerprint
    for key in ("model_id", "monitor_id", "environment"):
        [other] = alerts("aporia", changed("aporia", [key], "another"))
        assert other.fingerprint != first.fingerprint


def test_aporias_unknown_monitor_type_and_severity_pass_through():
    body = changed("aporia", ["monitor_type"], "quantum_drift") | {"severity": "Sévère"}
    [alert] = alerts("aporia", body)
    assert (alert.monitor_type, alert.severity) == ("quantum_drift", "medium")


def test_aporias_ids_may_be_numbers_and_texts_may_be_null():
    nothing = {"environment": None, "pretty_description": None, "dashboard_link": None}
    [alert] = alerts("aporia", changed("aporia", ["model_id"], 17) | nothing | {"severity": None})
    assert dict(alert.labels)["model_id"] == "17"
    assert (alert.environment, alert.description, alert.link) == (None, "", None)


def test_alerts_of_alertmanager():
    firing, resolved = alerts("alertmanager")
    assert (firing.status, firing.severity) == (FIRING, "high")
    assert firing.title == "BlackBox Probe Failure: https://server.example.org"
    assert firing.occurred == datetime(2023, 2, 6, 13, 8, 45, 828000, UTC)
    assert firing.link == "http://prometheus.example.org:9090/graph?g0.expr=probe_success"
    assert dict(firing.labels)["job"] == "http_checks"
    assert (resolved.status, resolved.title) == (RESOLVED, "DataDrift")
    assert (resolved.model, resolved.environment, resolved.version) == (
        "claims-frequency",
        "production",
        "3",
    )
    assert (resolved.value, resolved.threshold, resolved.link) == (0.31, 0.2, None)
    zone = timezone(timedelta(hours=2))
    assert resolved.occurred == datetime(2018, 8, 3, 10, 52, 26, 739266, zone)


def test_a_resolved_alert_of_alertmanager_has_the_fingerprint_of_its_firing():
    [first, _] = alerts("alertmanager")
    [after, _] = alerts(
        "alertmanager", changed("alertmanager", ["alerts", 0, "status"], "resolved")
    )
    assert after.fingerprint == first.fingerprint
    assert after.status is RESOLVED
    assert after.occurred is None  # year 1 is no moment


def test_an_alert_of_coralogix():
    [alert] = alerts("coralogix")
    assert (alert.status, alert.severity, alert.threshold) == (FIRING, "high", 800.0)
    assert (alert.model, alert.environment) == ("claims-frequency", None)
    assert alert.occurred == datetime(2026, 1, 1, tzinfo=UTC)
    assert alert.link == "https://team.coralogix.com/#/alerts/7d1e1b63"
    tags = dict(alert.labels)
    assert tags["text"] == '{"latency": 0.9}'
    assert tags["query"] == "17"
    assert "group_by" not in tags  # a placeholder that was not filled in


@pytest.mark.parametrize(
    ("action", "status"),
    [("TRIGGERED", FIRING), ("trigger", FIRING), ("RESOLVED", RESOLVED), ("resolve", RESOLVED)],
)
def test_coralogix_fires_and_resolves_one_trouble(action, status):
    [alert] = alerts("coralogix", changed("coralogix", ["alert_action"], action))
    assert alert.status is status
    assert alert.fingerprint == alerts("coralogix")[0].fingerprint


def test_coralogix_groups_are_different_troubles():
    [one] = alerts("coralogix", changed("coralogix", ["group_by_labels"], "host: a"))
    [other] = alerts("coralogix", changed("coralogix", ["group_by_labels"], "host: b"))
    assert one.fingerprint != other.fingerprint


def test_violations_of_model_monitor():
    feature, facet, label = alerts("model_monitor")
    assert (feature.title, feature.model) == (
        "baseline_drift_check: age",
        "demo-claims-production",
    )
    assert (feature.monitor, feature.monitor_type) == ("hourly", "baseline_drift_check")
    assert feature.status is FIRING
    assert facet.title == "bias_drift_check: Age 40 CI"
    assert label.title == "feature_attribution_drift_check: label0 shap"
    assert dict(label.labels)["schedule"] == "hourly"


def test_the_same_violation_of_another_endpoint_is_another_trouble():
    source, body = EXAMPLES["model_monitor"].source, EXAMPLES["model_monitor"].incoming().body
    told = [
        source.parse(Incoming({}, query, body)).alerts[0].fingerprint
        for query in ({"endpoint": "a"}, {"endpoint": "b"}, {"endpoint": "a", "schedule": "s"})
    ]
    assert len(set(told)) == 3


@pytest.mark.parametrize("query", [{}, {"endpoint": ""}, {"endpoint": " "}, {"schedule": "hourly"}])
def test_violations_of_nobody_are_refused(query):
    source = EXAMPLES["model_monitor"].source
    with pytest.raises(PayloadError) as refused:
        source.parse(Incoming({}, query, EXAMPLES["model_monitor"].incoming().body))
    assert refused.value.field == "?endpoint"


def test_a_file_without_violations_is_no_alert():
    assert alerts("model_monitor", {"violations": []}) == ()


def test_what_stands_in_the_query_is_storable():
    source, body = EXAMPLES["model_monitor"].source, EXAMPLES["model_monitor"].incoming().body
    [alert, *_] = source.parse(Incoming({}, {"endpoint": "a\0" + "b" * 1000}, body)).alerts
    assert "\0" not in alert.model
    assert len(alert.model) == 200


def test_findings_of_our_monitor():
    drift, activity = alerts("monitor")
    assert (drift.model, drift.version, drift.environment) == (
        "claims-frequency",
        "3",
        "production",
    )
    assert (drift.value, drift.threshold, drift.severity) == (0.31, 0.2, "high")
    assert (drift.title, drift.monitor_type, drift.status) == ("drift: age", "psi", FIRING)
    assert drift.occurred == datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert (activity.title, activity.status, activity.occurred) == ("activity", RESOLVED, None)


def test_drift_under_a_new_version_is_one_trouble():
    after = alerts("monitor", changed("monitor", ["findings", 0, "version"], "4"))
    assert after[0].fingerprint == alerts("monitor")[0].fingerprint
    for part in ("project", "environment", "monitor", "check", "column", "slice"):
        other = alerts("monitor", changed("monitor", ["findings", 0, part], "another"))
        assert other[0].fingerprint != alerts("monitor")[0].fingerprint


def test_only_our_monitor_names_its_delivery():
    for name, example in EXAMPLES.items():
        key = example.source.parse(example.incoming()).key
        assert key == (example.body["delivery"] if name == "monitor" else None)


@pytest.mark.parametrize(
    ("name", "path", "value", "field"),
    [
        ("aporia", ["monitor_id"], ..., "monitor_id"),
        ("aporia", ["model_name"], None, "model_name"),
        ("aporia", ["severity"], ["HIGH"], "severity"),
        ("alertmanager", ["version"], "3", "version"),
        ("alertmanager", ["groupKey"], ..., "groupKey"),
        ("alertmanager", ["alerts"], {}, "alerts"),
        ("alertmanager", ["alerts", 1, "status"], "suppressed", "alerts.1.status"),
        ("alertmanager", ["alerts", 1, "startsAt"], "noon", "alerts.1.startsAt"),
        ("alertmanager", ["alerts", 1, "startsAt"], "2026-01-01T00:00:00", "alerts.1.startsAt"),
        ("alertmanager", ["alerts", 0, "fingerprint"], ..., "alerts.0.fingerprint"),
        ("alertmanager", ["alerts", 0, "labels", "job"], 1, "alerts.0.labels.job"),
        ("coralogix", ["alert_id"], ..., "alert_id"),
        ("coralogix", ["alert_action"], "ACKNOWLEDGED", "alert_action"),
        ("coralogix", ["fields", 2], "x", "fields.2"),
        ("model_monitor", ["violations"], ..., "violations"),
        (
            "model_monitor",
            ["violations", 1, "constraint_check_type"],
            None,
            "violations.1.constraint_check_type",
        ),
        ("monitor", ["findings", 0, "project"], "", "findings.0.project"),
        ("monitor", ["findings", 0, "severity"], "HIGH", "findings.0.severity"),
        ("monitor", ["findings", 1, "status"], ..., "findings.1.status"),
        ("monitor", ["findings", 0, "window", "end"], "later", "findings.0.window.end"),
    ],
)
def test_the_field_that_is_wrong_is_named(name, path, value, field):
    with pytest.raises(PayloadError) as refused:
        alerts(name, changed(name, path, value))
    assert refused.value.field == field
    assert refused.value.expected


@pytest.mark.parametrize("value", ["1e999", "NaN", "-Infinity"])
def test_a_figure_that_nothing_can_hold_is_refused(value):
    body = json.dumps(EXAMPLES["monitor"].body).replace("0.31,", f"{value},", 1).encode()
    with pytest.raises(PayloadError) as refused:
        alerts("monitor", body)
    assert refused.value.field == "findings.0.value"


def of_cloudwatch(**changes):
    source = CloudWatch(frozenset({TOPIC}), fetch=None, now=lambda: NOW)  # parsing fetches nothing
    message = changes.pop("Message", None) or ALARM | changes
    body = notification(Message=message)
    signed = {"SignatureVersion": "2", "Signature": "x", "SigningCertURL": "x"}
    return source.parse(Incoming({}, {}, json.dumps(body | signed).encode()))


def test_an_alarm_of_cloudwatch():
    delivery = of_cloudwatch()
    [alert] = delivery.alerts
    assert delivery.key == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"
    assert (alert.status, alert.title, alert.monitor_type) == (
        FIRING,
        "claims-5xx",
        "Invocation5XXErrors",
    )
    assert (alert.value, alert.threshold) == (2.0, 1.0)
    assert (alert.model, alert.version) == ("demo-claims-frequency-production", "AllTraffic")
    assert alert.occurred == datetime(2025, 2, 2, 12, 6, 35, 472000, UTC)
    assert alert.description.startswith("Threshold Crossed")


def test_an_alarm_that_is_ok_again_resolves_the_same_trouble():
    [after] = of_cloudwatch(NewStateValue="OK").alerts
    assert after.status is RESOLVED
    assert after.fingerprint == of_cloudwatch().alerts[0].fingerprint


def test_too_few_data_say_neither():
    assert of_cloudwatch(NewStateValue="INSUFFICIENT_DATA").alerts == ()


def test_an_alarm_without_a_metric_or_an_arn_is_taken():
    composite = {"AlarmName": "all", "NewStateValue": "ALARM", "AWSAccountId": "1"}
    [alert] = of_cloudwatch(Message=composite).alerts
    assert (alert.model, alert.value, alert.threshold, alert.monitor_type) == (
        "",
        None,
        None,
        "alarm",
    )


@pytest.mark.parametrize(
    ("reason", "value"),
    [
        ("Threshold Crossed: 1 datapoint (11.0) was greater than the threshold (10.0).", 11.0),
        ("Threshold Crossed: 1 datapoint [1.0 (02/02/25 12:05:00)] was greater …", 1.0),
        ("Threshold Crossed: 2 out of the last 2 datapoints [0.68 (a), 0.0 (b)] were …", 0.68),
        ("Threshold Crossed: no datapoints were received for 5 periods …", None),
        ("Unchecked: Initial alarm creation", None),
        ("datapoints [eeee ", None),
    ],
)
def test_the_datapoint_is_read_where_the_reason_tells_it(reason, value):
    assert of_cloudwatch(NewStateReason=reason).alerts[0].value == value


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("hello from a person", "Message"),
        ("{}", "Message.AlarmName"),
        (json.dumps(ALARM | {"NewStateValue": "PANIC"}), "Message.NewStateValue"),
        (json.dumps(ALARM | {"Trigger": {"Threshold": "x"}}), "Message.Trigger.Threshold"),
    ],
)
def test_a_notification_that_is_no_alarm_is_refused(message, field):
    with pytest.raises(PayloadError) as refused:
        of_cloudwatch(Message=message)
    assert refused.value.field == field
