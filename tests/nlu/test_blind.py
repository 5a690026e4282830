"""Held-out sentences through `cooper parse`'s offline path; the gates are what we promise."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz import fuzz, process

from actions.catalog import COMMANDS
from actions.rasa.reading import contract, read
from actions.spec import Risk
from bot.cli.rasa_model import ROOT, parse_offline
from bot.generate.language import sentences

FILE = Path(__file__).parent / "sentences.jsonl"
COMMAND_ACCURACY = 0.95
PARAMS_EXACT = 0.90
OUTSIDE_TAKEN = 0.06
WRONG_CHANGES = 0.01


def load() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def results() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    wanted = load()
    texts = [each["text"] for each in wanted]
    parses = parse_offline(texts)
    return [
        (each, contract(read(parse), text))
        for each, parse, text in zip(wanted, parses, texts, strict=True)
    ]


Results = list[tuple[dict[str, Any], dict[str, Any]]]


def missed(results: Results, key: str) -> str:
    return "\n".join(
        f"{want['text']!r}: wanted {want[key]}, got {found[key]} ({found['confidence']})"
        for want, found in results
        if want[key] != found[key]
    )


def test_the_set_is_large_and_varied() -> None:
    wanted = load()
    by_command: dict[str | None, int] = defaultdict(int)
    for each in wanted:
        by_command[each["command"]] += 1
    assert len(wanted) >= 150
    assert all(by_command[name] >= 9 for name in COMMANDS)
    assert by_command[None] >= 40
    assert {"plain", "typo", "terse", "slang", "markup", "long", "number words", "injection"} <= {
        each["tag"] for each in wanted
    }


def test_commands(results: Results) -> None:
    right = sum(want["command"] == found["command"] for want, found in results)
    assert right / len(results) >= COMMAND_ACCURACY, missed(results, "command")


def test_params(results: Results) -> None:
    inside = [(want, found) for want, found in results if want["command"] is not None]
    right = sum(
        want["command"] == found["command"] and want["params"] == found["params"]
        for want, found in inside
    )
    assert right / len(inside) >= PARAMS_EXACT, missed(inside, "params")


def test_what_is_out_of_scope_is_not_acted_on(results: Results) -> None:
    outside = [(want, found) for want, found in results if want["command"] is None]
    taken = sum(found["command"] in COMMANDS for _, found in outside)
    assert taken / len(outside) <= OUTSIDE_TAKEN, missed(outside, "command")


def test_changes_are_not_proposed_wrongly(results: Results) -> None:
    changes = {name for name, command in COMMANDS.items() if command.risk is not Risk.READ}
    wrong = [
        (want, found)
        for want, found in results
        if found["command"] in changes and found["command"] != want["command"]
    ]
    assert len(wrong) / len(results) <= WRONG_CHANGES, missed(wrong, "command")


def test_confidence_is_a_probability(results: Results) -> None:
    assert all(0.0 <= found["confidence"] <= 1.0 for _, found in results)


def plain(sentence: str) -> str:
    return re.sub(r"\[([^\]]+)\]\(\w+\)", r"\1", sentence).lower().strip(" .?!")


def test_no_long_sentence_is_in_the_training_data() -> None:
    training = {plain(text) for texts in sentences().values() for text in texts}
    for file in (ROOT / "nlu" / "data" / "handwritten").glob("*.yml"):
        training |= {
            plain(line.strip().removeprefix("- "))
            for line in file.read_text(encoding="utf-8").splitlines()
        }
    candidates = [each["text"].lower().strip(" .?!") for each in load()]
    long = [text for text in candidates if len(text.split()) >= 7]
    assert long
    for text in long:
        near = process.extractOne(text, training, scorer=fuzz.ratio, score_cutoff=97)
        assert near is None, (text, near)
