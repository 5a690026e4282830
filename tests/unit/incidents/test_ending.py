"""What is over because nothing serves any more."""

from __future__ import annotations

import pytest

from actions.incidents.ending import withdraw
from actions.incidents.incident import State, replay
from actions.incidents.lines import line
from actions.incidents.observing import observe
from actions.incidents.responding import acknowledge, resolve, snooze
from bot.blocks.incident import standing
from tests.unit.incidents.making import ANA, DEFAULTS, NOW, after, alert, fired, opening, seen

WHY = "its endpoint was taken down"


@pytest.mark.parametrize(
    "incident",
    [
        fired(),
        acknowledge(fired(), ANA, 1, NOW)[0],
        snooze(fired(), ANA, after(60), 1, NOW)[0],
    ],
)
def test_whoever_is_on_it_it_is_over(incident):
    ended, events = withdraw(incident, WHY, after(5))
    assert (ended.state, ended.resolved_by, ended.reason) == (State.RESOLVED, None, WHY)
    assert ended.version == incident.version + 1
    assert line(ended, events).text == f"{ended.id} is over: {WHY}."
    assert standing(ended) == f"Over: {WHY}"
    assert ended.clause == "is over"


def test_what_is_over_stays_as_it_is():
    over, _ = resolve(fired(), ANA, 1, NOW)
    assert withdraw(over, WHY, after(5)) == (over, ())


def test_what_fires_again_is_the_same_one():
    ended, _ = withdraw(fired(), WHY, after(5))
    assert seen(ended, alert(), at=after(6)).state is State.REOPENED


def test_its_history_makes_it_again():
    incident, begun = observe(None, [alert()], NOW, DEFAULTS, opening())
    ended, events = withdraw(incident, WHY, after(5))
    assert replay([*begun, *events]) == ended
