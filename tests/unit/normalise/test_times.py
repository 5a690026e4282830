"""Recurrences, periods and durations as people say them, and where in a sentence they stand."""

import re

import pytest

from actions import parameters as p
from actions.normalise import UnreadableError, normalise
from actions.normalise.patterns import PATTERNS

SCHEDULES = {
    "every monday at 6am": "0 6 * * 1",
    "daily at 18:30": "30 18 * * *",
    "weekdays at 9": "0 9 * * 1-5",
    "every working day at 8": "0 8 * * 1-5",
    "at 7 every morning": "0 7 * * *",
    "every evening at 7": "0 19 * * *",
    "every saturday night at 11": "0 23 * * 6",
    "every night at 2": "0 2 * * *",
    "mondays and thursdays at 8:15": "15 8 * * 1,4",
    "mon-fri 9am": "0 9 * * 1-5",
    "on the 1st of every month at 3am": "0 3 1 * *",
    "every month on the first at 5am": "0 5 1 * *",
    "at half past six every day": "30 6 * * *",
    "every sunday at six am": "0 6 * * 0",
    "every day at 6am and 6pm": "0 6,18 * * *",
    "every two hours": "0 */2 * * *",
    "every 15 minutes": "*/15 * * * *",
    "hourly": "0 * * * *",
    "every day at noon": "0 12 * * *",
    "0 6 * * 1": "0 6 * * 1",
}


@pytest.mark.parametrize("text", SCHEDULES)
def test_a_recurrence_is_cron(text: str) -> None:
    assert normalise(p.SCHEDULE, text) == SCHEDULES[text]


@pytest.mark.parametrize("text", SCHEDULES)
def test_a_recurrence_is_found_whole_in_a_sentence(text: str) -> None:
    found = re.search(PATTERNS["schedule"], f"retrain churn {text}, please", re.IGNORECASE)
    assert found
    assert found.group() == text


@pytest.mark.parametrize("text", ["every monday", "daily", "weekly", "on the 1st of every month"])
def test_days_without_a_time_are_half_said(text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        normalise(p.SCHEDULE, text)
    assert caught.value.half_said
    assert "at what time" in caught.value.problem


@pytest.mark.parametrize(
    "text",
    ["every 7 hours", "every 2 days", "every other day at 6", "at 9", "twice a day", "tomorrow",
     "every monday at 25:00", "every day at 13pm", "every friday to monday at 6", "0 6 * * 9",
     "every day at 6:15 and 18:30", "whenever", ""],
)  # fmt: skip
def test_what_is_no_recurrence_is_not_guessed(text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        normalise(p.SCHEDULE, text)
    assert not caught.value.half_said


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("last 7 days", "P7D"), ("past week", "P7D"), ("last week's", "last-week"),
        ("the past month", "P1M"), ("last month", "last-month"), ("previous week", "last-week"),
        ("last two weeks", "P14D"), ("past 24h", "PT24H"), ("last quarter", "P3M"),
        ("past 3 months", "P3M"), ("today's", "today"), ("todays", "today"),
        ("month to date", "this-month"), ("last hour", "PT1H"), ("past fortnight", "P14D"),
    ],
)  # fmt: skip
def test_a_period(text: str, value: str) -> None:
    assert normalise(p.PERIOD, text) == value


@pytest.mark.parametrize("text", ["since the merger", "last", "next week", "week 44"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(UnreadableError):
        normalise(p.PERIOD, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("another hour", "PT1H"), ("one more hour", "PT1H"), ("2 more hours", "PT2H"),
        ("another 3 days", "P3D"), ("20 extra minutes", "PT20M"), ("half a day", "PT12H"),
    ],
)  # fmt: skip
def test_more_of_a_duration_is_a_duration(text: str, value: str) -> None:
    assert normalise(p.DURATION, text) == value


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("alert", "ack A17", ["A17"]),
        ("alert", "snooze the alert two hours", []),
        ("alert", "alert number fifteen", ["alert number fifteen"]),
        ("alert", "ack 19", ["19"]),
        ("channel", "post it to #ml-alerts", ["#ml-alerts"]),
        ("channel", "give me a digest", []),
        ("channel", "dm me the digest", ["me"]),
        ("channel", "in the risk-team channel", ["risk-team"]),
        ("notebook", "stop all my notebooks", ["all my notebooks"]),
        ("trials", "20 trials on 2 gpus", ["20 trials"]),
        ("instance_count", "scale churn to 3", ["3"]),
        ("instance_count", "scale churn to 3 hours", []),
        ("gpu_count", "8 a100s", ["8 a100s"]),
        ("severity", "sev high", ["sev high"]),
        ("dataset", "s3://bucket/key.csv, please", ["s3://bucket/key.csv"]),
    ],
)
def test_where_values_stand(name: str, text: str, found: list[str]) -> None:
    matches = re.finditer(PATTERNS[name], text, re.IGNORECASE)
    assert [match.group() for match in matches] == found


def test_states_of_runs_and_of_incidents_are_different_words() -> None:
    assert normalise(p.INCIDENT_STATE, "acked") == "acknowledged"
    assert normalise(p.STATE, "in progress") == "running"
    for parameter, word in ((p.INCIDENT_STATE, "running"), (p.STATE, "firing")):
        with pytest.raises(UnreadableError):
            normalise(parameter, word)


def test_everything_is_all_notebooks() -> None:
    assert normalise(p.NOTEBOOK, "all my notebooks") == "all"
    assert normalise(p.NOTEBOOK, "everything") == "all"
    assert normalise(p.NOTEBOOK, "Claims-EDA") == "claims-eda"
    with pytest.raises(UnreadableError):
        normalise(p.NOTEBOOK, "it")
