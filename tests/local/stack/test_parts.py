"""The small parts of the stack: ports, keys, order of steps, stamps, what each process may see."""

import io
import json
import socket
import stat
import threading

import pytest

from infra.local.progress import Progress, StepError
from infra.local.stack import environment, postgres, preflight, prepare
from infra.local.stack.environment import Given, base_environment
from infra.local.stack.keys import Keys
from infra.local.stack.ports import choose
from infra.local.stack.process import Task
from infra.local.stack.services import NAMES, PORTS, build, selected
from infra.local.stack.tasks import run_tasks

NOTHING = Given({})
AIRFLOW = ("airflow", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")


@pytest.fixture
def quiet():
    return Progress(io.StringIO())


# ------------------------------------------------------------------ ports


def test_ports_are_remembered(layout):
    assert choose(layout, PORTS) == choose(layout, PORTS)


def test_a_port_taken_meanwhile_is_replaced_and_the_others_stay(layout):
    before = choose(layout, PORTS)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", before["airflow"]))
        taken.listen()
        after = choose(layout, PORTS)
    assert after["airflow"] != before["airflow"]
    assert {**after, "airflow": 0} == {**before, "airflow": 0}
    assert len(set(after.values())) == len(after)


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"slack": "x", "bot": 80, "aws": 1e9}'])
def test_a_broken_memory_of_ports_is_no_obstacle(layout, content):
    (layout.state / "ports.json").write_text(content)
    chosen = choose(layout, PORTS)
    assert set(chosen) == set(PORTS)
    assert all(port > 1024 for port in chosen.values())


# ------------------------------------------------------------------ keys


def test_keys_are_made_once_and_private(layout):
    keys = Keys(layout.folder("keys"))
    first = keys["nlu-token"], keys.signing.read_text(), keys.airflow_passwords.read_text()
    again = Keys(layout.folder("keys"))
    assert (again["nlu-token"], again.signing.read_text(), again.airflow_passwords.read_text()) == (
        first
    )
    modes = {stat.S_IMODE(each.stat().st_mode) for each in layout.folder("keys").iterdir()}
    assert modes == {0o600}


def test_a_lost_half_of_the_key_pair_makes_a_new_pair_that_fits(layout):
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_pem_public_key,
    )

    keys = Keys(layout.folder("keys"))
    keys.public.unlink()
    private = load_pem_private_key(keys.signing.read_bytes(), None)
    public = load_pem_public_key(keys.public.read_bytes())
    public.verify(private.sign(b"plan"), b"plan")


def test_an_unknown_key_is_an_error_and_makes_no_file(layout):
    folder = layout.folder("keys")
    with pytest.raises(KeyError):
        Keys(folder)["no-such-key"]
    assert list(folder.iterdir()) == []


# ------------------------------------------------------------------ order of steps


def test_steps_run_after_what_they_need_and_side_by_side(quiet):
    order = []
    together = threading.Barrier(2, timeout=10)

    def beside(name):
        together.wait()
        order.append(name)

    run_tasks(
        [
            Task("last", "last", lambda: order.append("last"), ("left", "right")),
            Task("left", "left", lambda: beside("left"), ("first", "not in this start")),
            Task("right", "right", lambda: beside("right"), ("first",)),
            Task("first", "first", lambda: order.append("first")),
        ],
        quiet,
    )
    assert order[0] == "first"
    assert order[-1] == "last"
    assert len(order) == 4


def test_a_failed_step_stops_those_that_need_it(quiet):
    reached = []

    def fail():
        raise StepError("no")

    with pytest.raises(StepError, match="no"):
        run_tasks(
            [Task("a", "a", fail), Task("b", "b", lambda: reached.append("b"), ("a",))], quiet
        )
    assert reached == []


def test_steps_that_need_each_other_are_refused(quiet):
    with pytest.raises(ValueError, match="a, b"):
        run_tasks(
            [Task("a", "a", lambda: None, ("b",)), Task("b", "b", lambda: None, ("a",))], quiet
        )


def test_every_need_of_the_whole_stack_is_a_step_of_it(layout):
    from infra.local.stack.commands import Commands
    from infra.local.stack.steps import all_steps

    services = build(layout, NOTHING, choose(layout, PORTS), ())
    steps = all_steps(services, Commands(layout), demo=True)
    known = {each.name for each in (*services.processes, *steps)}
    needed = {need for each in (*services.processes, *steps) for need in each.needs}
    assert needed <= known
    assert services.names == set(NAMES)


def test_a_failed_step_shows_a_cross_and_a_done_one_a_tick():
    stream = io.StringIO()
    progress = Progress(stream)
    with progress.step("good"):
        pass
    with pytest.raises(StepError), progress.step("bad"):
        raise StepError("no")
    good, bad = stream.getvalue().splitlines()
    assert good.split()[:2] in (["✓", "good"], ["ok", "good"])
    assert bad.split()[:2] in (["✗", "bad"], ["failed", "bad"])


# ------------------------------------------------------------------ built once


def test_a_part_is_built_again_only_when_its_sources_change(tmp_path, quiet):
    source, result, built = tmp_path / "source", tmp_path / "result", []
    source.mkdir()
    (source / "a.py").write_text("1")

    def build_it():
        built.append(1)
        result.write_text("made")

    def once():
        prepare._build(
            quiet,
            "part",
            stamp=tmp_path / "stamp",
            result=result,
            mark=prepare.fingerprint(tmp_path, [source]),
            build=build_it,
        )

    once()
    once()
    assert len(built) == 1
    (source / "a.py").write_text("2")
    once()
    assert len(built) == 2
    result.unlink()
    once()
    assert len(built) == 3
    (source / "a.py").rename(source / "b.py")
    once()
    assert len(built) == 4


def test_a_build_without_a_result_is_an_error_and_is_tried_again(tmp_path, quiet):
    def attempt():
        prepare._build(
            quiet,
            "part",
            stamp=tmp_path / "stamp",
            result=tmp_path / "result",
            mark="same",
            build=lambda: None,
        )

    for _ in range(2):
        with pytest.raises(StepError, match="result is missing"):
            attempt()


# ------------------------------------------------------------------ what each process sees


def all_variables(layout, given=NOTHING):
    services = build(layout, given, choose(layout, PORTS), ())
    return {process.name: dict(process.environment) for process in services.processes}


def test_no_process_sees_a_secret_that_is_not_its_own(layout, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "of the machine")
    keys = Keys(layout.folder("keys"))
    found = all_variables(layout)
    assert not any("GITHUB_TOKEN" in variables for variables in found.values())

    def holders(secret):
        return {
            name
            for name, variables in found.items()
            if any(secret in v for v in variables.values())
        }

    assert holders(keys["slack-bot-token"]) == {"bot", "worker", "slack"}
    assert holders(keys["nlu-token"]) == {"bot", "worker", "nlu"}
    assert holders(str(keys.signing)) == {"bot", "worker"}
    assert holders(keys["airflow-cooper-password"]) == {"bot", "worker"}
    assert not {"nlu", "actions", "slack", "mlflow"} & holders(keys["aws-secret-access-key"])
    assert holders(keys["alerts-monitor-secret"]) == {"bot", "worker", *AIRFLOW}


def test_airflow_knows_where_models_serve_and_where_alerts_go(layout):
    services = build(layout, NOTHING, choose(layout, PORTS), ())
    assert json.loads(services.airflow["COOPER_ENVIRONMENTS"]) == [
        {
            "name": name,
            "connection": f"aws_{name}",
            "region": "us-east-1",
            "bucket": "cooper-demo",
            "installation": "demo",
        }
        for name in ("staging", "production")
    ]
    assert services.airflow["COOPER_ALERTS_URL"] == services.addresses.url("bot")
    secret = "COOPER_ALERTS_MONITOR_SECRET"
    assert services.airflow[secret] == services.application[secret]
    assert "COOPER_MONITOR_SCHEDULE" not in services.airflow


def test_the_persons_own_secret_and_schedule_reach_both_sides(layout):
    given = {"COOPER_ALERTS_MONITOR_SECRET": "s" * 24, "COOPER_MONITOR_SCHEDULE": "* * * * *"}
    services = build(layout, Given(given), choose(layout, PORTS), ())
    for variables in (services.airflow, services.application):
        assert {name: variables[name] for name in given} == given


def test_aporias_connection_reaches_airflow_alone_and_only_where_it_is_given(layout):
    for given in ({}, {"AIRFLOW_CONN_APORIA": '{"password": "token"}'}):
        services = build(layout, Given(given), choose(layout, PORTS), ())
        python = services.airflow["COOPER_APORIA_PYTHON"]
        assert python == layout.python("dags/aporia")
        holders = {
            process.name
            for process in services.processes
            if "AIRFLOW_CONN_APORIA" in process.environment
        }
        assert holders == (set(AIRFLOW) if given else set())


def test_no_secret_is_on_a_command_line(layout):
    keys = Keys(layout.folder("keys"))
    services = build(layout, NOTHING, choose(layout, PORTS), ())
    secrets = [each.read_text() for each in keys.folder.iterdir()]
    lines = [" ".join(process.command) for process in services.processes]
    assert not [line for line in lines if any(secret in line for secret in secrets)]


def test_proxies_never_come_between_us_and_loopback():
    found = base_environment({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "corp", "SECRET": "x"})
    assert found["NO_PROXY"] == "corp,127.0.0.1,localhost"
    assert "SECRET" not in found


def test_what_is_real_needs_no_stand_in(layout):
    given = Given(
        {
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_APP_TOKEN": "xapp-1",
            "AWS_ACCESS_KEY_ID": "AKIA1",
            "AWS_SECRET_ACCESS_KEY": "s",
            "DATABASE_URL": "postgresql+psycopg://u:p@db:5432/ops",
            "REDIS_URL": "redis://cache",
        }
    )
    services = build(layout, given, choose(layout, PORTS), ())
    assert not {"slack", "aws", "postgres", "redis"} & services.names
    assert services.application["SLACK_BOT_TOKEN"] == "xoxb-1"
    assert "SLACK_API_URL" not in services.application
    assert "AWS_ENDPOINT_URL" not in services.application
    assert services.application["DATABASE_URL"] == "postgresql://u:p@db:5432/ops"
    assert services.airflow_database == "postgresql://u:p@db:5432/ops_airflow"
    connection = json.loads(services.airflow["AIRFLOW_CONN_AWS_STAGING"])
    assert "endpoint_url" not in connection["extra"]


def test_the_stand_in_can_be_wished_for_on_a_machine_with_credentials():
    assert not Given({"AWS_PROFILE": "work", "COOPER_AWS": "local"}).aws
    assert Given({"AWS_PROFILE": "work"}).aws


def test_the_embedded_database_urls_keep_the_socket(layout):
    url = postgres.embedded_url(layout)
    assert url == f"postgresql://postgres@/cooper?host={layout.sockets}/pg"
    assert postgres.with_driver(url, "psycopg2").startswith("postgresql+psycopg2://postgres@/")
    assert postgres.sibling_url(url, "airflow", embedded=True) == url.replace(
        "/cooper?", "/airflow?"
    )


def test_run_env_is_read_as_it_was_written(layout):
    from dotenv import dotenv_values

    values = {"A": "x=1&y#2", "B": "postgresql://postgres@/cooper?host=/tmp/x"}
    environment.write_run_env(layout, values)
    assert dotenv_values(layout.run_env, interpolate=False) == values


# ------------------------------------------------------------------ before anything starts


def test_a_whole_and_possible_start_is_let_through(layout):
    preflight.check(layout, NOTHING, selected(("postgres", "redis", "airflow")))


def test_a_missing_environment_is_named_with_what_to_do(layout, monkeypatch, tmp_path):
    moved = type(layout)(layout.state, checkout=tmp_path)
    with pytest.raises(StepError, match="make env"):
        preflight.check(moved, NOTHING, selected(("redis",)))


def test_a_missing_configuration_is_named(layout):
    given = Given({"COOPER_CONFIG": "/nowhere/cooper.yaml"})
    with pytest.raises(StepError, match=r"/nowhere/cooper\.yaml"):
        preflight.check(layout, given, frozenset({"bot"}))


def test_a_full_disk_is_said_in_gigabytes(layout, monkeypatch):
    import shutil

    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 100_000_000)
    )
    with pytest.raises(StepError, match=r"0\.1 GB free, and this step needs 1\.0 GB"):
        preflight.check(layout, NOTHING, frozenset({"redis"}))


def test_a_socket_folder_of_somebody_else_is_refused(layout):
    layout.sockets.symlink_to(layout.state)
    try:
        with pytest.raises(StepError, match="belongs to somebody else"):
            layout.make_sockets()
    finally:
        layout.sockets.unlink()


def test_a_state_that_is_a_file_is_refused(tmp_path):
    from infra.local.stack.layout import Layout

    (tmp_path / "file").write_text("")
    with pytest.raises(StepError, match="cannot be made"):
        Layout.at(tmp_path / "file" / "state")
