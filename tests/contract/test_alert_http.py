"""`POST /alerts/{source}` over HTTP, with every source, a real Postgres and SNS's stand-in."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import psycopg
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.alerts.cloudwatch import CloudWatch
from bot.alerts.commits import GroupCommit
from bot.alerts.ingress import Ingress
from bot.alerts.sources import SWITCHES
from infra.store.alerts import Alerts, quick_engine
from infra.store.database import engine as make_engine
from infra.store.database import queue as make_queue
from tests.support.postgres import database_url, postgres
from tests.support.waiting import eventually
from tests.unit.alerts.examples import EXAMPLES, NOW, SECRET
from tests.unit.alerts.sns import TOPIC, confirmation, notification, running_sns

__all__ = ["database_url", "postgres"]


@dataclass
class Answer:
    status: int
    headers: Any
    said: dict[str, Any]


@dataclass
class Served:
    """The ingress on a port, and the database behind it."""

    url: str
    database_url: str
    port: int

    async def post(self, source, body, *, headers=None, query=None) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.request(
            "POST", source, data=io.BytesIO(raw), headers=headers, params=query
        )

    async def request(self, method, source, **more) -> Answer:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.url}/alerts/{source}", **more) as answer,
        ):
            return Answer(answer.status, answer.headers, await answer.json())

    async def example(self, name, body=None) -> Answer:
        one = EXAMPLES[name]
        sent = one.body if body is None else body
        return await self.post(name, sent, headers=one.headers, query=one.query)

    def stored(self) -> list[dict[str, Any]]:
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute("SELECT alert FROM alerts ORDER BY id").fetchall()
        return [alert for [alert] in found]


@asynccontextmanager
async def serving(database_url, sources, **limits) -> AsyncIterator[Served]:
    engine, queue = make_engine(database_url), make_queue(database_url)
    quick = quick_engine(database_url)
    commits = GroupCommit(Alerts(engine, queue, quick).accept, **limits)
    ingress = Ingress({source.name: source for source in sources}, SWITCHES, commits)
    app = web.Application(client_max_size=2**20)
    app.router.add_route("*", "/alerts/{source}", ingress.handle)
    runner = web.AppRunner(app, access_log=None)
    async with queue.open_async():
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        try:
            yield Served(f"http://127.0.0.1:{port}", database_url, port)
        finally:
            await runner.cleanup()
            await quick.dispose()
            await engine.dispose()


@pytest.fixture
async def sns(tmp_path):
    async with running_sns(tmp_path) as running:
        yield running


@pytest.fixture
async def served(database_url, sns):
    cloudwatch = CloudWatch(frozenset({TOPIC}), sns.fetch(), lambda: NOW)
    sources = [*(one.source for one in EXAMPLES.values()), cloudwatch]
    async with serving(database_url, sources) as running:
        yield running


def refused(answer, status):
    assert answer.status == status
    assert set(answer.said) == {"error", "field", "hint"}
    assert answer.said["error"]
    return answer.said


@pytest.mark.parametrize("name", EXAMPLES)
async def test_what_a_source_documents_is_stored_before_it_is_answered(served, name):
    answer = await served.example(name)
    assert (answer.status, answer.said) == (200, {"accepted": EXAMPLES[name].alerts})
    assert [alert["source"] for alert in served.stored()] == [name] * EXAMPLES[name].alerts


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"X-Cooper-Secret": "wrong"}]
)
async def test_a_wrong_secret_is_401_whatever_the_body(served, name, headers):
    for body in (EXAMPLES[name].body, b"{"):
        answer = await served.post(name, body, headers=headers, query=EXAMPLES[name].query)
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert served.stored() == []


async def test_a_wrong_payload_is_422_and_names_the_field(served):
    body = {"version": "4", "groupKey": "{}", "status": "firing", "alerts": [{"status": "firing"}]}
    said = refused(await served.example("alertmanager", body), 422)
    assert said["field"] == "alerts.0.fingerprint"
    assert said["hint"] == "Field required"
    said = refused(await served.example("alertmanager", b"{nonsense"), 422)
    assert said["field"] == "body"
    assert "line 1 column 2" in said["hint"]
    assert served.stored() == []


async def test_one_wrong_alert_refuses_its_whole_delivery(served):
    body = json.loads(json.dumps(EXAMPLES["alertmanager"].body))
    body["alerts"][1]["startsAt"] = "noon"
    refused(await served.example("alertmanager", body), 422)
    assert served.stored() == []


async def test_an_unknown_source_is_404_and_all_that_there_are_are_named(served):
    said = refused(await served.post("nagios", {}), 404)
    assert all(name in said["hint"] for name in SWITCHES)
    refused(await served.post("%00", {}), 404)


async def test_a_source_that_is_off_is_404_and_its_switch_is_named(database_url):
    async with serving(database_url, []) as served:
        for name, switch in SWITCHES.items():
            said = refused(await served.post(name, {}), 404)
            assert switch in said["hint"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_another_method_is_405(served, method):
    answer = await served.request(method, "aporia")
    refused(answer, 405)
    assert answer.headers["Allow"] == "POST"


async def test_more_than_a_megabyte_is_413(served):
    refused(await served.example("aporia", b" " * (2**20 + 1)), 413)


async def test_a_megabyte_of_small_alerts_is_taken(served):
    finding = EXAMPLES["monitor"].body["findings"][1]
    count = 5000
    answer = await served.example("monitor", {"findings": [finding] * count})
    assert (answer.status, answer.said) == (200, {"accepted": count})
    assert len(served.stored()) == count


async def test_a_compressed_body_is_read_and_one_that_bursts_is_413(served):
    headers = {**EXAMPLES["aporia"].headers, "Content-Encoding": "gzip"}
    raw = json.dumps(EXAMPLES["aporia"].body).encode()
    assert (await served.post("aporia", gzip.compress(raw), headers=headers)).status == 200
    refused(await served.post("aporia", gzip.compress(b" " * 2**26), headers=headers), 413)


async def test_a_body_that_is_not_compressed_as_it_says_is_400(served):
    headers = {**EXAMPLES["aporia"].headers, "Content-Encoding": "gzip"}
    refused(await served.post("aporia", b"not gzip", headers=headers), 400)


async def test_no_nul_reaches_the_database(served):
    body = EXAMPLES["aporia"].body | {"monitor_name": "a\0b", "pretty_description": "\0"}
    assert (await served.example("aporia", body)).status == 200
    [alert] = served.stored()
    assert (alert["title"], alert["description"]) == ("a\ufffdb", "\ufffd")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", EXAMPLES)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_no_body_is_a_500(served, name, data):
    keys = [*EXAMPLES[name].body]
    body = EXAMPLES[name].body | data.draw(st.dictionaries(st.sampled_from(keys), _VALUES))
    raw = data.draw(st.binary(max_size=50) | st.just(json.dumps(body).encode()))
    answer = await served.example(name, raw)
    assert answer.status in {200, 422}, answer.said


@pytest.mark.parametrize(
    "value",
    [b"Bearer \xff\xfe\x80", b"Bearer \xc3\xa9", b"", b"Basic \xff", b"Bearer " + b"x" * 7000],
)
async def test_no_header_is_a_500(served, value):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(
        b"POST /alerts/alertmanager HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
        b"Connection: close\r\nAuthorization: " + value + b"\r\n\r\n{}"
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_an_alarm_is_stored_once_however_often_sns_brings_it(served, sns):
    for _ in range(3):
        answer = await served.post("cloudwatch", sns.sign(notification()))
        assert (answer.status, answer.said) == (200, {"accepted": 1})
    [alert] = served.stored()
    assert alert["title"] == "claims-5xx"
    await served.post("cloudwatch", sns.sign(notification(MessageId="another")))
    assert len(served.stored()) == 2


async def test_a_forged_alarm_is_401(served, sns):
    message = json.loads(sns.sign(notification()))
    message["Message"] = message["Message"].replace("claims", "other")
    refused(await served.post("cloudwatch", message), 401)
    assert served.stored() == []


async def test_a_subscription_is_confirmed_once_it_is_proven(served, sns):
    answer = await served.post("cloudwatch", sns.sign(confirmation()))
    assert (answer.status, answer.said) == (200, {"accepted": 0})
    assert len(sns.asked) == 2
    forged = json.loads(sns.sign(confirmation())) | {"Signature": "QUJD"}
    refused(await served.post("cloudwatch", forged), 401)
    assert len(sns.asked) == 2


async def test_where_sns_is_silent_its_message_may_come_again(served, sns):
    sns.status = 500
    answer = await served.post("cloudwatch", sns.sign(notification()))
    refused(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    sns.status = 200
    assert (await served.post("cloudwatch", sns.sign(notification()))).status == 200


async def test_a_run_of_our_monitor_is_stored_once_however_often_it_is_sent(served):
    for _ in range(3):
        assert (await served.example("monitor")).status == 200
    assert len(served.stored()) == 2
    another = EXAMPLES["monitor"].body | {"delivery": "another run"}
    await served.example("monitor", another)
    assert len(served.stored()) == 4


async def test_the_same_trouble_told_twice_counts_twice(served):
    for _ in range(2):
        await served.example("aporia")
    first, second = served.stored()
    assert first["fingerprint"] == second["fingerprint"]


async def test_without_a_database_nothing_is_accepted(postgres, database_url, served):
    assert (await served.example("aporia")).status == 200
    postgres.take_down(database_url)
    answer = await served.example("aporia")
    said = refused(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert database_url not in json.dumps(said)
    postgres.bring_back(database_url)
    assert (await served.example("aporia")).status == 200
    assert len(served.stored()) == 2


async def test_more_than_may_wait_is_503_and_who_waits_is_answered(database_url):
    engine = make_engine(database_url)
    body, headers = EXAMPLES["aporia"].body, EXAMPLES["aporia"].headers
    async with serving(database_url, [EXAMPLES["aporia"].source], most_waiting=5) as served:
        async with engine.begin() as connection:
            await connection.execute(text("LOCK TABLE alerts"))
            tasks = [
                asyncio.create_task(served.post("aporia", body, headers=headers)) for _ in range(40)
            ]

            def most_are_answered():
                return sum(task.done() for task in tasks) >= 34

            await eventually(most_are_answered, "what is too much is refused at once")
        answers = await asyncio.gather(*tasks)
        accepted = [answer for answer in answers if answer.status == 200]
        for answer in answers:
            if answer.status != 200:
                refused(answer, 503)
                assert "Retry-After" in answer.headers
        assert 5 <= len(accepted) == len(served.stored())
    await engine.dispose()


async def test_what_was_stored_and_never_answered_may_come_again(served):
    """The sender is gone before the answer: it brings the same once more."""
    raw = json.dumps(EXAMPLES["monitor"].body).encode()
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(
        b"POST /alerts/monitor HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %b\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (SECRET.encode(), len(raw), raw)
    )
    await writer.drain()
    writer.transport.abort()
    answer = await served.example("monitor")
    assert answer.status == 200
    await eventually(lambda: len(served.stored()) == 2, "it is stored")
    assert (await served.example("monitor")).status == 200
    assert len(served.stored()) == 2


async def test_a_thousand_at_once_are_each_answered_after_their_commit(served):
    connector = aiohttp.TCPConnector(limit=50)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def send():
            async with session.post(
                f"{served.url}/alerts/aporia",
                json=EXAMPLES["aporia"].body,
                headers=EXAMPLES["aporia"].headers,
            ) as answer:
                return answer.status

        assert set(await asyncio.gather(*(send() for _ in range(1000)))) == {200}
    assert len(served.stored()) == 1000
