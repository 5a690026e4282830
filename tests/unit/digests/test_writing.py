"""The digest as a message: numbers first, each list short, nothing of nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.budgets import Account
from actions.digests.digest import Digest, Drift, Idle, Pending
from actions.digests.periods import Window
from actions.digests.writing import written
from actions.drift import DriftHistory, Finding, KeptReport, Report
from actions.incidents.responding import resolve
from actions.requests import ApprovalNeed, State
from actions.store import Deployment
from bot.blocks.answer import draw
from infra.local.slack.limits import check_message_blocks
from tests.support.requests import NOW, request
from tests.support.world import nowhere
from tests.unit.incidents.making import ANA, fired

WINDOW = Window(NOW - timedelta(days=1), NOW)
EARLIER, LATER = NOW - timedelta(days=3), NOW - timedelta(hours=2)
HOSTILE = "<!channel> <@UANA00001> *b* `c` ```x``` &amp; | https://evil.example|x" + "\n<" * 300


def digest(**changes):
    return Digest(**({"window": WINDOW, "projects": ("claims-frequency",)} | changes))


@cache
def world():
    return nowhere()


def told(**changes):
    return written(digest(**changes), "Europe/Lisbon", world())


def section(answer, label):
    """The lines of the section, which is there once."""
    [field] = [each for each in answer.fields if each.label.startswith(f"{label} (")]
    return field.value.splitlines()


def drift(alerts=0, value=0.05, project="claims-frequency", points=3):
    history = tuple((NOW - timedelta(hours=points - i), value * 10) for i in range(points))
    found = [
        Finding(
            monitor="drift",
            check="data_drift",
            column="vehicle_age",
            value=value,
            threshold=0.1,
            verdict="alert" if i < alerts else "ok",
        )
        for i in range(max(alerts, 1))
    ]
    report = Report(
        environment="production",
        endpoint=f"demo-{project}-production",
        model_version=3,
        end=NOW,
        reference_rows=1000,
        windows=(),
        findings=tuple(found),
    )
    url = "https://mlflow.example/#/experiments/1/runs/2"
    return Drift(project, "production", DriftHistory(KeptReport(report=report, url=url), history))


def account(spent, monthly=100):
    money = Decimal(spent), Decimal(0)
    return Account("claims-frequency", Decimal(monthly), *money, {}, NOW)


def ended(number, state=State.SUCCEEDED, **changes):
    return request(number, state=state, changed=LATER, **changes)


def deployment(**changes):
    values = {
        "project": "claims-frequency",
        "environment": "production",
        "endpoint": "demo-claims-frequency-production",
        "endpoint_config": "demo-R7-a1",
        "model_version": 4,
        "request": 7,
        "good": LATER,
    }
    return Deployment(**(values | changes))


@pytest.mark.parametrize(
    "nothing", [{}, {"drift": (drift(),)}, {"budgets": (account(79),)}], ids=str
)
def test_nothing_to_report_is_one_line(nothing):
    answer = told(**nothing)
    assert answer.text == ("Nothing to report for claims-frequency since Thu 19 Nov 09:30 WET.")
    assert (answer.title, answer.fields, answer.chart, answer.links) == (None, (), None, ())


@pytest.mark.parametrize(
    "something",
    [
        {"firing": (fired(at=EARLIER),)},
        {"resolved": (resolve(fired(at=EARLIER), ANA, 1, LATER)[0],)},
        {"drift": (drift(alerts=1),)},
        {"ended": (ended(1),)},
        {"running": (request(1, state=State.RUNNING),)},
        {"deployments": (deployment(),)},
        {"idle": (Idle("claims-frequency", "staging", None),)},
        {"pending": (Pending(request(1), (ApprovalNeed(count=1),)),)},
        {"budgets": (account(81),)},
    ],
    ids=lambda each: next(iter(each)),
)
def test_anything_at_all_is_reported(something):
    answer = told(**something)
    assert answer.title == "Digest of claims-frequency"
    assert len(answer.fields) == 1


def test_what_could_not_be_read_is_said_even_where_there_is_nothing_else():
    answer = told(unread=("Drift is left out: MLflow is away.",))
    assert answer.text.endswith("WET. Drift is left out: MLflow is away.")


def test_the_headline_has_the_numbers_and_none_of_nothing():
    answer = told(
        firing=(fired(at=EARLIER, number=1), fired(at=LATER, number=2)),
        ended=(ended(1), ended(2, State.FAILED), ended(3, State.STOPPED), ended(4)),
        pending=(Pending(request(5), (ApprovalNeed(count=1),)),),
    )
    assert answer.text.splitlines()[1] == (
        "2 incidents open (1 new) · 1 request waiting for approval · 1 run failed · "
        "1 run stopped · 2 runs succeeded"
    )
    assert answer.tone == "warning"


def test_times_are_on_the_clocks_of_the_subscription():
    summer = Window(WINDOW.since - timedelta(days=120), WINDOW.until - timedelta(days=120))
    answer = told(window=summer, ended=(ended(1),))
    assert answer.text.startswith("Since Wed 22 Jul 10:30 WEST until Thu 23 Jul 10:30 WEST.")


def test_the_worst_incidents_come_first_and_say_who_is_on_them():
    answer = told(
        firing=(
            fired(at=EARLIER, number=1, severity="low"),
            fired(at=LATER, number=2, severity="high"),
        )
    )
    first, second = section(answer, "Open incidents")
    assert first == (
        "• A2 high · claims-frequency in production: Drift of vehicle_age · "
        "since Fri 20 Nov 07:30 WET · is firing"
    )
    assert second.startswith("• A1 low")


def test_what_was_resolved_says_by_whom_and_why():
    over, _ = resolve(fired(at=EARLIER), ANA, 1, LATER, "a new sensor")
    assert section(told(resolved=(over,)), "Resolved incidents") == [
        "• A17 medium · claims-frequency in production: Drift of vehicle_age · was resolved by Ana: a new sensor"
    ]


def test_a_long_list_is_short_and_counted():
    lines = section(told(ended=tuple(ended(n) for n in range(1, 10))), "Successful runs")
    assert len(lines) == 6
    assert lines[0] == "• R1 Train claims-frequency, by Ana Lima"
    assert lines[-1] == "and 4 more"
    five = section(told(ended=tuple(ended(n) for n in range(1, 6))), "Successful runs")
    assert len(five) == 5
    assert "more" not in five[-1]


def test_a_failure_says_why_and_where_to_look():
    answer = told(ended=(ended(3, State.FAILED, note="out of memory"),))
    assert section(answer, "Failed runs") == [
        "• R3 Train claims-frequency, by Ana Lima: out of memory"
    ]
    [link] = answer.links
    assert link.text == "R3 in Airflow"
    assert "demo-R3-a1" in link.url


def test_what_waits_says_for_whom_and_until_when():
    waiting = Pending(request(5, expires=NOW), (ApprovalNeed(count=2, role="approver"),))
    [line] = section(told(pending=(waiting,)), "Waiting for approval")
    assert line == (
        "• R5 Train claims-frequency, asked by Ana Lima · missing approval by 2 × approver "
        "until Fri 20 Nov 09:30 WET"
    )


def test_deployments_idle_endpoints_and_money():
    answer = told(
        deployments=(deployment(), deployment(bad=True, request=8)),
        idle=(Idle("claims-frequency", "staging", Decimal("0.23")), Idle("x", "staging", None)),
        budgets=(account(12),),
    )
    assert section(answer, "Deployments") == [
        "• claims-frequency v4 in production since Fri 20 Nov 07:30 WET (R7)",
        "• claims-frequency v4 in production since Fri 20 Nov 07:30 WET, since taken back (R8)",
    ]
    assert section(answer, "Endpoints without a request") == [
        "• claims-frequency in staging, $0.23 an hour",
        "• x in staging",
    ]
    assert section(answer, "Budgets") == [
        "• claims-frequency: $12.00 spent of $100.00 in November 2026"
    ]


def test_drift_has_one_picture_with_the_worst_first():
    calm, bad = drift(project="calm"), drift(alerts=2, value=0.3)
    answer = told(drift=(calm, bad), projects=("calm", "claims-frequency"))
    assert answer.title == "Digest of all projects"
    first, second = section(answer, "Drift")
    assert first == (
        "• claims-frequency v3 in production: 2 checks beyond threshold, most in vehicle_age: "
        "0.3 against 0.1"
    )
    assert (
        second
        == "• calm v3 in production: no check beyond threshold, most in vehicle_age: 0.05 against 0.1"
    )
    assert [each.name for each in answer.chart.trends] == [
        "claims-frequency, production",
        "calm, production",
    ]
    assert answer.chart.bound == 1.0
    assert [link.text for link in answer.links] == ["claims-frequency: drift report"]


def test_a_single_look_is_no_picture_and_many_models_are_capped():
    assert told(drift=(drift(alerts=1, points=1),)).chart is None
    many = tuple(drift(alerts=1, project=f"p{i}") for i in range(11))
    chart = told(drift=many).chart
    assert len(chart.trends) == 8
    assert "3 more" in chart.subtitle


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://platform.aporia.com/d/1", True),
        ("javascript:alert(1)", False),
        ("https://evil.example/>|<!channel>", False),
        ("https://evil.example/ x", False),
        (None, False),
    ],
)
def test_only_what_is_an_address_is_linked(link, shown):
    answer = told(firing=(fired(at=LATER, link=link),))
    assert bool(answer.links) is shown


HOSTILES = st.sampled_from([HOSTILE, "x" * 5000, "é\n" * 900, "😀"]) | st.text(max_size=40)


@settings(max_examples=40, deadline=None)
@given(HOSTILES, HOSTILES, st.integers(0, 40))
def test_whatever_others_wrote_the_message_fits_and_nothing_comes_alive(title, reason, count):
    firing = tuple(
        fired(at=LATER, number=n + 1, title=title, monitor=title, model=title, environment=title)
        for n in range(count)
    )
    over = tuple(
        replace(resolve(one, ANA, 1, LATER)[0], reason=reason or "-", number=one.number)
        for one in firing
    )
    runs = tuple(
        ended(n + 1, State.FAILED, note=reason, requester_name=title) for n in range(count)
    )
    answer = told(firing=firing, resolved=over, ended=runs, drift=(drift(alerts=1),))
    message = draw(answer, "k", "F0PICTURE")
    check_message_blocks(message.blocks)
    drawn = json.dumps([message.text, message.blocks], ensure_ascii=False)
    assert "<!" not in drawn
    assert "<@" not in drawn
    assert len(message.blocks) <= 50
