"""One version and two side by side: what they are worth, where they come from, and what is unknown."""

from __future__ import annotations

import pytest

from actions.answers import Refusal
from actions.ports import Unavailable
from actions.requests import State
from tests.scenario.reads.evaluations import FAILED, evaluation, part
from tests.support.requests import plan, vote
from tests.support.world import ANA, BEN, DAN

LINEAGE = {
    "source_sha256": "a" * 64,
    "data_sha256": "b" * 64,
    "holdout_sha256": "c" * 64,
    "installation": "demo",
}


def values(answer):
    """The answer's fields by label."""
    return {field.label: field.value for field in answer.fields}


async def test_a_version_tells_its_worth_its_origin_and_who_let_it_serve(company):
    project = company.project()
    trained = await company.requested(project, state=State.SUCCEEDED, requester_name="Ana Lima")
    params = {"learning_rate": 0.05, "seed": 20}
    version = company.version(
        project, evaluation(), "champion", params, request=trained.id, **LINEAGE
    )
    change = await company.deployed(project, version)
    company.serves(project, "production", change.run_id)
    answer = await company.asks("show_model", project=project.slug, version=version)
    told = values(answer)
    assert answer.title == f"{project.slug} v1 (champion)"
    assert answer.text == ""
    assert [field.label for field in answer.fields[:3]] == ["poisson_deviance", "gini", "d2"]
    assert told["Evaluation"] == "passed, on 900 rows"
    assert (told["Latency"], told["Size"]) == ("3.5 ms a prediction", "120 kB")
    assert told["Worst poisson_deviance"].startswith("self_rated_health = poor: 6.1 on 70 rows")
    assert f"{trained.id}, asked by Ana Lima" in told["Trained"]
    assert (told["Code"], told["Data"], told["Holdout"]) == ("a" * 12, "b" * 12, "c" * 12)
    assert told["Hyperparameters"] == "learning_rate=0.05 seed=20"
    assert told["Deployed"] == "production (Failed)"
    assert told["Approved by"] == f"Ben Okafor and Chloe Martin ({change.id}, production)"
    assert answer.links[0].url == f"https://mlflow.example/#/models/{project.slug}/versions/1"


async def test_a_version_that_did_not_pass_says_which_check(company):
    project = company.project()
    company.version(project, evaluation(**FAILED))
    answer = await company.asks("show_model", project=project.slug, version=1)
    assert answer.tone == "warning"
    assert values(answer)["Evaluation"] == (
        "did not pass: gini is 0.21, needs at least 0.3, on 900 rows"
    )


@pytest.mark.parametrize(
    ("aliases", "shown", "why"),
    [
        (("champion", None, None), "v1 (champion)", "The champion"),
        ((None, "challenger", None), "v2 (challenger)", "The challenger"),
        ((None, None, None), "v3", "The latest"),
    ],
)
async def test_without_a_version_it_shows_one_and_says_which(company, aliases, shown, why):
    project = company.project()
    for alias in aliases:
        company.version(project, evaluation(), alias)
    answer = await company.asks("show_model", project=project.slug)
    assert answer.title == f"{project.slug} {shown}"
    assert answer.text.startswith(why)


async def test_a_version_made_by_hand_says_what_is_not_known(company):
    project = company.project()
    company.version(project)
    told = values(await company.asks("show_model", project=project.slug, version=1))
    assert told["Evaluation"] == "none is kept with this version"
    assert told["Trained"].endswith("not through me")
    assert told["Deployed"] == "nowhere now"
    assert told["Approved by"].startswith("nobody")
    assert "Code" not in told


async def test_another_installations_request_is_not_taken_for_ours(company):
    project = company.project()
    ours = await company.requested(project, requester_name="Ana Lima")
    tags = {"request": ours.id, "installation": "other", "requested-by_name": "Zoe Ray"}
    company.version(project, **tags)
    told = values(await company.asks("show_model", project=project.slug, version=1))
    assert f"{ours.id}, asked by Zoe Ray" in told["Trained"]


async def test_rejections_votes_on_other_plans_and_other_versions_approve_nothing(company):
    project = company.project()
    company.version(project)
    made = plan(conf={"model": {"version": 1}}, environment="production")
    earlier = plan(conf={"model": {"version": 1}, "price": "another"}, environment="production")
    await company.requested(
        project,
        (vote(earlier, "UBEN00001"), vote(made, "UCHLOE001", approve=False)),
        command="deploy_model",
        plan=made,
        state=State.SUCCEEDED,
    )
    await company.deployed(project, 2)
    await company.deployed(project, 1, state=State.FAILED)
    told = values(await company.asks("show_model", project=project.slug, version=1))
    assert told["Approved by"].startswith("nobody")


async def test_a_tag_that_the_endpoint_contradicts_is_not_believed(company):
    project = company.project()
    company.version(project, endpoint_staging="demo-s", endpoint_production="demo-p")
    company.version(project)
    change = await company.deployed(project, 2, "staging", ())
    company.serves(project, "staging", change.run_id)
    told = values(await company.asks("show_model", project=project.slug, version=1))
    assert told["Deployed"] == (
        "staging by MLflow's tag, but v2 serves there now; "
        "production by MLflow's tag, but nothing of ours serves there now"
    )


async def test_without_aws_all_but_the_endpoints_is_shown(company):
    project = company.project()
    company.version(project, evaluation(), endpoint_production="demo-p")
    company.version(project)
    company.without("cloud")
    told = values(await company.asks("show_model", project=project.slug, version=1))
    assert told["gini"] == "0.31"
    assert told["Deployed"].startswith("production, by MLflow's tag (AWS does not answer")
    told = values(await company.asks("show_model", project=project.slug, version=2))
    assert told["Deployed"].startswith("unknown: AWS does not answer")


@pytest.mark.parametrize("command", ["show_model", "compare_models"])
async def test_without_mlflow_the_person_is_told(company, command):
    project = company.project()
    company.without("registry")
    with pytest.raises(Unavailable, match="MLflow"):
        await company.asks(command, project=project.slug)


@pytest.mark.parametrize("command", ["show_model", "compare_models"])
@pytest.mark.parametrize(
    ("said", "words"),
    [
        (9, "has no version v9. There is v1."),
        ("champion", "has no champion yet"),
        ("challenger", "has no challenger now"),
    ],
)
async def test_a_version_that_is_not_there_is_refused_with_those_that_are(
    company, command, said, words
):
    project = company.project()
    company.version(project, evaluation())
    with pytest.raises(Refusal, match=words):
        await company.asks(command, project=project.slug, version=said)


@pytest.mark.parametrize("command", ["show_model", "compare_models"])
async def test_a_project_without_a_model_and_an_unknown_project_are_refused(company, command):
    project = company.project()
    for version in ({}, {"version": 1}, {"version": "champion"}):
        with pytest.raises(Refusal, match="has no model yet"):
            await company.asks(command, project=project.slug, **version)
    with pytest.raises(Refusal, match="There is no project “nonsense”"):
        await company.asks(command, project="nonsense")


@pytest.mark.parametrize("command", ["show_model", "compare_models"])
async def test_guests_see_no_model(company, command):
    project = company.project()
    company.version(project, evaluation())
    with pytest.raises(Refusal, match="Guests"):
        await company.asks(command, DAN, project=project.slug)


async def test_two_versions_stand_side_by_side_with_a_verdict_and_a_chart(company):
    project = company.project()
    company.version(project, evaluation(4.2, 0.31), "champion")
    newer = evaluation(4.1, 0.30, latency_ms=7.0, size_bytes=60_000)
    newer["slices"][1]["poisson_deviance"] = 7.0
    company.version(project, newer, "challenger")
    answer = await company.asks("compare_models", project=project.slug, version=2, other_version=1)
    assert answer.title == f"{project.slug}: v2 against v1"
    assert answer.text == (
        "On the same holdout of 900 rows: v2 is better than v1 by poisson_deviance, which leads: "
        "4.2 became 4.1. The other metric speaks for v1."
    )
    assert answer.table.columns == (
        "Figure",
        "v1 (champion)",
        "v2 (challenger)",
        "Change",
        "Better",
    )
    assert answer.table.rows == (
        ("poisson_deviance", "4.2", "4.1", "-0.1 (-2.4%)", "v2"),
        ("gini", "0.31", "0.3", "-0.01 (-3.2%)", "v1"),
        ("d2", "0.07", "0.07", "none", "–"),
        ("latency", "3.5 ms", "7 ms", "+100.0%", "v1"),
        ("size", "120 kB", "60 kB", "-50.0%", "v2"),
    )
    worst = answer.fields[0]
    assert worst.label == "self_rated_health = poor (70 rows)"
    assert worst.value == "poisson_deviance 6.1 → 7, worse"
    assert answer.chart.labels == ("poisson_deviance · less is better", "gini · more is better")
    assert [series.name for series in answer.chart.series] == ["v1 (champion)", "v2 (challenger)"]
    assert answer.chart.series[1].values == (4.1, 0.30)
    assert answer.chart.reference.values == (4.3, 0.3)
    assert [link.text for link in answer.links] == ["MLflow v1", "MLflow v2"]


async def test_the_order_of_asking_does_not_turn_the_verdict(company):
    project = company.project()
    company.version(project, evaluation(4.2))
    company.version(project, evaluation(4.1))
    asked = {"project": project.slug}
    one = await company.asks("compare_models", **asked, version=1, other_version=2)
    other = await company.asks("compare_models", **asked, version=2, other_version=1)
    assert one == other


@pytest.mark.parametrize(
    ("aliases", "params", "taken", "title"),
    [
        (
            ("champion", "challenger", None),
            {},
            "v2 (challenger) and v1 (champion)",
            "v2 against v1",
        ),
        (("champion", None, None), {}, "v3 and v1 (champion)", "v3 against v1"),
        ((None, None, None), {}, "v3 and v2", "v3 against v2"),
        ((None, None, "champion"), {}, "v3 (champion) and v2", "v3 against v2"),
        (("champion", None, None), {"version": 3}, "v1 (champion)", "v3 against v1"),
        ((None, "champion", None), {"version": 2}, "v1", "v2 against v1"),
    ],
)
async def test_what_was_not_said_is_taken_and_named(company, aliases, params, taken, title):
    project = company.project()
    for alias in aliases:
        company.version(project, evaluation(), alias)
    answer = await company.asks("compare_models", project=project.slug, **params)
    assert answer.title == f"{project.slug}: {title}"
    assert answer.text.startswith(f"You did not say which, so I took {taken}. ")


async def test_on_different_holdouts_nothing_is_called_better(company):
    project = company.project()
    company.version(project, evaluation(4.2))
    company.version(project, evaluation(4.1, holdout_sha256="d" * 64, rows=950))
    answer = await company.asks("compare_models", project=project.slug, version=2, other_version=1)
    assert answer.tone == "warning"
    assert "different holdouts" in answer.text
    assert "better than" not in answer.text
    assert answer.chart is None
    assert len(answer.table.columns) == 3
    assert values(answer) == {
        "Holdout of v1": "c" * 64 + " · 900 rows",
        "Holdout of v2": "d" * 64 + " · 950 rows",
    }


@pytest.mark.parametrize("other", [1, "champion", "latest"])
async def test_a_version_is_not_compared_with_itself(company, other):
    project = company.project()
    company.version(project, evaluation(), "champion")
    with pytest.raises(Refusal, match="so there is nothing to compare"):
        await company.asks("compare_models", project=project.slug, version=1, other_version=other)


@pytest.mark.parametrize("alias", [None, "champion"])
async def test_one_version_alone_has_nothing_to_be_compared_with(company, alias):
    project = company.project()
    company.version(project, evaluation(), alias)
    with pytest.raises(Refusal, match="has no version before v1") as refused:
        await company.asks("compare_models", project=project.slug)
    assert ("no champion yet" in refused.value.text) == (alias is None)


@pytest.mark.parametrize("evaluated", [1, 2])
async def test_a_version_without_an_evaluation_is_named(company, evaluated):
    project = company.project()
    for number in (1, 2):
        company.version(project, evaluation() if number == evaluated else None)
    with pytest.raises(
        Refusal, match=f"No evaluation is kept with {project.slug} v{3 - evaluated}"
    ):
        await company.asks("compare_models", project=project.slug, version=2, other_version=1)


async def test_metrics_without_a_goal_decide_nothing_and_are_not_drawn(company):
    project = company.project()
    for _ in range(2):
        company.version(project, evaluation(metrics={"rmse": 1.0}, slices=[]))
    answer = await company.asks("compare_models", project=project.slug)
    assert "neither is better" in answer.text
    assert answer.chart is None
    assert answer.table.rows[0] == ("rmse", "1", "1", "none", "–")


async def test_what_only_one_has_is_shown_and_not_judged(company):
    project = company.project()
    company.version(project, evaluation(metrics={"gini": 0.0}, latency_ms=None, size_bytes=None))
    only_new = evaluation(metrics={"gini": 0.2, "mae": 2.0}, slices=[part("new", "x", 9, 1.0)])
    company.version(project, only_new)
    answer = await company.asks("compare_models", project=project.slug)
    rows = {row[0]: row[1:] for row in answer.table.rows}
    assert rows["gini"] == ("0", "0.2", "+0.2", "v2")
    assert rows["mae"] == ("–", "2", "–", "–")
    assert rows["latency"] == ("–", "3.5 ms", "–", "–")
    assert answer.fields == ()


async def test_a_failed_check_is_not_hidden_by_better_figures(company):
    project = company.project()
    company.version(project, evaluation(4.2))
    company.version(project, evaluation(4.1, **FAILED))
    answer = await company.asks("compare_models", ANA, project=project.slug)
    assert answer.text.endswith("v2 did not pass the project's checks.")


async def test_equal_versions_are_called_equal(company):
    project = company.project()
    for _ in range(2):
        company.version(project, evaluation())
    answer = await company.asks("compare_models", BEN, project=project.slug)
    assert "the same poisson_deviance, which leads" in answer.text
    assert answer.fields == ()
