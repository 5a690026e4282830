import asyncio

import pytest

from infra.timing import collected, timed


def test_blocks_of_a_part_sum_up():
    with collected() as parts:
        with timed("nlu"), timed("airflow"):
            pass
        once = parts["nlu_ms"]
        parts["nlu_ms"] = once + 1000
        with timed("nlu"):
            pass
    assert parts["nlu_ms"] >= once + 1000
    assert set(parts) == {"nlu_ms", "airflow_ms"}


def test_block_that_raises_counts_as_well():
    with collected() as parts, pytest.raises(OSError, match="down"), timed("nlu"):
        raise OSError("down")
    assert set(parts) == {"nlu_ms"}


def test_outside_a_job_nothing_is_kept():
    with timed("nlu"):
        pass
    with collected() as parts:
        pass
    with timed("nlu"):
        pass
    assert parts == {}


async def test_jobs_side_by_side_keep_their_own():
    async def job(part):
        with collected() as parts:
            with timed(part):
                await asyncio.sleep(0)
            await asyncio.sleep(0)
        return set(parts)

    assert await asyncio.gather(job("a"), job("b")) == [{"a_ms"}, {"b_ms"}]
