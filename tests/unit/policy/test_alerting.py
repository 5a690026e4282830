"""`alerting:` of `cooper.yaml`: what may be left out, what is refused, and on which line."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from actions.config import ConfigError
from actions.config_yaml import parse
from actions.incidents.settings import Alerting, outage_mutes_drift
from actions.policy import parse_policy

DEMO = Path(__file__).parents[3] / "cooper.yaml"
NIGHT = {"start": "22:00", "end": "07:00", "timezone": "Europe/Berlin"}
SOMEBODY = ["UANA00001"]


def with_section(section) -> str:
    plain = parse(DEMO.read_text(), DEMO.name).data
    return yaml.safe_dump({**plain, "alerting": section}, sort_keys=False)


def read(section) -> Alerting:
    return parse_policy(with_section(section), {}).file.alerting


def mistakes(section) -> str:
    with pytest.raises(ConfigError) as caught:
        read(section)
    return str(caught.value)


def route(**settings) -> dict:
    return {"routes": [{"matchers": ['severity="high"'], **settings}]}


def test_an_empty_section_is_as_none():
    assert read({}) == Alerting()


def test_the_defaults_are_alertmanagers_and_an_outage_mutes_its_drift():
    defaults = Alerting()
    assert (defaults.group_wait, defaults.group_interval, defaults.repeat_interval) == (
        timedelta(seconds=30),
        timedelta(minutes=5),
        timedelta(hours=4),
    )
    assert defaults.inhibit == outage_mutes_drift()
    assert (defaults.quiet_hours, defaults.escalation, defaults.routes) == (None, (), ())


def test_the_demos_section_says_what_it_shows():
    alerting = parse_policy(DEMO.read_text(), {}).file.alerting
    assert [str(one) for one in alerting.routes[0].matchers] == [
        'severity="high"',
        'environment="production"',
    ]
    assert [step.people for step in alerting.routes[0].escalation] == [
        ("UANA00001",),
        ("UBEN00001",),
    ]
    assert alerting.inhibit == outage_mutes_drift()
    assert alerting.quiet_hours.unless_severity == "medium"


def test_no_inhibition_at_all_can_be_said():
    assert read({"inhibit": []}).inhibit == ()


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"group_wiat": "PT1S"}, "alerting.group_wiat: unknown key; did you mean 'group_wait'?"),
        ({"group_wait": 30}, "alerting.group_wait: should be an ISO 8601 duration"),
        ({"group_wait": "30s"}, "'30s' is no ISO 8601 duration"),
        ({"group_wait": "PT0S"}, "longer than nothing"),
        ({"group_by": ["se verity"]}, "'se verity' is no name of a label"),
        ({"group_by": "severity"}, "alerting.group_by: should be a list"),
        ({"flap": {"changes": 1}}, "at least 2"),
        ({"flap": {"changes": 21}}, "at most 20"),
        ({"flap": {"changes": 2.5}}, "alerting.flap.changes: should be a whole number"),
        (route(matchers=[]), "should hold 1 to 20 matchers, holds 0"),
        (route(matchers=["severity"]), "'severity' is no matcher; write one such as severity="),
        (route(matchers=[7]), "should be a matcher such as severity="),
        (route(matchers=["severity=hihg"]), "'hihg' is no severity; write low, medium or high"),
        (route(matchers=['model=~"("']), "'(' is no regular expression that can be used: missing )"),
        (route(matchers=['model=~"(a)\\1"']), "no regular expression that can be used"),
        (route(matchers=[f'model="{"x" * 501}"']), "has 501 characters; at most 500 are allowed"),
        (route(channel="oncall"), "a channel"),
        (route(colour="red"), "alerting.routes[0].colour: unknown key"),
        (route(escalation=[{"after": "PT5M"}]), "reaches nobody"),
        ({"escalation": [{"after": "PT5M"}]}, "alerting.escalation[0]: reaches nobody"),
        ({"escalation": [{"people": SOMEBODY}]}, "alerting.escalation[0].after: is missing"),
        ({"escalation": [{"after": "PT5M", "people": ["ana"]}]}, "a Slack member ID"),
        ({"escalation": [{"after": "PT5M", "people": SOMEBODY}, {"after": "PT5M", "people": SOMEBODY}]}, "the step after PT5M should come later than the one before it, after PT5M"),
        ({"inhibit": [{"source": ["a=b"]}]}, "alerting.inhibit[0].target: is missing"),
        ({"inhibit": [{"source": ["a=b"], "target": []}]}, "should hold 1 to 20 matchers, holds 0"),
        ({"inhibit": [{"source": ["a=b"], "target": ["a=c"], "equal": ["ä"]}]}, "is no name of a label"),
        ({"quiet_hours": {**NIGHT, "start": "22"}}, "a time of day"),
        ({"quiet_hours": {**NIGHT, "end": "22:00"}}, "start and end are the same"),
        ({"quiet_hours": {**NIGHT, "timezone": "Berlin"}}, "no time zone"),
        ({"quiet_hours": {**NIGHT, "timezone": "../../etc/passwd"}}, "no time zone"),
        ({"quiet_hours": {**NIGHT, "unless_severity": "highest"}}, "not one of the allowed values"),
        ({"group_interval": "PT8H"}, "alerting.group_interval: repeat_interval PT4H is shorter than group_interval PT8H"),
        ({"repeat_interval": "PT1M"}, "alerting.repeat_interval: repeat_interval PT1M is shorter than group_interval PT5M"),
        (route(repeat_interval="PT1M"), "alerting.routes[0].repeat_interval: repeat_interval PT1M"),
        ({"group_interval": "PT1H", **route(repeat_interval="PT30M")}, "alerting.routes[0].repeat_interval: repeat_interval PT30M is shorter than group_interval PT1H"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_would_be_right(section, expected):
    assert expected in mistakes(section)


def test_a_route_is_not_blamed_for_what_stands_outside_of_it():
    found = mistakes({"repeat_interval": "PT1M", **route(channel="#x")})
    assert "alerting.repeat_interval" in found
    assert "alerting.routes[0]" not in found


@pytest.mark.parametrize("written", [route(repeat_interval="PT10M", group_interval="PT1M"), {}])
def test_reminders_as_often_as_news_or_rarer_are_right(written):
    assert read({"repeat_interval": "PT5M", **written})


def test_each_mistake_of_the_section_is_on_its_own_line():
    text = DEMO.read_text()
    for right, wrong in (
        ("group_wait: PT30S", "group_wait: 30"),
        ('severity="high", environment', 'severity="hihg", environment'),
        ("target: ['monitor_type=~\".*drift\"']", "target: ['monitor_type=~\"*drift\"']"),
        ("timezone: Europe/Berlin\n    unless", "timezone: Berlin\n    unless"),
    ):
        assert right in text
        text = text.replace(right, wrong, 1)
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, {})
    lines = text.splitlines()
    found = [(lines[one.line - 1].strip(), one.path) for one in caught.value.problems]
    assert [path for _, path in found] == [
        "alerting.group_wait",
        "alerting.routes[0].matchers[0]",
        "alerting.inhibit[0].target[0]",
        "alerting.quiet_hours.timezone",
    ]
    assert all(path.rpartition(".")[2].partition("[")[0] in line for line, path in found)


@pytest.mark.parametrize(
    "key", ["routes", "inhibit", "escalation", "flap", "quiet_hours", "group_by"]
)
@pytest.mark.parametrize("junk", [7, "x", [1], {"a": 1}, [[["x"]]], [{"matchers": {"a": None}}]])
def test_junk_anywhere_is_a_mistake_and_never_a_crash(key, junk):
    if (key, junk) == ("group_by", "x"):
        junk = 1.5
    assert f"alerting.{key}" in mistakes({key: junk})


def test_the_digest_follows_the_matchers():
    one = parse_policy(with_section(route(channel="#a")), {})
    other = parse_policy(
        with_section({"routes": [{"matchers": ['severity!="high"'], "channel": "#a"}]}), {}
    )
    assert one.digest != other.digest
    assert one.digest == parse_policy(with_section(route(channel="#a")), {}).digest
