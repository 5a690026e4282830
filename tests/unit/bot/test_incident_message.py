"""The message of an incident: what it shows, escaped and capped."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.incidents.events import Link
from actions.incidents.lines import line
from actions.incidents.responding import acknowledge, resolve, snooze
from bot.blocks.incident import Possible, incident_message, sparkline
from tests.unit.incidents.making import ANA, BEN, NOW, OVER, alert, fired, seen

ALL = Possible(investigate=True, retrain=True, rollback=True)


def words(message):
    return json.dumps(message.blocks, ensure_ascii=False)


def actions(message):
    return [e["action_id"] for b in message.blocks if b["type"] == "actions" for e in b["elements"]]


def test_it_says_what_where_how_bad_and_how_often():
    incident = seen(fired(), alert(value=0.4), alert(value=0.5))
    shown = words(incident_message(incident, ()))
    for expected in (
        "Drift of vehicle_age",
        "claims-frequency v3 in production",
        "severity medium",
    ):
        assert expected in shown
    assert "*0.5* against 0.2" in shown
    assert "seen 3 times" in shown


def test_what_cannot_be_done_here_has_no_button():
    mine = ["acknowledge", "snooze", "snooze_day", "snooze_until", "resolve"]
    assert actions(incident_message(fired(), ())) == mine
    assert actions(incident_message(fired(), (), (), ALL)) == [
        *mine,
        "investigate",
        "retrain",
        "rollback",
    ]


def test_what_is_over_has_no_button_and_no_value():
    over = seen(fired(), OVER)
    assert actions(incident_message(over, (), (), ALL)) == []
    assert "against" not in words(incident_message(over, ()))


def test_a_button_carries_the_incident_as_it_was_seen():
    incident, _ = acknowledge(fired(), ANA, 1, NOW)
    [row] = [b for b in incident_message(incident, ()).blocks if b["type"] == "actions"]
    assert {json.loads(e["value"])["version"] for e in row["elements"]} == {2}
    assert row["elements"][0]["text"]["text"] == "Take over"


def test_a_sources_text_is_neither_a_mention_nor_a_link():
    hostile = "<!channel> *bold* <https://evil.example|here> & `code`"
    incident = fired(title=hostile, description=hostile + "!", model=hostile, environment=hostile)
    incident = replace(incident, project=None)
    shown = words(incident_message(incident, ()))
    assert "<!channel>" not in shown
    assert "<https://evil" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://example.org/|<!here>",
        "https://example.org/ a",
        "file:///etc/passwd",
        "https://example.org/" + "a" * 3000,
    ],
)
def test_only_a_plain_web_address_is_linked(url):
    incident = replace(fired(link=url), links=(Link("MLflow", url),))
    assert url not in incident_message(incident, ()).blocks[-2]["elements"][0]["text"]


@given(
    st.text(max_size=5000),
    st.text(max_size=20000),
    st.text(max_size=500),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_whatever_a_source_says_fits_into_slacks_limits(title, description, model, value):
    incident = replace(fired(title=title, description=description, model=model), project=None)
    incident = seen(incident, alert(title=title, description=description, model=model, value=value))
    message = incident_message(incident, (), (), ALL)
    assert len(message.text) <= 4000
    for block in message.blocks:
        for text in [block.get("text"), *block.get("elements", [])]:
            if isinstance(text, dict) and isinstance(text.get("text"), str):
                assert 1 <= len(text["text"]) <= 3000


@pytest.mark.parametrize(
    ("values", "threshold", "expected"),
    [
        ([], None, ""),
        ([0.3], 0.2, ""),
        ([0.0, 0.0], 0.0, ""),
        ([0.0, 1.0], None, "▁█"),
        ([0.1, 0.2], 1.4, "▂▂"),
        ([-1.0, 1.0], None, "▁█"),
        ([float(i) for i in range(40)], None, None),
    ],
)
def test_values_as_bars(values, threshold, expected):
    found = sparkline(values, threshold)
    assert len(found) <= 16
    if expected is not None:
        assert found == expected


def test_a_line_says_who_did_what():
    taken, events = acknowledge(fired(), ANA, 1, NOW)
    assert line(taken, events).text == "Ana is on it. Reminders and escalation stop."
    over, events = acknowledge(taken, BEN, 2, NOW)
    told = line(over, events)
    assert "Ben takes A17 over from Ana" in told.text
    assert told.mentions == (ANA.id,)
    quiet, events = snooze(over, BEN, NOW + timedelta(hours=2), 3, NOW)
    assert line(quiet, events).text == "Ben snoozed A17 until 2026-11-16 14:00 UTC."
    _, events = resolve(quiet, ANA, 4, NOW, "the feed is back")
    assert line(quiet, events).text == "Ana resolved A17: the feed is back"


def test_a_reminder_says_since_when_and_how_often():
    assert line(fired(), ()).text == (
        "A17 still needs somebody: firing since 2026-11-16 12:00 UTC, 1 alert."
    )
