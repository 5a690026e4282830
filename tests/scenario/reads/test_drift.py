"""How far the data have moved, from the monitor's reports in a real MLflow."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from actions.answers import Refusal
from actions.ports import Unavailable
from bot.charts.drawing import png
from tests.support.requests import NOW
from tests.support.world import ANA, BEN, policy


def finding(column="age", value=0.5, threshold=0.2, verdict="alert", **changes):
    return {
        "monitor": "input-drift",
        "check": "data_drift",
        "column": column,
        "slice": None,
        "value": value,
        "threshold": threshold,
        "p_value": 1e-9,
        "verdict": verdict,
        "severity": "medium",
        "detail": {},
        **changes,
    }


def report(*findings, environment="staging", rows=1200, **changes):
    end = NOW - timedelta(minutes=5)
    return json.dumps(
        {
            "version": 1,
            "environment": environment,
            "endpoint": f"demo-claims-{environment}",
            "model_version": 7,
            "end": end.isoformat(),
            "reference_rows": 8000,
            "windows": [
                {
                    "start": (end - timedelta(hours=1)).isoformat(),
                    "end": end.isoformat(),
                    "rows": rows,
                }
            ],
            "findings": list(findings),
            "histograms": [
                {
                    "column": "age",
                    "labels": ["< 30", "≥ 30", "missing"],
                    "reference": [0.5, 0.5, 0.0],
                    "current": [0.1, 0.8, 0.1],
                }
            ],
            **changes,
        }
    )


async def test_the_newest_look_with_the_worst_first_and_a_picture(company):
    project = company.project()
    company.looked(project, NOW - timedelta(hours=1), report(finding("old")))
    company.looked(
        project,
        NOW - timedelta(minutes=5),
        report(
            finding("height", 0.1, verdict="ok", p_value=0.2),
            finding("age", 0.5),
            finding("income", 0.3),
            finding("empty", None, verdict="no_data", detail={"reason": "it is empty."}),
        ),
    )
    answer = await company.asks("show_drift", project=project.slug)
    assert f"{project.slug} v7 in staging" in answer.title
    assert "2 of 3 checks alert. 1,200 rows" in answer.text
    assert "1 could not be judged: it is empty." in answer.text
    assert [row[0] for row in answer.table.rows] == ["age", "income", "height"]
    assert [row[4] for row in answer.table.rows] == ["< 0.001", "< 0.001", "0.2"]
    assert answer.tone == "warning"
    assert answer.links[0].url.startswith("https://mlflow.example/#/experiments/")
    assert (await png(answer.chart))[:4] == b"\x89PNG"


async def test_of_two_environments_the_worse_is_drawn_and_the_other_named(company):
    project = company.project()
    end = NOW - timedelta(minutes=5)
    company.looked(project, end, report(finding("age")), "staging")
    worse = report(finding("age", 0.9), finding("income"), environment="production")
    company.looked(project, end, worse, "production")
    answer = await company.asks("show_drift", project=project.slug)
    assert "in production" in answer.title
    assert "In staging 1 check alerts." in answer.text
    only = await company.asks("show_drift", project=project.slug, environment="staging")
    assert "in staging" in only.title


async def test_a_report_that_cannot_be_read_gives_way_to_the_one_before(company):
    project = company.project()
    company.looked(project, NOW - timedelta(hours=1), report(finding("age")))
    company.looked(project, NOW - timedelta(minutes=5), "{")
    answer = await company.asks("show_drift", project=project.slug)
    assert [row[0] for row in answer.table.rows] == ["age"]


async def test_what_lies_outside_of_the_period_is_not_shown(company):
    project = company.project()
    company.looked(project, NOW - timedelta(days=3), report(finding("age")))
    await company.asks("show_drift", project=project.slug)
    with pytest.raises(Refusal, match=r"no report of .* in that time"):
        await company.asks("show_drift", project=project.slug, period="P1D")


async def test_nothing_alerts_and_nothing_can_be_drawn(company):
    project = company.project()
    quiet = report(finding("age", 0.01, verdict="ok"), histograms=[])
    company.looked(project, NOW - timedelta(minutes=5), quiet)
    answer = await company.asks("show_drift", project=project.slug)
    assert "0 of 1 checks alert" in answer.text
    assert answer.chart is None
    assert answer.tone == "info"


async def test_without_a_report_it_says_when_there_will_be_one(company):
    project = company.project()
    with pytest.raises(Refusal, match="once it has been deployed"):
        await company.asks("show_drift", project=project.slug)


async def test_an_environment_that_is_not_the_speakers_is_not_shown(company):
    company.under(
        policy(**{"people: [UANA00001] # Ana": "people: [UANA00001]\n    environments: [staging]"})
    )
    project = company.project()
    end = NOW - timedelta(minutes=5)
    company.looked(project, end, report(finding(), environment="production"), "production")
    with pytest.raises(Refusal):
        await company.asks("show_drift", ANA, project=project.slug)
    with pytest.raises(Refusal):
        await company.asks("show_drift", ANA, project=project.slug, environment="production")
    assert "production" in (await company.asks("show_drift", BEN, project=project.slug)).title


async def test_mlflow_down_is_said(company):
    project = company.project()
    company.without("drift")
    with pytest.raises(Unavailable):
        await company.asks("show_drift", project=project.slug)
