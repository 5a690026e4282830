"""Why a run failed, first and in words; then what its log ends with."""

from __future__ import annotations

import pytest

from actions.answers import Refusal
from actions.requests import RunProgress, StageProgress, State
from tests.support.requests import NOW, plan
from tests.support.world import ANA, BEN, DAN, policy

TRAININGS = "/aws/sagemaker/TrainingJobs"


def progress(state="failed", **changes):
    """A training's run that stands at its training."""
    values = {
        "run_id": "",
        "dag": "train_model",
        "state": state,
        "stages": (
            StageProgress(name="validate", state="success", started=NOW, ended=NOW),
            StageProgress(
                name="train", state=state, started=NOW, ended=NOW if state == "failed" else None
            ),
        ),
    }
    return RunProgress(**(values | changes))


async def failed(company, project, reason="ValueError: NaN", kind="code", **changes):
    seen = progress(failure=reason, failure_kind=kind)
    return await company.requested(project, progress=seen, state=State.FAILED, **changes)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("code", "The project's code failed: ValueError: NaN"),
        ("capacity", "AWS had no capacity: ValueError: NaN"),
        ("interrupted", "Spot capacity was taken back: ValueError: NaN"),
        ("time_limit", "The time limit was reached: ValueError: NaN"),
        ("permission", "A permission is missing: ValueError: NaN"),
        (None, "ValueError: NaN"),
        ("something-new", "ValueError: NaN"),
    ],
)
async def test_the_reason_comes_first_and_then_the_logs_tail(company, kind, words):
    run = await failed(company, company.project(), kind=kind)
    company.logs(TRAININGS, f"{run.run_id}/algo-1", *(f"line {n}" for n in range(40)))
    answer = await company.asks("show_logs", run=run.id)
    assert answer.title == f"{run.id} · Train claims-frequency"
    assert (answer.text, answer.tone) == (words, "error")
    assert answer.code.splitlines() == [f"line {n}" for n in range(15, 40)]
    assert answer.links[0].url.endswith(f"/dags/train_model/runs/{run.run_id}")


async def test_long_lines_are_cut(company):
    run = await failed(company, company.project())
    company.logs(TRAININGS, f"{run.run_id}/algo-1", "x" * 5000, "short")
    long, short = (await company.asks("show_logs", run=run.id)).code.splitlines()
    assert (len(long), long[-1], short) == (300, "…", "short")


async def test_a_project_means_its_latest_run_that_has_begun(company):
    project = company.project()
    await failed(company, project, reason="an older one")
    latest = await failed(company, project, reason="the latest")
    await company.requested(project)
    await failed(company, company.project(), reason="another project's")
    answer = await company.asks("show_logs", project=project.slug)
    assert answer.title.startswith(latest.id)


async def test_a_run_under_way_tells_where_it_stands(company):
    seen = progress("running", phase="Downloading")
    run = await company.requested(company.project(), progress=seen, state=State.RUNNING)
    answer = await company.asks("show_logs", run=run.id)
    assert answer.text == (
        f"{run.id} is running. It is at “Train” (Downloading). Its job has written no log yet."
    )
    assert (answer.tone, answer.code) == ("info", None)


async def test_a_run_that_ended_well_has_its_log_and_its_model(company):
    seen = progress("success", reports={"register": {"model": "claims", "version": 4}})
    run = await company.requested(company.project(), progress=seen, state=State.SUCCEEDED)
    company.logs(TRAININGS, f"{run.run_id}/algo-1", "done")
    answer = await company.asks("show_logs", run=run.id)
    assert (answer.text, answer.code) == (f"{run.id} has succeeded.", "done")
    assert [link.text for link in answer.links] == ["Airflow", "MLflow v4"]


async def test_a_deployments_log_is_the_endpoints(company):
    project = company.project()
    seen = progress(dag="deploy_model", failure="The endpoint did not answer.", failure_kind=None)
    run = await company.deployed(project, 3, "staging", progress=seen, state=State.FAILED)
    group = f"/aws/sagemaker/Endpoints/demo-{project.slug}-staging"
    company.logs(group, "AllTraffic/i-1", "ImportError: no module named lightgbm")
    answer = await company.asks("show_logs", run=run.id)
    assert answer.text == "The endpoint did not answer."
    assert answer.code == "ImportError: no module named lightgbm"


async def test_without_aws_the_reason_is_told_and_the_log_is_missing(company):
    run = await failed(company, company.project())
    company.without("cloud")
    answer = await company.asks("show_logs", run=run.id)
    assert answer.text.startswith("The project's code failed: ValueError: NaN Its log cannot be")
    assert (answer.code, answer.tone) == (None, "error")


async def test_a_request_that_has_not_run_has_no_log(company):
    run = await company.requested(company.project(), state=State.AWAITING_APPROVAL)
    with pytest.raises(Refusal, match=f"{run.id} waits for approval and has not run"):
        await company.asks("show_logs", run=run.id)


async def test_a_request_that_airflow_refused_says_why(company):
    run = await company.requested(
        company.project(), state=State.FAILED, note="Airflow refuses the plan."
    )
    with pytest.raises(Refusal, match="Airflow refuses the plan"):
        await company.asks("show_logs", run=run.id)


async def test_what_is_no_run_has_no_log(company):
    stop = plan(title="Stop R1", dag=None, conf=None, target="R1")
    made = await company.requested(company.project(), command="stop_run", plan=stop)
    with pytest.raises(Refusal, match="is no run"):
        await company.asks("show_logs", run=made.id)


@pytest.mark.parametrize("said", ["R999999", "Rx"])
async def test_a_run_that_does_not_exist_is_refused(company, said):
    with pytest.raises(Refusal, match=f"There is no {said}"):
        await company.asks("show_logs", run=said)


async def test_a_project_without_a_run_is_refused(company):
    project = company.project()
    await company.requested(project)
    with pytest.raises(Refusal, match="has no run yet"):
        await company.asks("show_logs", project=project.slug)


async def test_logs_of_what_the_speaker_may_not_see_stay_closed(company):
    project = company.project()
    only = "people: [UANA00001]\n    projects: [another]"
    company.under(policy(**{"people: [UANA00001] # Ana": only}))
    run = await failed(company, project)
    for params in ({"run": run.id}, {"project": project.slug}):
        with pytest.raises(Refusal, match="may not use show_logs"):
            await company.asks("show_logs", ANA, **params)
        with pytest.raises(Refusal, match="Guests"):
            await company.asks("show_logs", DAN, **params)
        assert (await company.asks("show_logs", BEN, **params)).tone == "error"
