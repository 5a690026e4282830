"""Which sources are on: never one without a secret."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.alerts.fetching import HttpsFetch
from bot.alerts.sources import SWITCHES, sources
from bot.settings import Settings

SECRET = "correct-horse-battery-staple"
_NEEDED = {
    "DATABASE_URL": "postgresql://",
    "SLACK_BOT_TOKEN": "x",
    "COOPER_SIGNING_KEY_FILE": "x",
    "NLU_URL": "x",
    "NLU_TOKEN": "x",
    "AIRFLOW_URL": "x",
    "AIRFLOW_USERNAME": "x",
    "AIRFLOW_PASSWORD": "x",
    "MLFLOW_TRACKING_URI": "x",
}


@pytest.fixture
def settings(monkeypatch):
    def made(**variables):
        for name, value in (_NEEDED | variables).items():
            monkeypatch.setenv(name, value)
        return Settings(_env_file=None)

    return made


def on(settings):
    return set(sources(settings, HttpsFetch(), lambda: datetime.now(UTC)))


def test_all_are_off_without_secrets(settings):
    assert on(settings()) == set()


def test_an_empty_secret_is_none(settings):
    assert on(settings(COOPER_ALERTS_APORIA_SECRET="", COOPER_ALERTS_CLOUDWATCH_TOPICS="")) == set()


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_each_is_switched_on_by_its_own_variable_alone(settings, name):
    value = "arn:aws:sns:us-west-2:123456789012:MyTopic" if name == "cloudwatch" else SECRET
    assert on(settings(**{SWITCHES[name]: value})) == {name}


def test_every_switch_is_documented():
    text = Path("docs/contracts.md").read_text(encoding="utf-8")
    for name, switch in SWITCHES.items():
        assert f"| `{name}` |" in text
        assert f"`{switch}`" in text


def test_a_secret_that_can_be_guessed_is_refused(settings):
    with pytest.raises(ValidationError, match="COOPER_ALERTS_MONITOR_SECRET"):
        settings(COOPER_ALERTS_MONITOR_SECRET="short")


def test_topics_stand_with_commas_between(settings):
    first, second = "arn:aws:sns:us-west-2:1:a", "arn:aws-cn:sns:cn-north-1:1:b"
    made = settings(COOPER_ALERTS_CLOUDWATCH_TOPICS=f"{first}, {second}")
    assert made.alerts_cloudwatch_topics == (first, second)


def test_what_is_no_topic_is_refused(settings):
    with pytest.raises(ValidationError, match="COOPER_ALERTS_CLOUDWATCH_TOPICS"):
        settings(COOPER_ALERTS_CLOUDWATCH_TOPICS="my-topic")


def test_a_secret_is_not_drawn(settings):
    assert SECRET not in repr(settings(COOPER_ALERTS_APORIA_SECRET=SECRET))
