"""``halte check``: every check finds what it is for in a broken copy, and the repository itself is in order."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import checks
from bot.checks import numbers, wording
from bot.checks.project import Finding, Project, pieces
from bot.settings import ROOT

CASES = yaml.safe_load(Path(__file__).with_name("check_cases.yml").read_text(encoding="utf-8"))
COPIED = ("data", "actions", "bot", "tests/messages", "domain.yml", "README.md")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project again, to be broken."""
    root = tmp_path_factory.mktemp("project")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.npz"))
        else:
            shutil.copy(ROOT / name, root / name)
    return Project(root, root / "data")


@contextmanager
def broken(project: Project, case: dict[str, Any]) -> Iterator[None]:
    """Change one file, and put it back afterwards."""
    path = project.root / case["file"]
    before = path.read_text(encoding="utf-8")
    assert case["replace"] in before, "the case has nothing to break"
    after = before.replace(case["replace"], case["by"], 1) if case["replace"] else before + case["by"]
    path.write_text(after, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def found(project: Project, name: str) -> list[Finding]:
    return list(importlib.import_module(f"bot.checks.{name}").check(project))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['check']}: {case['finds'][:50]}")
def test_a_broken_copy_is_noticed(copy: Project, case: dict[str, Any]) -> None:
    before = {str(finding) for finding in found(copy, case["check"])}
    with broken(copy, case), broken(copy, case.get("also", {**case, "replace": "", "by": ""})):
        new = [finding for finding in found(copy, case["check"]) if str(finding) not in before]
    hits = [finding for finding in new if case["finds"] in str(finding)]
    if case.get("none"):
        assert hits == []
    else:
        assert hits, [str(finding) for finding in new]
        assert all(finding.warning == case.get("warning", False) for finding in hits)


@pytest.mark.parametrize(
    "name", ["content", "wording", "numbers", "keys", "directory", "messages", "domain", "links", "versions"]
)
def test_the_repository_is_in_order(name: str) -> None:
    assert [str(finding) for finding in found(Project(ROOT, ROOT / "data"), name) if not finding.warning] == []


def test_all_errors_of_a_file_are_reported_and_not_the_first_only(copy: Project) -> None:
    first = {"file": "data/content/forms/doxing.yml", "replace": "questions:", "by": "colour: red\nquestions:"}
    second = {"file": "data/content/forms/doxing.yml", "replace": "reviewer:", "by": "reviewed_by:"}
    with broken(copy, first), broken(copy, second):
        places = {finding.place for finding in found(copy, "content")}
    assert {"colour", "reviewer", "reviewed_by"} <= places


def test_schema_errors_name_the_question_and_not_its_number(copy: Project) -> None:
    case = {"file": "data/content/forms/stalkerware.yml", "replace": "    level: L2", "by": "    level: L7"}
    with broken(copy, case):
        assert "questions.reaction.level" in {finding.place for finding in found(copy, "content")}


def test_exit_code_and_summary(
    copy: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = [Finding("b.yml", "y", "is odd", warning=True)]
    monkeypatch.setattr(checks, "CHECKS", [lambda project: results])
    assert checks.run(copy) == 0
    results.append(Finding("a.yml", "x", "is wrong"))
    assert checks.run(copy) == 1
    assert capsys.readouterr().out.splitlines() == [
        "b.yml: y: warning: is odd", "0 errors, 1 warnings",
        "a.yml: x: is wrong", "b.yml: y: warning: is odd", "1 errors, 1 warnings",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text, dialled",
    [
        ("Bel 112 of 101.", {"112", "101"}),
        ("Bel 0800 30 030 nu", {"0800 30 030"}),
        ("+32 2 123.45.67", {"+32 2 123.45.67"}),
        ("Je bent 17, in 2026, of 500 euro, of 26 %", set()),
        ("1. Maak een screenshot. 2. Wacht", set()),
        ("{phone} of {n}", set()),
    ],
)
def test_what_looks_like_a_number_to_call(text: str, dialled: set[str]) -> None:
    assert numbers.dialable(text) == dialled


def test_sentences_and_words() -> None:
    assert wording.sentences("1. Maak dit. Klaar ? Ja… goed") == ["Maak dit.", "Klaar ?", "Ja…", "goed"]
    assert wording.words("L'historique reste : « {quote} » .") == ["L'historique", "reste", "{quote}"]


def test_readability_rises_with_long_words_and_long_sentences() -> None:
    easy, words, long = (
        "Je gsm is van jou.",
        "Mobiele telefoons toebehoren gebruikers.",
        "Je gsm is van jou en dus niet van hem.",
    )
    assert wording.lix([easy]) < wording.lix([long]) < wording.lix([words])
    assert wording.lix([easy]) == 5 and wording.lix([]) == 0


def test_pieces_are_named_by_id_and_lists_of_words_are_no_texts() -> None:
    loaded = {"nodes": {"a": {"options": [{"id": "yes", "label": {"nl": "Ja", "fr": "Oui"}}]}}, "signs": {"nl": ["x"]}}
    assert [(p.place, p.language, p.text) for p in pieces("f.yml", loaded)] == [
        ("a.options.yes.label", "nl", "Ja"), ("a.options.yes.label", "fr", "Oui"),
    ]  # fmt: skip
