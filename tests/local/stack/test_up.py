"""The stack with its two stores, started and ended for real."""

import contextlib
import os
import signal
import stat
import tempfile
from pathlib import Path

import psutil
import pytest
import redis

from infra.local.stack import Options, stop, up
from infra.local.stack.layout import Layout
from infra.local.stack.ports import choose
from infra.local.stack.services import PORTS
from tests.local.stack.running import (
    Up,
    manager_pid,
    processes_of,
    query,
    wait_until,
)


def test_it_starts_and_keeps_its_data_and_leaves_no_process(layout):
    first = Up(layout).until("Ready: postgres, redis")
    query(layout, "create table kept (word text); insert into kept values ('here')")
    client = redis.Redis(unix_socket_path=str(layout.sockets / "redis.sock"))
    client.set("word", "here")
    run_env = layout.run_env.read_text()
    assert f"REDIS_URL=unix://{layout.sockets / 'redis.sock'}\n" in run_env
    assert stat.S_IMODE(layout.run_env.stat().st_mode) == 0o600

    assert first.ends(signal.SIGTERM) == 0, first.text
    assert processes_of(layout) == []
    assert not layout.run_env.exists()
    assert not layout.sockets.exists()

    second = Up(layout).until("Ready: postgres, redis")
    assert query(layout, "select word from kept") == [("here",)]
    assert client.get("word") == b"here"
    client.close()
    assert second.ends(signal.SIGINT) == 0, second.text
    assert processes_of(layout) == []


def test_a_killed_start_leaves_nothing_and_the_next_one_works(layout):
    first = Up(layout).until("Ready: postgres, redis")
    query(layout, "create table kept (word text); insert into kept values ('here')")
    first.ends(signal.SIGKILL)

    second = Up(layout).until("Ready: postgres, redis")
    assert query(layout, "select word from kept") == [("here",)]
    assert second.ends(signal.SIGTERM) == 0
    assert processes_of(layout) == []


def test_a_killed_process_manager_is_noticed_and_cleaned_up(layout):
    started = Up(layout).until("Ready: postgres, redis")
    os.kill(manager_pid(layout), signal.SIGKILL)

    assert started.ends() == 1
    assert "the process manager ended by itself" in started.text
    assert processes_of(layout) == []


def test_everything_killed_at_once_is_recovered_by_the_next_start(layout):
    started = Up(layout).until("Ready: postgres, redis")
    query(layout, "create table kept (word text); insert into kept values ('here')")
    manager = psutil.Process(manager_pid(layout))
    doomed = [*manager.children(recursive=True), manager, psutil.Process(started.process.pid)]
    for each in reversed(doomed):
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end by itself meanwhile
            each.kill()
    started.ends()

    second = Up(layout).until("Ready: postgres, redis")
    assert query(layout, "select word from kept") == [("here",)]
    assert second.ends(signal.SIGTERM) == 0
    assert processes_of(layout) == []


def test_a_process_that_dies_is_started_again_and_said(layout):
    started = Up(layout).until("Ready: postgres, redis")
    manager = psutil.Process(manager_pid(layout))
    server = next(each for each in manager.children() if "redis-server" in each.cmdline()[0])
    server.kill()

    client = redis.Redis(unix_socket_path=str(layout.sockets / "redis.sock"))

    def is_back() -> bool:
        try:
            return bool(client.ping()) and manager.children() != []
        except redis.RedisError:
            return False

    wait_until(lambda: not server.is_running())
    wait_until(is_back, lambda: started.text)
    client.close()
    assert started.ends(signal.SIGTERM) == 0
    assert processes_of(layout) == []


def test_a_second_start_in_the_same_place_says_that_it_runs(layout):
    first = Up(layout).until("Ready: postgres, redis")
    second = Up(layout)
    assert second.ends() == 0
    assert "Cooper already runs here." in second.text
    assert "Ready: postgres, redis" in second.text
    assert query(layout, "select 1") == [(1,)]

    assert stop(layout.state) == 0
    assert first.ends() == 0
    assert processes_of(layout) == []


def test_two_copies_side_by_side_do_not_meet(layout):
    with tempfile.TemporaryDirectory(prefix="cooper-test-") as folder:
        other = Layout.at(Path(folder) / "state")
        first, second = Up(layout), Up(other)
        first.until("Ready: postgres, redis")
        second.until("Ready: postgres, redis")
        query(layout, "create table mine (word text)")
        assert query(other, "select to_regclass('mine')") == [(None,)]
        ports = choose(layout, PORTS), choose(other, PORTS)
        assert not set(ports[0].values()) & set(ports[1].values())

        assert first.ends(signal.SIGTERM) == 0
        assert query(other, "select 1") == [(1,)]
        assert second.ends(signal.SIGTERM) == 0
        assert processes_of(layout) + processes_of(other) == []


def test_a_store_that_cannot_start_is_named_with_the_end_of_its_log(layout):
    first = Up(layout).until("Ready: postgres, redis")
    assert first.ends(signal.SIGTERM) == 0
    (layout.state / "redis" / "dump.rdb").write_bytes(b"REDIS0009 this is no snapshot")

    second = Up(layout)
    assert second.ends() == 1
    assert "error: Redis ended at once" in second.text
    assert str(layout.logs / "redis.log") in second.text
    assert "Wrong signature" in second.text or "short read" in second.text.lower()
    assert processes_of(layout) == []


def test_an_interrupt_in_the_middle_of_a_start_leaves_nothing(layout):
    started = Up(layout).until("Process manager")
    assert started.ends(signal.SIGTERM) == 0, started.text
    assert processes_of(layout) == []
    assert not layout.run_env.exists()


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DATABASE_URL", "mysql://u@h/db", "DATABASE_URL must be a Postgres URL"),
        ("DATABASE_URL", "no url at all", "DATABASE_URL must be a Postgres URL"),
        ("SLACK_APP_TOKEN", "xapp-1", "SLACK_BOT_TOKEN is not"),
        ("SLACK_BOT_TOKEN", "xoxp-1", "neither SLACK_APP_TOKEN"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start_with_one_clear_line(
    layout, monkeypatch, capsys, variable, value, words
):
    monkeypatch.setenv(variable, value)
    assert up(Options(layout.state, only=("redis",))) == 1
    assert words in capsys.readouterr().out
    assert processes_of(layout) == []


def test_an_unknown_process_is_refused_by_name(layout, capsys):
    assert up(Options(layout.state, only=("redis", "kafka"))) == 1
    said = capsys.readouterr().out
    assert "no process is called kafka" in said
    assert "postgres" in said


def test_a_cluster_of_another_version_is_not_touched(layout):
    data = layout.folder("postgres")
    (data / "PG_VERSION").write_text("9\n")
    started = Up(layout)
    assert started.ends() == 1
    assert "was made by Postgres 9" in started.text
    assert (data / "PG_VERSION").read_text() == "9\n"
