"""The blind set through the trained model: frozen, without near copies in training, and how well it is read.

The bounds are those that are aimed at, or a little below where one training differs from the next by
more than what is reached above them (docs/adr/0004-language.md).
"""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from actions.catalog import COMMANDS, CONVERSATION
from bot.cli.measuring import Pair, figures, load, misses, outside, results, taken, wrong_change
from infra.clients.nlu import Rasa
from tests.nlu import dialogue
from tests.nlu.near import is_near_copy
from tests.nlu.servers import Running

FOLDER = Path(__file__).parent / "blind"
SENTENCES, DIALOGUES = FOLDER / "sentences.jsonl", FOLDER / "dialogues.jsonl"
FROZEN = {
    SENTENCES: "b83a747f4ff10e87ecef8394ae96a03e86c02d19592d4fe7d375f246459fa9d4",
    DIALOGUES: "01c7e284f4807b8bca93cb899925c5fd476d43863bb6d0cdc19f3bdc658048d6",
}
TAGS = {
    *("plain", "typo", "slang", "markup", "terse", "long", "number words", "negation"),
    *("out of scope", "injection"),
}
COMMANDS_RIGHT = 0.97
PARAMS_RIGHT = 0.945
OUTSIDE_TAKEN = 0.024
WRONG_CHANGES = 0.005


@pytest.fixture(scope="module")
def fresh() -> list[Pair]:
    """What is found in the sentences that are in the training data neither as they are nor nearly."""
    wanted = [each for each in load(SENTENCES) if not _learned(each)]
    return results(wanted)


def _learned(each: dict[str, object]) -> bool:
    params = each["params"]
    assert isinstance(params, dict)
    names = [str(value) for value in params.values()]
    return is_near_copy(str(each["text"]), names)


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.stem)
def test_it_is_frozen(path: Path) -> None:
    assert hashlib.sha256(path.read_bytes()).hexdigest() == FROZEN[path]


def test_it_is_large_and_varied() -> None:
    wanted = load(SENTENCES)
    count = Counter(each["command"] for each in wanted)
    assert all(count[name] >= 20 for name in COMMANDS)
    assert all(count[name] >= 10 for name in CONVERSATION)
    assert count[None] >= 200
    assert {each["tag"] for each in wanted} == TAGS


def test_what_is_measured_is_no_copy_of_what_was_learned(fresh: list[Pair]) -> None:
    assert len(fresh) >= 1200
    assert {str(want["tag"]) for want, _ in fresh} == TAGS


def test_commands(fresh: list[Pair]) -> None:
    assert figures(fresh)["commands right"] >= COMMANDS_RIGHT, misses(fresh)


def test_params(fresh: list[Pair]) -> None:
    assert figures(fresh)["with all params"] >= PARAMS_RIGHT


def test_what_is_out_of_scope_is_not_acted_on(fresh: list[Pair]) -> None:
    assert figures(fresh)["outside, taken"] <= OUTSIDE_TAKEN, [
        pair for pair in outside(fresh) if taken(pair)
    ]


def test_changes_are_not_proposed_wrongly(fresh: list[Pair]) -> None:
    assert figures(fresh)["wrong changes"] <= WRONG_CHANGES, [
        pair for pair in fresh if wrong_change(pair)
    ]


def test_confidence_is_a_probability(fresh: list[Pair]) -> None:
    assert all(0.0 <= found["confidence"] <= 1.0 for _, found in fresh)


async def test_dialogues(rasa: Running) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        found = [await dialogue.play(understanding, each) for each in dialogue.load(DIALOGUES)]
    assert len(found) >= 60
    assert found.count(None) == len(found), [why for why in found if why]
