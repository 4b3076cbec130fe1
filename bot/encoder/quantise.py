"""Eight-bit weights for a graph that computes in single precision.

Each row (or output channel) of a large matrix is stored as whole numbers with one scale; onnxruntime multiplies
them out when it loads the file. Unlike dynamic quantisation, what a message gets does not depend on the messages
that share its batch, and nothing is lost on the way through the layers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LARGE = 10_000  # weights from which a matrix is worth it


def quantise(graph: Any) -> Any:
    """The ONNX model with its large matrices in 8 bits."""
    from onnx import helper, numpy_helper

    uses: dict[str, Any] = {name: node for node in graph.graph.node for name in node.input}
    nodes, kept, added = [], [], []
    for tensor in graph.graph.initializer:
        values = numpy_helper.to_array(tensor)
        user = uses.get(tensor.name)
        if values.dtype != np.float32 or values.ndim != 2 or values.size < LARGE or user is None:
            kept.append(tensor)
            continue
        axis = 1 if user.op_type == "Gather" else 0  # a row of the table, or an output of the product
        scale = np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-8) / 127
        name = tensor.name
        small = np.clip(np.rint(values / scale), -127, 127).astype(np.int8)
        added += [
            numpy_helper.from_array(small, f"{name}_small"),
            numpy_helper.from_array(scale.astype(np.float32), f"{name}_scale"),
        ]
        if user.op_type == "Gather":  # look up first, so that the table stays small in memory
            where, out = user.input[1], user.output[0]
            user.input[0], user.output[0] = f"{name}_small", f"{name}_row"
            nodes += [
                (user, helper.make_node("Cast", [f"{name}_row"], [f"{name}_float"], to=1)),
                (user, helper.make_node("Gather", [f"{name}_scale", where], [f"{name}_its"])),
                (user, helper.make_node("Mul", [f"{name}_float", f"{name}_its"], [out])),
            ]
        else:
            nodes += [
                (None, helper.make_node("Cast", [f"{name}_small"], [f"{name}_float"], to=1)),
                (None, helper.make_node("Mul", [f"{name}_float", f"{name}_scale"], [name])),
            ]
    ordered = [node for after, node in nodes if after is None]
    for node in graph.graph.node:
        ordered.append(node)
        ordered += [new for after, new in nodes if after is node]
    del graph.graph.node[:]
    graph.graph.node.extend(ordered)
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept + added)
    return graph
