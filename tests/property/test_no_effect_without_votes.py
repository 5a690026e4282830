"""Nothing is signed for Airflow but what was confirmed and approved as the policy's words say.

The real service over a real Postgres, step by step beside a model of the words (`words.py`). Airflow's
address refuses, so that a plan is signed and goes nowhere.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from actions.ports import Unavailable
from actions.service import Proposal
from tests.property.cooper import Cooper, Ground, Signed, params
from tests.property.crashes import CrashError
from tests.property.words import APPROVE, RISK, SCIENCE, WITHIN, Asked, Ballot
from tests.property.words import digest as digest_of
from tests.support.requests import HERE

MOST = 3
"""Requests of one example: what happens to few says more than what happens to many."""
WAITING = {"awaiting_confirmation", "awaiting_approval"}

people = st.sampled_from(["UANA", "UBEN", "UCHLOE", "UDAN", "UEVE", "UFAY"])
askers = st.sampled_from(["UANA", "UBEN", "UDAN", "UEVE"])
kinds = st.sampled_from(["cheap", "dear", "dear"])
buttons = st.sampled_from(["shown", "shown", "old", "words"])
picks = st.integers(0, 11)
chosen = st.sampled_from(["right", "right", "right", "any"])
"""Whether a request and a person are taken for whom it can be done, or any."""
crashes = st.sampled_from([None, None, None, 1, 2, 3, 4, 5, 6, 8, 10])

EXAMPLES = 60


class Machine(Cooper):
    """Cooper beside the words."""

    @initialize()
    def begin(self) -> None:
        self.run(self.ground.clean())
        self._register("a")
        for user in self.humans:
            self.run(self._described(user))
        self._under("first")

    # -------------------------------------------------------------- what people do

    @precondition(lambda self: len(self.asked) < MOST)
    @rule(who=askers, kind=kinds, again=st.booleans(), crash=crashes)
    def propose(self, who, kind, again, crash):
        """A training; Slack may deliver the command twice."""
        key, human = self._key(), self.humans[who]
        proposal = Proposal("train_model", params(kind, 1))

        def propose():
            return self.service.propose(self._person(who), HERE, proposal, key)

        if self._does(propose(), human.asks(), crash):
            if again:
                self._does(propose(), human.asks())
            self._stored(key, who, kind)

    @precondition(lambda self: len(self.asked) < MOST)
    @rule(who=st.sampled_from(["UANA", "UBEN"]), kind=st.sampled_from(["dear", "production"]))
    def propose_and_confirm(self, who, kind):
        """A deployment's plan is stored as `propose` does it, since MLflow and AWS do not answer."""
        if not self.humans[who].asks():
            return
        key = self._key()
        if kind == "production":
            self.run(self._deployment(who, key))
        else:
            proposal = Proposal("train_model", params(kind, 1))
            self._does(self.service.propose(self._person(who), HERE, proposal, key), allowed=True)
        self._confirm(self._stored(key, who, kind), who, "shown")

    @precondition(lambda self: self.asked)
    @rule(
        pick=picks,
        which=chosen,
        who=askers,
        kind=kinds,
        depth=st.integers(1, 3),
        crash=crashes,
    )
    def edit(self, pick, which, who, kind, depth, crash):
        number, asked = self._pick(pick, which, "awaiting_confirmation")
        if asked.kind == "production":
            return
        who = asked.requester if which == "right" else who
        allowed = (
            who == asked.requester
            and asked.is_open("awaiting_confirmation", self.now)
            and self.humans[who].asks()
        )
        edit = self.service.edit(self._person(who), number, params(kind, depth))
        if self._does(edit, allowed, crash):
            asked.earlier.append(asked.digest)
            asked.kind, asked.policy, asked.expires = kind, self.policy, self.now + WITHIN
            asked.digest = self._shown(number)

    @precondition(lambda self: self.asked)
    @rule(pick=picks, which=chosen, who=people, button=buttons, crash=crashes)
    def confirm(self, pick, which, who, button, crash):
        number, asked = self._pick(pick, which, "awaiting_confirmation")
        self._confirm(number, asked.requester if which == "right" else who, button, crash)

    def _confirm(self, number, who, button, crash=None):
        asked = self.asked[number]
        seen = self._button(asked, button) or asked.digest
        allowed = (
            who == asked.requester
            and asked.is_open("awaiting_confirmation", self.now)
            and seen == asked.digest
            and self._may_still(asked)
        )
        if self._does(self.service.confirm(self._person(who), number, seen), allowed, crash):
            asked.confirmed = seen
            asked.asks_for_votes(self.now)

    @precondition(lambda self: self.asked)
    @rule(pick=picks, which=chosen, who=people, button=buttons, crash=crashes)
    def approve(self, pick, which, who, button, crash):
        number, asked = self._pick(pick, which, "awaiting_approval")
        self._approve(number, self._voter(asked, which, who, pick), button, crash)

    @precondition(lambda self: any(a.state == "awaiting_approval" for a in self.asked.values()))
    @rule(pick=picks, who=people, button=st.sampled_from(["shown", "words"]))
    def everybody_votes(self, pick, who, button):
        """From somebody on, one after the other, whether they may or not."""
        number, _ = self._pick(pick, "right", "awaiting_approval")
        order = sorted(self.humans)
        first = order.index(who)
        for voter in (*order[first:], *order[:first])[:4]:
            self._approve(number, voter, button)
        self._advance(number)

    def _approve(self, number, who, button, crash=None):
        asked, human = self.asked[number], self.humans[who]
        seen = self._button(asked, button)
        allowed = self._may_vote(asked, who, seen) and asked.policy == self.policy
        if seen is None:  # in words: two transactions, of which a crash may leave the first
            said = Proposal("approve_request", {"request": f"R{number}"})
            vote, crash = self.service.propose(self._person(who), HERE, said, self._key()), None
        else:
            vote = self.service.voting.vote(self._person(who), number, seen, approve=True)
        if self._does(vote, allowed, crash):
            asked.voted.add((who, asked.digest))
            asked.ballots.append(Ballot(who, asked.digest, human.decides_as(asked.kind)))
            if asked.agreed():
                asked.state = "queued"

    @precondition(lambda self: self.asked)
    @rule(pick=picks, which=chosen, who=people, button=buttons, back=st.booleans(), crash=crashes)
    def reject_or_cancel(self, pick, which, who, button, back, crash):
        number, asked = self._pick(pick, which, "awaiting_approval")
        if back:
            allowed = who == asked.requester and asked.state in WAITING
            if self._does(self.service.cancel(self._person(who), number), allowed, crash):
                asked.state = "cancelled"
            return
        seen = self._button(asked, button)
        vote = self.service.voting.vote(self._person(who), number, seen, approve=False)
        if self._does(vote, self._may_vote(asked, who, seen), crash):
            asked.state = "rejected"

    # -------------------------------------------------------------- what happens by itself

    @precondition(lambda self: self.asked)
    @rule(
        what=st.sampled_from(["time", "time", "role", "role", "policy", "source"]),
        minutes=st.sampled_from([1, 20, 59, 60, 119, 400, 1500]),
        who=people,
        group=st.sampled_from([SCIENCE, APPROVE, RISK]),
        crash=crashes,
    )
    def the_world_goes_on(self, what, minutes, who, group, crash):
        match what:
            case "time":
                self.now += timedelta(minutes=minutes)
                if minutes % 2:  # else nobody has looked for what is late yet
                    self._expire(crash)
            case "role":
                self.humans[who].groups ^= {group}
                self.run(self._described(who))
            case "policy":
                self._under("second" if self.policy == "first" else "first")
            case "source":
                self._register("d" if self.source == "a" else "a")

    def _expire(self, crash):
        if self._does(self.service.expire(), allowed=True, crash=crash):
            for asked in self.asked.values():
                late = asked.expires is not None and asked.expires <= self.now
                if asked.state in WAITING and late:
                    asked.state = "expired"

    @precondition(lambda self: self.asked)
    @rule(pick=picks, which=chosen, crash=crashes)
    def the_worker_takes_it_up(self, pick, which, crash):
        self._advance(self._pick(pick, which, "queued")[0], crash)

    def _advance(self, number, crash=None):
        """What is queued is signed; Airflow does not answer."""
        before, was = len(self.signed), self._dump()
        died = False
        self.store.at = crash
        try:
            self.run(self.execution.advance(number))
        except Unavailable:
            pass
        except CrashError:
            died = True
            assert self._dump() == was, "a crash left half of it"
        finally:
            self.store.at = None
        signed = self.signed[before:]
        assert len(signed) <= 1
        for one in signed:
            self._judge(number, one)
        if not died:
            self._advanced(number, signed)

    @precondition(lambda self: any(_can_ask_again(a) for a in self.asked.values()))
    @rule(pick=picks, source=st.sampled_from(["a", "d"]), crash=crashes)
    def a_run_asks_again(self, pick, source, crash):
        """Airflow had taken it after all, and the run found that something may have changed."""
        fitting = [number for number, asked in self.asked.items() if _can_ask_again(asked)]
        number = fitting[pick % len(fitting)]
        asked = self.asked[number]
        self.run(self._parks(number))
        asked.state, asked.parked = "running", True
        self._register(source)

        async def noticed():
            async with self.store.transaction() as tx:
                await self.tracking._ask(tx, number)

        if not self._does(noticed(), allowed=True, crash=crash):
            self._does(noticed(), allowed=True)  # the next round looks again
        self._planned_again(number)

    # -------------------------------------------------------------- what always holds

    @invariant()
    def all_is_as_the_words_say(self):
        kept = self._dump()
        if kept == self.kept:
            return
        self.kept = kept
        found = {number: (state, digest) for number, state, digest in self._rows()}
        assert found == {n: (a.state, a.digest) for n, a in self.asked.items()}
        assert self.run(self._broken()) is None, "the audit chain holds"

    # -------------------------------------------------------------- the words

    def _judge(self, number: int, signed: Signed) -> None:
        """What is signed was agreed to, all of it, by the right people and in time."""
        asked = self.asked[number]
        assert signed.run_id == f"demo-R{number}-a1"
        assert digest_of(signed.plan) == asked.digest
        assert asked.state == "queued", "only what waits to be started is started"
        assert asked.confirmed == asked.digest, "the requester agreed to this very plan"
        assert asked.agreed(), "enough of the right people agreed to this very plan"
        assert self._may_still(asked), "its policy holds and the requester may still ask for it"

    def _advanced(self, number: int, signed: list[Signed]) -> None:
        asked = self.asked[number]
        if asked.state != "queued":
            assert not signed
        elif not self._may_still(asked):
            asked.state = "failed"
        elif asked.parked and not signed:
            # Something changed once more since people agreed.
            self._planned_again(number)
        else:
            assert signed, "everybody agreed, and nothing was started"

    def _planned_again(self, number: int) -> None:
        """People are asked about what it would be now, unless it is as it was."""
        asked, shown = self.asked[number], self._shown(number)
        if not self.humans[asked.requester].asks():
            asked.state = "failed"
        elif shown == asked.digest:
            assert asked.state == "running", "only a look at what changed asks again"
            asked.state = "queued"
        else:
            asked.earlier.append(asked.digest)
            asked.digest = asked.confirmed = shown
            asked.policy = self.policy
            if asked.agreed():
                asked.state = "queued"
            else:
                asked.asks_for_votes(self.now)

    def _may_still(self, asked: Asked) -> bool:
        return asked.policy == self.policy and self.humans[asked.requester].asks()

    def _may_vote(self, asked: Asked, who: str, seen: str | None) -> bool:
        return (
            asked.is_open("awaiting_approval", self.now)
            and seen in {None, asked.digest}
            and asked.may_decide(who, self.humans[who])
            and (who, asked.digest) not in asked.voted
        )

    def _pick(self, pick: int, which: str, state: str = "") -> tuple[int, Asked]:
        fitting = [number for number, asked in self.asked.items() if asked.state == state]
        among = fitting if which == "right" and fitting else list(self.asked)
        number = among[pick % len(among)]
        return number, self.asked[number]

    def _voter(self, asked: Asked, which: str, who: str, pick: int) -> str:
        fitting = [
            user
            for user, human in self.humans.items()
            if asked.may_decide(user, human) and (user, asked.digest) not in asked.voted
        ]
        return fitting[pick % len(fitting)] if which == "right" and fitting else who

    def _button(self, asked: Asked, button: str) -> str | None:
        """The digest that a press or a sentence carries."""
        if button == "words":
            return None
        return asked.earlier[-1] if button == "old" and asked.earlier else asked.digest


def _can_ask_again(asked: Asked) -> bool:
    return asked.state == "queued" and asked.kind != "production" and not asked.parked


@pytest.fixture
def ground(postgres):
    url = postgres.migrated()
    made = Ground(url)
    yield made
    made.close()
    postgres.drop(url)


@pytest.mark.timeout(300)
def test_nothing_is_signed_but_what_was_agreed_to(ground):
    class Bound(Machine):
        pass

    Bound.ground = ground
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            # A shorter example of the same fault would take minutes to find.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
