"""Layers of BERT as an ONNX graph, which ONNX Runtime lays out once for the processor it runs on.

The fused operators are ONNX Runtime's own for this network:
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
"""

from collections.abc import Mapping

import numpy as np
from encoder import EPS, HEADS, PRESENT, VALUES, WIDTH
from onnx import NodeProto, TensorProto, helper, numpy_helper

_READ, _LOWER = "read", "lower"
_OPERATORS = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
_FORMAT = 8
"""Of the file: what ONNX had when these operators were its newest."""


def graph(weights: "Mapping[str, np.ndarray]", layers: int, lower: int | None = None) -> bytes:
    """The first `layers` of BERT with `weights` by their names there, as a file's content.

    What the first `lower` of them give is a second output, where it is not None.

    Raises:
        KeyError: An array is missing.
    """
    made = _Graph(weights)
    read = [made.embedded(VALUES)]
    for index in range(layers):
        read.append(made.layer(read[-1], f"encoder.layer.{index}"))
    made.add("Identity", [read[-1]], _READ, domain="")
    if lower is not None:
        made.add("Identity", [read[lower]], _LOWER, domain="")
    shape = ["texts", "pieces"]
    inputs = [
        helper.make_tensor_value_info(VALUES, TensorProto.FLOAT, [*shape, WIDTH]),
        helper.make_tensor_value_info(PRESENT, TensorProto.INT32, shape),
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [*shape, WIDTH])
        for name in (_READ, *(() if lower is None else (_LOWER,)))
    ]
    whole = helper.make_graph(made.nodes, "layers", inputs, outputs, made.arrays)
    model = helper.make_model(whole, opset_imports=_OPERATORS, ir_version=_FORMAT)
    return bytes(model.SerializeToString())


class _Graph:
    """Operators one after the other, and the arrays that they hold."""

    def __init__(self, weights: "Mapping[str, np.ndarray]") -> None:
        self._weights = weights
        self.nodes: list[NodeProto] = []
        self.arrays: list[TensorProto] = []

    def add(self, kind: str, inputs: "list[str]", output: str, **settings: object) -> str:
        """An operator; its output's name."""
        settings = {"domain": "com.microsoft", **settings}
        self.nodes.append(helper.make_node(kind, inputs, [output], **settings))
        return output

    def embedded(self, values: str) -> str:
        """What the first layer reads."""
        norm = "embeddings.LayerNorm"
        arrays = [self._weight(f"{norm}.{part}") for part in ("weight", "bias")]
        inputs = [values, *arrays]
        return self.add("LayerNormalization", inputs, f"{norm}.out", domain="", epsilon=EPS)

    def layer(self, values: str, name: str) -> str:
        """One block: attention, then two dense layers, each with what went in added."""
        own, out = f"{name}.attention.self", f"{name}.attention.output"
        mixed = [self._joined(own, part) for part in ("weight", "bias")]
        heads = self.add("Attention", [values, *mixed, PRESENT], f"{name}.heads", num_heads=HEADS)
        attended = self._normal(self._product(heads, f"{out}.dense"), values, out)
        wide = self._product(attended, f"{name}.intermediate.dense")
        bent = self.add(
            "FastGelu", [wide, self._weight(f"{name}.intermediate.dense.bias")], f"{name}.bent"
        )
        return self._normal(self._product(bent, f"{name}.output.dense"), attended, f"{name}.output")

    def _product(self, values: str, name: str) -> str:
        """A dense layer without its bias, which the operator after it adds."""
        kernel = self._array(f"{name}.weight", self._weights[f"{name}.weight"].T)
        return self.add("MatMul", [values, kernel], f"{name}.product", domain="")

    def _normal(self, values: str, before: str, name: str) -> str:
        """The sum of both and the dense layer's bias, normalised."""
        norm = f"{name}.LayerNorm"
        arrays = [self._weight(f"{norm}.{part}") for part in ("weight", "bias")]
        inputs = [values, before, *arrays, self._weight(f"{name}.dense.bias")]
        return self.add("SkipLayerNormalization", inputs, f"{norm}.sum", epsilon=EPS)

    def _joined(self, own: str, part: str) -> str:
        """Queries', keys' and values' arrays as one."""
        whole = np.concatenate(
            [self._weights[f"{own}.{each}.{part}"] for each in ("query", "key", "value")]
        )
        return self._array(f"{own}.{part}", whole.T)

    def _weight(self, name: str) -> str:
        return self._array(name, self._weights[name])

    def _array(self, name: str, values: np.ndarray) -> str:
        held = np.ascontiguousarray(values, dtype=np.float32)
        self.arrays.append(numpy_helper.from_array(held, name))
        return name
