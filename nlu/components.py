"""Rasa components of ours."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from encoder import model_folder, vocabulary
from meaning import ASSIGNED, Spelling, asides, goes_on_as_number, is_figure, unwanted
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.extractors.regex_entity_extractor import RegexEntityExtractor
from rasa.nlu.tokenizers.spacy_tokenizer import POS_TAG_KEY
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from registered import MEANT, SOME_NAME

NEGATED = "negated"
"""Entity: the part of a text that says what is not wanted, or claims rights."""
ASKED = "asked"
"""Entity: the part of a long text that says what is asked for."""
UNKNOWN = "unknown"
"""Entity: a word that no request has but as a name."""
SLIP = "slip"
"""Entity: a mistyped word, which is no name."""
_NAME = re.compile(r"(?=.*[A-Za-z]{3})[A-Za-z][\w-]*")
_SOME_VALUE = "xvalue"
"""Lemma of every assignment, for the same reason."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RiskFallback(FallbackClassifier):
    """Rasa's fallback with thresholds by risk.

    Nothing is taken for certain of which `outside`, the intent of what is out of scope, is more than
    `outside_share` times as likely. A command of `changes` needs `change_threshold`.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's defaults and ours; confidences from 0 to 1."""
        return {
            **FallbackClassifier.get_default_config(),
            "changes": [],
            "change_threshold": 0.6,
            "outside": "out_of_scope",
            "outside_share": 1.0,
        }

    def _should_fallback(self, message: Message) -> bool:
        if super()._should_fallback(message) or self._may_be_outside(message):
            return True
        intent = message.get(INTENT) or {}
        if intent.get("name") not in self.component_config["changes"]:
            return False
        return bool(intent[PREDICTED_CONFIDENCE_KEY] < self.component_config["change_threshold"])

    def _may_be_outside(self, message: Message) -> bool:
        """Whether what is out of scope is nearly as likely as the intent found."""
        intent = message.get(INTENT) or {}
        outside = self.component_config["outside"]
        if intent.get("name") == outside:
            return False
        ranking = message.get(INTENT_RANKING_KEY) or ()
        chances = {each["name"]: each[PREDICTED_CONFIDENCE_KEY] for each in ranking}
        least = self.component_config["outside_share"] * intent.get(PREDICTED_CONFIDENCE_KEY, 0.0)
        return bool(chances.get(outside, 0.0) > least)


_WORDS = "words.json"
_DIGITS = re.compile(r"\d+")
"""Which run or version it is tells nothing of what is wanted: "R42 is approved" is "R0 is approved"."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class AsMeant(GraphComponent):
    """Gives each token the word that was meant as its lemma, which is what the intent is learned from.

    Mistyped words get the one of the training data that is nearest; words beside the matter get
    none. The text, and with it all values, stays as it was typed. In place of a part of speech,
    each token has whether it is a word of everyday requests, a slip of one, or new, as names are.
    """

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, words: Counter[str]
    ) -> None:
        self._storage, self._resource = storage, resource
        self._least, self._names = int(config["least"]), frozenset(config["names"])
        self._spelling = self._learned(words)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`least`: how often a word occurs to be known; `names`: entities whose words are not."""
        return {"least": 4, "names": []}

    def _learned(self, words: Counter[str]) -> Spelling:
        known = {word: count for word, count in words.items() if count >= self._least}
        return Spelling(known, vocabulary(model_folder()))

    def train(self, training_data: TrainingData) -> Resource:
        """Collect the words that are more often found outside of names than within."""
        words: Counter[str] = Counter()
        for message in training_data.training_examples:
            values = [
                (each["start"], each["end"])
                for each in message.get(ENTITIES) or ()
                if each["entity"] in self._names
            ]
            for token in message.get(TOKENS_NAMES[TEXT]) or ():
                within = any(start <= token.start < end for start, end in values)
                if token.text.isalpha():
                    words[token.text.lower()] += -1 if within else 1
        words = +words
        self._spelling = self._learned(words)
        with self._storage.write_to(self._resource) as folder:
            (folder / _WORDS).write_text(json.dumps(words, ensure_ascii=False, sort_keys=True))
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same data, its tokens with lemmas."""
        for message in training_data.training_examples:
            self._read(message, unwanted(message.get(TEXT) or ""))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """The same messages, with lemmas, and what is not wanted as an entity."""
        for message in messages:
            text = message.get(TEXT) or ""
            refused = unwanted(text)
            self._read(message, refused)
            tokens = message.get(TOKENS_NAMES[TEXT]) or ()
            odd = [
                (SLIP if token.get(POS_TAG_KEY) == "slip" else UNKNOWN, token.start, token.end)
                for token in tokens
                if token.get(POS_TAG_KEY) != "known" and _NAME.fullmatch(token.text)
            ]
            marked = [*odd, *((NEGATED, *place) for place in refused)]
            if marked:
                marks = [
                    {"entity": name, "start": start, "end": end, "value": text[start:end]}
                    for name, start, end in marked
                ]
                found = [*(message.get(ENTITIES) or []), *marks]
                message.set(ENTITIES, found, add_to_output=True)
        return messages

    def _read(self, message: Message, refused: "Sequence[tuple[int, int]]") -> None:
        beside, number, assigned = asides(message.get(TEXT) or "", refused), "", False
        for token in message.get(TOKENS_NAMES[TEXT]) or ():
            meant = self._spelling.meant(token.text)
            familiar = self._familiar(token.text, meant)
            counts = goes_on_as_number(number, meant.lower())
            number = meant.lower() if counts or is_figure(meant.lower()) else ""
            again, assigned = assigned, bool(ASSIGNED.fullmatch(token.text))
            goes_on = counts or (again and assigned)
            aside = any(start <= token.start < end for start, end in beside)
            token.lemma = "" if aside or goes_on else _lemma(token.text, meant, familiar)
            token.set(MEANT, meant)
            token.set(POS_TAG_KEY, familiar)

    def _familiar(self, typed: str, meant: str) -> str:
        if self._spelling.knows(typed):
            return "known"
        return "new" if meant == typed else "slip"

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003 -- the base's signature
    ) -> "AsMeant":
        """A component that knows no words yet."""
        return cls(config, model_storage, resource, Counter())

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003 -- the base's signature
        **_: Any,
    ) -> "AsMeant":
        """Read the words."""
        with model_storage.read_from(resource) as folder:
            words = Counter(json.loads((folder / _WORDS).read_text()))
        return cls(config, model_storage, resource, words)


def _lemma(typed: str, meant: str, familiar: str) -> str:
    """What the intent is learned from: one word for all names, one for all assignments, one for all numbers."""
    if ASSIGNED.fullmatch(typed):
        return _SOME_VALUE
    if familiar == "new" and _NAME.fullmatch(typed):
        return SOME_NAME
    return "0" if is_figure(meant.lower()) else _DIGITS.sub("0", meant)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class MeantPatternExtractor(RegexEntityExtractor):
    """Rasa's patterns over the words that were meant: "alret 17 for 2 huors" holds an alert and a duration.

    An entity's place is that of what was typed, its value what was meant.
    """

    def _extract_entities(self, message: Message) -> "list[dict[str, Any]]":
        text = message.get(TEXT) or ""
        typed = super()._extract_entities(message)
        meant, places = _as_meant(text, message.get(TOKENS_NAMES[TEXT]) or ())
        if meant == text:
            return typed
        found = super()._extract_entities(Message({TEXT: meant}))
        for entity in found:
            entity["start"] = places[entity["start"]]
            entity["end"] = places[entity["end"] - 1] + 1 if entity["end"] else 0
        return [*found, *(entity for entity in typed if not _covered(entity, found))]


def _as_meant(text: str, tokens: "Iterable[Token]") -> "tuple[str, list[int]]":
    """`text` without slips, and for each of its characters the place in `text`; a word ends where it ended."""
    meant, places, at = "", [], 0
    for token in tokens:
        word = token.get(MEANT) or token.text
        if word == token.text:
            continue
        kept = text[at : token.start]
        within = [min(token.start + offset, token.end - 1) for offset in range(len(word))]
        within[-1] = token.end - 1
        meant, places = meant + kept + word, [*places, *range(at, token.start), *within]
        at = token.end
    return meant + text[at:], [*places, *range(at, len(text)), len(text)]


def _covered(entity: "dict[str, Any]", others: "list[dict[str, Any]]") -> bool:
    """Whether one of the `others` of its kind overlaps it, and is no shorter: "every tue and thu 7:15"."""
    return any(
        entity["entity"] == other["entity"]
        and entity["start"] < other["end"]
        and other["start"] < entity["end"]
        and other["end"] - other["start"] >= entity["end"] - entity["start"]
        for other in others
    )
