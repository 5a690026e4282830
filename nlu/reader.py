"""Reads a text once: its intent, and the names that no list holds.

Two classifiers that fail differently give the intent: n-grams know the words of requests and nothing
of what words mean, the network knows that "kick off" and "start" are near and little of letters.
Their probabilities are averaged geometrically, so that a command is sure only where they agree
(docs/adr/0004-language.md).
"""

import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from components import ASKED
from meaning import ASSIGNED, clauses
from names import Tagger, Word, named, plain
from network import Example, Network
from ngrams import NGrams
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.tokenizers.spacy_tokenizer import POS_TAG_KEY
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from registered import MEANT, SOME_NAME, Places, readings
from threadpoolctl import threadpool_limits

_LEAST = np.float32(1e-9)
_NONE = "O"
_TELLING = frozenset({_NONE, "topic", "metric"})
"""Labels of words that tell what is wanted: "help with approvals"."""
_ASSIGNMENT = "lr=0.1"
"""As which the network reads every assignment, whatever it is called."""
REGISTERED = "registered"
"""Entity: the name of a registered project."""
_AS_SURE = 0.05
"""Probability by which one reading of a text must be surer than another to be told from it."""
_LAYERS, _HEADS = "layers.onnx", "heads.npz"
_NGRAMS, _NAMES = "ngrams.npz", "names.json"


@dataclass(frozen=True)
class _Learned:
    """What was learned: two classifiers of intents, and where names stand."""

    ngrams: NGrams
    network: Network
    tagger: Tagger


@dataclass(frozen=True)
class _Reading:
    """One way to read a text: the probabilities of the intents, and what was found in it."""

    tokens: "list[Token]"
    intents: np.ndarray
    entities: "list[dict[str, Any]]"

    @property
    def projects(self) -> int:
        """How many projects it names."""
        names = {
            each["start"] for each in self.entities if each["entity"] in {"project", REGISTERED}
        }
        return len(names)


@DefaultV1Recipe.register(
    [
        DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER,
        DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR,
    ],
    is_trainable=True,
)
class Reader(GraphComponent, IntentClassifier, EntityExtractorMixin):
    """The intent by n-grams and by the network, of the whole text and of what it asks for; names by the tagger.

    It goes by what `components.AsMeant` makes of the tokens: no slips, and for the intent no asides,
    nothing that is not wanted; the n-grams without names too.
    """

    @staticmethod
    def get_default_config() -> "dict[str, Any]":
        """What may be set.

        `names` that are looked for; `layers` of MiniLM, of which the upper `learned` ones go on
        learning for so many `epochs`, and the tagger for `name_epochs`; the network's `share` in the
        average; `least` probability with which an unknown word belongs to the name beside it;
        `ranking_length`; `quiet` intents, for which no clause stands out.
        """
        return {
            "names": [],
            "layers": 4,
            "learned": 2,
            "epochs": 2,
            "name_epochs": 3,
            "share": 0.5,
            "least": 0.2,
            "ranking_length": 10,
            "quiet": ["out_of_scope", "greet", "thank", "affirm", "deny", "cancel"],
        }

    def __init__(self, config: "dict[str, Any]", storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._labels = [_NONE, *config["names"]]
        self._intents: list[str] = []
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._learned: _Learned | None = None

    # ------------------------------------------------------------------ training

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples' intents and entities."""
        from learning import Course, learn

        messages = [each for each in training_data.nlu_examples if each.get(TOKENS_NAMES[TEXT])]
        patterns = {each["name"]: each["pattern"] for each in training_data.regex_features}
        intents = sorted({str(each.get(INTENT)) for each in messages})
        self._take_names(intents, patterns)
        examples = [self._example(each) for each in messages]
        course = Course(*(int(self._config[each]) for each in ("layers", "learned", "epochs")))
        # Each has its own processor: neither library holds Python's lock while it calculates.
        with ThreadPoolExecutor(1) as pool:
            tokens = [each.get(TOKENS_NAMES[TEXT]) for each in messages]
            labels = [each.labels for each in examples]
            texts = list(map(" ".join, map(self._lemmas, tokens, labels)))
            ngrams = pool.submit(NGrams.learned, texts, [each.intent for each in examples])
            seen = pool.submit(
                lambda: [
                    plain(_words(each.get(TOKENS_NAMES[TEXT])), each.get(TEXT), self._patterns)
                    for each in messages
                ]
            )
            learned = learn(examples, len(intents), len(self._labels), course)
            counted = ngrams.result()
        tagger = self._learned_names(learned.words, seen.result(), examples)
        self._learned = _Learned(counted, Network(learned.layers, learned.head), tagger)
        self._persist(counted, learned.layers, {**learned.head, **tagger.arrays})
        return self._resource

    def _example(self, message: Message) -> Example:
        words = _words(message.get(TOKENS_NAMES[TEXT]))
        return Example(
            [word.meant for word in words],
            [word.wanted for word in words],
            list(self._labelled(message)),
            self._intents.index(str(message.get(INTENT))),
        )

    def _learned_names(
        self, vectors: "list[np.ndarray]", seen: "list[np.ndarray]", examples: "list[Example]"
    ) -> Tagger:
        rows = list(map(_rows, vectors, seen))
        labels = [each.labels for each in examples]
        return Tagger.learned(rows, labels, len(self._labels), int(self._config["name_epochs"]))

    def _lemmas(self, tokens: "Iterable[Token]", labels: "Iterable[int]") -> "list[str]":
        """The lemma of each word, of names one for all: which name it is tells nothing of what is wanted."""

        def lemma(token: Token, label: int) -> str:
            tells = self._labels[label] in _TELLING
            return token.lemma if tells or not token.lemma else SOME_NAME

        return list(map(lemma, tokens, labels))

    def _labelled(self, message: Message) -> "Iterator[int]":
        """The label's place for each word."""
        entities = message.get(ENTITIES) or ()
        for token in message.get(TOKENS_NAMES[TEXT]):
            within = (
                each["entity"]
                for each in entities
                if each["start"] <= token.start and token.end <= each["end"]
            )
            yield next((self._labels.index(each) for each in within if each in self._labels), 0)

    def _persist(self, ngrams: NGrams, layers: bytes, heads: "dict[str, np.ndarray]") -> None:
        """Write numbers and names; nothing of it is code when it is read."""
        names = {
            "intents": self._intents,
            "patterns": {name: pattern.pattern for name, pattern in self._patterns.items()},
            "vocabularies": ngrams.vocabularies,
        }
        with self._storage.write_to(self._resource) as folder:
            (folder / _LAYERS).write_bytes(layers)
            np.savez(folder / _HEADS, **heads)
            np.savez(folder / _NGRAMS, weights=ngrams.weights, bias=ngrams.bias)
            (folder / _NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    # ------------------------------------------------------------------ reading

    def process(self, messages: "list[Message]") -> "list[Message]":
        """The same messages with intent, ranking and names."""
        for message in messages:
            if message.get(TOKENS_NAMES[TEXT]) and self._learned:
                self._read(message, self._learned)
        return messages

    def _read(self, message: Message, learned: "_Learned") -> None:
        text, tokens = message.get(TEXT), message.get(TOKENS_NAMES[TEXT])
        found = [
            self._reading(text, each, projects, learned)
            for each, projects in readings(text, tokens, _registered(message))
        ]
        best = self._likeliest(found)
        order = np.argsort(-best.intents)[: int(self._config["ranking_length"])]
        ranking = [
            {"name": self._intents[place], "confidence": float(best.intents[place])}
            for place in order
        ]
        message.set(TOKENS_NAMES[TEXT], best.tokens)
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        entities = self.add_extractor_name(best.entities)
        message.set(ENTITIES, [*(message.get(ENTITIES) or []), *entities], add_to_output=True)

    def _reading(
        self, text: str, tokens: "list[Token]", projects: Places, learned: "_Learned"
    ) -> "_Reading":
        """What the text says where registered `projects` stand in these places."""
        words = _words(tokens)
        (pieces,) = learned.network.read([[word.meant for word in words]])
        spans = [(0, len(text)), *clauses(text)]
        within = [[start <= each.start < end for each in tokens] for start, end in spans]
        seen = plain(words, text, self._patterns)
        chances = learned.tagger.chances(_rows(pieces.firsts(len(words)), seen))
        lemmas = self._lemmas(tokens, chances.argmax(1))
        counted = learned.ngrams.scores([" ".join(compress(lemmas, row)) for row in within])
        wanted = [
            [word.wanted and inside for word, inside in zip(words, row)]  # noqa: B905 -- as many
            for row in within
        ]
        intents, best = self._decided(counted, learned.network.intents(pieces, wanted))
        entities = list(self._names(words, text, chances))
        marks = [(REGISTERED, *place) for place in projects]
        marks += [(ASKED, *spans[best])] if best else []
        entities += [
            {"entity": name, "start": start, "end": end, "value": text[start:end]}
            for name, start, end in marks
        ]
        return _Reading(tokens, intents, entities)

    def _likeliest(self, found: "list[_Reading]") -> "_Reading":
        """The reading that says most plainly what is asked for; of two, the one with one project."""
        asks = self._asking()
        surest = max(each.intents[asks].max() for each in found)
        near = [each for each in found if each.intents[asks].max() > surest - _AS_SURE]
        # The last one has most names.
        return next((each for each in reversed(near) if each.projects == 1), near[-1])

    def _decided(self, counted: np.ndarray, read: np.ndarray) -> "tuple[np.ndarray, int]":
        """Probabilities of the intents by the whole text and its clearest clause; that clause's row, or 0."""
        share = np.float32(self._config["share"])
        logs = (1 - share) * _logs(counted) + share * _logs(read)
        best = self._clearest(logs)
        mean = (logs[0] + logs[best]) / 2
        chances = np.exp(mean - mean.max())
        return chances / chances.sum(), best

    def _clearest(self, logs: np.ndarray) -> int:
        """The row of the clause that says most plainly what is asked for; 0, the whole, where none does."""
        surest = logs[:, self._asking()].max(1)
        return int(surest[1:].argmax()) + 1 if len(logs) > 1 else 0

    def _asking(self) -> "list[int]":
        """The places of the intents that ask for something or say a value."""
        quiet = self._config["quiet"]
        return [place for place, name in enumerate(self._intents) if name not in quiet]

    def _names(
        self, words: "list[Word]", text: str, chances: np.ndarray
    ) -> "Iterator[dict[str, Any]]":
        """Names, each with the probability of its surest word."""
        for label, first, last in named(words, text, chances, float(self._config["least"])):
            start, end = words[first].start, words[last].end
            yield {
                "entity": self._labels[label],
                "start": start,
                "end": end,
                "value": text[start:end],
                "confidence_entity": float(chances[first : last + 1, label].max()),
            }

    # ------------------------------------------------------------------ loading

    @classmethod
    def create(
        cls,
        config: "dict[str, Any]",
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003 -- the base's signature
    ) -> "Reader":
        """A component that knows nothing yet."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: "dict[str, Any]",
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003 -- the base's signature
        **_: Any,
    ) -> "Reader":
        """Read what was learned."""
        loaded = cls(config, model_storage, resource)
        # One text's matrices are too small to be shared: BLAS's threads would only wait for each other.
        threadpool_limits(1, user_api="blas")
        with model_storage.read_from(resource) as folder:
            names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
            loaded._take_names(names["intents"], names["patterns"])
            with np.load(folder / _HEADS, allow_pickle=False) as arrays:
                heads = dict(arrays)
            network = Network((folder / _LAYERS).read_bytes(), heads)
            with np.load(folder / _NGRAMS, allow_pickle=False) as arrays:
                ngrams = NGrams(names["vocabularies"], arrays["weights"], arrays["bias"])
        loaded._learned = _Learned(ngrams, network, Tagger(heads))
        return loaded

    def _take_names(self, intents: "list[str]", patterns: "dict[str, str]") -> None:
        self._intents = intents
        self._patterns = {
            name: re.compile(patterns[name], re.IGNORECASE) for name in sorted(patterns)
        }


def _registered(message: Message) -> "list[str]":
    """The registered projects that the text may name, as the channel sent them along."""
    context = (message.get("metadata") or {}).get("context") or {}
    return [str(name) for name in context.get("names") or ()]


def _words(tokens: "list[Token]") -> "list[Word]":
    return [
        Word(
            token.text,
            _ASSIGNMENT if ASSIGNED.fullmatch(token.text) else token.get(MEANT, token.text),
            token.start,
            token.end,
            token.get(POS_TAG_KEY),
            bool(token.lemma),
        )
        for token in tokens
    ]


def _rows(vectors: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """What the tagger goes by, shape (words, features), in the vectors' precision."""
    return np.hstack([vectors, seen.astype(vectors.dtype)])


def _logs(scores: np.ndarray) -> np.ndarray:
    """Logarithms of the probabilities, a row a text."""
    scores = scores - scores.max(1, keepdims=True)
    return np.maximum(scores - np.log(np.exp(scores).sum(1, keepdims=True)), np.log(_LEAST))
