"""Places of Belgium: the table itself, and what people write when somebody asks where they are."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from bot.directory.files import DirectoryError, folder
from bot.directory.places import area_of, gazetteer, places_of, read_places, refused, region_of

ROWS = list(csv.DictReader(line for line in (folder() / "municipalities.csv").open(encoding="utf-8") if line[0] != "#"))


def test_all_municipalities_are_there() -> None:
    assert Counter(row["province"] for row in ROWS) == {
        "antwerpen": 67, "vlaams-brabant": 63, "limburg": 38, "oost-vlaanderen": 55, "west-vlaanderen": 62,
        "brussels": 19, "brabant_wallon": 27, "hainaut": 69, "liege": 84, "luxembourg": 43, "namur": 38,
    }  # fmt: skip
    assert len(ROWS) == 565


def test_language_regimes() -> None:
    regimes = Counter(row["regime"] for row in ROWS)
    assert regimes == {"nl": 273, "fr": 246, "bilingual": 19, "nl_fr": 12, "de_fr": 9, "fr_nl": 4, "fr_de": 2}
    facilities = {row["nl"] for row in ROWS if row["regime"] == "nl_fr"}
    assert {"Drogenbos", "Kraainem", "Linkebeek", "Wemmel", "Wezembeek-Oppem", "Voeren", "Ronse"} < facilities


def test_a_postcode_belongs_to_one_municipality() -> None:
    codes = Counter(code for row in ROWS for code in row["postcodes"].split())
    assert len(codes) > 1100 and set(codes.values()) == {1}


def test_every_municipality_is_found_by_each_name_and_postcode() -> None:
    for row in ROWS:
        for name in filter(None, (row["nl"], row["fr"], row["de"])):
            assert row["province"] in {place.province for place in places_of(name)}, name
        for code in row["postcodes"].split():
            assert [place.province for place in places_of(code)] == [row["province"]]


@pytest.mark.parametrize(
    ("said", "name", "region", "province"),
    [
        ("Gent", "Gent", "flanders", "oost-vlaanderen"),
        ("bij Gent", "Gent", "flanders", "oost-vlaanderen"),
        ("Gand", "Gent", "flanders", "oost-vlaanderen"),
        ("ghent", "Ghent", "flanders", "oost-vlaanderen"),
        ("in de buurt van Gent", "Gent", "flanders", "oost-vlaanderen"),
        ("ik woon in Sint-Niklaas", "Sint-Niklaas", "flanders", "oost-vlaanderen"),
        ("1030", "Schaarbeek", "brussels", "brussels"),
        ("B-1030", "Schaarbeek", "brussels", "brussels"),
        ("1030 Schaerbeek", "Schaarbeek", "brussels", "brussels"),
        ("mijn postcode is 9000", "Gent", "flanders", "oost-vlaanderen"),
        ("Luik", "Luik", "wallonia", "liege"),
        ("près de Liège", "Luik", "wallonia", "liege"),
        ("pres de liege", "Luik", "wallonia", "liege"),
        ("à Liège", "Luik", "wallonia", "liege"),
        ("j'habite près de Liège", "Luik", "wallonia", "liege"),
        ("du côté de Namur", "Namen", "wallonia", "namur"),
        ("Lüttich", "Luik", "wallonia", "liege"),
        ("provincie Luik", "Luik", "wallonia", "liege"),
        ("Eupen", "Eupen", "german_community", "liege"),
        ("sint-vith", "Sint-Vith", "german_community", "liege"),
        ("4700", "Eupen", "german_community", "liege"),
        ("Malmedy", "Malmedy", "wallonia", "liege"),
        ("Bruxelles", "Brussel", "brussels", "brussels"),
        ("Brussel", "Brussel", "brussels", "brussels"),
        ("brussels", "Brussels", "brussels", "brussels"),
        ("Laken", "Laken", "brussels", "brussels"),
        ("Ixelles", "Elsene", "brussels", "brussels"),
        ("Molenbeek", "Molenbeek", "brussels", "brussels"),
        ("Saint Gilles", "Sint-Gillis", "brussels", "brussels"),
        ("oost vlaanderen", "Oost-Vlaanderen", "flanders", "oost-vlaanderen"),
        ("Brabant wallon", "Waals-Brabant", "wallonia", "brabant_wallon"),
        ("vlaams-brabant", "Vlaams-Brabant", "flanders", "vlaams-brabant"),
        ("Wallonie", "Wallonië", "wallonia", None),
        ("Vlaanderen", "Vlaanderen", "flanders", None),
        ("Ostbelgien", "Duitstalige Gemeenschap", "german_community", None),
        ("Louvain-la-Neuve", "Louvain-la-Neuve", "wallonia", "brabant_wallon"),
        ("Louvain", "Leuven", "flanders", "vlaams-brabant"),
        ("Kessel-Lo", "Kessel-Lo", "flanders", "vlaams-brabant"),
        ("Doornik", "Doornik", "wallonia", "hainaut"),
        ("Mons", "Bergen", "wallonia", "hainaut"),
        ("Tongeren", "Tongeren", "flanders", "limburg"),  # a municipality of its own until 2025
        ("Borsbeek", "Borsbeek", "flanders", "antwerpen"),
        ("Zwijndrecht", "Zwijndrecht", "flanders", "oost-vlaanderen"),  # changed province in 2025
        ("Antwerpn", "Antwerpen", "flanders", "antwerpen"),
        ("Bruxelle", "Brussel", "brussels", "brussels"),
        ("La Louviere", "La Louvière", "wallonia", "hainaut"),
        ("Braine-l’Alleud", "Eigenbrakel", "wallonia", "brabant_wallon"),
        ("De Panne", "De Panne", "flanders", "west-vlaanderen"),
        ("Le Roeulx", "Le Roeulx", "wallonia", "hainaut"),
        ("aan zee in Oostende", "Oostende", "flanders", "west-vlaanderen"),
        ("Rumbeke", "Rumbeke", "flanders", "west-vlaanderen"),
        ("2070", "Beveren-Kruibeke-Zwijndrecht", "flanders", "oost-vlaanderen"),
        ("1325", "Chaumont-Gistoux", "wallonia", "brabant_wallon"),
        ("3999", "Limburg", "flanders", "limburg"),  # no municipality: at least the province
    ],
)  # fmt: skip
def test_one_place(said: str, name: str, region: str, province: str | None) -> None:
    found = places_of(said)
    assert name in {place.name("nl") for place in found}, found
    area = area_of(found)
    assert area is not None and (area.region, area.province) == (region, province)
    assert region_of(said) == region


@pytest.mark.parametrize(
    ("said", "names", "region"),
    [
        ("Woluwe", {"Sint-Lambrechts-Woluwe", "Sint-Pieters-Woluwe"}, "brussels"),
        ("bij Woluwe", {"Sint-Lambrechts-Woluwe", "Sint-Pieters-Woluwe"}, "brussels"),
        ("Halle", {"Halle", "Halle (Zoersel)"}, "flanders"),
        ("Braine", {"Eigenbrakel", "Kasteelbrakel", "'s-Gravenbrakel"}, "wallonia"),
        ("Saint-Nicolas", {"Sint-Niklaas", "Saint-Nicolas"}, None),
        ("Limbourg", {"Limburg"}, None),  # a town in Liège, and a province
        ("Celles", {"Celles"}, "wallonia"),
    ],
)
def test_ambiguous_names(said: str, names: set[str], region: str | None) -> None:
    found = places_of(said)
    assert len(found) > 1 or said == "Celles"
    assert names <= {place.name("nl") for place in found}, found
    assert region_of(said) == region


@pytest.mark.parametrize(
    "said", ["Atlantis", "", "?", "weet ik niet", "0000", "9", "Paris", "in mijn huis", "12345", "met hem"]
)
def test_unknown(said: str) -> None:
    assert places_of(said) == []


@pytest.mark.parametrize("said", ["dat zeg ik liever niet", "Je préfère pas dire", "liever niet", "peu importe"])
def test_may_refuse(said: str) -> None:
    assert refused(said) and not refused("Gent")


def test_a_wrong_table_is_named(tmp_path: Path) -> None:
    for name in ("places.yml", "municipalities.csv", "localities.csv"):
        (tmp_path / name).write_bytes((folder() / name).read_bytes())
    read_places(tmp_path)
    with (tmp_path / "municipalities.csv").open("a", encoding="utf-8") as file:
        file.write("Nergens,Nulle part,,nowhere,nl,9999,\n")
    with pytest.raises(DirectoryError, match="nowhere"):
        read_places(tmp_path)
    (tmp_path / "localities.csv").unlink()
    with pytest.raises(DirectoryError):
        read_places(tmp_path)


def test_names_are_many() -> None:
    assert len(gazetteer().names) > 2400
