"""Migrations bring any database to exactly what `tables.py` says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from infra.store.migrate import differences, upgrade


@pytest.fixture
def empty(postgres):
    url = postgres.empty()
    yield url
    postgres.drop(url)


def test_an_empty_database_becomes_what_the_tables_say(empty):
    assert differences(empty) != []
    upgrade(empty)
    assert differences(empty) == []


def test_migrating_twice_changes_nothing(empty):
    upgrade(empty)
    with psycopg.connect(empty) as connection:
        connection.execute("INSERT INTO projects (slug, registration) VALUES ('kept', '{}')")
    upgrade(empty)
    assert differences(empty) == []
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT slug FROM projects").fetchall() == [("kept",)]


def test_two_processes_may_migrate_at_once(empty):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, [empty, empty]))
    assert differences(empty) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE requests DROP COLUMN note",
        "ALTER TABLE requests ADD COLUMN surprise text",
        "DROP INDEX uq_requests_one_deployment",
        "ALTER TABLE audit ALTER COLUMN detail TYPE jsonb USING detail::jsonb",
    ],
)
def test_a_database_that_somebody_changed_is_noticed(database_url, change):
    with psycopg.connect(database_url) as connection:
        connection.execute(change)
    assert differences(database_url) != []
