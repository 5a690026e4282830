"""The request's states, and when enough people agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.requests import MOVES, ApprovalNeed, IllegalMoveError, State, outstanding
from tests.support.requests import NOW, needing, request, vote

STATES = st.sampled_from(list(State))
FINISHED = {"succeeded", "failed", "stopped", "cancelled", "rejected", "expired"}
ROLES = ("approver", "risk", "reader")


def test_exactly_these_states_end_a_request():
    assert {state.value for state in State if state.finished} == FINISHED


@given(st.lists(STATES, max_size=30))
def test_no_sequence_of_moves_leaves_a_finished_state_or_skips_the_queue(path):
    current = request()
    seen = [current.state]
    for to in path:
        before = current
        try:
            current = current.moved(to, NOW + timedelta(minutes=1), "why")
        except IllegalMoveError:
            assert current is before
            continue
        seen.append(current.state)
        assert not before.state.finished
        assert (current.note, current.changed) == ("why", NOW + timedelta(minutes=1))
        assert (current.number, current.plan, current.version) == (1, before.plan, before.version)
    if State.RUNNING in seen:
        assert seen[seen.index(State.RUNNING) - 1] is State.QUEUED
    if State.SUCCEEDED in seen:
        assert State.RUNNING in seen or State.STOPPING in seen


@given(STATES, STATES)
def test_every_move_is_legal_or_named(start, to):
    at = request(state=start)
    if to in MOVES[start]:
        assert at.moved(to, NOW).state is to
        return
    with pytest.raises(IllegalMoveError) as refused:
        at.moved(to, NOW)
    assert (refused.value.state, refused.value.to) == (start, to)
    assert start.clause in str(refused.value)
    assert "R1" in str(refused.value)


@given(STATES)
def test_nothing_comes_before_the_confirmation(state):
    assert State.AWAITING_CONFIRMATION not in MOVES[state]


@pytest.mark.parametrize(
    "skipped",
    ["queued→succeeded", "awaiting_approval→running", "rejected→queued", "expired→queued"],
)
def test_no_way_round_the_approvals(skipped):
    start, to = (State(name) for name in skipped.split("→"))
    with pytest.raises(IllegalMoveError):
        request(state=start).moved(to, NOW)


def test_a_run_id_holds_installation_request_and_attempt():
    assert request(42, attempt=3).run_id == "demo-R42-a3"


def test_nothing_is_outstanding_without_needs():
    assert outstanding(needing(), ()) == ()


def test_two_of_them_one_from_risk_are_two_people():
    plan = needing((2, "approver"), (1, "risk"))
    ben, chloe = vote(plan), vote(plan, "UCHLOE001", "approver", "risk")
    assert outstanding(plan, (ben,)) == (
        ApprovalNeed(count=1, role="approver"),
        ApprovalNeed(count=1, role="risk"),
    )
    assert outstanding(plan, (chloe,)) == (ApprovalNeed(count=1, role="approver"),)
    assert outstanding(plan, (ben, chloe)) == ()


@pytest.mark.parametrize("count", [1, 2, 20])
def test_one_person_never_counts_twice(count):
    plan = needing((2, "approver"))
    assert outstanding(plan, (vote(plan),) * count) == (ApprovalNeed(count=1, role="approver"),)


def test_votes_on_another_plan_do_not_count():
    old, new = needing((1, "approver"), conf={"v": 1}), needing((1, "approver"), conf={"v": 2})
    assert old.digest != new.digest
    assert outstanding(new, (vote(old),)) == (ApprovalNeed(count=1, role="approver"),)


def test_a_rejection_or_another_role_is_no_approval():
    plan = needing((1, "approver"))
    assert outstanding(plan, (vote(plan, approve=False),)) != ()
    assert outstanding(plan, (vote(plan, "UDAN00001", "reader"),)) != ()


def test_any_role_will_do_where_none_is_named_but_none_will_not():
    plan = needing((1, None))
    assert outstanding(plan, (vote(plan, "UBEN00001", "reader"),)) == ()
    nobody = replace(vote(plan), roles=())
    assert outstanding(plan, (nobody,)) == (ApprovalNeed(count=1, role=None),)


NEEDS = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from((*ROLES, None))), min_size=1, max_size=3
)
VOTERS = st.lists(
    st.tuples(
        st.sampled_from(["U1", "U2", "U3", "U4", "U5"]),
        st.lists(st.sampled_from(ROLES), max_size=3, unique=True),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
)


@given(NEEDS, VOTERS)
def test_approved_means_enough_different_people_with_the_role_approved_this_plan(needs, voters):
    plan, other = needing(*needs), needing(*needs, conf={"another": "plan"})
    votes, people = [], {}
    for who, roles, approves, this in voters:
        if who in people:
            continue  # the store keeps one vote of each person
        people[who] = (roles, approves, this)
        made = replace(vote(plan if this else other, who, approve=approves), roles=tuple(roles))
        votes.append(made)
    left = outstanding(plan, tuple(votes))
    for count, role in needs:
        agreed = sum(
            bool(roles) and approves and this and (role is None or role in roles)
            for roles, approves, this in people.values()
        )
        missing = [need.count for need in left if need.role == role]
        if agreed < count:
            assert count - agreed in missing
        else:
            assert all(m + agreed > count for m in missing)
