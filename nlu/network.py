"""The encoder that reads a text once: what it asks for, and a vector for each word.

The first layers of MiniLM, of which the upper ones went on learning from our sentences, and the
intent from the mean of a text's words, after Chen, Zhuo and Wang, "BERT for Joint Intent
Classification and Slot Filling" (2019).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from encoder import Encoder, Pieces, model_folder


@dataclass(frozen=True)
class Example:
    """A text to learn from: which `words` are `wanted` for the intent, and each one's label."""

    words: "Sequence[str]"
    wanted: "Sequence[bool]"
    labels: "Sequence[int]"
    intent: int


class Network:
    """What was learned, ready to read."""

    def __init__(self, layers: bytes, arrays: "Mapping[str, np.ndarray]") -> None:
        """Take the `layers` as `graph.graph` made them, and `intent.weight` and `intent.bias` of the `arrays`."""
        self._encoder = Encoder(model_folder(), layers)
        self._weight, self._bias = arrays["intent.weight"], arrays["intent.bias"]

    def read(self, texts: "Sequence[Sequence[str]]") -> "list[Pieces]":
        """The vectors of the texts' pieces."""
        return self._encoder.read(texts)

    def intents(self, pieces: Pieces, wanted: "Sequence[Sequence[bool]]") -> np.ndarray:
        """Logits of the intents by the `wanted` words of each row, shape (rows, intents)."""
        return np.stack([pieces.mean(each) for each in wanted]) @ self._weight + self._bias
