"""Hand-overs: what is kept, who can read it, who gets it, and that erased means gone from the file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from bot.handover import audit
from bot.handover.audit import Actor
from bot.handover.codes import ALPHABET, new_code, read_code
from bot.handover.database import engine
from bot.handover.handovers import DAY, AlreadyClaimed, Handovers, NotYours
from bot.handover.models import Handover
from bot.handover.summary import Line, NotASummary, Summary
from bot.handover.vault import KeyMissing, SealBroken, Vault, new_key, open_vault, read_keys
from bot.settings import settings

KEY = b"k" * 32
OURS, THEIRS = "hulplijn_1712", "ecoute_violences_conjugales"
AN, BEN = Actor("an", OURS), Actor("ben", OURS)
STORY = "CANARY hij heeft mijn wachtwoord"


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture()
def clock() -> Clock:
    return Clock()


@pytest.fixture()
def file(tmp_path: Path) -> Path:
    return tmp_path / "desk" / "desk.sqlite"


@pytest.fixture()
def database(file: Path) -> Iterator[Engine]:
    made = engine(f"sqlite:///{file}")
    yield made
    made.dispose()


@pytest.fixture()
def handovers(database: Engine, clock: Clock) -> Handovers:
    return Handovers(database, Vault([KEY]), clock)


def summary(*lines: tuple[str, str], story: str = STORY) -> Summary:
    named = lines or (("form", "account_control"), ("flag", "witness"))
    return Summary("nl", (*(Line(kind, value, f"{kind} {value}") for kind, value in named), Line("words", "", story)))


def sealed_bytes(database: Engine) -> list[bytes]:
    with database.connect() as connection:
        rows = [row[0] for row in connection.execute(text("SELECT sealed FROM handover"))]
        return rows + [row[0] for row in connection.execute(text("SELECT sealed FROM handover_note"))]


def on_disk(file: Path) -> bytes:
    return b"".join(path.read_bytes() for path in file.parent.iterdir() if path.is_file())


def actions(database: Engine) -> list[tuple[str, str]]:
    with Session(database, future=True) as session:
        return [(line.actor, line.action) for line in audit.lines(session)]


# --- what is kept ------------------------------------------------------------------------------------------------


def test_what_is_passed_on_can_be_read_by_that_organisation_only(handovers: Handovers) -> None:
    receipt = handovers.pass_on(summary(), OURS)
    opened = handovers.open(receipt.id, AN)
    assert [line.text for line in opened.summary.lines] == ["form account_control", "flag witness", STORY]
    assert [waiting.id for waiting in handovers.queue(OURS)] == [receipt.id]
    assert handovers.queue(THEIRS) == []
    stranger = Actor("an", THEIRS)
    for step in (
        lambda: handovers.open(receipt.id, stranger),
        lambda: handovers.claim(receipt.id, stranger),
        lambda: handovers.erase(receipt.id, stranger),
        lambda: handovers.release(receipt.id, stranger, anyone=True),
    ):
        with pytest.raises(NotYours):
            step()
    assert handovers.by_code(receipt.code, OURS) == receipt.id
    assert handovers.by_code(receipt.code, THEIRS) is None


def test_no_word_and_no_code_is_on_the_disk_in_clear(handovers: Handovers, file: Path) -> None:
    receipt = handovers.pass_on(summary(), OURS)
    handovers.claim(receipt.id, AN)
    handovers.write_note(receipt.id, AN, "CANARY note")
    content = on_disk(file)
    assert receipt.id.encode() in content, "we look at the right file"
    for secret in (b"CANARY", b"account_control", receipt.code.encode(), str(read_code(receipt.code)).encode()):
        assert secret not in content


def test_the_file_and_its_key_are_for_their_owner_only(
    file: Path, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(settings(), "desk_key", None)
    monkeypatch.setattr(settings(), "desk_key_file", tmp_path / "keys" / "desk.key")
    sealed = open_vault().seal("x", OURS, "r")
    assert (tmp_path / "keys" / "desk.key").stat().st_mode & 0o777 == 0o600
    assert open_vault().open(sealed, OURS, "r") == "x", "the key is made once"


def test_a_seal_is_bound_to_organisation_record_and_key() -> None:
    vault = Vault([KEY])
    sealed = vault.seal("word", OURS, "record")
    assert vault.open(sealed, OURS, "record") == "word"
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for broken in (
        lambda: vault.open(sealed, THEIRS, "record"), lambda: vault.open(sealed, OURS, "other"),
        lambda: vault.open(changed, OURS, "record"), lambda: vault.open(b"", OURS, "record"),
        lambda: Vault([b"x" * 32]).open(sealed, OURS, "record"),
    ):  # fmt: skip
        with pytest.raises(SealBroken):
            broken()
    assert vault.seal("word", OURS, "record") != sealed, "equal words do not look equal"


def test_a_key_can_be_replaced(database: Engine, clock: Clock) -> None:
    old = Handovers(database, Vault([KEY]), clock).pass_on(summary(), OURS)
    both = Handovers(database, Vault([b"n" * 32, KEY]), clock)
    new = both.pass_on(summary(), OURS)
    assert both.open(old.id, AN).summary == both.open(new.id, AN).summary
    assert both.by_code(old.code, OURS) == old.id
    alone = Handovers(database, Vault([b"n" * 32]), clock)
    assert {waiting.id: waiting.reasons for waiting in alone.queue(OURS)}[old.id] == ("sealed",)
    with Session(database, future=True) as session:
        assert audit.first_broken(session, Vault([b"n" * 32, KEY])) is None


@pytest.mark.parametrize("wrong", ["", "short", "é", "YWJj"])
def test_an_unusable_key_is_refused(wrong: str) -> None:
    with pytest.raises(KeyMissing):
        Vault(read_keys(wrong))
    Vault(read_keys(f"{new_key()},{new_key()}"))


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, {"language": "nl", "lines": []}, {"language": "de", "lines": [{}]},
        {"language": "nl", "lines": [{"kind": "form", "value": "x"}]},
        {"language": "nl", "lines": [{"kind": "raw_log", "value": "x", "text": "y"}]},
        {"language": "nl", "lines": [{"kind": "form", "value": 1, "text": "y"}]},
        {"language": "nl", "lines": [{"kind": "form", "value": "x", "text": " "}]},
        {"language": "nl", "lines": [{"kind": "form", "value": "x", "text": "y" * 501}]},
        {"language": "nl", "lines": [{"kind": "form", "value": "x", "text": "y"}] * 41},
        {"language": "nl", "lines": [{"kind": "form", "value": "x", "text": "y"}], "log": "all"},
    ],
)  # fmt: skip
def test_what_is_no_summary_is_refused(data: Any) -> None:
    with pytest.raises(NotASummary):
        Summary.of(data)


def test_characters_that_hide_or_turn_text_do_not_come_in() -> None:
    data = {"language": "nl", "lines": [{"kind": "words", "value": "", "text": "a\u202eb\u0000c\ud800d"}]}
    assert Summary.of(data).lines[0].text == "a b c d"


# --- the queue ---------------------------------------------------------------------------------------------------


def test_the_queue_goes_by_urgency_then_age_and_says_why(handovers: Handovers, clock: Clock) -> None:
    ordinary = handovers.pass_on(summary(), OURS)
    clock.now += 60
    second = handovers.pass_on(summary(("flag", "minor")), OURS)
    clock.now += 60
    urgent = handovers.pass_on(summary(("fact", "fear_now"), ("flag", "danger")), OURS)
    queue = handovers.queue(OURS)
    assert [waiting.id for waiting in queue] == [urgent.id, second.id, ordinary.id]
    assert [waiting.reasons for waiting in queue] == [("fact:fear_now", "flag:danger"), ("flag:minor",), ()]
    assert [waiting.urgency for waiting in queue] == [1, 2, 3]


def test_two_racing_claims_one_winner(handovers: Handovers, database: Engine) -> None:
    for _ in range(5):
        identifier = handovers.pass_on(summary(), OURS).id
        barrier, results = threading.Barrier(4), []

        def race(name: str, wanted: str, gate: threading.Barrier, into: list[str]) -> None:
            gate.wait()
            try:
                handovers.claim(wanted, Actor(name, OURS))
                into.append(name)
            except AlreadyClaimed:
                into.append("")

        racers = [threading.Thread(target=race, args=(f"w{n}", identifier, barrier, results)) for n in range(4)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        winners = [name for name in results if name]
        assert len(results) == 4 and len(winners) == 1
        assert handovers.open(identifier, AN).head.claimed_by == winners[0]
    assert [action for _, action in actions(database)].count("claimed") == 5


def test_claim_release_close(handovers: Handovers) -> None:
    identifier = handovers.pass_on(summary(), OURS).id
    for step in (lambda: handovers.close(identifier, AN, "helped"), lambda: handovers.write_note(identifier, AN, "x"),
                 lambda: handovers.release(identifier, AN)):  # fmt: skip
        with pytest.raises(AlreadyClaimed):
            step()
    handovers.claim(identifier, AN)
    handovers.claim(identifier, AN)  # a double click is no error
    with pytest.raises(AlreadyClaimed):
        handovers.release(identifier, BEN)
    handovers.release(identifier, BEN, anyone=True)
    handovers.claim(identifier, BEN)
    handovers.write_note(identifier, BEN, "  belt\u202e morgen \n tweede lijn ")
    with pytest.raises(ValueError, match="outcome"):
        handovers.close(identifier, BEN, "won")
    handovers.close(identifier, BEN, "referred")
    opened = handovers.open(identifier, AN)
    assert (opened.outcome, [note.text for note in opened.notes]) == ("referred", ["belt  morgen\ntweede lijn"])
    assert handovers.queue(OURS) == [] and [w.id for w in handovers.queue(OURS, closed=True)] == [identifier]
    with pytest.raises(AlreadyClaimed):
        handovers.claim(identifier, AN)


# --- erasing -----------------------------------------------------------------------------------------------------


def fill(handovers: Handovers, database: Engine) -> tuple[list[Any], list[bytes]]:
    """Many hand-overs of all sizes with notes, so that pages split, overflow and are used again."""
    receipts = [handovers.pass_on(summary(story=f"CANARY {n} " + "lang " * (n % 7) * 90), OURS) for n in range(40)]
    for receipt in receipts[::3]:
        handovers.claim(receipt.id, AN)
        handovers.write_note(receipt.id, AN, "CANARY note " * 20)
    return receipts, sealed_bytes(database)


def gone(sealed: bytes, content: bytes) -> bool:
    """Whether no part of a ciphertext of 24 bytes is left; the beginning of long ones may sit on several pages."""
    return all(sealed[start : start + 24] not in content for start in range(0, len(sealed) - 24, 24))


def test_erased_by_code_is_gone_from_the_file(handovers: Handovers, database: Engine, file: Path) -> None:
    receipts, sealed = fill(handovers, database)
    assert not any(gone(cipher, on_disk(file)) for cipher in sealed), "we can find what is there"
    for receipt in receipts[:-1]:
        assert handovers.erase_by_code(receipt.code.lower().replace("-", " "))
    left = sealed_bytes(database)
    assert len(left) == 2  # the last hand-over and its note
    content = on_disk(file)
    for cipher in sealed:
        assert gone(cipher, content) == (cipher not in left)
    assert not handovers.erase_by_code(receipts[0].code), "erased once"
    assert not handovers.erase_by_code("not a code")
    assert not any(receipt.code.replace("-", "").encode() in content for receipt in receipts)


def test_erased_by_time_is_gone_from_the_file(handovers: Handovers, database: Engine, file: Path, clock: Clock) -> None:
    receipts, sealed = fill(handovers, database)
    clock.now += settings().handover_days * DAY - 1
    assert handovers.sweep() == 0
    clock.now += 1
    assert handovers.queue(OURS) == [], "what is due is not shown, also before it was swept"
    with pytest.raises(NotYours):
        handovers.open(receipts[0].id, AN)
    assert handovers.sweep() == 40
    assert all(gone(cipher, on_disk(file)) for cipher in sealed)
    assert [action for _, action in actions(database)].count("expired") == 40


def test_a_busy_file_is_scrubbed_at_the_next_sweep(handovers: Handovers, database: Engine, file: Path) -> None:
    receipts, _ = fill(handovers, database)
    handovers.sweep()
    reader = sqlite3.connect(file, isolation_level=None)
    for pragma in ("busy_timeout=0",):
        reader.execute(f"PRAGMA {pragma}")
    seen: list[bool] = []
    import bot.handover.handovers as module

    real = module.scrub

    def busy_once(engine: Engine) -> bool:
        if not seen:
            seen.append(True)
            return False
        return real(engine)

    module.scrub = busy_once
    try:
        handovers.erase(receipts[0].id, AN)
        handovers.sweep()
    finally:
        module.scrub = real
        reader.close()
    assert seen == [True] and handovers._unscrubbed is False


def test_a_real_lock_makes_scrub_say_so(database: Engine, file: Path, handovers: Handovers) -> None:
    from bot.handover.database import scrub

    handovers.pass_on(summary(), OURS)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM handover").fetchone()
    raw = database.raw_connection()
    raw.cursor().execute("PRAGMA busy_timeout=50")
    raw.close()
    assert scrub(database) is False
    other.execute("ROLLBACK")
    other.close()
    assert scrub(database) is True


# --- the code ----------------------------------------------------------------------------------------------------


def test_codes_can_be_said_on_the_phone() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    for code in codes:
        assert len(code) == 11 and set(code) <= set(ALPHABET) | {"-"}
        assert read_code(f" {code.lower()} ") == code.replace("-", "")
    assert [read_code(bad) for bad in ("", "ABC", "OOO-III-LLL", "ABC-DEF-GHJK", "ABC'DEFGH")] == [None] * 5


# --- the audit log -----------------------------------------------------------------------------------------------


def test_every_step_leaves_a_line_without_words(handovers: Handovers, database: Engine) -> None:
    receipt = handovers.pass_on(summary(), OURS)
    handovers.claim(receipt.id, AN)
    handovers.open(receipt.id, AN)
    handovers.write_note(receipt.id, AN, "CANARY")
    handovers.release(receipt.id, AN)
    handovers.claim(receipt.id, BEN)
    handovers.close(receipt.id, BEN, "helped")
    handovers.erase_by_code(receipt.code)
    assert actions(database) == [
        ("person", "passed_on"), ("an", "claimed"), ("an", "opened"), ("an", "noted"), ("an", "released"),
        ("ben", "claimed"), ("ben", "closed"), ("person", "erased_by_code"),
    ]  # fmt: skip
    with Session(database, future=True) as session:
        exported = audit.as_csv(audit.lines(session))
        assert "CANARY" not in exported and exported.count("\n") == 9
        assert audit.first_broken(session, Vault([KEY])) is None
        assert len(list(audit.lines(session, THEIRS))) == 0


@pytest.mark.parametrize("order", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_log_cannot_be_changed_through_sql(handovers: Handovers, database: Engine, order: str) -> None:
    handovers.pass_on(summary(), OURS)
    with pytest.raises(DatabaseError, match="append-only"), database.begin() as connection:
        connection.execute(text(order))
    assert len(actions(database)) == 1


@pytest.mark.parametrize(
    ("order", "broken"),
    [("UPDATE audit SET actor = 'ben' WHERE id = 2", 2), ("DELETE FROM audit WHERE id = 2", 3)],
)
def test_a_line_that_was_changed_behind_our_back_is_noticed(
    handovers: Handovers, database: Engine, file: Path, order: str, broken: int
) -> None:
    for _ in range(4):
        handovers.pass_on(summary(), OURS)
    raw = sqlite3.connect(file)
    raw.execute("DROP TRIGGER audit_no_update")
    raw.execute("DROP TRIGGER audit_no_delete")
    raw.execute(order)
    raw.commit()
    raw.close()
    with Session(database, future=True) as session:
        assert audit.first_broken(session, Vault([KEY])) == broken


def test_no_line_no_deed(handovers: Handovers, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    identifier = handovers.pass_on(summary(), OURS).id

    def fail(*_: Any) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(audit, "write", fail)
    for step in (lambda: handovers.claim(identifier, AN), lambda: handovers.open(identifier, AN),
                 lambda: handovers.erase(identifier, AN), lambda: handovers.pass_on(summary(), OURS)):  # fmt: skip
        with pytest.raises(RuntimeError):
            step()
    monkeypatch.undo()
    assert [waiting.state for waiting in handovers.queue(OURS)] == ["waiting"]


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(value: str) -> None:
    assert audit.plain_cell(value) == f"'{value}"
    assert audit.plain_cell("an") == "an"


def test_a_waiting_hand_over_has_no_owner_in_the_database_either(database: Engine, handovers: Handovers) -> None:
    identifier = handovers.pass_on(summary(), OURS).id
    with pytest.raises(DatabaseError), Session(database, future=True) as session, session.begin():
        session.get(Handover, identifier).claimed_by = "an"
