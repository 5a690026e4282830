"""Mistakes in `cooper.yaml` are named before anything starts."""

import pytest

from infra.local.progress import StepError
from infra.local.stack.environment import Given
from infra.local.stack.layout import CHECKOUT, Layout
from infra.local.stack.preflight import check

BOT = frozenset({"bot"})


def checked(tmp_path, text):
    path = tmp_path / "cooper.yaml"
    path.write_text(text)
    check(Layout.at(tmp_path / "state"), Given({"COOPER_CONFIG": str(path)}), BOT)


def test_every_mistake_is_named_by_line(tmp_path):
    text = "version: 1\ninstallation: Demo!\nenviroments: {}\nroles: {a: [trian_model]}\n"
    with pytest.raises(StepError) as error:
        checked(tmp_path, text)
    for place in ("cooper.yaml:2:15", "did you mean 'environments'", "did you mean 'train_model'"):
        assert place in str(error.value)


def test_the_demo_policy_is_without_mistakes(tmp_path):
    checked(tmp_path, (CHECKOUT / "cooper.yaml").read_text())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StepError, match="there is no configuration at"):
        check(Layout.at(tmp_path / "state"), Given({"COOPER_CONFIG": str(tmp_path / "no")}), BOT)


def test_airflow_alone_needs_it_too(tmp_path):
    given = Given({"COOPER_CONFIG": str(tmp_path / "no")})
    with pytest.raises(StepError, match="there is no configuration at"):
        check(Layout.at(tmp_path / "state"), given, frozenset({"airflow-scheduler"}))
