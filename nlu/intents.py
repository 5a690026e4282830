"""Which command or intent a text means: two classifiers, each on the whole text and on its request.

One goes by word and letter n-grams, which know the vocabulary of the catalogue, the other by
MiniLM's embedding, which knows other words for the same. Their probabilities are averaged
geometrically, so that a command is sure only where they agree (docs/adr/0004-language.md).
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from components import ASKED, WORD
from encoder import Encoder, model_folder
from meaning import clauses
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

_LEAST = np.float32(1e-9)
_WEIGHTS, _NAMES = "weights.npz", "names.json"


def _vectorizers(
    vocabularies: "list[dict[str, int] | None] | None" = None,
) -> "list[CountVectorizer]":
    """Counters of words and word pairs, and of two to four letters within words."""
    words, letters = vocabularies or (None, None)
    return [
        CountVectorizer(
            ngram_range=(1, 2),
            token_pattern=r"\b\w+\b",
            min_df=2,
            vocabulary=words,
            dtype=np.float32,
        ),
        CountVectorizer(
            analyzer="char_wb", ngram_range=(2, 4), min_df=2, vocabulary=letters, dtype=np.float32
        ),
    ]


class _Linear:
    """A multinomial logistic regression: weights of shape (features, intents), and biases."""

    def __init__(self, weights: np.ndarray, bias: np.ndarray) -> None:
        self.weights = np.ascontiguousarray(weights)
        self.bias = bias

    @classmethod
    def learned(cls, rows: Any, labels: "list[int]", iterations: int) -> "_Linear":
        """Fit with L2 regularisation of strength 1; the intents are as frequent as in the data."""
        found = LogisticRegression(C=1.0, max_iter=iterations, tol=1e-4).fit(rows, labels)
        return cls(found.coef_.T.astype(np.float32), found.intercept_.astype(np.float32))

    def logs(self, rows: Any) -> np.ndarray:
        """Logarithms of the probabilities, shape (rows, intents)."""
        scores = np.asarray(rows @ self.weights) + self.bias
        scores -= scores.max(1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(1, keepdims=True))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TwofoldClassifier(GraphComponent, IntentClassifier):
    """The intent by n-grams and by embedding, of the whole text and of what it asks for.

    It goes by what `components.AsMeant` makes of the tokens: no slips, no asides, nothing that is not
    wanted; the n-grams without names too.
    """

    @staticmethod
    def get_default_config() -> "dict[str, Any]":
        """What may be set.

        `layers` of MiniLM, 0 to 6; `share` of the embedding in the average; `length` (L2) of the two
        kinds of rows, since a long text is not surer than a terse one; `iterations` of L-BFGS;
        `ranking_length`; `quiet` intents, for which no clause stands out.
        """
        return {
            "layers": 1,
            "share": 0.35,
            "ngram_length": 12.0,
            "embedding_length": 8.0,
            "iterations": 100,
            "ranking_length": 10,
            "quiet": ["out_of_scope", "greet", "thank", "affirm", "deny", "cancel"],
        }

    def __init__(self, config: "dict[str, Any]", storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._encoder = Encoder(model_folder(), int(config["layers"])) if config["share"] else None
        self._intents: list[str] = []
        self._counters: list[CountVectorizer] = _vectorizers()
        self._ngrams: _Linear | None = None
        self._embedding: _Linear | None = None

    # ------------------------------------------------------------------ features

    def _counted(self, texts: "list[str]") -> csr_matrix:
        rows = hstack([counter.transform(texts) for counter in self._counters]).tocsr()
        return normalize(rows) * np.float32(self._config["ngram_length"])

    def _embedded(self, texts: "list[str]") -> np.ndarray:
        assert self._encoder is not None
        length = np.float32(self._config["embedding_length"])
        return self._encoder.embed([text or "." for text in texts]) * length

    @staticmethod
    def _read(message: Message, span: "tuple[int, int] | None" = None) -> "tuple[str, str]":
        """The lemmas of the message, or of a stretch of it, without names and with them."""
        tokens = [
            token
            for token in message.get(TOKENS_NAMES[TEXT]) or ()
            if token.lemma and (span is None or span[0] <= token.start < span[1])
        ]
        return " ".join(each.lemma for each in tokens), " ".join(each.get(WORD) for each in tokens)

    # ------------------------------------------------------------------ training

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples' intents."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT)]
        texts = [self._read(each) for each in examples]
        self._intents = sorted({str(each.get(INTENT)) for each in examples})
        places = {intent: place for place, intent in enumerate(self._intents)}
        labels = [places[str(each.get(INTENT))] for each in examples]
        iterations = int(self._config["iterations"])
        nameless, named = [each[0] for each in texts], [each[1] for each in texts]
        # Each has its own processor: neither library holds Python's lock while it calculates.
        with ThreadPoolExecutor(2) as pool:
            ngrams = pool.submit(self._learned_counts, nameless, labels, iterations)
            if self._encoder is not None:
                self._embedding = _Linear.learned(self._embedded(named), labels, iterations)
            self._ngrams = ngrams.result()
        self._persist()
        return self._resource

    def _learned_counts(self, texts: "list[str]", labels: "list[int]", iterations: int) -> _Linear:
        for counter in self._counters:
            counter.fit(texts)
        return _Linear.learned(self._counted(texts), labels, iterations)

    def _persist(self) -> None:
        """Write numbers and names; nothing of it is code when it is read."""
        arrays = {"ngrams": self._ngrams, "embedding": self._embedding}
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / _WEIGHTS,
                **{
                    f"{name}_{part}": getattr(linear, part)
                    for name, linear in arrays.items()
                    if linear is not None
                    for part in ("weights", "bias")
                },
            )
            names = {
                "intents": self._intents,
                "vocabularies": [
                    sorted(counter.vocabulary_, key=counter.vocabulary_.__getitem__)
                    for counter in self._counters
                ],
            }
            (folder / _NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    # ------------------------------------------------------------------ reading

    def process(self, messages: "list[Message]") -> "list[Message]":
        """The same messages with intent and ranking."""
        for message in messages:
            self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        if not self._intents or not message.get(TOKENS_NAMES[TEXT]):
            return
        text = message.get(TEXT) or ""
        spans = clauses(text)
        logs = self._logs([self._read(message), *(self._read(message, span) for span in spans)])
        best = self._clearest(logs)
        if best:
            start, end = spans[best - 1]
            asked = {"entity": ASKED, "start": start, "end": end, "value": text[start:end]}
            found = [*(message.get(ENTITIES) or []), asked]
            message.set(ENTITIES, found, add_to_output=True)
        mean = (logs[0] + logs[best]) / 2
        chances = np.exp(mean - mean.max())
        chances /= chances.sum()
        order = np.argsort(-chances)[: int(self._config["ranking_length"])]
        ranking = [
            {"name": self._intents[place], "confidence": float(chances[place])} for place in order
        ]
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)

    def _clearest(self, logs: np.ndarray) -> int:
        """The row of the clause that says most plainly what is asked for; 0, the whole, where none does."""
        asks = [
            place for place, name in enumerate(self._intents) if name not in self._config["quiet"]
        ]
        surest = logs[:, asks].max(1)
        return int(surest[1:].argmax()) + 1 if len(logs) > 1 else 0

    def _logs(self, texts: list[tuple[str, str]]) -> np.ndarray:
        """Log probabilities of the intents, a row a text: the two classifiers' weighted mean."""
        assert self._ngrams is not None
        share = np.float32(self._config["share"])
        logs = self._ngrams.logs(self._counted([nameless for nameless, _ in texts]))
        if self._embedding is not None:
            rows = self._embedded([named for _, named in texts])
            logs = (1 - share) * logs + share * self._embedding.logs(rows)
        return np.maximum(logs, np.log(_LEAST))

    @classmethod
    def create(
        cls,
        config: "dict[str, Any]",
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003 -- the base's signature
    ) -> "TwofoldClassifier":
        """A component that knows no intents yet."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: "dict[str, Any]",
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003 -- the base's signature
        **_: Any,
    ) -> "TwofoldClassifier":
        """Read the weights."""
        loaded = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
            with np.load(folder / _WEIGHTS, allow_pickle=False) as arrays:
                loaded._take(names, dict(arrays))
        return loaded

    def _take(self, names: "dict[str, Any]", arrays: "dict[str, np.ndarray]") -> None:
        self._intents = names["intents"]
        self._counters = _vectorizers(
            [{name: place for place, name in enumerate(each)} for each in names["vocabularies"]]
        )
        self._ngrams = _Linear(arrays["ngrams_weights"], arrays["ngrams_bias"])
        if "embedding_weights" in arrays:
            self._embedding = _Linear(arrays["embedding_weights"], arrays["embedding_bias"])
