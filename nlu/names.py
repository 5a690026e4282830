"""Where names stand in a text: a small network over each word's vectors, its neighbours', and what is plain to see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from re import Pattern

import numpy as np
from encoder import WIDTH
from sklearn.neural_network import MLPClassifier

AROUND = 2
"""Neighbours whose features a word is read with, each way."""
_FAMILIAR = ("known", "new", "slip")
_SEEN = 15
_HIDDEN = 128
_AS_LIKELY = 0.35
"""Probability with which a word of requests is a part of the name beside it as well: "milk run"."""
_CHUNK = 1024
"""Texts whose words are learned from at a time."""


@dataclass(frozen=True)
class Word:
    """A word as it was `typed` and `meant`.

    `familiar` tells whether requests know it, known, new or slip; `wanted` whether it says something
    of what is asked for.
    """

    typed: str
    meant: str
    start: int
    end: int
    familiar: str
    wanted: bool


def _seen(word: Word, text: str) -> "list[float]":
    """What is plain to see of a word."""
    typed = word.typed
    before, after = text[: word.start].rstrip(" "), text[word.end :].lstrip(" ")
    return [
        float(typed.istitle()),
        float(typed.isupper() and len(typed) > 1),
        float(any(letter.isdigit() for letter in typed)),
        float("-" in typed or "_" in typed),
        float("/" in typed or ":" in typed or "." in typed),
        float(len(typed) < 3),
        *(float(word.familiar == each) for each in _FAMILIAR),
        float(not before),
        float(not after),
        float(before[-1:] in {",", ".", ";", ":", "!", "?", "("}),
        float(after[:1] in {",", ".", ";", ":", "!", "?", ")"}),
        float(after[:1] in {"'", "\u2019"}),
        float(before[-1:] in {"`", '"', "\u201c"}),
    ]


def plain(words: "Sequence[Word]", text: str, patterns: "Mapping[str, Pattern[str]]") -> np.ndarray:
    """What is plain to see of each word, shape (words, features): its shape, its place, the `patterns` that hold it."""
    places = [[each.span() for each in pattern.finditer(text)] for pattern in patterns.values()]
    rows = [
        [
            *_seen(word, text),
            *(
                float(any(start < word.end and word.start < end for start, end in each))
                for each in places
            ),
        ]
        for word in words
    ]
    return np.array(rows, dtype=np.float32).reshape(len(rows), _SEEN + len(patterns))


def beside(rows: np.ndarray) -> np.ndarray:
    """Each word's row with its neighbours' but for the lower layer, zeros beyond the text's ends.

    That layer comes first, and of a neighbour the upper one tells enough.
    """
    padded = np.zeros((len(rows) + 2 * AROUND, rows.shape[1] - WIDTH), rows.dtype)
    padded[AROUND : AROUND + len(rows)] = rows[:, WIDTH:]
    around = [padded[at : at + len(rows)] for at in range(2 * AROUND + 1)]
    return np.hstack([rows[:, :WIDTH], *around])


class Tagger:
    """Probabilities of the labels of words, from rows of their features."""

    def __init__(self, arrays: "Mapping[str, np.ndarray]") -> None:
        """Take what was `learned`."""
        self.arrays = arrays

    @classmethod
    def learned(
        cls,
        rows: "Sequence[np.ndarray]",
        labels: "Sequence[Sequence[int]]",
        count: int,
        epochs: int,
    ) -> "Tagger":
        """Fit to the words of each text, shape (words, features), and their labels' places, of `count`.

        The weights are the mean of those that the last epoch went through, which is steadier than its
        end: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).
        """
        model = MLPClassifier((_HIDDEN,), batch_size=512, learning_rate_init=1.5e-3, random_state=0)
        shuffled, passed = np.random.default_rng(0), []
        for epoch in range(epochs):
            order = shuffled.permutation(len(rows))
            for start in range(0, len(order), _CHUNK):
                places = order[start : start + _CHUNK]
                some = np.vstack([beside(rows[at].astype(np.float32)) for at in places])
                wanted = np.concatenate([labels[at] for at in places])
                model.partial_fit(some, wanted, classes=range(count))
                if epoch == epochs - 1:
                    passed.append([each.copy() for each in (*model.coefs_, *model.intercepts_)])
        names = ("hidden.weight", "label.weight", "hidden.bias", "label.bias")
        means = (np.mean(each, axis=0, dtype=np.float32) for each in zip(*passed))  # noqa: B905 -- alike
        return cls(dict(zip(names, means)))  # noqa: B905 -- four

    def chances(self, rows: np.ndarray) -> np.ndarray:
        """Probabilities of the labels, shape (words, labels), of a text's words."""
        hidden = beside(rows) @ self.arrays["hidden.weight"] + self.arrays["hidden.bias"]
        scores = np.maximum(hidden, 0) @ self.arrays["label.weight"] + self.arrays["label.bias"]
        scores = np.exp(scores - scores.max(1, keepdims=True))
        return scores / scores.sum(1, keepdims=True)


def named(
    words: "Sequence[Word]", text: str, chances: np.ndarray, least: float
) -> "Iterator[tuple[int, int, int]]":
    """Label, first and last word of each name; label 0 is none, and only spaces part a name's words.

    A word beside a name joins it with `least` probability where it is unknown, else with `_AS_LIKELY`.
    """
    together = [text[one.end : other.start] == " " for one, other in pairwise(words)]
    new = [word.familiar == "new" for word in words]
    labels = _spread(chances, together, new, least)
    for at, word in enumerate(words[1:-1], start=1):
        if (
            word.typed == "of"
            and 0 < labels[at - 1] == labels[at + 1]
            and all(together[at - 1 : at + 1])
        ):
            labels[at] = labels[at - 1]  # "voice of customer"
    return _stretches(labels, together)


def _spread(
    chances: np.ndarray, together: "list[bool]", new: "list[bool]", least: float
) -> "list[int]":
    """The likeliest label of each word, and that of the name beside it for those that may be part of it."""
    labels = [int(each) for each in chances.argmax(1)]
    forth = [(at, at + 1) for at in range(len(labels) - 1)]
    back = [(at + 1, at) for at in reversed(range(len(labels) - 1))]
    for within, other in (*forth, *back):
        label = labels[within]
        joins = together[min(within, other)] and not labels[other]
        wanted = least if new[other] else _AS_LIKELY
        if label and joins and chances[other, label] >= wanted:
            labels[other] = label
    return labels


def _stretches(labels: "list[int]", together: "list[bool]") -> "Iterator[tuple[int, int, int]]":
    first = 0
    for last, label in enumerate(labels):
        goes_on = last + 1 < len(labels) and together[last] and labels[last + 1] == label
        if not goes_on:
            if label:
                yield label, first, last
            first = last + 1
