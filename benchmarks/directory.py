"""How long a question to the directory takes: on the shipped entries, and on many made from them (see README.md)."""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.directory import snapshot as shots
from bot.directory.load import open_directory
from bot.directory.places import places_of
from bot.directory.query import Query, find, known_forms

AT_ONCE = 12  # what a conversation looks at: three cards, and those after them
SAID = ("bij Gent", "1030", "Luik", "près de Liège", "Woluwe", "ik woon in Sint-Niklaas", "Antwerpn", "Atlantis")


def grown(small: shots.Snapshot, count: int) -> shots.Snapshot:
    """The shipped entries, and copies of those that are no emergency number, until there are ``count``."""
    records = dict(small.records)
    copied = [record for record in small.records.values() if record.data.kind not in shots.LASTING]
    for number, record in zip(range(count - len(records)), itertools.cycle(copied)):
        name = f"{record.data.id}_{number}"
        records[name] = replace(record, data=replace(record.data, id=name), position=len(records))
    return replace(small, records=records)


def questions(forms: list[str]) -> list[Query]:
    """Persons, places and times, all combined."""
    times = [dt.datetime(2026, 11, 24, 10), dt.datetime(2026, 11, 22, 23), dt.datetime(2026, 12, 25, 20)]
    people: list[dict[str, Any]] = [
        {"language": "nl", "age": "adult"},
        {"language": "fr", "age": "minor"},
        {"language": "nl", "region": "flanders", "province": "oost-vlaanderen"},
        {"language": "fr", "channel": "chat", "open_now": True},
        {"language": "fr", "role": "professional", "region": "brussels"},
        {"language": "nl", "flags": ("danger", "physical")},
    ]
    return [Query(forms=(form,), at=at, **person) for form in forms for at in times for person in people]


def timed(session: Session, asked: list[Query]) -> dict[str, float]:
    """Milliseconds a question: p50, p95 and the worst."""
    spent = []
    for query in asked:
        started = time.perf_counter()
        found = find(session, query, limit=AT_ONCE)
        spent.append((time.perf_counter() - started) * 1000)
        assert found
    return quantiles(spent)


def quantiles(spent: list[float]) -> dict[str, float]:
    """p50, p95 and the worst, rounded."""
    cuts = statistics.quantiles(spent, n=20)
    return {"p50_ms": round(cuts[9], 2), "p95_ms": round(cuts[18], 2), "max_ms": round(max(spent), 2), "n": len(spent)}


def measure(counts: list[int]) -> dict[str, Any]:
    """The table."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        sessions = open_directory(f"sqlite:///{Path(folder) / 'd.sqlite'}")
        results["first load of the files"] = {"ms": round((time.perf_counter() - started) * 1000)}
        with sessions() as session:
            started = time.perf_counter()
            small = shots.snapshot(session)
            results["reading the database into memory"] = {"ms": round((time.perf_counter() - started) * 1000)}
            asked = questions(known_forms(session))
            for count in counts:
                big = small if count <= len(small.records) else grown(small, count)
                shots._kept.update(dict.fromkeys(shots._kept, big))
                timed(session, asked[:20])
                results[f"query over {len(big.records)} entries"] = timed(session, asked)
        sessions.kw["bind"].dispose()
    places_of("Gent")
    spent = []
    for said in SAID * 20:
        started = time.perf_counter()
        places_of(said)
        spent.append((time.perf_counter() - started) * 1000)
    results["understanding a place"] = quantiles(spent)
    return results


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[102, 20_000], metavar="ENTRIES")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = measure(arguments.counts)
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    for name, values in results.items():
        print(f"{name:36} " + "  ".join(f"{key} {value}" for key, value in values.items()))


if __name__ == "__main__":
    main()
