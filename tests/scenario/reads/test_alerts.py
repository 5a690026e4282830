"""`list_alerts`: what a person may see of incidents and of silences."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.answers import Refusal
from actions.incidents.matchers import parse
from actions.incidents.observing import Opening, observe
from actions.incidents.silences import Silence
from actions.incidents.store import Change
from tests.support.requests import NOW
from tests.support.world import ANA, BEN, DAN, policy
from tests.unit.incidents.making import BEN as RESPONDER
from tests.unit.incidents.making import DEFAULTS, alert


async def incident(company, project, **changes):
    """An open incident of the project."""
    async with company.store.transaction() as tx:
        [number] = await tx.incidents.new_numbers(1)
        told = alert(fingerprint=f"f{number}", **changes)
        made, events = observe(None, [told], NOW, DEFAULTS, Opening(number, project))
        await tx.incidents.save([Change(made, events)])
    return made.id


async def silenced(company, *matchers):
    """A silence that began just now."""
    conditions = tuple(parse(each) for each in matchers)
    made = Silence(conditions, NOW, NOW + timedelta(hours=2), RESPONDER, "load test")
    async with company.store.transaction() as tx:
        await tx.incidents.add_silence(made)


@pytest.fixture
def seen(company):
    """A project that Ana may see, and one that she may not; Ben sees both."""
    one, hidden = company.project(), company.project()
    only = f"people: [UANA00001]\n    projects: [{one.slug}]"
    company.under(policy(**{"people: [UANA00001] # Ana": only}))
    return one.slug, hidden.slug


def ids(answer):
    """The incidents that are listed."""
    return [row[0] for row in answer.table.rows] if answer.table else []


async def test_only_incidents_of_ones_own_projects_and_of_none_are_listed(company, seen):
    one, hidden = seen
    own, others, of_none = [await incident(company, each) for each in (one, hidden, None)]
    assert ids(await company.asks("list_alerts", ANA)) == [of_none, own]
    assert ids(await company.asks("list_alerts", BEN)) == [of_none, others, own]


async def test_of_a_silence_of_anothers_project_not_even_the_name_is_told(company, seen):
    one, hidden = seen
    await silenced(company, f'project="{hidden}"')
    await silenced(company, f'project=~"{one}.*"', 'severity="low"')
    await silenced(company, 'monitor_type="data_drift"')
    told = (await company.asks("list_alerts", ANA)).text
    assert hidden not in told
    assert f'project=~"{one}.*", severity="low"' in told
    assert 'monitor_type="data_drift"' in told
    assert hidden in (await company.asks("list_alerts", BEN)).text


async def test_of_one_project_its_own_silences_are_told(company, seen):
    one, hidden = seen
    await silenced(company, f'project="{hidden}"')
    await silenced(company, f'project="{one}"', 'monitor_type="data_drift"')
    told = (await company.asks("list_alerts", BEN, project=one)).text
    assert hidden not in told
    assert f'project="{one}"' in told


async def test_the_worst_come_first(company, seen):
    one, _ = seen
    low = await incident(company, one, severity="low")
    high = await incident(company, one, severity="high")
    assert ids(await company.asks("list_alerts")) == [high, low]
    assert ids(await company.asks("list_alerts", severity="high")) == [high]
    assert ids(await company.asks("list_alerts", state="acknowledged")) == []


async def test_a_project_that_one_may_not_see_is_refused(company, seen):
    _, hidden = seen
    with pytest.raises(Refusal, match="may not use list_alerts for"):
        await company.asks("list_alerts", ANA, project=hidden)
    with pytest.raises(Refusal, match="Guests"):
        await company.asks("list_alerts", DAN)
