"""Several hyperparameters in a line, whatever they are called: understood, and plainly so."""

from random import Random

import pytest

from actions.catalog import COMMANDS
from actions.rasa.reading import contract, read
from bot.cli.rasa_model import parse_offline

SURE = 0.9
"""Far above the threshold of 0.5, so that no other training of the same data falls below it."""
PARTS = (
    "checkpoint", "every", "processes", "epochs", "alert", "stop", "schedule", "rollback", "cost", "seed",
    "quota", "notebook", "approve", "warm", "max", "digest", "list", "deploy", "zx", "drift", "n", "q7",
)  # fmt: skip
"""Words of commands too: what a hyperparameter is called tells nothing of what is wanted.

A command's own inner name is refused anywhere in a text.
"""
SENTENCES = (
    "train digit-reader with {}",
    "train digit-reader with {} on spot",
    "retrain digit-reader {}",
    "train digit-reader on 2 gpus with {}",
    "could you please start a training of digit-reader using {}?",
)


def _assignments(rng: Random) -> dict[str, int]:
    names = ["_".join(rng.sample(PARTS, rng.randint(1, 3))) for _ in range(rng.randint(2, 4))]
    return {name: rng.randint(1, 500) for name in names if name not in COMMANDS}


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, dict[str, int]]]:
    rng = Random(7)
    said = [_assignments(rng) for _ in range(60)]
    texts = [
        SENTENCES[at % len(SENTENCES)].format(
            (" " if at % 2 else ", ").join(f"{key}={value}" for key, value in each.items())
        )
        for at, each in enumerate(said)
    ]
    example = {"processes": 2, "epochs": 8, "checkpoint_every": 5}
    words = "train digit-reader with processes=2 epochs=8 checkpoint_every=5"
    return [*zip(texts, said, strict=True), (words, example), (f"{words} on spot", example)]


def test_they_are_read_with_confidence(cases: list[tuple[str, dict[str, int]]]) -> None:
    parses = parse_offline([text for text, _ in cases])
    found = [contract(read(parse), text) for parse, (text, _) in zip(parses, cases, strict=True)]
    wrong = [
        (each["text"], each["command"], each["params"], each["confidence"])
        for each, (_, wanted) in zip(found, cases, strict=True)
        if each["command"] != "train_model"
        or each["confidence"] < SURE
        or each["params"].get("project") != "digit-reader"
        or each["params"].get("hyperparameters") != wanted
    ]
    assert not wrong
