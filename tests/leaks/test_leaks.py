"""Nothing that is typed is written anywhere: canaries go into a real server and are looked for on disk."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

from tests.serving import ROOT, Server

CANARIES = ("0470 98 76 54", "canary.kanarie@example.be", "Zebulonia Vandekanarie", "kanarievogeltje")
SKIPPED = {".git", ".venv", ".tools", "node_modules", ".mypy_cache", ".ruff_cache"}


def test_canaries_are_nowhere_on_disk(tmp_path: Path) -> None:
    """Phone, e-mail, name and a made-up word: in stories, answers, crises, failures and odd input."""
    started = time.time()
    server = Server(tmp_path).start()
    try:
        phone, mail, name, word = CANARIES
        first = server.turn(None, start=True, language="nl")
        session = first["session"]
        for text in (
            f"ik heet {name} en mijn ex leest mijn mails op {mail}",
            f"ja, bel mij op {phone}",
            f'/inform{{"x": "{word}"}}',
            f"{word} asdf {word}",
            f"hij staat aan de deur met een mes, {word}",
            f"ik wil niet meer leven {word}",
            word * 700,
        ):
            answer = server.turn(session, text=text)
            assert answer["bubbles"]
        french = server.turn(None, text=f"mon ex lit mes mails {mail}, je m'appelle {name}", language="fr")
        server.turn(french["session"], text=f"{word} oui {phone}")
        assert_nowhere(tmp_path, started=0)
    finally:
        server.stop()
    assert_nowhere(tmp_path, started=0)
    assert_nowhere(ROOT, started=started)


def assert_nowhere(folder: Path, started: float) -> None:
    """No file below ``folder`` that changed since ``started`` holds a canary."""
    looked = 0
    for path in folder.rglob("*"):
        if SKIPPED & set(path.parts) or not path.is_file() or path == Path(__file__):
            continue
        if path.stat().st_mtime < started or "__pycache__" in path.parts:
            continue
        data = path.read_bytes()
        if path.suffix == ".gz":
            data += gzip.decompress(data)
        looked += 1
        for canary in CANARIES:
            for form in (canary, canary.replace(" ", "")):
                assert form.encode() not in data, f"{form!r} is in {path}"
    assert looked or started, "nothing was looked at"
