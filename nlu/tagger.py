"""Names that no list holds, by where they stand: projects, features, data sets, people.

Each word is read with MiniLM's vectors of itself and its neighbours, which know that "bodily injury"
is a thing and "kindly" is not, and with what is plain to see of it: known or new, upper case, joined.
"""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from components import MEANT
from encoder import Encoder, model_folder
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.tokenizers.spacy_tokenizer import POS_TAG_KEY
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.neural_network import MLPClassifier

_NONE = "O"
_WEIGHTS, _PATTERNS = "weights.npz", "patterns.json"
_CHUNK = 1024
"""Sentences whose words are learned from at a time."""


def _seen(token: Token, text: str) -> "list[float]":
    """What is plain to see of a word."""
    word = token.text
    before, after = text[: token.start].rstrip(" "), text[token.end :].lstrip(" ")
    return [
        float(word.istitle()),
        float(word.isupper() and len(word) > 1),
        float(any(letter.isdigit() for letter in word)),
        float("-" in word or "_" in word),
        float("/" in word or ":" in word or "." in word),
        float(len(word) < 3),
        *(float(token.get(POS_TAG_KEY) == each) for each in ("known", "new", "slip")),
        float(not before),
        float(not after),
        float(before[-1:] in {",", ".", ";", ":", "!", "?", "("}),
        float(after[:1] in {",", ".", ";", ":", "!", "?", ")"}),
        float(after[:1] in {"'", "\u2019"}),
        float(before[-1:] in {"`", '"', "\u201c"}),
    ]


_SEEN = 15


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class NameTagger(GraphComponent, EntityExtractorMixin):
    """The `learned` entities of a text, by a small network over each word and its neighbours."""

    @staticmethod
    def get_default_config() -> "dict[str, Any]":
        """What may be set.

        `learned` entities; `layers` of MiniLM; neighbours `around` a word, each way; `hidden` units;
        `epochs`; `least` probability with which an unknown word belongs to the name beside it.
        """
        return {
            "learned": [],
            "layers": 3,
            "around": 2,
            "hidden": 128,
            "epochs": 3,
            "least": 0.2,
        }

    def __init__(self, config: "dict[str, Any]", storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._encoder = Encoder(model_folder(), int(config["layers"]), 128)
        self._around = int(config["around"])
        self._labels = [_NONE, *config["learned"]]
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._network: list[tuple[np.ndarray, np.ndarray]] = []

    # ------------------------------------------------------------------ features

    def _plain(self, message: Message) -> np.ndarray:
        text = message.get(TEXT) or ""
        patterns = [
            [found.span() for found in pattern.finditer(text)]
            for pattern in self._patterns.values()
        ]
        rows = []
        for token in message.get(TOKENS_NAMES[TEXT]) or ():
            matched = (
                float(any(start < token.end and token.start < end for start, end in places))
                for places in patterns
            )
            rows.append([*_seen(token, text), *matched])
        return np.array(rows, dtype=np.float32).reshape(len(rows), _SEEN + len(self._patterns))

    def _vectors(self, messages: "list[Message]") -> "list[np.ndarray]":
        """For each message an array of shape (words, features of a word)."""
        words = [
            [token.get(MEANT) or token.text for token in message.get(TOKENS_NAMES[TEXT]) or ()]
            for message in messages
        ]
        return [
            np.hstack([vectors, self._plain(message)])
            for vectors, message in zip(self._encoder.words(words), messages)  # noqa: B905 -- as many
        ]

    def _beside(self, vectors: np.ndarray) -> np.ndarray:
        """Each word's features with those of its neighbours, zeros beyond the text's ends."""
        around = self._around
        padded = np.pad(vectors, ((around, around), (0, 0)))
        return np.hstack([padded[at : at + len(vectors)] for at in range(2 * around + 1)])

    # ------------------------------------------------------------------ training

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the annotated examples."""
        examples = [each for each in training_data.nlu_examples if each.get(TOKENS_NAMES[TEXT])]
        self._patterns = _compiled(
            {each["name"]: each["pattern"] for each in training_data.regex_features}
        )
        labels = [np.array(list(self._labelled(message))) for message in examples]
        vectors = [
            each.astype(np.float16)
            for start in range(0, len(examples), _CHUNK)
            for each in self._vectors(examples[start : start + _CHUNK])
        ]
        self._network = self._learned(vectors, labels)
        self._persist()
        return self._resource

    def _learned(
        self, vectors: "list[np.ndarray]", labels: "list[np.ndarray]"
    ) -> "list[tuple[np.ndarray, np.ndarray]]":
        """Weights and biases: the mean of those that the last epoch went through, which is steadier than its end.

        Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).
        """
        network = MLPClassifier((int(self._config["hidden"]),), batch_size=256, random_state=0)
        shuffled, epochs = np.random.default_rng(0), int(self._config["epochs"])
        passed = []
        for epoch in range(epochs):
            order = shuffled.permutation(len(vectors))
            for start in range(0, len(order), _CHUNK):
                places = order[start : start + _CHUNK]
                rows = np.vstack([self._beside(vectors[at].astype(np.float32)) for at in places])
                wanted = np.concatenate([labels[at] for at in places])
                network.partial_fit(rows, wanted, classes=range(len(self._labels)))
                if epoch == epochs - 1:
                    now = (*network.coefs_, *network.intercepts_)
                    passed.append([each.copy() for each in now])
        mean = [np.mean(each, axis=0, dtype=np.float32) for each in zip(*passed)]  # noqa: B905 -- alike
        layers = len(mean) // 2
        return list(zip(mean[:layers], mean[layers:]))  # noqa: B905 -- as many

    def _labelled(self, message: Message) -> "Iterator[int]":
        """The label's place for each word."""
        entities = message.get(ENTITIES) or ()
        for token in message.get(TOKENS_NAMES[TEXT]) or ():
            within = (
                each["entity"]
                for each in entities
                if each["start"] <= token.start and token.end <= each["end"]
            )
            yield next((self._labels.index(each) for each in within if each in self._labels), 0)

    def _persist(self) -> None:
        """Write numbers and names; nothing of it is code when it is read."""
        with self._storage.write_to(self._resource) as folder:
            arrays = {
                f"{kind}_{at}": array
                for at, pair in enumerate(self._network)
                for kind, array in zip(("weights", "bias"), pair)  # noqa: B905 -- two
            }
            np.savez(folder / _WEIGHTS, **arrays)
            patterns = {name: pattern.pattern for name, pattern in self._patterns.items()}
            (folder / _PATTERNS).write_text(json.dumps(patterns), encoding="utf-8")

    # ------------------------------------------------------------------ reading

    def process(self, messages: "list[Message]") -> "list[Message]":
        """The same messages with the entities found."""
        for message in messages:
            if message.get(TOKENS_NAMES[TEXT]) and self._network:
                found = self.add_extractor_name(list(self._found(message)))
                message.set(ENTITIES, [*(message.get(ENTITIES) or []), *found], add_to_output=True)
        return messages

    def _chances(self, message: Message) -> np.ndarray:
        """Probabilities of the labels, shape (words, labels)."""
        values = self._beside(self._vectors([message])[0])
        for weights, bias in self._network[:-1]:
            values = np.maximum(values @ weights + bias, 0)
        weights, bias = self._network[-1]
        scores = values @ weights + bias
        scores = np.exp(scores - scores.max(1, keepdims=True))
        return scores / scores.sum(1, keepdims=True)

    def _found(self, message: Message) -> "Iterator[dict[str, Any]]":
        """Names, each with the probability of its surest word."""
        text, tokens = message.get(TEXT) or "", message.get(TOKENS_NAMES[TEXT])
        chances = self._chances(message)
        beside = [text[one.end : other.start] == " " for one, other in pairwise(tokens)]
        new = [token.get(POS_TAG_KEY) == "new" for token in tokens]
        labels = _spread(chances, beside, new, float(self._config["least"]))
        for label, first, last in _stretches(labels, beside):
            start, end = tokens[first].start, tokens[last].end
            yield {
                "entity": self._labels[label],
                "start": start,
                "end": end,
                "value": text[start:end],
                "confidence_entity": float(chances[first : last + 1, label].max()),
            }

    @classmethod
    def create(
        cls,
        config: "dict[str, Any]",
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003 -- the base's signature
    ) -> "NameTagger":
        """A component that knows no names yet."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: "dict[str, Any]",
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003 -- the base's signature
        **_: Any,
    ) -> "NameTagger":
        """Read the weights."""
        loaded = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            loaded._patterns = _compiled(json.loads((folder / _PATTERNS).read_text("utf-8")))
            with np.load(folder / _WEIGHTS, allow_pickle=False) as arrays:
                loaded._network = [
                    (arrays[f"weights_{at}"], arrays[f"bias_{at}"])
                    for at in range(len(arrays) // 2)
                ]
        return loaded


def _compiled(patterns: "dict[str, str]") -> "dict[str, re.Pattern[str]]":
    return {name: re.compile(patterns[name], re.IGNORECASE) for name in sorted(patterns)}


def _spread(
    chances: np.ndarray, beside: "list[bool]", new: "list[bool]", least: float
) -> "list[int]":
    """The likeliest label of each word; a name takes in unknown words beside it with `least` probability.

    `chances` has the shape (words, labels); `beside` tells of each word whether only a space is
    between it and the next, `new` whether requests do not know it.
    """
    labels = [int(each) for each in chances.argmax(1)]
    forth = [(at, at + 1) for at in range(len(labels) - 1)]
    back = [(at + 1, at) for at in reversed(range(len(labels) - 1))]
    for named, other in (*forth, *back):
        label = labels[named]
        joins = beside[min(named, other)] and new[other] and not labels[other]
        if label and joins and chances[other, label] >= least:
            labels[other] = label
    return labels


def _stretches(labels: "list[int]", beside: "list[bool]") -> "Iterator[tuple[int, int, int]]":
    """Label, first and last word of each name."""
    first = 0
    for last, label in enumerate(labels):
        goes_on = last + 1 < len(labels) and beside[last] and labels[last + 1] == label
        if not goes_on:
            if label:
                yield label, first, last
            first = last + 1
