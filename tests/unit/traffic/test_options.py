"""The options of `cooper traffic`: wrong ones end with usage and exit code 2, before anything is asked."""

import os

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.traffic_options import wanted
from bot.traffic.injections import Drift, Missing, NewCategory


def read(**changes):
    values = {
        "rate": 20.0,
        "batch": 1,
        "seed": 1,
        "drift": (),
        "missing": (),
        "new_category": (),
        "label_shift": None,
        "is_outage": False,
        "is_labelled": True,
    }
    return wanted("claims", "staging", None, None, **(values | changes))


def test_injections_are_read_in_order():
    found = read(
        drift=["age", "a=b=-0.5"], missing=["region=0.25"], new_category=["region=the=moon"]
    )
    assert found.injections == (
        Drift("age", 1.0),
        Drift("a=b", -0.5),
        Missing("region", 0.25),
        NewCategory("region", "the=moon"),
    )
    assert (found.rows, found.seconds) == (1000, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--drift", "age=much"], "'much' is no number"),
        (["--drift", "age=nan"], "'nan' is no number"),
        (["--drift", "age=inf"], "'inf' is no number"),
        (["--missing", "age"], "is no COLUMN=SHARE"),
        (["--missing", "=0.5"], "is no COLUMN=SHARE"),
        (["--missing", "age=1.1"], "is no COLUMN=SHARE"),
        (["--missing", "age=-0.1"], "is no COLUMN=SHARE"),
        (["--new-category", "age"], "is no COLUMN=VALUE"),
        (["--new-category", "age="], "is no COLUMN=VALUE"),
        (["--for", "10m"], "is no ISO 8601 duration"),
        (["--for", "PT0S"], "longer than nothing"),
        (["--for", "PT1M", "--rows", "5"], "either --rows or --for"),
        (["--rows", "0"], "'--rows'"),
        (["--rate", "0"], "'--rate'"),
        (["--label-shift", "2"], "'--label-shift'"),
        (["--batch", "1001"], "'--batch'"),
    ],
)
def test_a_wrong_option_is_named(options, words):
    done = CliRunner().invoke(app, ["traffic", "claims", *options], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert words in " ".join(done.output.replace("│", " ").split())


def test_without_a_stack_what_is_missing_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "SLACK_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    done = CliRunner().invoke(app, ["traffic", "claims"])
    assert done.exit_code == 78
    assert "make up" in done.output


def test_variables_of_aws_go_from_the_stack_to_boto3(tmp_path, monkeypatch):
    from bot.cli.processes import settings

    monkeypatch.chdir(tmp_path)
    (tmp_path / ".cooper").mkdir()
    (tmp_path / ".cooper" / "run.env").write_text(
        "AWS_ACCESS_KEY_ID=stack\nAWS_SECRET_ACCESS_KEY=stack\nOTHER=stack\nAWS_PROFILE=\n"
    )
    (tmp_path / ".env").write_text("AWS_SECRET_ACCESS_KEY=mine\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "OTHER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "given")
    with pytest.raises(SystemExit):
        settings()
    assert os.environ["AWS_ACCESS_KEY_ID"] == "given"
    assert os.environ.pop("AWS_SECRET_ACCESS_KEY") == "mine"
    assert "OTHER" not in os.environ
    assert "AWS_PROFILE" not in os.environ
