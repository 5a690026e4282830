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


def entity(text, name, words, **facts):
    start = text.index(words)
    return {"entity": name, "start": start, "end": start + len(words), "value": words, **facts}


def parsed(text, guess, *registered, command="train_model", found=()):
    intent = {"name": command, "confidence": 0.97}
    entities = [
        entity(text, "project", guess, confidence_entity=0.99),
        *(entity(text, "registered", name) for name in registered),
        *found,
    ]
    return {"text": text, "intent": intent, "intent_ranking": [intent], "entities": entities}


def test_what_is_registered_replaces_what_was_guessed():
    text = "train that lovely digit reader"
    assert read(parsed(text, "lovely")).params("train_model") == {"project": "lovely"}
    parse = parsed(text, "lovely", "digit reader")
    assert read(parse).params("train_model") == {"project": "digit-reader"}


def test_two_projects_in_one_sentence_are_asked_about():
    parse = parsed("train fraud and digits", "fraud", "fraud", "digits")
    assert read(parse).params("train_model") == {}


def test_a_name_holds_no_value_of_its_own():
    text = "deploy live to staging"
    found = [
        entity(text, "environment", words, extractor="MeantPatternExtractor")
        for words in ("live", "staging")
    ]
    guessed = parsed(text, "live", command="deploy_model", found=found)
    assert read(guessed).params("deploy_model") == {}
    parse = parsed(text, "live", "live", command="deploy_model", found=found)
    assert read(parse).params("deploy_model") == {"project": "live", "environment": "staging"}
