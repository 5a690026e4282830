"""`/cooper …`: what it understands, and what it says otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.catalog import COMMANDS
from actions.slash import Parsed, SlashError, parse_slash, usage, words_of

READS = [
    ("", "help", {}),
    ("   ", "help", {}),
    ("help", "help", {}),
    ("help deploy", "help", {"topic": "deploy"}),
    ("train claims-frequency", "train_model", {"project": "claims-frequency"}),
    ("Train Fraud gpus=2", "train_model", {"project": "fraud", "gpu_count": 2}),
    ("retrain project=fraud", "train_model", {"project": "fraud"}),
    ("train_model fraud instance=g5.2xlarge", "train_model",
     {"project": "fraud", "instance_type": "ml.g5.2xlarge"}),
    ("train fraud hyperparameters.lr=0.01 hyperparameters.booster=dart", "train_model",
     {"project": "fraud", "hyperparameters": {"lr": 0.01, "booster": "dart"}}),
    ("train fraud lr=0.01 spot=no", "train_model",
     {"project": "fraud", "hyperparameters": {"lr": 0.01}, "spot": False}),
    ('train fraud hyperparameters="lr=0.01 max depth 8"', "train_model",
     {"project": "fraud", "hyperparameters": {"lr": 0.01, "max_depth": 8}}),
    ("train “claims frequency” runtime=“90 min”", "train_model",
     {"project": "claims-frequency", "max_runtime": "PT90M"}),
    ("deploy fraud staging", "deploy_model", {"project": "fraud", "environment": "staging"}),
    ("deploy fraud@v7 prod strategy=canary percent=10%", "deploy_model",
     {"project": "fraud", "environment": "production", "version": 7, "strategy": "canary",
      "percent": 10}),
    ("deploy env=stg fraud version=latest", "deploy_model",
     {"project": "fraud", "environment": "staging", "version": "latest"}),
    ("stop R42", "stop_run", {"run": "R42"}),
    ("stop project=fraud", "stop_run", {"project": "fraud"}),
    ("status 42", "show_run", {"run": "R42"}),
    ("run fraud", "show_run", {"project": "fraud"}),
    ("runs", "list_runs", {}),
    ("runs state=failed user=me", "list_runs", {"state": "failed", "user": "me"}),
    ("models fraud", "list_models", {"project": "fraud"}),
    ("predict fraud env=staging", "predict", {"project": "fraud", "environment": "staging"}),
    ("endpoint `fraud`", "show_endpoint", {"project": "fraud"}),
]  # fmt: skip

REFUSES = [
    ("trian fraud", "Did you mean `/cooper train PROJECT"),
    ("make coffee", "There is no command “make”"),
    ("train", "needs project"),
    ("deploy fraud", "needs environment"),
    ("stop", "needs run"),
    ("deploy fraud moon", "no environment that I know"),
    ("deploy fraud staging extra", "“extra” has no place here"),
    ("train fraud on 2 gpus", "“on” has no place here"),
    ("train fraud gpu_cuont=2", "Did you mean gpu_count=…?"),
    ("train fraud gpus=many", "not a whole number"),
    ("train fraud gpus=2 gpu_count=4", "given twice"),
    ("train fraud lr=0.1 hyperparameters.lr=0.2", "given twice"),
    ("train fraud instance.size=4", "has no parameter “instance.size”"),
    ("train fraud foo=1", "hyperparameters.foo=…"),
    ("deploy fraud staging lr=0.1", "has no parameter “lr”"),
    ("train fraud project=churn", "has no place here"),
    ("runs fraud failed", "has no place here"),
    ('train "fraud', "not closed"),
    ("train fraud gpus=", "empty"),
    ("x" * 5000, "longer than 4000"),
]


@pytest.mark.parametrize(("text", "command", "params"), READS)
def test_reads(text: str, command: str, params: dict[str, object]) -> None:
    assert parse_slash(text) == Parsed(command, params)


@pytest.mark.parametrize(("text", "says"), REFUSES)
def test_refuses_and_says_why(text: str, says: str) -> None:
    with pytest.raises(SlashError) as caught:
        parse_slash(text)
    assert says in str(caught.value)


def test_no_two_commands_answer_to_one_word() -> None:
    words = [word for command in COMMANDS.values() for word in words_of(command)]
    assert len(words) == len(set(words))


def test_an_error_of_a_known_command_shows_its_usage() -> None:
    with pytest.raises(SlashError) as caught:
        parse_slash("deploy fraud")
    assert usage(COMMANDS["deploy_model"]) in str(caught.value)
    assert usage(COMMANDS["deploy_model"]).startswith(
        "/cooper deploy PROJECT ENVIRONMENT [version=…]"
    )


@given(st.text(max_size=120))
def test_any_text_gives_a_command_or_a_reason(text: str) -> None:
    try:
        outcome = parse_slash(text).command
    except SlashError as error:
        outcome = str(error)
    assert outcome in COMMANDS or "/cooper" in outcome or "quotation" in outcome
