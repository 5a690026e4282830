"""Where an incident goes and at what pace: the first route that matches, over the section."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.incidents.matchers import parse
from actions.incidents.routing import group_key, handling
from actions.incidents.settings import Alerting, EscalationStep, QuietHours, Route
from tests.unit.incidents.making import fired

NIGHT = QuietHours(start="22:00", end="07:00", timezone="UTC")
ALL_DAY_LOUD = NIGHT.model_copy(update={"unless_severity": "low"})
CHAIN = (EscalationStep(after=timedelta(minutes=15), people=("UANA00001",)),)
POLICY = Alerting(
    quiet_hours=NIGHT,
    escalation=CHAIN,
    routes=(
        Route(
            matchers=(parse("severity=high"), parse("environment=production")),
            channel="#ml-oncall",
            group_by=("project",),
            group_wait=timedelta(seconds=5),
            quiet_hours=ALL_DAY_LOUD,
        ),
        Route(matchers=(parse("project=~fraud.*"),), channel="#fraud", group_by=()),
        Route(matchers=(parse("environment=staging"),), escalation=()),
    ),
)


def how(**labels):
    given = {"project": "churn", "environment": "production", "severity": "low", **labels}
    return handling(POLICY, given)


def test_without_a_route_the_section_counts_and_the_project_has_the_channel():
    plain = how()
    assert plain.channel is None
    assert plain.group_by == ("project", "environment", "severity")
    assert plain.group_wait == timedelta(seconds=30)
    assert (plain.quiet_hours, plain.escalation) == (NIGHT, CHAIN)


def test_a_route_says_what_it_says_and_leaves_the_rest():
    severe = how(severity="high")
    assert (severe.channel, severe.group_by) == ("#ml-oncall", ("project",))
    assert severe.group_wait == timedelta(seconds=5)
    assert severe.group_interval == timedelta(minutes=5)
    assert (severe.quiet_hours, severe.escalation) == (ALL_DAY_LOUD, CHAIN)


@pytest.mark.parametrize(
    ("labels", "channel"),
    [
        ({"project": "fraud-eu"}, "#fraud"),
        ({"project": "fraud-eu", "severity": "high"}, "#ml-oncall"),
        ({"project": "fraud-eu", "severity": "high", "environment": "staging"}, "#fraud"),
        ({"environment": "staging"}, None),
        ({"project": ""}, None),
    ],
)
def test_the_first_route_that_matches_counts(labels, channel):
    assert how(**labels).channel == channel


def test_a_route_may_have_no_escalation_and_one_group_for_all():
    assert how(environment="staging").escalation == ()
    assert how(project="fraud").group_by == ()


def test_a_group_is_made_by_its_labels_and_spans_no_two_channels():
    one, other = fired(), fired(number=18, fingerprint="f2", monitor="other")
    plain = handling(Alerting(), one.labels)
    key = group_key(plain, one.labels, "#claims")
    assert key == ("#claims", "claims-frequency", "production", "medium")
    assert group_key(plain, other.labels, "#claims") == key
    assert group_key(plain, other.labels, "#ml") != key
    assert group_key(plain, fired(severity="high").labels, "#claims") != key
    by_team = handling(Alerting(group_by=("team",)), one.labels)
    assert group_key(by_team, one.labels, "#claims") == ("#claims", "")
