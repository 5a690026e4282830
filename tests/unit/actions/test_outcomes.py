"""How a run's end is told."""

import pytest

from actions.outcomes import announcement
from actions.requests import RunProgress, State
from tests.support.requests import plan, request
from tests.support.world import nowhere

CONF = {
    "model": {"name": "claims-frequency", "version": 3},
    "environment": {"name": "staging"},
    "endpoint": "demo-claims-frequency-staging",
}
VERIFIED = {"verify": {"latency_ms": 12.0}}


@pytest.fixture
def told():
    def deployed(**reports):
        made = request(
            command="deploy_model",
            state=State.SUCCEEDED,
            plan=plan(dag="deploy_model", conf=CONF),
        )
        seen = RunProgress(
            run_id="demo-R1-a1", dag="deploy_model", state="success", reports=VERIFIED | reports
        )
        answer = announcement(made, seen, (), nowhere())
        return answer.tone, {field.label: field.value for field in answer.fields}

    return deployed


def test_a_version_that_aporia_was_not_told_of_serves_all_the_same(told):
    why = "Aporia does not know of this version: it refuses the token (401)."
    tone, fields = told(aporia={"registered": False, "headline": why})
    assert tone == "success"
    assert fields["Aporia"] == why


@pytest.mark.parametrize(
    "reports", [{}, {"aporia": {"registered": True, "headline": "3 created."}}]
)
def test_otherwise_nothing_is_said_of_aporia(told, reports):
    _, fields = told(**reports)
    assert fields == {"Endpoint": CONF["endpoint"], "First answer": "12 ms"}
