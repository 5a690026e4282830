"""Group commit: who waits for what, and that nobody is left without an answer."""

from __future__ import annotations

import asyncio

import pytest

from actions.incidents.alert import Alert, AlertStatus
from actions.incidents.store import AlertsRefusedError, Arrival, UnstorableError
from bot.alerts.commits import BusyError, GroupCommit


def arrival(title):
    return Arrival(
        Alert(
            source="monitor",
            fingerprint=f"monitor:{title}",
            status=AlertStatus.FIRING,
            severity="low",
            title=title,
            description="",
            monitor="",
            monitor_type="",
            model="",
            environment=None,
            version=None,
            value=None,
            threshold=None,
            labels=(),
            link=None,
            occurred=None,
        )
    )


class Disk:
    """A transaction that ends when the test lets it, and refuses what the test says."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()
        self.written: list[list[str]] = []
        self.bad: set[str] = set()

    async def write(self, arrivals):
        titles = [each.alert.title for each in arrivals]
        ends = asyncio.get_running_loop().create_future()
        self.begun.put_nowait(ends)
        await ends
        if self.bad & set(titles):
            raise UnstorableError("a text")
        self.written.append(titles)

    async def end_one(self, error=None):
        ends = await self.begun.get()
        if error is None:
            ends.set_result(None)
        else:
            ends.set_exception(error)


@pytest.fixture
def disk():
    return Disk()


def adding(commits, *titles):
    return asyncio.create_task(commits.add([arrival(title) for title in titles]))


async def arrived():
    """All tasks begun so far have come to where they wait."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_arrives_meanwhile_goes_into_the_next_transaction_together(disk):
    commits = GroupCommit(disk.write)
    first = adding(commits, "a")
    await arrived()
    later = [adding(commits, "b"), adding(commits, "c", "d"), adding(commits, "e")]
    await arrived()
    assert not first.done()
    await disk.end_one()
    await first
    assert not any(task.done() for task in later)
    await disk.end_one()
    await asyncio.gather(*later)
    assert disk.written == [["a"], ["b", "c", "d", "e"]]


async def test_nothing_needs_no_transaction(disk):
    await GroupCommit(disk.write).add([])
    assert disk.begun.empty()


async def test_a_transaction_has_a_limit_and_one_delivery_is_never_torn(disk):
    commits = GroupCommit(disk.write, most_together=3)
    tasks = [adding(commits, "a")]
    await arrived()
    tasks += [adding(commits, "b", "c"), adding(commits, "d", "e"), adding(commits, *"fghij")]
    for _ in range(4):
        await disk.end_one()
    await asyncio.gather(*tasks)
    assert disk.written == [["a"], ["b", "c"], ["d", "e"], list("fghij")]


async def test_a_full_transaction_goes_beside_the_first_and_no_third(disk):
    commits = GroupCommit(disk.write, most_together=2)
    tasks = [adding(commits, "a")]
    await arrived()
    tasks.append(adding(commits, "b"))
    await arrived()
    assert disk.begun.qsize() == 1, "half a transaction waits for the first"
    tasks += [adding(commits, "c"), adding(commits, "d", "e")]
    await arrived()
    assert disk.begun.qsize() == 2
    for _ in range(3):
        await disk.end_one()
    await asyncio.gather(*tasks)
    assert disk.written == [["a"], ["b", "c"], ["d", "e"]]


async def test_who_waits_is_written_by_the_one_that_is_left(disk):
    commits = GroupCommit(disk.write, most_together=2)
    tasks = [adding(commits, "a")]
    await arrived()
    tasks.append(adding(commits, "b", "c"))
    await arrived()
    await disk.end_one()
    await arrived()
    tasks.append(adding(commits, "d"))
    for _ in range(2):
        await disk.end_one()
    await asyncio.gather(*tasks)
    assert disk.written == [["a"], ["b", "c"], ["d"]]


async def test_more_than_may_wait_is_refused_at_once_and_those_who_wait_are_kept(disk):
    commits = GroupCommit(disk.write, most_waiting=2)
    waiting = [adding(commits, "a")]
    await arrived()
    waiting += [adding(commits, "b"), adding(commits, "c")]
    await arrived()
    with pytest.raises(BusyError):
        await commits.add([arrival("d")])
    await disk.end_one()
    await disk.end_one()
    await asyncio.gather(*waiting)
    assert disk.written == [["a"], ["b", "c"]]
    after = adding(commits, "d")
    await disk.end_one()
    await after


async def test_a_delivery_larger_than_what_may_wait_is_taken_where_nobody_waits(disk):
    commits = GroupCommit(disk.write, most_waiting=2)
    task = adding(commits, *"abcde")
    await disk.end_one()
    await task
    assert disk.written == [list("abcde")]


async def test_one_that_cannot_be_stored_fails_alone(disk):
    disk.bad = {"bad"}
    commits = GroupCommit(disk.write)
    tasks = [adding(commits, "a")]
    await arrived()
    tasks += [adding(commits, "b"), adding(commits, "bad"), adding(commits, "c")]
    for _ in range(5):  # a; b, bad, c; and each of these by itself
        await disk.end_one()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [
        type(None),
        type(None),
        UnstorableError,
        type(None),
    ]
    assert disk.written == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize("error", [AlertsRefusedError("down"), RuntimeError("a fault of ours")])
async def test_a_failed_transaction_answers_everybody_in_it_and_the_next_works(disk, error):
    commits = GroupCommit(disk.write)
    tasks = [adding(commits, "a"), adding(commits, "b")]
    await disk.end_one(error)
    await arrived()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(result) for result in results} == {AlertsRefusedError}
    assert results[0] is not results[1]
    again = adding(commits, "a")
    await disk.end_one()
    await again
    assert disk.written == [["a"]]


async def test_a_transaction_that_hangs_is_given_up_and_the_next_works(disk):
    commits = GroupCommit(disk.write, patience=0.05)
    with pytest.raises(AlertsRefusedError, match=r"0\.05 s"):
        async with asyncio.timeout(5):
            await commits.add([arrival("a")])
    await disk.begun.get()
    task = adding(commits, "b")
    await disk.end_one()
    await task
    assert disk.written == [["b"]]


async def test_a_sender_that_goes_away_takes_nothing_from_the_others(disk):
    commits = GroupCommit(disk.write)
    gone, stays = adding(commits, "a"), adding(commits, "b")
    await arrived()
    gone.cancel()
    await arrived()
    await disk.end_one()
    await stays
    assert gone.cancelled()
    assert disk.written == [["a", "b"]]


async def test_cut_off_in_mid_transaction_nobody_waits_for_ever(disk):
    commits = GroupCommit(disk.write)
    first = adding(commits, "a")
    await disk.begun.get()
    second = adding(commits, "b")
    await arrived()
    [writer] = commits._writers
    writer.cancel()
    results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 2
