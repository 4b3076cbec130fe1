"""Where somebody is, as far as they want to say: a municipality, village, postcode, province or region of Belgium.

``places_of("près de Liège")`` gives candidates, best first: several when the name is ambiguous, none when it is not
known. Only the region and the province are used, to put what is near first; nothing is kept but these two words.
"""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.directory.files import DirectoryError, Loader, folder

KINDS = ("municipality", "part", "province", "region", "postcode", "locality")
POSTCODE = re.compile(r"(?<![\d.,])(?:b-?)?([1-9]\d{3})(?![\d.,]?\d)", re.IGNORECASE)
NEAR = re.compile(  # what stands before a place, in both languages
    r"(?:^|\b)(?:in de buurt van|in de omgeving van|niet ver van|vlak ?bij|dicht ?bij|nabij|bij|rond|rondom|omgeving|"
    r"uit|in|te|naar|regio|provincie|"
    r"à côté de|a cote de|aux environs de|pas loin de|près de|pres de|près d[’']|pres d[’']|autour de|"
    r"dans le|dans la|en|à|a|au|vers|sur|chez|région de|region de|province de|province du|ville de|de|d[’'])\s*",
    re.IGNORECASE,
)
REFUSED = re.compile(
    r"\b(zeg ik (liever )?niet|wil ik (liever )?niet (zeggen|kwijt)|liever niet|maakt niet uit|overal|"
    r"je (ne )?(préfère|prefere|veux) pas (le )?dire|peu importe)\b",
    re.IGNORECASE,
)
LONGEST = 6  # words in the longest name
CLOSE = 0.86  # how alike two words must be for one to be a slip of the other
MIN_PART = 4  # letters of a word that may stand for a whole name


@dataclass(frozen=True)
class Place:
    """Somewhere in Belgium. ``province`` is missing for a region, ``regime`` for all but municipalities."""

    id: str
    kind: str
    names: Mapping[str, str]
    region: str
    province: str | None = None
    regime: str | None = None

    def name(self, language: str) -> str:
        """The name in ``language``, or the one that is used there."""
        return self.names.get(language) or next(iter(self.names.values()))

    def __hash__(self) -> int:
        return hash((self.id, self.kind))


def fold(text: str) -> str:
    """``text`` without case, accents, hyphens and apostrophes."""
    text = text.replace("œ", "oe").replace("Œ", "Oe")
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w]+|_", " ", plain.casefold()).split())


@dataclass(frozen=True)
class Gazetteer:
    """All names, folded, with the places that bear them; and the ranges of postcodes."""

    names: Mapping[str, tuple[Place, ...]]
    words: Mapping[str, tuple[Place, ...]]  # single words of the names of municipalities
    postcodes: Mapping[int, tuple[Place, ...]]
    ranges: tuple[tuple[int, int, Place], ...]
    provinces: Mapping[str, Place]

    def by_postcode(self, code: int) -> tuple[Place, ...]:
        """The municipality of a postcode, or at least its province."""
        found = self.postcodes.get(code)
        if found:
            return found
        return tuple(place for first, last, place in self.ranges if first <= code <= last)


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from (line for line in file if not line.startswith("#"))
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{path.name}: {error}") from error


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {code: values[code] for code in ("nl", "fr", "de") if values.get(code)}


def read_places(source: Path) -> Gazetteer:
    """The places of ``source``; :class:`DirectoryError` when a file is missing or names an unknown province."""
    names: dict[str, dict[Place, None]] = {}
    words: dict[str, dict[Place, None]] = {}
    postcodes: dict[int, list[Place]] = {}

    def add(place: Place, spellings: Iterable[str]) -> None:
        for spelling in spellings:
            names.setdefault(fold(spelling), {})[place] = None

    try:
        frame = yaml.load((source / "places.yml").read_text(encoding="utf-8"), Loader=Loader)
        provinces = {
            name: Place(name, "province", _texts(values), values["region"], name)
            for name, values in frame["provinces"].items()
        }
        for row in csv.DictReader(_lines(source / "municipalities.csv")):
            region = "german_community" if row["regime"] == "de_fr" else provinces[row["province"]].region
            place = Place(
                fold(row["fr"]).replace(" ", "_"), "municipality", _texts(row), region, row["province"], row["regime"]
            )
            add(place, place.names.values())
            for code in row["postcodes"].split():
                postcodes.setdefault(int(code), []).append(place)
            for word in {word for name in place.names.values() for word in fold(name).split()}:
                if len(word) >= MIN_PART:
                    words.setdefault(word, {})[place] = None
            for part in filter(None, row["also"].split("|")):
                inside = Place(fold(part).replace(" ", "_"), "part", {"nl": part}, region, row["province"])
                add(inside, (part, re.sub(r" \(.*\)", "", part)))
        for row in csv.DictReader(_lines(source / "localities.csv")):
            province = provinces[row["province"]]
            village = Place(
                fold(row["name"]).replace(" ", "_"), "locality", {"nl": row["name"]}, province.region, province.id
            )
            add(village, (row["name"],))
        for name, values in frame["provinces"].items():
            add(provinces[name], (name, *_texts(values).values(), *values.get("also", ())))
        for name, values in frame["regions"].items():
            add(Place(name, "region", _texts(values), name), (*_texts(values).values(), *values.get("also", ())))
        ranges = tuple(
            (first, last, provinces[name])
            for name, values in frame["provinces"].items()
            for first, last in values["postcodes"]
        )
    except (OSError, yaml.YAMLError) as error:
        raise DirectoryError(f"places.yml: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise DirectoryError(f"places: {type(error).__name__} {error} is unknown or missing") from error
    return Gazetteer(
        {name: tuple(found) for name, found in names.items()},
        {word: tuple(found) for word, found in words.items()},
        {code: tuple(found) for code, found in postcodes.items()},
        ranges,
        provinces,
    )


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The places of the shipped directory, read once."""
    return read_places(folder())


def _best(found: Sequence[Place]) -> list[Place]:
    """Without a province that has the name of its own capital, and without villages that hide behind a town."""
    kept = sorted(dict.fromkeys(found), key=lambda place: KINDS.index(place.kind))
    towns = {(place.province, place.region) for place in kept if place.kind in ("municipality", "part")}
    return [
        place for place in kept
        if place.kind in ("municipality", "part", "region") or (place.province, place.region) not in towns
    ]  # fmt: skip


def _exactly(name: str, known: Gazetteer) -> list[Place]:
    return _best(known.names.get(name, ()))


def _by_word(name: str, known: Gazetteer) -> list[Place]:
    """Municipalities of whose name these are whole words, as Woluwe of two."""
    lists = [set(known.words.get(word, ())) for word in name.split() if len(word) >= MIN_PART]
    found = set.intersection(*lists) if lists else set()
    return sorted(found, key=lambda place: place.id)


def _slip(name: str, known: Gazetteer) -> list[Place]:
    if len(name) <= MIN_PART:
        return []
    close = difflib.get_close_matches(name, known.names, n=1, cutoff=CLOSE)
    return _exactly(close[0], known) if close else []


def _without_lead(text: str) -> str:
    """``text`` from behind the last "near", "in", "près de", ... that begins it."""
    while True:
        match = NEAR.match(text)
        if not match or not text[match.end() :].strip():
            return text
        text = text[match.end() :].strip()


def places_of(text: str) -> list[Place]:
    """What ``text`` names: one place, several when the name is ambiguous, none when it is not known."""
    known = gazetteer()
    code = POSTCODE.search(text)
    if code and known.by_postcode(int(code.group(1))):
        found = list(known.by_postcode(int(code.group(1))))
        beside = _exactly(fold(POSTCODE.sub(" ", text)), known)
        return [place for place in beside if place in found] or found
    bare = text.strip(" .,;:?!")
    for candidate in dict.fromkeys((fold(bare), fold(_without_lead(bare)))):
        for look in (_exactly, _by_word):
            found = look(candidate, known)
            if found:
                return found
    return _heard(text, known) or _slip(fold(_without_lead(bare)), known)


def _heard(text: str, known: Gazetteer) -> list[Place]:
    """The longest name behind a "near" or "in" inside a sentence; the last one counts."""
    for match in reversed(list(NEAR.finditer(text))):
        words = fold(text[match.end() :]).split()[:LONGEST]
        for length in range(len(words), 0, -1):
            name = " ".join(words[:length])
            found = _exactly(name, known) if len(name) >= MIN_PART or length > 1 else []
            if found:
                return found
    return []


def refused(text: str) -> bool:
    """Whether somebody would rather not say where."""
    return bool(REFUSED.search(text))


@dataclass(frozen=True)
class Area:
    """What is left of a place for the search: never more than a province."""

    region: str | None = None
    province: str | None = None


def area_of(found: Sequence[Place]) -> Area | None:
    """What all candidates agree on; ``None`` when not even the region is the same, so that one must ask."""
    regions = {place.region for place in found}
    if len(regions) != 1:
        return None
    provinces = {place.province for place in found}
    return Area(regions.pop(), provinces.pop() if len(provinces) == 1 else None)


def region_of(place: str) -> str | None:
    """The region in which a place lies, or ``None`` when the place is not known or lies in either."""
    area = area_of(places_of(place))
    return area.region if area else None
