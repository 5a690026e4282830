"""Registered projects are found in a text by their names, whatever the language model thinks."""

from __future__ import annotations

import pytest

from actions.rasa.names import named
from actions.rasa.reading import read

NAMES = ("digit-reader", "digits", "digit recognition", "claims_frequency", "fraud")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("train digit-reader with epochs=8", ("digit-reader",)),
        ("Digit Reader's runs", ("Digit Reader",)),
        ("how does the DIGIT  RECOGNITION do?", ("DIGIT  RECOGNITION",)),
        ("deploy claims-frequency, please", ("claims-frequency",)),
        ("compare fraud v3 and digits v4", ("fraud", "digits")),
        ("fraud@v7", ("fraud",)),
    ],
)
def test_a_name_is_found_however_it_is_joined(text, found):
    assert named(text, NAMES) == found


@pytest.mark.parametrize(
    "text",
    [
        "digits=3",
        "digit-readers",
        "my-digit-reader",
        "fraudulent",
        "fraud-scorer",
        "anti_fraud",
        "",
    ],
)
def test_a_part_of_another_word_is_no_name(text):
    assert named(text, NAMES) == ()


def test_names_are_no_patterns():
    assert named("train a.b and axb", ("a.b", "(", "[a-z]+", "", "-")) == ("a.b",)


def parsed(text, guess):
    start = text.index(guess)
    intent = {"name": "train_model", "confidence": 0.97}
    entity = {
        "entity": "project",
        "start": start,
        "end": start + len(guess),
        "confidence_entity": 0.99,
    }
    return {"text": text, "intent": intent, "intent_ranking": [intent], "entities": [entity]}


def test_what_is_registered_replaces_what_was_guessed():
    parse = parsed("train that lovely digit reader", "lovely")
    assert read(parse).params("train_model") == {"project": "lovely"}
    assert read(parse, ["digit reader"]).params("train_model") == {"project": "digit-reader"}


def test_a_project_that_nobody_registered_is_still_a_guess():
    parse = parsed("train the churner", "churner")
    assert read(parse, ["digits"]).params("train_model") == {"project": "churner"}


def test_two_projects_in_one_sentence_are_asked_about():
    parse = parsed("train fraud and digits", "fraud")
    assert read(parse, ["fraud", "digits"]).params("train_model") == {}
