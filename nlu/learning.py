"""Teaches the upper layers of MiniLM what our texts ask for and which of their words are names, with TensorFlow.

The head for names only guides the layers here; `names.Tagger` learns on their vectors afterwards.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from encoder import EPS, WIDTH, Encoder, Pieces, model_folder, pretrained
from encoder import HEADS as ATTENTION_HEADS
from graph import graph
from network import Example

_NEVER = -1e9
_SORTED = 64
"""Batches whose texts are sorted by length, so that little is padded."""
_CHUNK = 1024
"""Examples that are read at a time."""


@dataclass(frozen=True)
class Course:
    """How to learn: rates are Adam's at their highest, first rising, then falling to 0."""

    layers: int
    learned: int
    epochs: int
    batch: int = 64
    rate: float = 3e-4
    head_rate: float = 1e-3
    warm_up: float = 0.06
    dropout: float = 0.1


@dataclass(frozen=True)
class _Text:
    """An example as the learned layers get it: `values` of its pieces from the layers below."""

    values: np.ndarray
    pooled: np.ndarray
    firsts: np.ndarray
    labels: np.ndarray
    intent: int


@dataclass(frozen=True)
class Lesson:
    """What was learned.

    `layers` and `head` are for `network.Network`: the graph of all layers, and the intent's arrays; `words`
    of each example, float16 of shape (words, 768), are as that network reads them.
    """

    layers: bytes
    head: "dict[str, np.ndarray]"
    words: "list[np.ndarray]"


def learn(examples: "Sequence[Example]", intents: int, labels: int, course: Course) -> Lesson:
    """Teach the upper `course.learned` layers."""
    tf.keras.utils.set_random_seed(0)
    below = course.layers - course.learned
    weights = pretrained(model_folder())
    texts = _texts(examples, Encoder(model_folder(), graph(weights, below)))
    blocks = [_Block(f"encoder.layer.{at}") for at in range(below, course.layers)]
    heads = _Heads(intents, labels)
    lesson = _Steps(blocks, heads, course)
    order = np.random.default_rng(0)
    batches = [batch for _ in range(course.epochs) for batch in _batches(texts, course, order)]
    for done, batch in enumerate(_ahead(batches)):
        lesson.step(*batch, tf.constant(_pace(done / len(batches), course)))
    found: dict[str, np.ndarray] = {}
    for block in blocks:
        found |= block.arrays()
    words = _words(texts, [len(each.words) for each in examples], lesson, course.batch)
    return Lesson(graph(weights | found, course.layers, below), heads.arrays(), words)


def _words(
    texts: "list[_Text]", counts: "list[int]", lesson: "_Steps", batch: int
) -> "list[np.ndarray]":
    """The vectors of so many words of each text; zero where a word was not read."""
    found = [np.zeros((count, 2 * WIDTH), dtype=np.float16) for count in counts]
    order = sorted(range(len(texts)), key=lambda at: len(texts[at].values))
    batches = [order[start : start + batch] for start in range(0, len(order), batch)]
    tensors = _ahead([[texts[at] for at in places] for places in batches])
    for places, (values, present, _, firsts, *_) in zip(batches, tensors):  # noqa: B905 -- as many
        read = lesson.words(values, present, firsts).numpy()
        for at, vectors in zip(places, read):  # noqa: B905 -- as many
            count = len(texts[at].firsts)
            lower = texts[at].values[texts[at].firsts]
            found[at][:count] = np.hstack([lower, vectors[:count]])
    return found


def _pace(done: float, course: Course) -> np.float32:
    """The share of the highest rate, at this share of the way."""
    return np.float32(min(1.0, done / course.warm_up + 1e-3) * (1 - done))


# ---------------------------------------------------------------------- examples


def _texts(examples: "Sequence[Example]", encoder: Encoder) -> "list[_Text]":
    found = []
    for start in range(0, len(examples), _CHUNK):
        some = examples[start : start + _CHUNK]
        read = encoder.read([each.words for each in some])
        found += [_text(pieces, example) for pieces, example in zip(read, some)]  # noqa: B905 -- as many
    return found


def _text(pieces: Pieces, example: Example) -> _Text:
    words = pieces.words
    read = int(words.max()) + 1
    pooled = np.array([at >= 0 and example.wanted[at] for at in words], dtype=np.float32)
    return _Text(
        pieces.values.astype(np.float16),
        pooled if pooled.any() else np.ones_like(pooled),
        np.array([int(np.argmax(words == at)) for at in range(read)], dtype=np.int32),
        np.array(example.labels[:read], dtype=np.int32),
        example.intent,
    )


def _batches(
    texts: "list[_Text]", course: Course, order: np.random.Generator
) -> "Iterator[list[_Text]]":
    """All texts in a new order, those of a batch of about one length."""
    shuffled = order.permutation(len(texts))
    found = []
    for start in range(0, len(shuffled), course.batch * _SORTED):
        alike = sorted(
            shuffled[start : start + course.batch * _SORTED], key=lambda at: len(texts[at].values)
        )
        found += [alike[at : at + course.batch] for at in range(0, len(alike), course.batch)]
    for at in order.permutation(len(found)):
        yield [texts[place] for place in found[at]]


def _padded(batch: "list[_Text]") -> "tuple[Any, ...]":
    """Tensors of a batch; a label of -1 is no word."""
    pieces = max(len(each.values) for each in batch)
    words = max(len(each.firsts) for each in batch)

    def stacked(name: str, length: int, filler: float = 0) -> Any:
        return tf.constant(_stacked([getattr(each, name) for each in batch], length, filler))

    present = _stacked([np.ones(len(each.values), np.float32) for each in batch], pieces, 0)
    return (
        tf.cast(stacked("values", pieces), tf.float32),
        tf.constant(present),
        stacked("pooled", pieces),
        stacked("firsts", words),
        stacked("labels", words, -1),
        tf.constant([each.intent for each in batch], tf.int32),
    )


def _ahead(batches: "list[list[_Text]]") -> "Iterator[tuple[Any, ...]]":
    """Each batch's tensors, those of the next one made while it is learned from."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(_padded, batches[0])
        for batch in (*batches[1:], None):
            ready = following.result()
            if batch is not None:
                following = pool.submit(_padded, batch)
            yield ready


def _stacked(arrays: "list[np.ndarray]", length: int, filler: float) -> np.ndarray:
    """The arrays as one, the first axis of each made `length` long."""
    shape = (len(arrays), length, *arrays[0].shape[1:])
    found = np.full(shape, filler, dtype=arrays[0].dtype)
    for row, array in zip(found, arrays):  # noqa: B905 -- as many
        row[: len(array)] = array
    return found


# ---------------------------------------------------------------------- layers


class _Dense:
    """A dense layer that goes on from BERT's arrays of this name."""

    def __init__(self, name: str) -> None:
        kernel, bias = (pretrained(model_folder())[f"{name}.{each}"] for each in ("weight", "bias"))
        self.name, self.variables = name, (tf.Variable(kernel.T), tf.Variable(bias))

    def __call__(self, values: Any) -> Any:
        kernel, bias = self.variables
        # As one matrix: the gradient of a kernel that every text shares would be made for each text.
        return tf.tensordot(values, kernel, 1) + bias

    def arrays(self) -> "dict[str, np.ndarray]":
        kernel, bias = (each.numpy() for each in self.variables)
        return {f"{self.name}.weight": np.ascontiguousarray(kernel.T), f"{self.name}.bias": bias}


class _Norm:
    """Layer normalisation that goes on from BERT's arrays of this name."""

    def __init__(self, name: str) -> None:
        arrays = (pretrained(model_folder())[f"{name}.{each}"] for each in ("weight", "bias"))
        self.name, self.variables = name, tuple(map(tf.Variable, arrays))

    def __call__(self, values: Any) -> Any:
        mean, variance = tf.nn.moments(values, -1, keepdims=True)
        weight, bias = self.variables
        return (values - mean) * tf.math.rsqrt(variance + EPS) * weight + bias

    def arrays(self) -> "dict[str, np.ndarray]":
        weight, bias = (each.numpy() for each in self.variables)
        return {f"{self.name}.weight": weight, f"{self.name}.bias": bias}


class _Block:
    """One layer of BERT, as `encoder._Layer`, with dropout."""

    def __init__(self, name: str) -> None:
        own = f"{name}.attention.self"
        self._query, self._key, self._value = (
            _Dense(f"{own}.{each}") for each in ("query", "key", "value")
        )
        self._attended = _Dense(f"{name}.attention.output.dense")
        self._attended_norm = _Norm(f"{name}.attention.output.LayerNorm")
        self._wider = _Dense(f"{name}.intermediate.dense")
        self._narrower = _Dense(f"{name}.output.dense")
        self._narrower_norm = _Norm(f"{name}.output.LayerNorm")

    @property
    def _parts(self) -> "list[_Dense | _Norm]":
        return list(vars(self).values())

    @property
    def variables(self) -> "list[Any]":
        return [each for part in self._parts for each in part.variables]

    def arrays(self) -> "dict[str, np.ndarray]":
        found: dict[str, np.ndarray] = {}
        for part in self._parts:
            found |= part.arrays()
        return found

    def __call__(self, values: Any, mask: Any, dropout: float) -> Any:
        shape = tf.shape(values)
        size = WIDTH // ATTENTION_HEADS

        def split(part: Any) -> Any:
            wide = (shape[0], shape[1], ATTENTION_HEADS, size)
            return tf.transpose(tf.reshape(part, wide), (0, 2, 1, 3))

        query, key, value = (split(each(values)) for each in (self._query, self._key, self._value))
        scores = tf.matmul(query, key, transpose_b=True) / math.sqrt(size) + mask
        weights = tf.nn.dropout(tf.nn.softmax(scores), dropout)
        context = tf.reshape(tf.transpose(tf.matmul(weights, value), (0, 2, 1, 3)), shape)
        values = self._attended_norm(values + tf.nn.dropout(self._attended(context), dropout))
        wide = tf.nn.gelu(self._wider(values), approximate=True)
        return self._narrower_norm(values + tf.nn.dropout(self._narrower(wide), dropout))


class _Heads:
    """Dense layers: a text's mean to its intent, a word's first piece to its label."""

    def __init__(self, intents: int, labels: int) -> None:
        self._intent, self._label = (
            (
                tf.Variable(tf.random.normal((WIDTH, count), stddev=0.5 / math.sqrt(WIDTH))),
                tf.Variable(tf.zeros(count)),
            )
            for count in (intents, labels)
        )

    @property
    def variables(self) -> "list[Any]":
        return [*self._intent, *self._label]

    def arrays(self) -> "dict[str, np.ndarray]":
        weight, bias = (each.numpy() for each in self._intent)
        return {"intent.weight": weight, "intent.bias": bias}

    def intents(self, values: Any, pooled: Any, dropout: float) -> Any:
        mean = tf.reduce_sum(values * pooled[:, :, None], 1)
        mean /= tf.reduce_sum(pooled, 1, keepdims=True)
        weight, bias = self._intent
        return tf.matmul(tf.nn.dropout(mean, dropout), weight) + bias

    def labels(self, words: Any, dropout: float) -> Any:
        weight, bias = self._label
        return tf.tensordot(tf.nn.dropout(words, dropout), weight, 1) + bias


class _Steps:
    """A step of Adam on the sum of both heads' cross entropies."""

    def __init__(self, blocks: "list[_Block]", heads: _Heads, course: Course) -> None:
        self._blocks, self._heads, self._course = blocks, heads, course
        self._layers = [each for block in blocks for each in block.variables]
        self._slow = tf.keras.optimizers.legacy.Adam(course.rate)
        self._fast = tf.keras.optimizers.legacy.Adam(course.head_rate)

    @tf.function(reduce_retracing=True, autograph=False)
    def step(
        self,
        values: Any,
        present: Any,
        pooled: Any,
        firsts: Any,
        labels: Any,
        intents: Any,
        pace: Any,
    ) -> None:
        """Learn from one batch."""
        with tf.GradientTape() as tape:
            loss = self._loss(values, present, pooled, firsts, labels, intents)
        variables = [*self._heads.variables, *self._layers]
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
        heads = len(self._heads.variables)
        self._fast.learning_rate.assign(self._course.head_rate * pace)
        self._slow.learning_rate.assign(self._course.rate * pace)
        self._fast.apply_gradients(zip(gradients[:heads], variables[:heads]))  # noqa: B905 -- as many
        self._slow.apply_gradients(zip(gradients[heads:], variables[heads:]))  # noqa: B905 -- as many

    @tf.function(reduce_retracing=True, autograph=False)
    def words(self, values: Any, present: Any, firsts: Any) -> Any:
        """The vectors of the words' first pieces, by the layers as they are."""
        return tf.gather(self._read(values, present, 0.0), firsts, batch_dims=1)

    def _read(self, values: Any, present: Any, dropout: float) -> Any:
        mask = (1 - present)[:, None, None, :] * _NEVER
        for block in self._blocks:
            values = block(values, mask, dropout)
        return values

    def _loss(
        self,
        values: Any,
        present: Any,
        pooled: Any,
        firsts: Any,
        labels: Any,
        intents: Any,
    ) -> Any:
        values = self._read(values, present, self._course.dropout)
        asked = self._heads.intents(values, pooled, self._course.dropout)
        words = tf.gather(values, firsts, batch_dims=1)
        named = self._heads.labels(words, self._course.dropout)
        is_word = tf.cast(labels >= 0, tf.float32)
        of_words = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(labels, 0), named)
        of_texts = tf.nn.sparse_softmax_cross_entropy_with_logits(intents, asked)
        return tf.reduce_mean(of_texts) + tf.reduce_sum(of_words * is_word) / tf.reduce_sum(is_word)
