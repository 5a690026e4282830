"""What a text does to a form that waits: it answers, asks for something else, or begins anew."""

from typing import Any

import pytest

from actions.rasa.dialogue import Draft, Elsewhere, Filled, Invalid, answer
from tests.unit.actions.parses import parsed

TANK = {"project": "tank-level"}
DEPLOY = Draft("deploy_model", {**TANK, "version": 9}, "environment")
SCHEDULE = Draft("schedule_training", TANK, "schedule")
PROMOTE = Draft("promote_model", {}, "project")
STOP = Draft("stop_run", {}, "run")


@pytest.mark.parametrize(
    ("draft", "intent", "text", "found", "params"),
    [
        (
            DEPLOY,
            "list_endpoints",
            "prod please",
            {},
            {**TANK, "version": 9, "environment": "production"},
        ),
        (
            DEPLOY,
            "deploy_model",
            "v4 to staging",
            {},
            {**TANK, "version": 4, "environment": "staging"},
        ),
        (
            SCHEDULE,
            "subscribe_digest",
            "daily at 18:30",
            {},
            {**TANK, "schedule": "30 18 * * *"},
        ),
        (
            PROMOTE,
            "show_model",
            "tank-level v4",
            {"project": "tank-level"},
            {**TANK, "version": 4},
        ),
        (PROMOTE, "inform", "the tank level one", {}, TANK),
        (STOP, "show_run", "the tank level training", {"project": "tank level"}, TANK),
        (STOP, "show_run", "run 7", {}, {"run": "R7"}),
    ],
)
def test_values_answer_whatever_command_they_look_like(
    draft: Draft, intent: str, text: str, found: dict[str, str], params: dict[str, Any]
) -> None:
    step = answer(draft, parsed(intent, text, found))
    assert isinstance(step, Filled)
    assert step.params == params


@pytest.mark.parametrize(
    ("draft", "intent", "text", "found"),
    [
        (DEPLOY, "undeploy_model", "undeploy fraud in prod", {"project": "fraud"}),
        (DEPLOY, "rollback_model", "roll back prod", {}),
        (SCHEDULE, "subscribe_digest", "digest daily at 18:30", {}),
        (PROMOTE, "show_model", "show me tank-level v4", {"project": "tank-level"}),
        (STOP, "show_run", "show the tank level training", {"project": "tank level"}),
    ],
)
def test_an_order_for_something_else_is_no_answer(
    draft: Draft, intent: str, text: str, found: dict[str, str]
) -> None:
    assert answer(draft, parsed(intent, text, found)) == Elsewhere()


@pytest.mark.parametrize(
    ("intent", "text", "found", "step"),
    [
        ("affirm", "ok fine. ecgnet", {"unknown": "ecgnet"}, Filled({"project": "ecgnet"})),
        ("affirm", "right, so ecgnet", {"unknown": "ecgnet"}, Filled({"project": "ecgnet"})),
        ("affirm", "yepp", {"unknown": "yepp"}, Elsewhere()),
        ("affirm", "yepp!", {"unknown": "yepp"}, Elsewhere()),
        ("affirm", "yepp please", {"unknown": "yepp"}, Elsewhere()),
        ("affirm", "ok fine", {}, Elsewhere()),
        ("thank", "ok thx ecgnet", {"unknown": "ecgnet"}, Elsewhere()),
    ],
)
def test_a_new_word_behind_agreement_is_the_name(
    intent: str, text: str, found: dict[str, str], step: Filled | Elsewhere
) -> None:
    assert answer(PROMOTE, parsed(intent, text, found)) == step


def test_the_same_command_for_another_project_takes_nothing_along() -> None:
    text = "deploy hop-grader v2 to prod"
    step = answer(DEPLOY, parsed("deploy_model", text, {"project": "hop-grader"}))
    wanted = {"project": "hop-grader", "version": 2, "environment": "production"}
    assert step == Filled(wanted)


def test_the_same_command_for_the_same_project_goes_on() -> None:
    text = "deploy tank-level to prod"
    step = answer(DEPLOY, parsed("deploy_model", text, {"project": "tank-level"}))
    assert step == Filled({**TANK, "version": 9, "environment": "production"})


BATCH = Draft("batch_predict", TANK, "dataset")


def test_the_name_that_was_asked_for_is_no_other_name() -> None:
    found = {"project": "tanks-2026-10", "dataset": "tanks-2026-10"}
    step = answer(BATCH, parsed("inform", "tanks-2026-10", found))
    assert isinstance(step, Filled)
    assert step.params == {**TANK, "dataset": "tanks-2026-10"}


def test_a_value_that_was_not_asked_for_is_no_name_as_well() -> None:
    step = answer(BATCH, parsed("inform", "use the champion"))
    assert step == Filled({**TANK, "version": "champion"}), "the data set is asked for again"


REJECT = Draft("reject_request", {}, "request")


@pytest.mark.parametrize(
    "text", ["72 because it is too dear", "request 72, because it is too dear"]
)
def test_a_reason_may_follow_the_answer(text: str) -> None:
    step = answer(REJECT, parsed("inform", text))
    assert step == Filled({"request": "R72", "reason": "it is too dear"})


DRIFT = Draft("show_drift", {}, "project")


def test_the_name_that_was_asked_for_may_lead_other_values() -> None:
    step = answer(DRIFT, parsed("show_costs", "apple grading, last 7 days", {}))
    assert isinstance(step, Elsewhere), "another command"
    step = answer(DRIFT, parsed(None, "apple grading, last 7 days", {"project": "apple"}))
    assert isinstance(step, Filled)
    assert step.params == {"project": "apple-grading", "period": "P7D"}


@pytest.mark.parametrize(
    ("intent", "text", "found", "params"),
    [
        ("nlu_fallback", "apple grading with lr=0.01", {}, None),
        (
            "train_model",
            "apple grading with lr=0.01",
            {"unknown": "apple", "project": "grading"},
            {"project": "apple-grading", "hyperparameters": {"lr": 0.01}},
        ),
        ("correct", "no, 2 gpus", {}, {"gpu_count": 2}),
        ("deny", "no, 2 gpus", {}, None),
    ],
)
def test_a_name_before_values_must_be_nothing_else(
    intent: str, text: str, found: dict[str, str], params: dict[str, Any] | None
) -> None:
    step = answer(Draft("train_model", {}, "project"), parsed(intent, text, found))
    assert (step.params if isinstance(step, Filled) else None) == params


@pytest.mark.parametrize("sure", [0.5, 0.95])
def test_a_name_before_values_yields_to_a_command_that_is_sure(sure: float) -> None:
    found = {"unknown": "late", "project": "trains"}
    step = answer(
        Draft("rollback_model", {}, "project"),
        parsed("show_endpoint", "late trains in prod", found, sure=sure),
    )
    wanted = {"project": "late-trains", "environment": "production"}
    assert (step.params if isinstance(step, Filled) else None) == (wanted if sure < 0.8 else None)


def test_an_order_for_something_else_is_no_data_set() -> None:
    step = answer(BATCH, parsed("schedule_training", "set up a training schedule"))
    assert isinstance(step, Elsewhere)


@pytest.mark.parametrize(
    ("params", "text", "found", "changed"),
    [
        ({}, "no, paywall", {"unknown": "paywall"}, {"project": "paywall"}),
        ({}, "nope, the paywall model", {"unknown": "paywall"}, {"project": "paywall"}),
        ({}, "no, paywall is broken", {"unknown": "paywall"}, None),
        ({"dataset": "march"}, "no, paywall", {"unknown": "paywall"}, None),
        (
            {"dataset": "march"},
            "no, dataset april-7",
            {"unknown": "april-7"},
            {"dataset": "april-7"},
        ),
    ],
)
def test_a_lone_name_corrects_the_one_that_it_can_be(
    params: dict[str, Any], text: str, found: dict[str, str], changed: dict[str, Any] | None
) -> None:
    plan = Draft("batch_predict", {**TANK, **params}, None)
    step = answer(plan, parsed("correct", text, found))
    wanted = None if changed is None else {**TANK, **params, **changed}
    assert (step.params if isinstance(step, Filled) else None) == wanted


@pytest.mark.parametrize(("name", "kept"), [("predictions", None), ("print run", "print-run")])
def test_a_word_of_the_platform_alone_names_no_project(name: str, kept: str | None) -> None:
    reading = parsed("batch_predict", f"score it with the {name} model", {"project": name})
    assert reading.params("batch_predict").get("project") == kept


def test_how_many_is_asked_again_where_nobody_knows() -> None:
    scale = Draft("scale_endpoint", {**TANK, "environment": "production"}, "instance_count")
    assert isinstance(answer(scale, parsed("inform", "a lot")), Invalid)


def test_a_question_is_no_name() -> None:
    step = answer(BATCH, parsed("out_of_scope", "is the canteen still open?", {}))
    assert isinstance(step, Elsewhere)


def test_what_cannot_be_the_answer_is_said() -> None:
    assert isinstance(answer(DEPLOY, parsed("inform", "mars")), Invalid)


@pytest.mark.parametrize(
    ("params", "intent", "text", "step"),
    [
        ({"gpu_count": 4}, "correct", "no, make it 2", Filled({**TANK, "gpu_count": 2})),
        ({"gpu_count": 4, "instance_count": 2}, "correct", "no, make it 2", Elsewhere()),
        ({}, "correct", "no, make it 2", Elsewhere()),
        ({"gpu_count": 4}, "correct", "no, 2 or 3", Elsewhere()),
        ({"gpu_count": 4}, "correct", "no, 2.5", Elsewhere()),
        ({"gpu_count": 4}, "affirm", "yes 2", Elsewhere()),
    ],
)
def test_a_lone_number_corrects_the_only_count(
    params: dict[str, Any], intent: str, text: str, step: object
) -> None:
    plan = Draft("train_model", {**TANK, **params}, None)
    assert answer(plan, parsed(intent, text)) == step


@pytest.mark.parametrize(
    ("found", "text", "intent"),
    [
        ("nlu_fallback", "and on spot", "inform"),
        ("out_of_scope", "make that 4 gpus", "inform"),
        ("deny", "no spot please", "inform"),
        ("deny", "no", "deny"),
        ("deny", "no staging", "deny"),
        ("affirm", "yes prod", "affirm"),
        ("nlu_fallback", "mine", None),
        ("out_of_scope", "prod is on fire", None),
        ("out_of_scope", "4 gpus", "inform"),
        ("out_of_scope", "", None),
        ("list_notebooks", "no, all notebooks", "correct"),
        ("list_notebooks", "no, list all notebooks", "list_notebooks"),
        ("list_notebooks", "no", "list_notebooks"),
        ("nlu_fallback", "30 trials, metric auc", "inform"),
        ("nlu_fallback", "auc and what else", None),
    ],
)
def test_values_and_nothing_else_are_an_answer(found: str, text: str, intent: str | None) -> None:
    assert parsed(found, text).intent == intent
