"""The intent by word and letter n-grams, with a logistic regression."""

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

_LENGTH = np.float32(12)
"""L2 length of a row of counts: a long text is not surer than a terse one."""
_ITERATIONS = 100
_TEXTS = 3
"""That have an n-gram which counts: rarer ones are many and tell little."""


class NGrams:
    """Logarithms of the intents' probabilities, by which words and letters a text has."""

    def __init__(
        self, vocabularies: "list[list[str]]", weights: np.ndarray, bias: np.ndarray
    ) -> None:
        """Take what was learned: `weights` of shape (n-grams, intents)."""
        words, letters = ({name: at for at, name in enumerate(each)} for each in vocabularies)
        self.vocabularies, self.weights, self.bias = vocabularies, weights, bias
        self._counters = _counters(words, letters)

    @classmethod
    def learned(cls, texts: "list[str]", labels: "list[int]") -> "NGrams":
        """Fit with L2 regularisation of strength 1; the intents are as frequent as in the data."""
        counters = _counters()
        model = LogisticRegression(C=1.0, max_iter=_ITERATIONS, tol=1e-4)
        model.fit(_rows([each.fit_transform(texts) for each in counters]), labels)
        vocabularies = [
            sorted(counter.vocabulary_, key=counter.vocabulary_.__getitem__) for counter in counters
        ]
        weights = np.ascontiguousarray(model.coef_.T, dtype=np.float32)
        return cls(vocabularies, weights, model.intercept_.astype(np.float32))

    def scores(self, texts: "list[str]") -> np.ndarray:
        """Logits, shape (texts, intents)."""
        counts = [each.transform(texts) for each in self._counters]
        return np.asarray(_rows(counts) @ self.weights) + self.bias


def _counters(
    words: "dict[str, int] | None" = None, letters: "dict[str, int] | None" = None
) -> "list[CountVectorizer]":
    """Counters of words and word pairs, and of two to four letters within words."""
    shared: dict[str, Any] = {"min_df": _TEXTS, "dtype": np.float32}
    return [
        CountVectorizer(ngram_range=(1, 2), token_pattern=r"\b\w+\b", vocabulary=words, **shared),
        CountVectorizer(analyzer="char_wb", ngram_range=(2, 4), vocabulary=letters, **shared),
    ]


def _rows(counts: "list[csr_matrix]") -> csr_matrix:
    return normalize(hstack(counts).tocsr()) * _LENGTH
