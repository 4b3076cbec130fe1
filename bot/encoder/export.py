"""From a fine-tuned model to what Halte ships: one ONNX graph of 8-bit weights and one tokenizer file."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from bot.encoder.quantise import quantise
from bot.understanding.encoder import ABOUT, MODEL, TOKENIZER

OPSET = 17


def export(model: Any, folder: Path, about: dict[str, Any]) -> None:
    """Write ``model`` (a ``SentenceTransformer`` with mean pooling) into ``folder``.

    The graph takes ``input_ids`` and ``attention_mask`` and gives the unit vector, so that whoever runs it
    needs to know nothing of pooling. ``about`` goes into ``encoder.json``.
    """
    import onnx
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    transformer = model[0].auto_model
    transformer.set_attn_implementation("eager")
    graph = _Graph(transformer).eval()
    ids = torch.tensor([[0, 10, 11, 12, 2], [0, 10, 2, 1, 1]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    axes = {0: "batch", 1: "tokens"}
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.onnx"
        torch.onnx.export(
            graph, (ids, mask), str(plain), input_names=["input_ids", "attention_mask"], output_names=["vector"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vector": {0: "batch"}}, opset_version=OPSET,
            dynamo=False,
        )  # fmt: skip
        onnx.save(quantise(onnx.load(plain)), folder / MODEL)
    model.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    digest = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    shape = {"dimension": int(transformer.config.hidden_size), "pad": model.tokenizer.pad_token}
    config = {**shape, "sha256": digest, **about}
    (folder / ABOUT).write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _Graph(transformer: Any) -> Any:  # noqa: N802 - makes a class, because torch must not be imported above
    import torch

    class Graph(torch.nn.Module):
        """Transformer, mean over the tokens that count, length one."""

        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * weight).sum(1) / weight.sum(1)
            return torch.nn.functional.normalize(mean, dim=1)

    return Graph()
