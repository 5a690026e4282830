"""The digest over a real MLflow, the AWS stand-in and Postgres: what there is, and what one may see."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from actions.answers import Refusal
from actions.digests.periods import Window
from actions.incidents.observing import Opening, observe
from actions.incidents.responding import resolve
from actions.incidents.store import Change
from actions.requests import State
from actions.store import Deployment
from infra.clients.cloudwatch import CloudWatchTraffic
from infra.clients.drift import MlflowDrift
from tests.support.requests import NOW, needing, plan
from tests.support.world import ANA, BEN, DAN, policy
from tests.unit.incidents.making import ANA as RESPONDER
from tests.unit.incidents.making import DEFAULTS, alert

EARLIER = NOW - timedelta(hours=5)
LONG_AGO = NOW - timedelta(days=3)
DAY = Window(NOW - timedelta(days=1), NOW)
_numbers = itertools.count(1)


@pytest.fixture
async def company(company):
    """With the monitor's reports and CloudWatch behind their ports."""
    platform = company.platform
    company.world = replace(
        company.world,
        drift=MlflowDrift(platform.mlflow, "https://mlflow.example"),
        traffic=CloudWatchTraffic(platform.client("cloudwatch")),
    )
    return company


def lines(answer, label):
    """The lines of a section; none where it is not there."""
    found = [field.value for field in answer.fields if field.label.startswith(f"{label} (")]
    return found[0].splitlines() if found else []


async def incident(company, project, at=EARLIER, over=None, **changes):
    """An incident of the project, resolved where `over` says when."""
    async with company.store.transaction() as tx:
        [number] = await tx.incidents.new_numbers(1)
        told = alert(fingerprint=f"f{number}", **changes)
        made, events = observe(None, [told], at, DEFAULTS, Opening(number, project))
        await tx.incidents.save([Change(made, events)])
        if over is not None:
            await tx.incidents.save([Change(*resolve(made, RESPONDER, made.version, over))])
    return made


async def served(company, project, environment="production", good=LONG_AGO, version=3):
    """What serves since then."""
    request = await company.deployed(
        project, version, environment, changed=LONG_AGO, created=LONG_AGO
    )
    async with company.store.transaction() as tx:
        await tx.add_deployment(
            Deployment(
                project=project.slug,
                environment=environment,
                endpoint=f"demo-{project.slug}-{environment}",
                endpoint_config=request.run_id,
                model_version=version,
                request=request.number,
                good=good,
            )
        )


def asked(company, project, count, at=EARLIER, environment="production", **more):
    """So many requests in CloudWatch, as SageMaker counts them."""
    dimensions = {
        "EndpointName": f"demo-{project.slug}-{environment}",
        "VariantName": "AllTraffic",
        **more,
    }
    company.platform.client("cloudwatch").put_metric_data(
        Namespace="AWS/SageMaker",
        MetricData=[
            {
                "MetricName": "Invocations",
                "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
                "Timestamp": at,
                "Value": count,
            }
        ],
    )


def looked(company, project, at, value, environment="production", *, text=None, **odd):
    """A report as `monitor_models` keeps it."""
    from mlflow import MlflowClient
    from mlflow.entities import Metric
    from mlflow.exceptions import MlflowException

    client = MlflowClient(company.platform.mlflow, company.platform.mlflow)
    try:
        experiment = client.create_experiment(project.slug)
    except MlflowException:
        experiment = client.get_experiment_by_name(project.slug).experiment_id
    endpoint = f"demo-{project.slug}-{environment}"
    milliseconds = int(at.timestamp() * 1000)
    run = client.create_run(
        experiment,
        start_time=milliseconds,
        tags={"cooper.monitor": endpoint, "cooper.model-version": "3"},
    ).info.run_id
    found = {
        "monitor": "claims-drift",
        "check": "data_drift",
        "column": "vehicle_age",
        "value": value,
        "threshold": 0.1,
        "verdict": "alert" if value is not None and value >= 0.1 else "ok",
    } | {name.removesuffix("_"): value for name, value in odd.items()}
    small = found | {"column": "region", "value": 0.01, "verdict": "ok"}
    document = {
        "version": 1,
        "environment": environment,
        "endpoint": endpoint,
        "model_version": 3,
        "end": at.isoformat(),
        "reference_rows": 8000,
        "findings": [small, found],
        "windows": [],
        "alerts": 1,
    }
    client.log_text(run, json.dumps(document) if text is None else text, "drift.json")
    if value is not None:
        client.log_batch(run, [Metric("monitor/claims-drift", value, milliseconds, 0)])
    return run


async def test_nothing_at_all_is_one_line(company):
    company.project()
    answer = await company.asks("send_digest")
    assert answer.text.startswith("Nothing to report for claims-")
    assert answer.fields == ()


async def test_without_a_project_there_is_nothing_to_report(company):
    answer = await company.asks("send_digest")
    assert answer.text.startswith("Nothing to report for all projects since ")


async def test_incidents_open_and_resolved_since(company):
    project = company.project()
    old = await incident(company, project.slug, at=LONG_AGO)
    new = await incident(company, project.slug, at=EARLIER, severity="high")
    over = await incident(company, project.slug, at=LONG_AGO, over=EARLIER)
    await incident(company, project.slug, at=LONG_AGO, over=NOW - timedelta(hours=25))
    answer = await company.asks("send_digest")
    assert "2 incidents open (1 new) · 1 incident resolved" in answer.text
    firing, resolved = lines(answer, "Open incidents"), lines(answer, "Resolved incidents")
    assert [line.split()[1] for line in firing] == [new.id, old.id]
    assert [line.split()[1] for line in resolved] == [over.id]


async def test_runs_that_ended_run_and_wait(company):
    project = company.project()
    await company.requested(project, state=State.SUCCEEDED, changed=EARLIER)
    await company.requested(project, state=State.FAILED, changed=EARLIER, note="out of memory")
    await company.requested(project, state=State.SUCCEEDED, changed=LONG_AGO)
    await company.requested(project, state=State.RUNNING, changed=LONG_AGO)
    need = needing((1, "approver"))
    waits = {"state": State.AWAITING_APPROVAL, "plan": need}
    await company.requested(project, expires=NOW + timedelta(hours=1), **waits)
    await company.requested(project, expires=NOW - timedelta(hours=1), **waits)
    answer = await company.asks("send_digest")
    assert answer.text.splitlines()[1] == (
        "1 request waiting for approval · 1 run failed · 1 run succeeded · 1 run under way"
    )
    assert "out of memory" in lines(answer, "Failed runs")[0]
    assert "missing approval by 1 × approver" in lines(answer, "Waiting for approval")[0]


@pytest.mark.parametrize(
    ("period", "seen"), [("PT4H", False), ("PT6H", True), ("yesterday", False), ("today", True)]
)
async def test_the_period_that_was_asked_for(company, period, seen):
    project = company.project()
    await company.requested(project, state=State.FAILED, changed=EARLIER)
    answer = await company.asks("send_digest", period=period)
    assert bool(lines(answer, "Failed runs")) is seen


async def test_a_period_before_all_calendars_is_refused(company):
    company.project()
    with pytest.raises(Refusal, match="too long ago"):
        await company.asks("send_digest", period="P9000Y")


async def test_an_endpoint_that_nobody_asks_is_idle_and_one_that_is_asked_is_not(company):
    idle, busy, fresh = company.project(), company.project(), company.project()
    await served(company, idle)
    asked(company, idle, 5, at=NOW - timedelta(hours=30))
    asked(company, idle, 9, EndpointConfigName="demo-R1-a1")  # the same requests, counted apart
    await served(company, busy)
    asked(company, busy, 1)
    await served(company, fresh, good=EARLIER)
    answer = await company.asks("send_digest", period="PT2H")
    assert lines(answer, "Endpoints without a request") == [f"• {idle.slug} in production"]
    answer = await company.asks("send_digest", period="P7D")
    assert lines(answer, "Endpoints without a request") == []
    assert len(lines(answer, "Deployments")) == 3


async def test_cloudwatch_counts_every_variant_and_nothing_else(company):
    project, other = company.project(), company.project()
    asked(company, project, 3, VariantName="one")
    asked(company, project, 4, VariantName="two")
    asked(company, project, 7, EndpointConfigName="demo-R1-a1")
    asked(company, other, 100)
    asked(company, project, 50, at=NOW - timedelta(days=2))
    count = company.world.traffic.invocations
    assert await count(f"demo-{project.slug}-production", DAY) == 7
    assert await count("demo-nothing-production", DAY) == 0


async def test_drift_is_the_largest_effect_beside_its_threshold(company):
    project = company.project()
    for hours, value in ((30, 0.9), (5, 0.05), (4, 0.2), (3, None), (2, 0.3)):
        run = looked(company, project, NOW - timedelta(hours=hours), value)
    answer = await company.asks("send_digest")
    [line] = lines(answer, "Drift")
    assert line == (
        f"• {project.slug} v3 in production: 1 check beyond threshold, most in vehicle_age: "
        "0.3 against 0.1"
    )
    [trend] = answer.chart.trends
    assert [round(value, 3) for _, value in trend.points] == [0.5, 2.0, 3.0]
    assert trend.points[-1][0] == NOW - timedelta(hours=2)
    [link] = answer.links
    assert link.url.startswith("https://mlflow.example/#/experiments/")
    assert link.url.endswith(f"/runs/{run}")


@pytest.mark.parametrize("text", ["", "[]", '{"findings": 3}', '{"find', "null"])
async def test_a_report_that_cannot_be_read_hides_no_earlier_one(company, text):
    project = company.project()
    looked(company, project, EARLIER, 0.2)
    looked(company, project, EARLIER + timedelta(hours=1), 0.4, text=text)
    answer = await company.asks("send_digest")
    assert "0.2 against 0.1" in lines(answer, "Drift")[0]


async def test_what_is_no_drift_is_left_out(company):
    project = company.project()
    looked(company, project, EARLIER, 0.9, check="performance")
    answer = await company.asks("send_digest")
    assert lines(answer, "Drift") == []
    assert answer.text.startswith("Nothing to report")


@pytest.mark.parametrize(
    "odd", [{"value_": None}, {"threshold": 0}, {"threshold": None}, {"column": None}]
)
async def test_odd_findings_do_no_harm(company, odd):
    project = company.project()
    looked(company, project, EARLIER, 0.2, **odd)
    answer = await company.asks("send_digest")
    assert "1 check beyond threshold" in lines(answer, "Drift")[0]


async def test_what_does_not_answer_costs_its_part_alone(company):
    project = company.project()
    await served(company, project)
    await company.requested(project, state=State.FAILED, changed=EARLIER)
    company.without("traffic", "drift")
    answer = await company.asks("send_digest")
    assert "Drift is left out: MLflow does not answer." in answer.text
    assert "Idle endpoints are left out: AWS does not answer." in answer.text
    assert len(lines(answer, "Failed runs")) == 1


async def test_a_reader_sees_what_the_commands_would_show_them(company):
    seen, hidden = company.project(), company.project()
    only = f"people: [UANA00001]\n    projects: [{seen.slug}]"
    company.under(policy(**{"people: [UANA00001] # Ana": only}))
    for project in (seen, hidden):
        await company.requested(project, state=State.FAILED, changed=EARLIER)
        await incident(company, project.slug)
        await served(company, project, good=EARLIER)
        looked(company, project, EARLIER, 0.2)
        waiting = needing((1, "approver"))
        await company.requested(project, state=State.AWAITING_APPROVAL, plan=waiting, expires=None)
    told = (await company.asks("send_digest", ANA)).model_dump_json()
    assert seen.slug in told
    assert hidden.slug not in told
    assert hidden.slug in (await company.asks("send_digest", BEN)).model_dump_json()
    with pytest.raises(Refusal, match="may not use send_digest for"):
        await company.asks("send_digest", ANA, project=hidden.slug)


async def test_an_environment_that_is_not_the_readers_is_left_out(company):
    rule = "people: [UANA00001]\n    environments: [staging]"
    company.under(policy(**{"people: [UANA00001] # Ana": rule}))
    project = company.project()
    for environment in ("staging", "production"):
        await served(company, project, environment, good=EARLIER)
        looked(company, project, EARLIER, 0.2, environment)
    answer = await company.asks("send_digest", ANA)
    assert [line.split()[4] for line in lines(answer, "Deployments")] == ["staging"]
    assert len(lines(answer, "Drift")) == 1
    assert len(lines(await company.asks("send_digest", BEN), "Drift")) == 2


async def test_a_project_alone_leaves_the_others_out(company):
    one, other = company.project(), company.project()
    for project in (one, other):
        await company.requested(project, state=State.FAILED, changed=EARLIER)
    answer = await company.asks("send_digest", project=one.slug)
    assert answer.title == f"Digest of {one.slug}"
    assert len(lines(answer, "Failed runs")) == 1


async def test_money_stands_beside_what_happened(company):
    company.under(policy())
    project = company.project()
    done = plan(price=None)
    await company.requested(project, state=State.SUCCEEDED, changed=EARLIER, plan=done)
    answer = await company.asks("send_digest")
    assert lines(answer, "Budgets") == [
        "• team pricing: nothing spent of $2,500.00 in November 2026"
    ]


async def test_a_guest_learns_nothing(company):
    project = company.project()
    with pytest.raises(Refusal, match="Guests"):
        await company.asks("send_digest", DAN)
    with pytest.raises(Refusal, match="Guests"):
        await company.asks("send_digest", DAN, project=project.slug)
