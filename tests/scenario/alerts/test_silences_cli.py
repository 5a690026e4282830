"""`cooper silences` on a real Postgres."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bot.cli import app


@pytest.fixture
def cooper(environment, monkeypatch, tmp_path):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(app, ["silences", *arguments])

    return run


def test_added_listed_and_ended(cooper):
    assert cooper("list").stdout == "Nothing is silenced.\n"
    added = cooper("add", 'project="churn"', "--for", "PT2H", "--reason", "a move", "--by", "ana")
    assert added.exit_code == 0, added.output
    [kept] = json.loads(cooper("list", "--json").stdout)
    assert kept["silence"] == "S1"
    assert kept["matchers"] == ['project="churn"']
    assert 'S1  project="churn"  until' in cooper("list").stdout
    assert cooper("end", "s1", "--by", "ben").stdout == "S1 is over.\n"
    assert cooper("list").stdout == "Nothing is silenced.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", 'severity=~".*"', "--for", "PT2H", "--reason", "x"], "asks for something"),
        (["add", "churn", "--for", "PT2H", "--reason", "x"], "churn"),
        (["add", 'project="a"', "--for", "2 hours", "--reason", "x"], "PT"),
        (["add", 'project="a"', "--for", "P900D", "--reason", "x"], "at most a year"),
        (["add", 'project="a"', "--for", "PT2H", "--reason", " "], "needs a reason"),
        (["end", "S9"], "there is no silence S9"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_kept(cooper, arguments, words):
    found = cooper(*arguments)
    assert found.exit_code == 65
    assert words in found.stderr
    assert json.loads(cooper("list", "--json").stdout) == []


def test_without_a_database_it_says_so(cooper, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    found = cooper("list")
    assert found.exit_code == 69
    assert "the database does not answer" in found.stderr
