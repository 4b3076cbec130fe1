"""``halte data``: counting, comparing, taking out and doubting labelled messages, in projects small enough to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from bot.__main__ import main
from bot.checks import duplicates
from bot.checks.project import Project
from bot.corpus import cli, review
from bot.corpus.dupes import NEAR, near_duplicates
from bot.corpus.remove import remove
from bot.corpus.splits import SPLITS, folders, read_splits
from bot.corpus.stats import count, length
from bot.settings import ROOT, Settings
from bot.understanding.messages import Labelled, read

HEAD = 'version: "3.1"\nnlu:\n'


def block(act: str, labels: str, *texts: str) -> str:
    """Messages with the same labels, as they stand in a file."""
    lines = "".join(f"      - {text}\n" for text in texts)
    return f"  - intent: {act}\n    metadata: {{{labels}}}\n    examples: |\n{lines}"


def project(root: Path, files: Mapping[str, str]) -> Path:
    """A project with nothing but messages: ``{"train/nl/doxing": blocks}``."""
    where = folders(root, root / "data")
    for name, blocks in files.items():
        split, rest = name.split("/", 1)
        path = where[split] / f"{rest}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + blocks, encoding="utf-8")
    return root


def texts(root: Path) -> dict[str, list[str]]:
    return {split: [message.text for message in found] for split, found in read_splits(root, root / "data").items()}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command line looks at this project, and not at ours."""
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setattr(cli, "settings", lambda: Settings(data_dir=tmp_path / "data"))
    return tmp_path


# --- where the splits are


def test_splits_are_read_from_their_own_folders(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "train/nl/a": block("tell", "forms: [doxing]", "een"),
            "dev/fr/a": block("greet", "forms: []", "deux"),
            "test/nl/a": block("tell", "forms: [], flags: [danger], source: x", "drie"),
        },
    )
    assert read_splits(tmp_path, tmp_path / "data") == {
        "train": [Labelled("een", "nl", "tell", ("doxing",), (), "", "a")],
        "dev": [Labelled("deux", "fr", "greet", (), (), "", "a")],
        "test": [Labelled("drie", "nl", "tell", (), ("danger",), "x", "a")],
    }
    assert tuple(folders(tmp_path, tmp_path / "data")) == SPLITS


# --- stats

COUNTED = {
    "train": [
        Labelled("mijn adres staat online", "nl", "tell", ("doxing",), (), "ann"),
        Labelled("hij dreigt en zet mijn adres online", "nl", "tell", ("doxing", "threats"), ("danger",), "ann"),
        Labelled("bonjour", "fr", "greet"),
    ],
    "dev": [Labelled("je veux mourir", "fr", "tell", (), ("suicide", "minor"), "bob")],
    "test": [],
}


@pytest.mark.parametrize(
    "group, label, expected",
    [
        ("messages", "all", {("train", "nl"): 2, ("train", "fr"): 1, ("dev", "fr"): 1}),
        ("acts", "tell", {("train", "nl"): 2, ("dev", "fr"): 1}),
        ("acts", "greet", {("train", "fr"): 1}),
        ("forms", "doxing", {("train", "nl"): 2}),
        ("forms", "threats", {("train", "nl"): 1}),
        ("forms", "(several)", {("train", "nl"): 1}),
        ("forms", "(none)", {("train", "fr"): 1, ("dev", "fr"): 1}),
        ("negatives", "no form, no flag", {("train", "fr"): 1}),
        ("flags", "danger", {("train", "nl"): 1}),
        ("flags", "minor", {("dev", "fr"): 1}),
        ("source", "ann", {("train", "nl"): 2}),
        ("source", "(none)", {("train", "fr"): 1}),
        ("length", "1-4 words", {("train", "nl"): 1, ("train", "fr"): 1, ("dev", "fr"): 1}),
        ("length", "5-12 words", {("train", "nl"): 1}),
    ],
)
def test_stats_count(group: str, label: str, expected: dict[tuple[str, str], int]) -> None:
    assert dict(count(COUNTED)[group][label]) == expected


def test_stats_count_nothing_else() -> None:
    found = count(COUNTED)
    assert {group: set(labels) for group, labels in found.items()} == {
        "messages": {"all"},
        "negatives": {"no form, no flag"},
        "forms": {"doxing", "threats", "(several)", "(none)"},
        "flags": {"danger", "suicide", "minor"},
        "acts": {"tell", "greet"},
        "length": {"1-4 words", "5-12 words"},
        "source": {"ann", "bob", "(none)"},
    }


@pytest.mark.parametrize(
    "words, name",
    [(1, "1-4 words"), (4, "1-4 words"), (5, "5-12 words"), (12, "5-12 words"), (13, "13-25 words"),
     (25, "13-25 words"), (26, "26-45 words"), (45, "26-45 words"), (46, "46-90 words"), (90, "46-90 words"),
     (91, "over 90 words")],
)  # fmt: skip
def test_length(words: int, name: str) -> None:
    assert length(" ".join(["woord"] * words)) == name


def test_stats_as_json(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(
        small,
        {
            "train/nl/a": block("tell", "forms: [doxing], flags: [], source: ann", "mijn adres staat online", "help"),
            "dev/fr/a": block("greet", "forms: [], flags: [], source: bob", "bonjour"),
        },
    )
    assert main(["data", "stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "messages": {"all": {"train/nl": 2, "dev/fr": 1}},
        "negatives": {"no form, no flag": {"dev/fr": 1}},
        "forms": {"doxing": {"train/nl": 2}, "(none)": {"dev/fr": 1}},
        "flags": {},
        "acts": {"tell": {"train/nl": 2}, "greet": {"dev/fr": 1}},
        "length": {"1-4 words": {"train/nl": 2, "dev/fr": 1}},
        "source": {"ann": {"train/nl": 2}, "bob": {"dev/fr": 1}},
    }


def test_stats_as_a_table(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(small, {"train/nl/a": block("tell", "forms: [doxing]", "een", "twee")})
    assert main(["data", "stats"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["doxing", "2", "0", "0", "0", "0", "0"] in rows


def test_stats_of_the_repository_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "stats", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    total = found["messages"]["all"]
    assert set(total) == {f"{split}/{language}" for split in SPLITS for language in ("nl", "fr")}
    for group in ("acts", "length", "source"):  # a message has exactly one of each
        for column, number in total.items():
            assert sum(labels.get(column, 0) for labels in found[group].values()) == number, (group, column)
    forms = {path.stem for path in (ROOT / "data" / "content" / "forms").glob("*.yml")}
    assert set(found["forms"]) == forms | {"(none)", "(several)"}


# --- near-duplicates

STORY = "mijn ex leest elke avond mijn berichten"


def pairs(train: list[str], test: list[str], within: bool = False) -> list[tuple[str, str]]:
    splits = {
        split: [Labelled(text, "nl", "tell") for text in found] for split, found in (("train", train), ("test", test))
    }
    return [(pair.first.text, pair.second.text) for pair in near_duplicates(splits, within)]


@pytest.mark.parametrize(
    "first, second, near",
    [
        (STORY, STORY, True),
        (STORY, "Mijn ex leest elke avond mijn berichten!!!", True),
        (STORY, "mijn ex leest elke avond al mijn berichten", True),
        ("quelqu'un a piraté mon compte hier soir", "Quelqu’un a pirate mon compte, hier soir", True),
        (STORY, "mijn ex leest elke avond mijn berichtn", True),
        (STORY, "mijn ex leest overdag mijn berichten", False),
        (STORY, "mijn ex volgt elke dag mijn auto", False),
        (STORY, "il lit tous mes messages le soir", False),
        ("wis alles nu", "wis alles nu", False),  # three words: said by everybody
        ("wis alles nu meteen", "wis alles nu meteen", True),  # four: not
        ("ja, ja!", "ja, ja!", False),
    ],
)
def test_nearly_the_same_between_splits(first: str, second: str, near: bool) -> None:
    others = (["de trein had vandaag weer vertraging"], ["ik zoek een recept voor stoofvlees"])
    assert pairs([first, *others[0]], [second, *others[1]]) == ([(first, second)] if near else [])


def test_one_shared_word_is_not_nearly_the_same() -> None:
    assert pairs(["hij volgt mij naar het station"], ["ons hondje loopt graag rond dat station"]) == []


def test_within_looks_inside_each_split_only() -> None:
    near = "mijn ex leest elke avond al mijn berichten"
    assert pairs([STORY, near], ["ik zoek een recept voor stoofvlees"]) == []
    assert pairs([STORY, near], ["ik zoek een recept voor stoofvlees"], within=True) == [(STORY, near)]
    assert pairs([STORY], [near], within=True) == []


def test_a_pair_names_its_splits_and_its_nearness() -> None:
    splits = {"train": [Labelled(STORY, "nl", "tell")], "dev": [], "test": [Labelled(STORY + " nog", "nl", "tell")]}
    (pair,) = near_duplicates(splits)
    assert (pair.first_split, pair.second_split) == ("train", "test")
    assert NEAR <= pair.nearness < 1


@pytest.mark.parametrize("found", [{}, {"train": []}, {"train": [Labelled("ja", "nl", "affirm")]}])
def test_nothing_to_compare(found: dict[str, list[Labelled]]) -> None:
    assert list(near_duplicates(found)) == []


def test_a_large_collection_is_searched_beyond_its_first_rows() -> None:
    """Above 2,000 messages rare and common pieces are left out, and the comparing goes in parts."""
    names = "anke bram cato daan elif fien gijs hana ilse joris kato lars mila noor omar".split()
    places = "aalst boom ciney diest eupen fleurus gent halle ieper jette knokke leuven mons ninove".split()
    things = "fiets laptop paraplu rugzak bril portefeuille sleutelbos handtas regenjas boekentas trui".split()
    train = [f"{name} verloor een {thing} in {place}" for name in names for place in places for thing in things]
    planted = "onbekende plaatste mijn huisadres op marktplein"
    assert len(train) > 2_000
    assert (planted, planted + "!") in pairs([*train, planted], [planted + "!"])


@pytest.mark.parametrize("within", [False, True])
def test_command_finds_and_drops(within: bool, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    near = "mijn ex leest elke avond al mijn berichten"
    files = {"train/nl/a": block("tell", "forms: []", STORY, "de trein had vandaag weer vertraging")}
    if within:
        files["train/nl/b"] = block("tell", "forms: []", near)
    else:
        files["test/nl/b"] = block("tell", "forms: []", near)
    project(small, files)
    option = ["--within"] if within else []

    assert main(["data", "dupes", *option]) == (0 if within else 1)
    shown = capsys.readouterr()
    assert f"train/nl/a.yml: {STORY}" in shown.out and near in shown.out and "1 pairs" in shown.err
    assert main(["data", "dupes", *([] if within else ["--within"])]) == 0
    assert capsys.readouterr().out == ""

    assert main(["data", "dupes", *option, "--drop"]) == 0
    assert "1 messages taken out" in capsys.readouterr().err
    kept = texts(small)
    assert STORY not in kept["train"] and near in kept["train"] + kept["test"]
    assert "de trein had vandaag weer vertraging" in kept["train"]
    assert main(["data", "dupes", *option]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("copies", [2, 3])
def test_one_of_exact_copies_in_a_file_stays(copies: int, small: Path) -> None:
    project(small, {"train/nl/a": block("tell", "forms: []", *[STORY] * copies, "de trein had weer vertraging")})
    assert main(["data", "dupes", "--within", "--drop"]) == 0
    assert texts(small)["train"] == [STORY, "de trein had weer vertraging"]


# --- taking out

FILE = (
    block("tell", "forms: [doxing]", "een twee drie", "vier  vijf: 'zes' # zeven", "acht")
    + block("tell", "forms: [threats]", "negen")
    + block("greet", "forms: []", "tien")
)


@pytest.mark.parametrize(
    "gone, left",
    [
        (["acht"], FILE.replace("      - acht\n", "")),
        (["vier  vijf: 'zes' # zeven"], FILE.replace("      - vier  vijf: 'zes' # zeven\n", "")),
        (["negen"], FILE.replace(block("tell", "forms: [threats]", "negen"), "")),  # in the middle
        (["tien"], FILE.replace(block("greet", "forms: []", "tien"), "")),  # at the end
        (["negen", "tien"], block("tell", "forms: [doxing]", "een twee drie", "vier  vijf: 'zes' # zeven", "acht")),
        (["een twee drie", "vier  vijf: 'zes' # zeven", "acht"], FILE[FILE.index("  - intent: tell", 1) :]),
        (["een"], FILE),  # part of another, and not a message
        (["greet"], FILE),
        ([], FILE),
    ],
)
def test_remove_takes_only_those_lines_and_empty_blocks(tmp_path: Path, gone: list[str], left: str) -> None:
    project(tmp_path, {"train/nl/a": FILE, "train/fr/a": FILE, "train/nl/b": FILE, "dev/nl/a": FILE})
    where = folders(tmp_path, tmp_path / "data")
    removed = remove(where, [("train", Labelled(text, "nl", "tell", theme="a")) for text in gone])
    assert (where["train"] / "nl" / "a.yml").read_text(encoding="utf-8") == HEAD + left
    assert removed == FILE.count("      - ") - left.count("      - ")
    for other in (where["train"] / "fr" / "a.yml", where["train"] / "nl" / "b.yml", where["dev"] / "nl" / "a.yml"):
        assert other.read_text(encoding="utf-8") == HEAD + FILE
    assert yaml.safe_load(HEAD + left)["nlu"] is not None


def test_a_file_whose_last_message_goes_can_still_be_read(tmp_path: Path) -> None:
    project(tmp_path, {"train/nl/a": block("greet", "forms: []", "tien")})
    where = folders(tmp_path, tmp_path / "data")
    assert remove(where, [("train", Labelled("tien", "nl", "greet", theme="a"))]) == 1
    assert read(where["train"]) == []


def test_a_message_in_several_pairs_is_removed_once(tmp_path: Path) -> None:
    project(tmp_path, {"train/nl/a": block("tell", "forms: []", "een", "een", "twee")})
    first = read_splits(tmp_path, tmp_path / "data")["train"][0]
    assert remove(folders(tmp_path, tmp_path / "data"), [("train", first), ("train", first)]) == 1
    assert texts(tmp_path)["train"] == ["een", "twee"]


# --- review

WHO = ("mijn ex", "mijn vriend", "een klasgenoot", "mijn baas", "een onbekende", "mijn broer", "de buurman", "hij")
SHOWS = ("toont mijn naaktfoto", "post blote beelden van mij", "deelt mijn nudes", "stuurt mijn naaktfoto door",
         "zet blote beelden van mij online")  # fmt: skip
FOLLOWS = ("volgt mijn locatie met een tracker", "ziet op de kaart waar ik ben", "verstopte een gps in mijn auto",
           "volgt mijn auto met gps", "ziet mijn locatie op de kaart")  # fmt: skip
SMALL = [
    Labelled(f"{who} {what}", "nl", "tell", (form,), (), "", form)
    for form, story in (("image_abuse", SHOWS), ("location_tracking", FOLLOWS))
    for who in WHO
    for what in story
]
PLANTED = Labelled("mijn collega toont mijn naaktfoto en deelt mijn nudes", "nl", "tell", ("location_tracking",))


def test_review_puts_a_planted_wrong_label_first() -> None:
    assert len(SMALL) == 80
    found = review.doubts([*SMALL[:40], PLANTED, *SMALL[40:]])
    assert {(doubt.message, doubt.label, doubt.labelled) for doubt in found[:2]} == {
        (PLANTED, "location_tracking", True),
        (PLANTED, "image_abuse", False),
    }
    assert found[1].share > 0.8
    assert [doubt.share for doubt in found] == sorted((doubt.share for doubt in found), reverse=True)


def test_review_has_no_doubt_about_right_labels() -> None:
    assert review.doubts(SMALL) == []


def test_review_of_one_label_or_language() -> None:
    messages = [*SMALL, PLANTED]
    assert {doubt.label for doubt in review.doubts(messages, label="image_abuse")} == {"image_abuse"}
    assert review.doubts(messages, language="fr") == []
    assert {doubt.message for doubt in review.doubts(messages, language="nl")} == {PLANTED}


def test_review_leaves_labels_that_too_few_or_all_messages_have() -> None:
    few = [Labelled(message.text, "nl", "tell", (*message.forms, "doxing")) for message in SMALL[: review.LEAST - 1]]
    judged = {doubt.label for doubt in review.doubts([*few, *SMALL[len(few) :], PLANTED])}
    assert judged == {"image_abuse", "location_tracking"}
    assert review.doubts([*SMALL, PLANTED], label="tell") == []
    assert review.doubts([*SMALL, PLANTED], label="no_such_label") == []


def test_review_from_the_command_line(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = {form: [m.text for m in SMALL if m.forms == (form,)] for form in ("image_abuse", "location_tracking")}
    project(
        small,
        {
            "train/nl/images": block("tell", "forms: [image_abuse]", *right["image_abuse"]),
            "train/nl/places": block("tell", "forms: [location_tracking]", PLANTED.text, *right["location_tracking"]),
        },
    )
    assert main(["data", "review", "--json", "-n", "1", "--label", "location_tracking"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    doubt = json.loads(line)
    assert 0.5 < doubt.pop("share") < 1
    assert doubt == {
        "text": PLANTED.text, "language": "nl", "file": "places.yml", "label": "location_tracking", "labelled": True,
    }  # fmt: skip
    assert main(["data", "review", "--label", "image_abuse"]) == 0
    assert f"has not image_abuse          train/nl/places.yml: {PLANTED.text}" in capsys.readouterr().out


# --- the check


def test_check_finds_a_planted_near_duplicate(tmp_path: Path) -> None:
    files = {
        "train/nl/reading": block("tell", "forms: []", "de trein had vandaag weer vertraging", STORY),
        "dev/nl/forms": block("tell", "forms: []", "ik zoek een recept voor stoofvlees", "wis alles nu"),
        "test/fr/forms": block("tell", "forms: []", "quelqu'un a piraté mon compte hier soir"),
    }
    root = project(tmp_path, files)
    assert list(duplicates.check(Project(root, root / "data"))) == []
    project(root, {"test/nl/forms": block("tell", "forms: []", "Mijn ex leest elke avond al mijn berichten.")})
    (finding,) = duplicates.check(Project(root, root / "data"))
    assert not finding.warning
    assert str(finding) == (
        f"data/nlu/nl/reading.yml: {STORY}: nearly the same in test: Mijn ex leest elke avond al mijn berichten."
    )
