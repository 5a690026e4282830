"""`/cooper …`: what it understands, and what it says otherwise."""

import pytest
from hypothesis import example, given
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
    ("run project=42", "show_run", {"project": "42"}),
    ("snooze A17 2h", "snooze_alert", {"alert": "A17", "duration": "PT2H"}),
    ("snooze fraud 2h", "snooze_alert", {"project": "fraud", "duration": "PT2H"}),
    ("audit R42", "show_audit", {"request": "R42"}),
    ("audit fraud", "show_audit", {"project": "fraud"}),
    ("runs", "list_runs", {}),
    ("runs state=failed user=me", "list_runs", {"state": "failed", "user": "me"}),
    ("models fraud", "list_models", {"project": "fraud"}),
    ("predict fraud env=staging", "predict", {"project": "fraud", "environment": "staging"}),
    ("endpoint `fraud`", "show_endpoint", {"project": "fraud"}),
    ("endpoint fraud prod", "show_endpoint", {"project": "fraud", "environment": "production"}),
    ("runs failed", "list_runs", {"state": "failed"}),
    ("runs fraud failed", "list_runs", {"project": "fraud", "state": "failed"}),
    ("runs <@UBEN00001>", "list_runs", {"user": "UBEN00001"}),
    ("deploy fraud staging v7", "deploy_model",
     {"project": "fraud", "environment": "staging", "version": 7}),
    ("train fraud g5.xlarge 4h gpus=1", "train_model",
     {"project": "fraud", "instance_type": "ml.g5.xlarge", "max_runtime": "PT4H", "gpu_count": 1}),
    ("logs R42", "show_logs", {"run": "R42"}),
    ("logs 42", "show_logs", {"run": "R42"}),
    ("log fraud", "show_logs", {"project": "fraud"}),
    ("logs project=fraud", "show_logs", {"project": "fraud"}),
    ("stop fraud", "stop_run", {"project": "fraud"}),
    ("model fraud v3", "show_model", {"project": "fraud", "version": 3}),
    ("model fraud@champion", "show_model", {"project": "fraud", "version": "champion"}),
    ("model fraud", "show_model", {"project": "fraud"}),
    ("compare fraud v3 v4", "compare_models",
     {"project": "fraud", "version": 3, "other_version": 4}),
    ("compare fraud 3 champion", "compare_models",
     {"project": "fraud", "version": 3, "other_version": "champion"}),
    ("compare fraud@v3 v4", "compare_models",
     {"project": "fraud", "version": 3, "other_version": 4}),
    ("compare fraud other_version=4 v3", "compare_models",
     {"project": "fraud", "version": 3, "other_version": 4}),
    ("compare fraud", "compare_models", {"project": "fraud"}),
    ("promote fraud", "promote_model", {"project": "fraud"}),
    ("promote fraud v4", "promote_model", {"project": "fraud", "version": 4}),
    ("rollback fraud production", "rollback_model",
     {"project": "fraud", "environment": "production"}),
    ("rollback fraud", "rollback_model", {"project": "fraud"}),
    ("undeploy fraud staging", "undeploy_model", {"project": "fraud", "environment": "staging"}),
    ("endpoints", "list_endpoints", {}),
    ("endpoints production", "list_endpoints", {"environment": "production"}),
    ("approvals", "list_approvals", {}),
    ("approvals me", "list_approvals", {"user": "me"}),
    ("approvals @ben", "list_approvals", {"user": "ben"}),
    ("approve R42", "approve_request", {"request": "R42"}),
    ("approve #42", "approve_request", {"request": "R42"}),
    ("reject R42", "reject_request", {"request": "R42"}),
    ('reject R42 "too expensive"', "reject_request", {"request": "R42", "reason": "too expensive"}),
    ("reject R42 too expensive", "reject_request", {"request": "R42", "reason": "too expensive"}),
    ('reject R42 reason="too expensive"', "reject_request",
     {"request": "R42", "reason": "too expensive"}),
    ("reject R42 reason=too expensive", "reject_request",
     {"request": "R42", "reason": "too expensive"}),
    ("reject request=42 because lr=0.5 can't be right.", "reject_request",
     {"request": "R42", "reason": "lr=0.5 can't be right"}),
    ("reject R42 - R41 does the same", "reject_request",
     {"request": "R42", "reason": "R41 does the same"}),
]  # fmt: skip

REFUSES = [
    ("trian fraud", "Did you mean `/cooper train PROJECT"),
    ("make coffee", "There is no command “make”"),
    ("train", "needs project"),
    ("status", "needs project (or run)."),
    ("stop", "needs run (or project)."),
    ("snooze", "needs project (or alert) and duration."),
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
    ("runs fraud churn", "has no place here"),
    ("train fraud 2", "could be gpu_count or instance_count; write key=value"),
    ("deploy fraud staging 2", "could be version or percent or instance_count"),
    ("deploy fraud staging v2 v3", "“v3” has no place here"),
    ("compare fraud v3 v4 v5", "“v5” has no place here"),
    ("promote fraud production", "has no place here"),
    ("rollback fraud moon", "“moon” has no place here"),
    ("rollback fraud staging production", "has no place here"),
    ("undeploy fraud", "needs environment"),
    ("endpoints fraud", "“fraud” has no place here"),
    ("logs", "needs run"),
    ("logs ../../etc", "run: "),
    ("approve", "needs request"),
    ("approve it", "request: “it” is not an id"),
    ("approve R42 R43", "has no place here"),
    ("approve R42 because it is good", "has no place here"),
    ("reject", "needs request"),
    ("reject too expensive", "request: “too” is not an id"),
    ("reject R42 because", "say why"),
    ('reject R42 "too expensive', "not closed"),
    ("reject R42 reason=", "empty"),
    ("reject request=R42 request=R43", "given twice"),
    ("aprove R42", "Did you mean `/cooper approve REQUEST`"),
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
        "/cooper deploy PROJECT ENVIRONMENT [VERSION]"
    )
    assert usage(COMMANDS["deploy_model"]).endswith("[percent=…] [instance_count=…]")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("undeploy_model", "/cooper undeploy PROJECT ENVIRONMENT"),
        ("stop_run", "/cooper stop RUN|PROJECT"),
        ("compare_models", "/cooper compare PROJECT [VERSION] [OTHER_VERSION]"),
        ("show_logs", "/cooper logs RUN|PROJECT"),
        ("list_runs", "/cooper runs [PROJECT] [STATE] [USER]"),
        ("reject_request", "/cooper reject REQUEST [REASON…]"),
    ],
)
def test_usage_shows_what_needs_no_key(command: str, line: str) -> None:
    assert usage(COMMANDS[command]) == line


@given(st.text(max_size=120))
@example("reject R42 it isn't")
@example("approve 'R42")
@example("' reject")
def test_any_text_gives_a_command_or_a_reason(text: str) -> None:
    try:
        outcome = parse_slash(text).command
    except SlashError as error:
        outcome = str(error)
    assert outcome in COMMANDS or "/cooper" in outcome or "quotation" in outcome
