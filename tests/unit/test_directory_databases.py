"""SQLite and PostgreSQL, old tables and new ones: the same directory, the same answers."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, func, inspect, select
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bot.directory import models as m
from bot.directory.database import BASELINE, NEWEST, VERSIONS, engine, migrate, version
from bot.directory.load import load
from bot.directory.query import Query, find, known_forms

POSTGRESQL = os.environ.get("HALTE_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
TIMES = [dt.datetime(2026, 11, 24, 10), dt.datetime(2026, 11, 22, 23), dt.datetime(2026, 12, 25, 20)]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """A schema of its own in the test database, gone afterwards; skipped where there is no server."""
    url = make_url(POSTGRESQL)
    try:
        server = create_engine(url, connect_args={"connect_timeout": 2}, future=True)
        name = f"halte_{uuid.uuid4().hex[:12]}"
        with server.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    except (OperationalError, ImportError) as error:
        pytest.skip(f"no PostgreSQL at {url.host}:{url.port} ({type(error).__name__})")
    yield url.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)
    with server.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    server.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('databases') / 'd.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql")
    made = engine(url)
    assert load(made) is True and load(made) is False
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[Any, list[str]]:
    made = engine(f"sqlite:///{tmp_path_factory.mktemp('reference') / 'd.sqlite'}")
    load(made)
    return answers(made)


def answers(database: Engine) -> dict[Any, list[str]]:
    found = {}
    with Session(database, future=True) as session:
        for form in known_forms(session):
            for language in ("nl", "fr"):
                for at in TIMES:
                    matches = find(session, Query(forms=(form,), language=language, at=at))
                    found[form, language, at] = [f"{match.service.id} {match.reasons}" for match in matches]
    return found


def test_the_same_answers_everywhere(database: Engine, reference: Any) -> None:
    assert answers(database) == reference


def test_the_place_of_a_refuge_is_refused(database: Engine) -> None:
    for kind in ("refuge", "legal_aid"):
        with Session(database, future=True) as session, pytest.raises(IntegrityError):
            session.add(m.Location(service_id="cvfe", service_kind=kind, city="x"))
            session.commit()


def test_the_migrations_make_the_tables_of_the_models(database: Engine) -> None:
    with database.connect() as connection:
        assert version(connection) == NEWEST
        options = {"version_table": VERSIONS, "include_object": lambda thing, name, kind, *_: name != VERSIONS}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), m.Base.metadata) == []


def test_down_and_up_again(database: Engine) -> None:
    with database.begin() as connection:
        migrate(connection, BASELINE)
        assert version(connection) == BASELINE and not inspect(connection).has_table("doubtful_day")
    with database.begin() as connection:
        migrate(connection)
        assert version(connection) == NEWEST and inspect(connection).has_table("doubtful_day")
    with Session(database, future=True) as session:
        assert session.execute(select(func.count()).select_from(m.Service)).scalar_one() == 102


def test_tables_from_before_the_migrations(tmp_path: Path) -> None:
    """A database of the first version had the tables of 0001, and no note of it."""
    made = engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with made.begin() as connection:
        migrate(connection, BASELINE)
        connection.exec_driver_sql(f"DROP TABLE {VERSIONS}")
        connection.exec_driver_sql("INSERT INTO revision (fingerprint) VALUES ('old')")
        assert version(connection) == BASELINE
    assert load(made) is True
    with made.connect() as connection:
        assert version(connection) == NEWEST
