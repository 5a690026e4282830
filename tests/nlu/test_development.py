"""The sentences that the language is tuned on: labelled well, and none of them learned by heart."""

import json
from collections import Counter
from pathlib import Path

from actions.catalog import COMMANDS, CONVERSATION, PARAMETERS
from tests.nlu.near import plain, training

FILES = [Path(__file__).parent / f"development{name}.jsonl" for name in ("", "_names", "_teams")]
"""All that tuning has seen, and sentences written since by others, blind, and read afterwards."""
MIN_WORDS = 5
"""Words from which two people hardly write the same sentence."""
WANTED = [
    json.loads(line) for file in FILES for line in file.read_text(encoding="utf-8").splitlines()
]


def test_every_sentence_is_labelled_in_the_contracts_words() -> None:
    for each in WANTED:
        command = each["command"]
        assert command is None or command in COMMANDS or command in CONVERSATION, each
        assert set(each["params"]) <= set(PARAMETERS), each
        if command in COMMANDS:
            assert set(each["params"]) <= {use.name for use in COMMANDS[command].parameters}, each


def test_every_command_has_twenty_and_what_is_out_of_scope_many() -> None:
    count = Counter(each["command"] for each in WANTED)
    assert all(count[name] >= 20 for name in COMMANDS)
    assert count[None] >= 120
    assert len({each["text"] for each in WANTED}) == len(WANTED) >= 600


def test_none_is_in_the_training_data() -> None:
    learned = {plain(text) for text in training()}
    texts = [plain(each["text"]) for each in WANTED]
    assert not [text for text in texts if len(text.split()) >= MIN_WORDS and text in learned]
