"""Who talks about a change asks for none: reports, questions, conditions, plans and orders to others.

`border.jsonl` was written blind by five people who had the catalogue alone, and read afterwards.
"""

from pathlib import Path

import pytest

from actions.catalog import COMMANDS
from actions.spec import Risk
from bot.cli.measuring import Pair, load, outside, rate, results, same_command, wrong_change
from tests.nlu.near import plain, training

BORDER = Path(__file__).parent / "border.jsonl"
ORDERS_RIGHT = 0.97
CHANGES_TAKEN = 0.045
DONE_AT_ONCE = 0.02
MIN_WORDS = 5


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return results(load(BORDER))


def test_orders_are_understood(pairs: list[Pair]) -> None:
    orders = [pair for pair in pairs if pair[0]["command"] is not None]
    assert len(orders) >= 440
    misses = [pair for pair in orders if not same_command(pair)]
    assert rate(orders, same_command) >= ORDERS_RIGHT, misses


def test_talk_proposes_hardly_a_change(pairs: list[Pair]) -> None:
    talk = outside(pairs)
    assert len(talk) >= 1040
    assert rate(talk, wrong_change) <= CHANGES_TAKEN, list(filter(wrong_change, talk))


def test_talk_does_nothing_at_once(pairs: list[Pair]) -> None:
    def done(pair: Pair) -> bool:
        command = COMMANDS.get(pair[1]["command"])
        return command is not None and command.risk is Risk.DIRECT

    talk = outside(pairs)
    assert rate(talk, done) <= DONE_AT_ONCE, list(filter(done, talk))


def test_none_is_in_the_training_data() -> None:
    learned = {plain(text) for text in training()}
    texts = [plain(each["text"]) for each in load(BORDER)]
    assert not [text for text in texts if len(text.split()) >= MIN_WORDS and text in learned]
