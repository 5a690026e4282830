"""When requests are sent and what they hold; what comes of them is tested against a real endpoint."""

import asyncio
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.traffic.drawing import drawn
from bot.traffic.holdout import Example
from bot.traffic.injections import Missing, changes
from bot.traffic.play import Pace, Tally, requests
from bot.traffic.scoring import scoring

ROWS = [Example({"x": number}, number * 2) for number in range(50)]
SHAPE = scoring({"dataframe_split": {"columns": ["x"], "data": [[0]]}}, ["x"])


def asked(count, batch, *, seed=1, injections=()):
    random = Random(seed)
    rows = islice(drawn(ROWS, random), count)
    made = changes(injections, ROWS)
    return list(requests(rows, made, SHAPE.body, random, batch, "traffic-1"))


@given(count=st.integers(0, 120), batch=st.integers(1, 30))
def test_every_row_is_asked_about_once_with_its_own_label(count, batch):
    found = asked(count, batch)
    sizes = [len(each.labels) for each in found]
    assert sum(sizes) == count
    assert all(size == batch for size in sizes[:-1])
    for each in found:
        data = each.body["dataframe_split"]["data"]
        assert [row[0] * 2 for row in data] == list(each.labels)
    assert len({each.inference_id for each in found}) == len(found)
    assert all(len(each.inference_id) <= 64 for each in found)


def test_the_same_seed_asks_the_same_and_another_does_not():
    faults = (Missing("x", 0.5),)
    bodies = [[each.body for each in asked(60, 3, seed=s, injections=faults)] for s in (4, 4, 5)]
    assert bodies[0] == bodies[1] != bodies[2]


async def test_a_turn_that_would_come_too_late_never_comes():
    now = asyncio.get_running_loop().time()
    pace = Pace(3600, 10, asyncio.Event())
    assert await pace.comes(0, now)
    assert not await pace.comes(1, now)
    assert not await Pace(0.01, 10, asyncio.Event()).comes(0, now - 11)


async def test_who_is_behind_goes_on_at_once():
    now = asyncio.get_running_loop().time()
    assert await Pace(0.001, None, asyncio.Event()).comes(5, now - 3600)
    assert asyncio.get_running_loop().time() - now < 5


async def test_a_turn_is_waited_for():
    loop = asyncio.get_running_loop()
    now = loop.time()
    assert await Pace(0.05, None, asyncio.Event()).comes(4, now)
    assert loop.time() - now >= 0.2


async def test_a_stop_ends_the_waiting():
    stop = asyncio.Event()
    waiting = asyncio.create_task(
        Pace(3600, None, stop).comes(1, asyncio.get_running_loop().time())
    )
    asyncio.get_running_loop().call_soon(stop.set)
    assert not await asyncio.wait_for(waiting, 5)
    assert not await Pace(0, None, stop).comes(0, 0)


@pytest.mark.parametrize(
    ("latencies", "half", "most"),
    [([], None, None), ([3.0], 3.0, 3.0), ([float(n) for n in range(100)], 50.0, 95.0)],
)
def test_latencies_are_told_by_quantile(latencies, half, most):
    tally = Tally(latencies=latencies[::-1])
    assert (tally.latency(0.5), tally.latency(0.95)) == (half, most)
