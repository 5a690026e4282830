"""`cooper doctor` in front of what is up and what is down. Airflow, MLflow and AWS that are up: see
tests/contract/clients/test_doctor.py."""

import asyncio
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.cli.checks import CHECKS
from bot.cli.doctor import examine
from tests.scenario.doctor.conftest import answering, port_of
from tests.support.bot import NOWHERE, running_bot
from tests.support.projects import ROOT

doctor = importlib.import_module("bot.cli.doctor")
SECRETS = ("xoxb-", "password-of-airflow", "token-of-aporia", "secret-of-alerts")
ALERTS = "secret-of-alerts-0001"
WORKSPACE = "/v1/identity-service/accounts/acme/workspaces/default-workspace"
HEALTHY = ("/webhooks/cooper/health", 200, {"status": "ok", "model": "0123456789abcdef"})


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """boto3 wants credentials before it finds that nothing answers."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


async def found(settings):
    return {each.name: each for each in await examine(settings)}


def connection(url, **changes):
    made = {
        "conn_type": "generic",
        "host": url,
        "password": "token-of-aporia",
        "extra": {"account": "acme", "integration": "cooper"},
    }
    return json.dumps(made | changes)


# ------------------------------------------------------------------ what is up


async def test_what_is_up_is_told_as_it_is(settings, redis_url):
    with (
        answering(HEALTHY) as rasa,
        answering((WORKSPACE, 200, {})) as aporia,
        answering(("/healthz", 200, {})) as bot,
    ):
        states = await found(
            settings(
                redis_url=redis_url,
                nlu_url=rasa,
                airflow_conn_aporia=connection(aporia),
                alerts_monitor_secret=ALERTS,
                http_port=port_of(bot),
            )
        )
    well = {"configuration", "postgres", "redis", "rasa", "slack", "alerts", "aporia"}
    assert {name for name, each in states.items() if each.state == "ok"} == well
    assert "with the newest schema" in states["postgres"].said
    assert "0123456789ab" in states["rasa"].said
    assert states["alerts"].said.startswith("monitor: taken in at")
    assert all(states[name].advice is None for name in well)


async def test_a_running_bot_takes_alerts_in(workspace, database_url, tmp_path, unused_tcp_port):
    port = {"http_port": unused_tcp_port, "alerts_monitor_secret": ALERTS}
    async with running_bot(workspace, database_url, tmp_path, **port) as cooper:
        states = await found(cooper.settings)
    assert states["alerts"].state == "ok"


async def test_what_nobody_set_up_is_off_and_not_amiss(settings):
    states = await found(settings(redis_url=None))
    off = {name for name, each in states.items() if each.state == "off"}
    assert off == {"redis", "digests", "alerts", "aporia"}


# ------------------------------------------------------------------ what is not


async def test_what_is_down_is_told_with_what_to_do(settings, tmp_path):
    states = await found(
        settings(
            database_url=f"postgresql://cooper:password@127.0.0.1:{port_of(NOWHERE)}/cooper",
            redis_url=f"redis://:password@127.0.0.1:{port_of(NOWHERE)}",
            slack_api_url=f"{NOWHERE}/api/",
            alerts_monitor_secret=ALERTS,
            airflow_conn_aporia=connection(NOWHERE),
        )
    )
    amiss = {name: each for name, each in states.items() if each.state == "amiss"}
    assert set(amiss) == set(CHECKS) - {"configuration", "digests"}
    assert all(each.advice for each in amiss.values())
    assert "DATABASE_URL" in amiss["postgres"].advice
    assert "cooper bot" in amiss["alerts"].advice
    assert not any("password" in each.said for each in amiss.values())


async def test_a_database_without_our_tables_is_told(settings, postgres):
    states = await found(settings(database_url=postgres.empty()))
    assert states["postgres"].state == "amiss"
    assert states["postgres"].advice == "Run `cooper db upgrade`."


async def test_a_configuration_with_mistakes_is_told_by_line(settings, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("installation: Not A Name\n")
    states = await found(settings(config=broken))
    assert states["configuration"].state == "amiss"
    assert "broken.yaml" in states["configuration"].said
    missing = await found(settings(config=tmp_path / "nowhere.yaml"))
    assert missing["configuration"].state == "amiss"


async def test_a_token_that_slack_does_not_know_is_told(settings):
    states = await found(settings(slack_bot_token="xoxb-of-somebody-else"))
    assert states["slack"].said == "Slack refuses the token: invalid_auth."


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('channel: "#ml-alerts", reader: UANA00001', "1 can be sent."),
        ('channel: "#nowhere", reader: UANA00001', "No digest can go to #nowhere: I am not in it."),
        ('channel: "#ml-alerts", reader: UNOBODY01', "Slack does not tell of UNOBODY01: user_not_found."),
    ],
)  # fmt: skip
async def test_digests_that_cannot_be_sent_are_told(settings, tmp_path, entry, said):
    file = tmp_path / "digests.yaml"
    text = (ROOT / "cooper.yaml").read_text()
    file.write_text(f'{text}\ndigests:\n  - {{{entry}, schedule: "0 9 * * *", timezone: UTC}}\n')
    states = await found(settings(config=file))
    assert states["configuration"].state == "ok"
    assert states["digests"].said.startswith(said)
    assert (states["digests"].advice is None) == (states["digests"].state == "ok")


async def test_rasa_without_a_model_is_told(settings):
    with answering((HEALTHY[0], 503, {"error": "no model is loaded"})) as rasa:
        states = await found(settings(nlu_url=rasa))
    assert "no model is loaded" in states["rasa"].said


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_an_aporia_that_refuses_is_told(settings, status):
    with answering((WORKSPACE, status, {})) as aporia:
        states = await found(settings(airflow_conn_aporia=connection(aporia)))
    assert f"answers {status}" in states["aporia"].said


@pytest.mark.parametrize(
    "given",
    [
        "generic://:token-of-aporia@platform.aporia.com",
        "{}",
        "[]",
        connection("http://platform.aporia.com"),
        connection("https://platform.aporia.com", extra="no JSON"),
    ],
)
async def test_a_connection_to_aporia_that_cannot_be_is_told_and_not_tried(settings, given):
    states = await found(settings(airflow_conn_aporia=given))
    assert states["aporia"].state == "amiss"
    assert "token-of-aporia" not in states["aporia"].said + states["aporia"].advice


async def test_what_hangs_ends_by_the_time_limit_and_all_are_looked_at_at_once(
    settings, monkeypatch
):
    monkeypatch.setattr(doctor, "SECONDS", 2.0)
    with answering(seconds=30) as hanging:
        began = time.monotonic()
        states = await found(
            settings(
                nlu_url=hanging,
                airflow_url=hanging,
                mlflow_tracking_uri=hanging,
                airflow_conn_aporia=connection(hanging),
            )
        )
    assert time.monotonic() - began < 6
    for name in ("rasa", "mlflow", "aporia"):
        assert states[name].said == "No answer within 2 s."
    assert states["postgres"].state == "ok"


# ------------------------------------------------------------------ the command


async def run(settings, *options, **changes):
    """The command in a process of its own, with the variables of these settings.

    In a thread, as the workspace that it asks is served by this one.
    """
    variables = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "SLACK_BOT_TOKEN": settings.slack_bot_token.get_secret_value(),
        "SLACK_API_URL": settings.slack_api_url,
        "COOPER_CONFIG": str(settings.config),
        "COOPER_SIGNING_KEY_FILE": str(settings.signing_key_file),
        "NLU_URL": NOWHERE,
        "NLU_TOKEN": "token",
        "AIRFLOW_URL": NOWHERE,
        "AIRFLOW_USERNAME": "cooper",
        "AIRFLOW_PASSWORD": "password-of-airflow",
        "MLFLOW_TRACKING_URI": NOWHERE,
        "AWS_ENDPOINT_URL": NOWHERE,
        "AIRFLOW_CONN_APORIA": connection(NOWHERE),
        "COOPER_ALERTS_MONITOR_SECRET": ALERTS,
    }
    keep = {
        name: os.environ[name] for name in ("PATH", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
    return await asyncio.to_thread(
        subprocess.run,
        [Path(sys.executable).with_name("cooper"), "doctor", *options],
        env={key: value for key, value in (keep | variables | changes).items() if value},
        cwd=settings.signing_key_file.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_the_command_ends_with_1_and_every_line_has_its_advice(settings):
    done = await run(settings())
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines if not line.startswith(" ")] == list(CHECKS)
    amiss = sum(line.startswith("AMISS") for line in lines)
    assert sum("→" in line for line in lines) == amiss > 0
    assert not any(secret in done.stdout for secret in SECRETS)


async def test_json_has_every_check(settings):
    done = await run(settings(), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False)
    assert [each["name"] for each in told["checks"]] == list(CHECKS)
    assert {each["state"] for each in told["checks"]} <= {"ok", "off", "amiss"}


async def test_settings_that_are_missing_are_named(settings):
    done = await run(settings(), "--json", DATABASE_URL="", COOPER_ALERTS_MONITOR_SECRET="short")
    (only,) = json.loads(done.stdout)["checks"]
    assert done.returncode == 1
    assert (only["name"], only["state"]) == ("settings", "amiss")
    assert "COOPER_ALERTS_MONITOR_SECRET, DATABASE_URL" in only["said"]


async def test_all_well_is_exit_code_0(monkeypatch, capsys, settings):
    """With the checks that have something to look at here."""
    given = settings(redis_url=None)
    here = {name: CHECKS[name] for name in ("configuration", "postgres", "redis", "slack")}
    monkeypatch.setattr(doctor, "CHECKS", here)
    monkeypatch.setattr(doctor, "Settings", lambda: given)
    with pytest.raises(doctor.typer.Exit) as ended:
        await asyncio.to_thread(doctor.doctor, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (ended.value.exit_code, told["ok"]) == (0, True)
