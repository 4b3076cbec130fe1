"""Disturbed messages: what each disturbance does, on real sentences, and what it leaves alone."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

import pytest
import yaml

from bot.corpus import noise
from bot.corpus.noise import EMOJI, NEIGHBOURS, Variants
from bot.evaluation.metrics import Case
from bot.evaluation.robustness import Disturb, disturbances, disturbed
from bot.settings import ROOT
from bot.understanding.messages import Labelled, read

LISTS = yaml.safe_load((ROOT / "data" / "language" / "variants.yml").read_text(encoding="utf-8"))
VARIANTS = Variants.read(ROOT / "data")
WAYS = disturbances(VARIANTS)
REAL = (
    ("nl", "Hij heeft mijn foto's naar iedereen gestuurd, ik weet niet wat ik moet doen..."),
    ("nl", "ze dreigt alles aan mijn moeder te tonen als ik niet betaal!"),
    ("nl", "Mijn ex weet altijd waar ik ben, zelfs in de auto. Hoe kan dat?"),
    ("fr", "Il m'a menacée hier soir, j'ai peur qu'il envoie mes photos à ma mère."),
    ("fr", "Je sais pas quoi faire : quelqu'un a créé un faux profil avec mon téléphone !"),
    ("fr", "Mon ex lit tous mes messages et il est toujours devant l'école"),
)
ODD = ("?", "!!!", "...", "👍", "😭😭 !", "a", "é", "a b", "ja", "j'ai", "'t", "112", "-", "x" * 300)
by_name = pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))


def dice(seed: int = 0) -> random.Random:
    return random.Random(seed)


@pytest.fixture(scope="module")
def messages() -> list[Labelled]:
    """The test split: some thousand sentences in each language."""
    return read(ROOT / "tests" / "messages" / "test")


# --- what holds for every disturbance


@pytest.mark.parametrize(
    "change",
    [
        lambda text, language: noise.typos(text, 0, dice()),
        lambda text, language: VARIANTS.dialect(text, language, dice(), 0),
        lambda text, language: VARIANTS.code_switch(text, language, dice(), 0),
    ],
    ids=["typos", "dialect", "code-switch"],
)
def test_rate_0_changes_nothing(change: Callable[[str, str], str], messages: list[Labelled]) -> None:
    for language, text in [*REAL, *(("nl", text) for text in ODD), *((m.language, m.text) for m in messages[::10])]:
        assert change(text, language) == text


@by_name
def test_same_dice_same_text(way: Disturb) -> None:
    for language, text in REAL:
        for seed in range(20):
            assert way(text, language, dice(seed)) == way(text, language, dice(seed))


@pytest.mark.parametrize("name", ["typos, 5 % of letters", "typos, 20 % of letters", "with emoji",
                                  "spoken and SMS spelling"])  # fmt: skip
def test_other_dice_other_text(name: str) -> None:
    for language, text in REAL:
        assert len({WAYS[name](text, language, dice(seed)) for seed in range(50)}) > 5, text


@by_name
@pytest.mark.parametrize("text", [*ODD, *(text for _, text in REAL)])
def test_never_empty(way: Disturb, text: str) -> None:
    for language in ("nl", "fr"):
        assert all(way(text, language, dice(seed)).strip() for seed in range(50))


@pytest.mark.parametrize("text", ODD)
def test_typos_everywhere_leave_something(text: str) -> None:
    assert all(noise.typos(text, 1, dice(seed)).strip() for seed in range(200))


@by_name
def test_no_disturbance_is_idle_on_real_messages(way: Disturb, messages: list[Labelled]) -> None:
    changed = [way(message.text, message.language, dice(1)) != message.text for message in messages]
    assert sum(changed) / len(changed) > 0.3


def test_disturbed_cases_keep_their_labels_and_are_the_same_each_time() -> None:
    cases = [Case(text, language, "tell", ("doxing",), ("danger",)) for language, text in REAL]
    way = WAYS["typos, 20 % of letters"]
    once = disturbed(cases, way)
    assert once == disturbed(cases, way)
    assert [(c.language, c.act, c.forms, c.flags) for c in once] == [
        (c.language, c.act, c.forms, c.flags) for c in cases
    ]
    assert all(after.text != before.text for after, before in zip(once, cases, strict=True))
    assert [case.text for case in cases] == [text for _, text in REAL]  # ours are left alone


def test_a_case_without_a_language_is_read_as_dutch() -> None:
    (case,) = disturbed([Case("ik weet iets")], WAYS["Dutch-French code-switch"])
    assert case == Case("ik weet iets")
    (case,) = disturbed([Case("nooit misschien")], WAYS["Dutch-French code-switch"])
    assert case.text == "jamais peut-être"


# --- typos


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2, 0.5])
def test_typos_hit_that_share_of_the_letters(rate: float) -> None:
    letters = ["e"] * 20_000  # a word each: every hit shows, none can reach its neighbour
    found = noise.typos(" ".join(letters), rate, dice()).split(" ")
    assert len(found) == len(letters)
    assert sum(letter != "e" for letter in found) / len(letters) == pytest.approx(rate, abs=0.01)


def test_typos_are_of_four_kinds() -> None:
    alone = {noise.typos("1 e 1", 1, dice(seed)).split(" ")[1] for seed in range(200)}
    assert alone == {"", "ee", "z", "r", "d"}  # dropped, doubled, beside the key
    rare = {noise.typos("boek", 0.2, dice(seed)) for seed in range(2_000)}
    assert {"obek", "beok", "boke"} <= rare  # swapped
    assert "keob" not in rare


@pytest.mark.parametrize("rate", [0.1, 1])
def test_typos_leave_everything_else_where_it_is(rate: float) -> None:
    for _, text in REAL:
        other = re.sub(r"[^\W\d_]", "", text)
        assert re.sub(r"[^\W\d_]", "", noise.typos(text, rate, dice(3))) == other
    assert noise.typos("112 ?! 😭 24/7", 1, dice()) == "112 ?! 😭 24/7"


def test_keys_lie_beside_each_other_both_ways() -> None:
    assert set(NEIGHBOURS) == set("abcdefghijklmnopqrstuvwxyz")
    for key, beside in NEIGHBOURS.items():
        assert beside and key not in beside
        assert all(key in NEIGHBOURS[other] for other in beside), key


# --- accents, punctuation, emoji


@pytest.mark.parametrize(
    "text, plain",
    [
        ("Il m'a menacée à l'école, ça va pas", "Il m'a menacee a l'ecole, ca va pas"),
        ("ÉCOLE Çà Noël", "ECOLE Ca Noel"),
        ("ma sœur, Œuvre", "ma soeur, OEuvre"),
        ("coördineren, één, mè", "coordineren, een, me"),
        ("24/7 à 17h… 😭 « hé »", "24/7 a 17h… 😭 « he »"),
        ("Geen enkel accent!", "Geen enkel accent!"),
        ("", ""),
    ],
)
def test_without_accents(text: str, plain: str) -> None:
    assert noise.without_accents(text) == plain


@pytest.mark.parametrize(
    "text, plain",
    [
        ("Hij dreigt. Wat nu?!", "hij dreigt wat nu"),
        ("Il m'a dit : « j’arrive »...", "il m'a dit j’arrive"),
        ("peut-être, rendez-vous (demain)", "peut-être rendez-vous demain"),
        ("foto's\nvan mij;\tALLES", "foto's van mij alles"),
        ("help 😭 nu", "help nu"),
        ("24/7", "24 7"),
        ("?!", "?!"),  # nothing to say aloud
        ("👍", "👍"),
    ],
)
def test_without_punctuation(text: str, plain: str) -> None:
    assert noise.without_punctuation(text) == plain


def test_emoji_come_between_the_words_and_leave_them_alone() -> None:
    for _, text in REAL:
        numbers, last = set(), set()
        for seed in range(100):
            words = noise.with_emoji(text, dice(seed)).split(" ")
            assert [word for word in words if word not in EMOJI] == text.split()
            numbers.add(sum(word in EMOJI for word in words))
            last.add(words[-1] in EMOJI)
        assert (numbers, last) == ({1, 2, 3}, {True, False})


def test_emoji_differ_and_are_no_words() -> None:
    assert len(set(EMOJI)) == len(EMOJI)
    assert not any(re.search(r"\w|\s", emoji) for emoji in EMOJI)


# --- spoken and SMS spelling


@pytest.mark.parametrize(
    "language, text, pattern",
    [
        ("nl", "Ik heb dat niet gezien", "(kheb|keb|kep) da (ni|nie|nt) gezien"),
        ("nl", "ik weet niet wat hij wil", "kweet (ni|nie|nt) wa (em|ij) wil"),
        ("nl", "nu ben ik BANG.", "(na|nu se) ben (k|ikke|kik) (schrik|banggg)."),
        ("nl", "mijn foto's, mijn foto!", "(mn|m'n|men) (fotos|fotoos|pics), (mn|m'n|men) (fotto|fotooke)!"),
        ("nl", "de datum van een datingapp", "de datum van (ne|n|nen) datingapp"),
        ("nl", "nietsnut, schoolbank, ikzelf", "nietsnut, schoolbank, ikzelf"),
        ("fr", "Je suis chez toi", "(jsuis|chui|chuis|j suis) (ché|che) toi"),
        ("fr", "J'ai peur de quelqu'un", "(jai|g|gé) (peure|flippe) de (qqn|kelkun|quelquun)"),
        ("fr", "parce que je sais pas quoi faire", "(pcq|pske|paske) (jsais|chais) (pa|ap) (koi|kwa) (fr|fère)"),
        ("fr", "c'est mon téléphone", "(c|cest|sé) (mn|mom) (gsm|tel|phone)"),
        ("fr", "quelque part, le passeport", "quelque part, le passeport"),
        ("fr", "devant l'école", "devant l'école"),
        ("fr", "niet wat ik heb", "niet wat ik heb"),  # the other language's words stay
        ("nl", "je suis chez toi", "(ge|u|j) suis chez toi"),
    ],
)
def test_dialect(language: str, text: str, pattern: str) -> None:
    found = {VARIANTS.dialect(text, language, dice(seed)) for seed in range(60)}
    assert all(re.fullmatch(pattern, one) for one in found), found
    if "|" in pattern:
        assert len(found) > 1


def test_dialect_uses_every_spelling_of_the_list() -> None:
    for language, words in LISTS["spoken"].items():
        for word, spellings in words.items():
            found = {VARIANTS.dialect(word, language, dice(seed)) for seed in range(100)}
            assert found == set(spellings), word


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_share_of_the_words(share: float) -> None:
    spoken = VARIANTS.dialect("dat " * 4_000, "nl", dice(), share).split()
    assert spoken.count("da") / 4_000 == pytest.approx(share, abs=0.03)
    switched = VARIANTS.code_switch("nooit " * 4_000, "nl", dice(), share).split()
    assert switched.count("jamais") / 4_000 == pytest.approx(share, abs=0.03)


# --- Dutch and French mixed


@pytest.mark.parametrize(
    "language, text, mixed",
    [
        ("nl", "Mijn ex volgt mij elke dag en ik ben bang", "mon ex volgt mij tous les jours et ik ben peur"),
        ("nl", "mijn vriendin, niet mijn vriend", "ma copine, niet mon copain"),
        ("nl", "Iemand heeft mijn foto's!", "quelqu'un heeft mes photos!"),
        ("nl", "foto's op internet", "photos sur internet"),
        ("nl", "foto’s op internet", "photos sur internet"),  # as phones write it
        ("nl", "naaktfoto's van mijn mannen", "photos intimes van mijn mannen"),
        ("nl", "enkel de schoolpoort", "enkel de schoolpoort"),
        ("fr", "mon ex me suit tous les jours et j'ai peur", "mijn ex me suit elke dag en j'ai bang"),
        ("fr", "QUELQU'UN menace ma fille", "iemand dreigt mijn dochter"),
        ("fr", "mon patron, la police, l'école", "mijn baas, de politie, de school"),
        ("fr", "totalement perdu", "totalement perdu"),
        ("fr", "iemand met een camera", "iemand met een camera"),  # already in the other language
    ],
)
def test_code_switch(language: str, text: str, mixed: str) -> None:
    assert VARIANTS.code_switch(text, language, dice()) == mixed


def test_every_pair_is_switched_both_ways() -> None:
    """A phrase that has two translations gets one of them."""
    for here, there, language in [(0, 1, "nl"), (1, 0, "fr")]:
        wanted: dict[str, set[str]] = {}
        for pair in LISTS["switched"]:
            wanted.setdefault(pair[here], set()).add(pair[there])
        for phrase, translations in wanted.items():
            assert VARIANTS.code_switch(phrase, language, dice()) in translations


# --- the lists themselves


def entries() -> Iterator[tuple[str, str, list[str]]]:
    for language, words in LISTS["spoken"].items():
        for word, spellings in words.items():
            yield language, word, spellings


def test_the_lists_are_for_both_languages_and_not_empty() -> None:
    assert set(LISTS) == {"spoken", "switched"} and set(LISTS["spoken"]) == {"nl", "fr"}
    assert all(len(words) > 40 for words in LISTS["spoken"].values()) and len(LISTS["switched"]) > 40


@pytest.mark.parametrize("language, word, spellings", [pytest.param(*entry, id=entry[1]) for entry in entries()])
def test_spoken_words_have_other_spellings(language: str, word: str, spellings: list[str]) -> None:
    assert spellings and all(isinstance(spelling, str) and spelling.strip() for spelling in spellings)
    assert word not in spellings, "a spelling is the standard itself"
    assert len(set(spellings)) == len(spellings), "a spelling stands twice"
    assert word == word.lower().strip()  # it is looked up in lower case


@pytest.mark.parametrize("pair", LISTS["switched"], ids=lambda pair: pair[0])
def test_switched_phrases_differ(pair: list[str]) -> None:
    dutch, french = pair
    assert dutch.strip() and french.strip() and dutch != french
    assert pair == [phrase.lower().strip() for phrase in pair]
    assert LISTS["switched"].count(pair) == 1


def test_no_word_stands_twice_in_the_file() -> None:
    """YAML would silently keep the last."""
    lines = (ROOT / "data" / "language" / "variants.yml").read_text(encoding="utf-8").splitlines()
    for language in ("nl", "fr"):
        start = lines.index(f"  {language}:") + 1
        keys = []
        for line in lines[start:]:
            if not line.startswith("    "):
                break
            keys.append(line.split(":")[0].strip().strip('"'))
        assert len(keys) == len(set(keys)) == len(LISTS["spoken"][language])
