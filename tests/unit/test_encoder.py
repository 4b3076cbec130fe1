"""Sentence encoders: those inside Halte, and a real sentence-transformers model made on the spot."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.settings import ROOT
from bot.understanding.encoder import DEFAULT, OWN_FOLDER, USE, Encoder, EncoderUnavailable, OnnxEncoder, load_encoder
from bot.understanding.messages import Labelled, other_languages, read
from bot.understanding.understander import Understander
from bot.understanding.understanding import Understanding
from tests.small_model import write_small_model

os.environ["HF_HUB_OFFLINE"] = "1"  # read once, when the hub's library is imported

WITHOUT_EXTRA = "the extra `encoder` is not installed: uv sync --extra encoder"
needs_extra = pytest.mark.skipif(find_spec("sentence_transformers") is None, reason=WITHOUT_EXTRA)

TRANSLATIONS = (
    ("Mijn ex volgt mijn locatie via mijn gsm.", "Mon ex suit ma position par mon GSM."),
    ("Iemand dreigt mijn naaktfoto's te verspreiden.", "Quelqu'un menace de diffuser mes photos nues."),
    ("Mijn vriend controleert al mijn berichten.", "Mon copain contrôle tous mes messages."),
    ("Ik krijg elke dag haatberichten op mijn werk.", "Je reçois tous les jours des messages de haine à mon travail."),
    ("Hoe laat vertrekt de trein naar Gent?", "À quelle heure part le train pour Gand ?"),
)
ODD = {
    "empty": "",
    "spaces": "   ",
    "long": ("hij stuurt mij elke dag honderd berichten " * 30)[:1000],
    "one long word": "a" * 1000,
    "emoji": "😭😭🙏",
    "joined emoji": "🏳️‍🌈 👨‍👩‍👧",
    "other script": "ساعدني",
    "control character": "\x00",
}
FORMS = ("threats", "sextortion", "doxing")
FLAGS = ("danger", "minor")
ACTS = ("affirm", "deny", "other")
SIZE = 200


class NetworkUsed(AssertionError):
    """Something tried to reach another machine."""


@pytest.fixture()
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """No network, and a note of every attempt to use it."""
    attempts: list[Any] = []

    def refuse(*arguments: Any, **_: Any) -> Any:
        attempts.append(arguments)
        raise NetworkUsed(arguments)

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if "huggingface_hub" in sys.modules:  # it reads the variable once, when it is imported
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield attempts
    assert attempts == []


@pytest.fixture(scope="module", params=[DEFAULT, USE])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return load_encoder(request.param)


def lengths(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1)


# The encoder inside Halte


def test_the_default_encoder_loads_without_network(offline: list[Any]) -> None:
    encoder = load_encoder()
    assert encoder.name == DEFAULT
    assert encoder.encode(["hallo"]).shape == (1, encoder.dimension)


def test_unit_vectors_of_the_stated_dimension(encoder: Encoder) -> None:
    texts = [text for pair in TRANSLATIONS for text in pair]
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), encoder.dimension)
    assert vectors.dtype == np.float32
    assert lengths(vectors) == pytest.approx(1.0, abs=1e-5)


def test_the_same_text_gives_the_same_vector(encoder: Encoder) -> None:
    texts = [text for pair in TRANSLATIONS for text in pair]
    together = encoder.encode(texts)
    assert np.array_equal(together, encoder.encode(texts))
    assert np.array_equal(together, load_encoder(encoder.name).encode(texts))
    alone = np.vstack([encoder.encode([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    vectors = encoder.encode([])
    assert vectors.shape == (0, encoder.dimension)
    assert vectors.dtype == np.float32


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_texts_give_one_finite_vector(encoder: Encoder, text: str) -> None:
    vectors = encoder.encode([text])
    assert vectors.shape == (1, encoder.dimension)
    assert np.isfinite(vectors).all()
    assert lengths(vectors) == pytest.approx(1.0, abs=1e-4)


def test_a_tuple_is_as_good_as_a_list(encoder: Encoder) -> None:
    assert encoder.encode(("ja", "nee")).shape == (2, encoder.dimension)


def test_translations_are_closer_than_unrelated_sentences(encoder: Encoder) -> None:
    dutch = encoder.encode([pair[0] for pair in TRANSLATIONS])
    french = encoder.encode([pair[1] for pair in TRANSLATIONS])
    likeness = dutch @ french.T
    same = likeness.diagonal()
    others = likeness[~np.eye(len(TRANSLATIONS), dtype=bool)]
    assert same.min() > others.max() + 0.1
    assert (likeness.argmax(axis=1) == np.arange(len(TRANSLATIONS))).all()
    assert (likeness.argmax(axis=0) == np.arange(len(TRANSLATIONS))).all()


def test_a_folder_with_an_encoder_can_be_named() -> None:
    text = ["mijn ex leest mee"]
    assert np.array_equal(load_encoder(str(OWN_FOLDER)).encode(text), load_encoder().encode(text))


def test_an_encoder_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(OWN_FOLDER, tmp_path / "encoder"))
    with (folder / "model.onnx").open("ab") as model:
        model.write(b"x")
    with pytest.raises(EncoderUnavailable, match="is not the file that encoder.json describes"):
        OnnxEncoder(folder)


def test_a_folder_without_an_encoder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match="halte encoder build"):
        OnnxEncoder(tmp_path)


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EncoderUnavailable, match=r"HALTE_ENCODER=some/model .*uv sync --extra encoder"):
        load_encoder("some/model")


# sentence-transformers for real


def parts(reading: Understanding) -> tuple[list[Any], list[float]]:
    """What was read, and how surely, apart: numbers saved and loaded differ in the ninth decimal."""
    shares = [*reading.ranking, *reading.possible, *((form.form, form.confidence) for form in reading.forms)]
    words = [reading.language, reading.act, reading.flags, reading.understood, reading.language_sure, reading.mixed]
    evidence = [form.evidence for form in reading.forms]
    return [*words, reading.flag_evidence, evidence, [name for name, _ in shares]], [share for _, share in shares]


def choose(messages: list[Labelled]) -> list[Labelled]:
    """A small training set that holds every label often enough, both languages alike."""

    def kind(message: Labelled) -> str | None:
        if message.act in ACTS and not message.forms and not message.flags:
            return message.act
        if message.act == "tell" and set(message.forms) <= set(FORMS) and set(message.flags) <= set(FLAGS):
            return (*message.flags, *message.forms, None)[0]
        return None

    kinds = [*FORMS, *FLAGS, *ACTS]
    room = {(name, language): SIZE // len(kinds) // 2 + 1 for name in kinds for language in ("nl", "fr")}
    chosen = []
    for message in messages:
        key = (kind(message) or "", message.language)
        if room.get(key, 0):
            room[key] -= 1
            chosen.append(message)
    return chosen[:SIZE]


@pytest.fixture(scope="module")
def messages() -> list[Labelled]:
    return read(ROOT / "data" / "nlu")


@pytest.fixture(scope="module")
def model_folder(messages: list[Labelled], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_model(tmp_path_factory.mktemp("model"), [message.text for message in messages[::6]])


@needs_extra
def test_a_sentence_transformers_model_is_an_encoder(model_folder: Path, offline: list[Any]) -> None:
    encoder = load_encoder(str(model_folder))
    assert encoder.name == str(model_folder)
    assert encoder.dimension == 32
    texts = [text for pair in TRANSLATIONS for text in pair]
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), 32) and vectors.dtype == np.float32
    assert lengths(vectors) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(vectors, encoder.encode(texts))
    alone = np.vstack([encoder.encode([text]) for text in texts])
    assert np.allclose(vectors, alone, atol=1e-5)
    assert len(np.unique(vectors.round(4), axis=0)) == len(texts)  # it did read them
    assert encoder.encode([]).shape == (0, 32)


@needs_extra
@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_a_sentence_transformers_model_takes_odd_texts(model_folder: Path, text: str) -> None:
    vectors = load_encoder(str(model_folder)).encode([text])
    assert vectors.shape == (1, 32)
    assert lengths(vectors) == pytest.approx(1.0, abs=1e-4)


@needs_extra
def test_understanding_learns_with_it_and_reads_the_same_after_loading(
    model_folder: Path, messages: list[Labelled], tmp_path: Path, offline: list[Any]
) -> None:
    chosen = choose(messages)
    assert len(chosen) == SIZE
    form_signs: dict[str, list[str]] = {form: [] for form in FORMS}
    flag_signs: dict[str, list[str]] = {flag: [] for flag in FLAGS}
    other = other_languages(ROOT / "data")[::4]
    fitted = Understander.fit(chosen, other, load_encoder(str(model_folder)), FLAGS, form_signs, flag_signs)
    fitted.save(tmp_path / "model")
    loaded = Understander.load(tmp_path / "model", load_encoder(str(model_folder)), form_signs, flag_signs)
    texts = [text for pair in TRANSLATIONS for text in pair] + [message.text for message in chosen[::10]]
    readings = [fitted.understand(text) for text in texts]
    for text, reading in zip(texts, readings, strict=True):
        (words, shares), (same_words, same_shares) = parts(reading), parts(loaded.understand(text))
        assert words == same_words
        assert shares == pytest.approx(same_shares, abs=1e-6)
    assert len({(reading.act, reading.language) for reading in readings}) > 2  # and it is not the same for all
    own = [fitted.understand(message.text) for message in chosen]
    right = np.mean([reading.act == message.act for reading, message in zip(own, chosen, strict=True)])
    assert right > 0.8


@needs_extra
@pytest.mark.parametrize("name", ["halte-test/no-such-model", "no-such-model", "/no/such/folder"])
def test_a_wrong_name_fails_fast_and_without_network(name: str, offline: list[Any]) -> None:
    import sentence_transformers  # noqa: F401 - importing it takes seconds, and is not what is measured

    started = time.monotonic()
    with pytest.raises(EncoderUnavailable) as caught:
        load_encoder(name)
    assert time.monotonic() - started < 10
    assert str(caught.value).startswith(f"HALTE_ENCODER={name} could not be loaded: ")
    assert caught.value.__cause__ is not None


@needs_extra
def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path, offline: list[Any]) -> None:
    (tmp_path / "readme.txt").write_text("no model here", encoding="utf-8")
    with pytest.raises(EncoderUnavailable, match="could not be loaded"):
        load_encoder(str(tmp_path))


@needs_extra
def test_the_default_start_does_not_load_torch() -> None:
    """The extra stays out of the way of those who do not use it."""
    code = (
        "import sys; from bot.understanding.encoder import load_encoder; load_encoder(); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
