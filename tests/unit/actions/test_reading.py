"""What a text does not ask for: figures that no parameter took, and what it forbids."""

import re

import pytest

from actions.normalise.patterns import PATTERNS
from actions.rasa.reading import Reading, read


def reading(text: str) -> Reading:
    """What Rasa's pattern extractor finds, as Rasa gives it; the project is a learned entity."""
    entities = [
        {
            "entity": name,
            "start": found.start(),
            "end": found.end(),
            "extractor": "MeantPatternExtractor",
        }
        for name, pattern in PATTERNS.items()
        for found in re.finditer(pattern, text, re.IGNORECASE)
    ]
    start = text.find("claims-2")
    if start >= 0:
        entities.append(
            {"entity": "project", "start": start, "end": start + 8, "confidence_entity": 0.9}
        )
    intent = {"name": "train_model", "confidence": 0.97}
    return read({"text": text, "intent": intent, "intent_ranking": [intent], "entities": entities})


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("train fraud on -2 gpus", ("-2 gpus",)),
        ("train fraud with 3.5 gpus", ("3.5 gpus",)),
        ("train fraud on 1,000 gpus", ("1,000 gpus",)),
        ("train fraud for 99999 days", ("99999 days",)),
        ("train fraud with 12 foos", ("12 foos",)),
    ],
)
def test_what_was_not_read_is_named(text, unread):
    assert reading(text).unread() == unread


@pytest.mark.parametrize(
    "text",
    [
        "train fraud",
        "train claims-2 on 2 gpus for 4 hours",
        "train fraud on 4x g5.2xlarge with lr=0.01 and max depth 8",
        "train fraud with data from 2026-10-01 on spot for 90 min",
    ],
)
def test_what_was_read_is_not_named(text):
    assert reading(text).unread() == ()


@pytest.mark.parametrize(
    "text",
    [
        "do not train fraud",
        "please don't train fraud",
        "Don’t train fraud on 2 gpus",
        "never train it",
    ],
)
def test_what_is_forbidden_is_not_proposed(text):
    assert reading(text).command is None


@pytest.mark.parametrize("text", ["train fraud, don't use spot", "no, train fraud"])
def test_a_negation_elsewhere_leaves_the_command(text):
    assert reading(text).command == "train_model"
