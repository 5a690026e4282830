"""No month costs more than its budget: whatever is asked for, in any order, ends as it may.

The pure sum of `actions/budgets.py` decides what is accepted. Beside it the money is counted as AWS
would: each endpoint by the hour that passes, each training with what it was billed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from actions import budgets
from actions.answers import Refusal
from actions.plans import Money
from actions.requests import Request, RunProgress, State
from actions.store import Deployment
from tests.support.requests import plan, request

BEGIN, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
DUST = Fraction(1, 1000)
MOST_SECONDS = 3600

prices = st.decimals("0.01", "3", places=2)
projects = st.sampled_from(["claims", "lapse"])
environments = st.sampled_from(["staging", "production"])
picks = st.integers(0, 20)
waits = st.sampled_from([1, 59, 3600, 86_399, 400_000])


class Month(RuleBasedStateMachine):
    """A team's requests in November, as the service accepts them and as they end."""

    @initialize(monthly=st.decimals("50", "3000", places=2))
    def begins(self, monthly):
        self.monthly, self.now = monthly, BEGIN
        self.requests: list[Request] = []
        self.runs: dict[int, RunProgress] = {}
        self.served: list[Deployment] = []
        self.paid = Fraction(0)

    @rule(project=projects, environment=environments, price=prices)
    def deployment(self, project, environment, price):
        self.asks("deploy_model", project, environment, price, hourly=True)

    @rule(project=projects, price=st.decimals("0.01", "900", places=2))
    def training(self, project, price):
        self.asks("train_model", project, "staging", price, hourly=False)

    @rule(project=projects, environment=environments)
    def end_of_an_endpoint(self, project, environment):
        self.ends((project, environment))

    @rule(pick=picks, good=st.booleans(), share=st.integers(0, MOST_SECONDS))
    def end_of_a_request(self, pick, good, share):
        if not (opened := self.opened()):
            return
        made = opened[pick % len(opened)]
        state = State.SUCCEEDED if good else State.FAILED
        self.requests[made.number] = replace(made, state=state)
        if made.command == "train_model":
            seen = {"run_id": made.run_id, "dag": made.command, "state": "success"}
            self.runs[made.number] = RunProgress(**seen, billable_seconds=share)
            self.paid += Fraction(made.plan.price.amount) * share / MOST_SECONDS
        elif good:
            self.ends(where := (made.project, made.plan.environment))
            self.served.append(Deployment(*where, "e", "c", 1, made.number, self.now))

    @rule(seconds=waits)
    def time_passes(self, seconds):
        self.passes(min(self.now + timedelta(seconds=seconds), END - timedelta(seconds=1)))

    @invariant()
    def the_month_never_costs_more_than_its_budget(self):
        """Even where nobody ends anything from now on and each training takes all its time."""
        hours = Fraction((END - self.now) // timedelta(seconds=1), 3600)
        live = sum((self.hourly(row) for row in self.live()), Fraction(0))
        open_ = [r for r in self.opened() if r.command == "train_model"]
        dear = sum((Fraction(r.plan.price.amount) for r in open_), Fraction(0))
        assert self.paid + live * hours + dear <= Fraction(self.monthly) + DUST
        assert abs(Fraction(self.account().spent) - self.paid) < DUST

    def teardown(self):
        self.passes(END)
        assert self.paid <= Fraction(self.monthly) + DUST

    def asks(self, command, project, environment, price, *, hourly):
        conf = {"project": project, "resources": {"max_runtime_seconds": MOST_SECONDS}}
        cost = Money(amount=str(price), as_of="2026-01", source="tests")
        asked = plan(price=cost, hourly=hourly, environment=environment, conf=conf)
        before = self.account()
        added = before.adds(project, asked)
        try:
            budgets.check([before], project, asked)
        except Refusal:
            assert added > before.left, "what there is money for is not refused"
            return
        number = len(self.requests)
        made = request(number, state=State.QUEUED, plan=asked, project=project)
        self.requests.append(replace(made, command=command))
        assert abs(before.committed + added - self.account().committed) < DUST

    def account(self):
        trained = [r for r in self.requests if r.command == "train_model"]
        changes = [r for r in self.opened() if r.command == "deploy_model"]
        doings = budgets.Doings(
            trainings=[(r, self.runs.get(r.number)) for r in trained],
            served=[(row, self.requests[row.request].plan) for row in self.served],
            changes=changes,
        )
        return budgets.account("the team", Decimal(self.monthly), doings, self.now)

    def opened(self):
        return [r for r in self.requests if not r.state.finished]

    def live(self):
        return [row for row in self.served if row.until is None]

    def hourly(self, row):
        return Fraction(self.requests[row.request].plan.price.amount)

    def ends(self, where):
        self.served = [
            replace(row, until=self.now)
            if row.until is None and (row.project, row.environment) == where
            else row
            for row in self.served
        ]

    def passes(self, until):
        hours = Fraction((until - self.now) // timedelta(seconds=1), 3600)
        self.paid += sum((self.hourly(row) for row in self.live()), Fraction(0)) * hours
        self.now = until


def test_no_month_costs_more_than_its_budget():
    run_state_machine_as_test(
        Month, settings=settings(max_examples=150, stateful_step_count=30, deadline=None)
    )
