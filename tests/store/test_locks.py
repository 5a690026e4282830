"""Rounds that one worker at a time does."""

from __future__ import annotations

import pytest

from infra.store.locks import Lock, Rounds, held


class OddError(Exception):
    """What breaks a round off."""


@pytest.fixture
def rounds(engine):
    return Rounds(engine)


async def test_who_comes_second_lets_the_round_pass(rounds):
    async with rounds.alone("tell") as first, rounds.alone("tell") as second:
        assert (first, second) == (True, False)


async def test_a_round_that_breaks_off_leaves_the_next_to_others(rounds):
    with pytest.raises(OddError):
        async with rounds.alone("tell"):
            raise OddError
    async with rounds.alone("tell") as mine:
        assert mine


async def test_who_let_one_pass_takes_nothing_from_who_is_at_it(rounds):
    async with rounds.alone("tell"):
        async with rounds.alone("tell"):
            pass
        async with rounds.alone("tell") as again:
            assert not again


async def test_rounds_wait_for_nothing_else(rounds, engine, store):
    """A number that two things shared once made each alert wait for the telling of the others."""
    async with rounds.alone("tell") as tell, rounds.alone("follow") as follow:
        assert tell
        assert follow
        async with engine.begin() as connection, store.transaction() as tx:
            for lock in Lock:
                await connection.execute(held(lock))
            await tx.one_at_a_time("tell")


async def test_no_transaction_stays_open_meanwhile(rounds, engine):
    async with rounds.alone("tell"), engine.connect() as connection:
        busy = await connection.exec_driver_sql(
            "SELECT state FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks"
            " WHERE locktype = 'advisory')"
        )
        assert busy.scalars().all() == ["idle"]
