"""What serves where: everything that the speaker may see, whatever cannot be read."""

from __future__ import annotations

import pytest
from botocore.exceptions import EndpointConnectionError

from actions.answers import Refusal
from actions.ports import Unavailable
from tests.support.world import ANA, BEN, DAN, policy

STAGING_ONLY = {
    "people: [UANA00001] # Ana": "people: [UANA00001]\n    environments: [staging]",
}


async def test_every_endpoint_has_its_row(company):
    one, other = company.project(), company.project()
    change = await company.deployed(one, 3, "staging")
    company.serves(one, "staging", change.run_id)
    company.serves(one, "production", f"by-hand-{one.slug}")
    later = await company.deployed(other, 7, "production")
    company.serves(other, "production", later.run_id)
    answer = await company.asks("list_endpoints")
    rows = [row[:6] for row in answer.table.rows]
    fleet = ("Failed", "2 × ml.m5.large", "100%")
    assert rows == [
        (one.slug, "staging", "v3", *fleet),
        (one.slug, "production", f"by-hand-{one.slug}", *fleet),
        (other.slug, "production", "v7", *fleet),
    ]
    assert answer.tone == "warning"
    assert all(row[6].startswith("20") for row in answer.table.rows)
    narrowed = await company.asks("list_endpoints", environment="staging")
    assert [row[0] for row in narrowed.table.rows] == [one.slug]


@pytest.mark.parametrize(
    ("params", "words"), [({}, "Nothing serves."), ({"environment": "staging"}, "in staging.")]
)
async def test_where_nothing_serves_it_says_so(company, params, words):
    company.project()
    answer = await company.asks("list_endpoints", **params)
    assert answer.table is None
    assert words in answer.text


async def test_without_a_project_nothing_serves(company):
    assert "Nothing serves" in (await company.asks("list_endpoints")).text


async def test_an_environment_that_is_not_the_speakers_is_not_shown(company):
    company.under(policy(**STAGING_ONLY))
    project = company.project()
    for environment in ("staging", "production"):
        change = await company.deployed(project, 3, environment)
        company.serves(project, environment, change.run_id)
    answer = await company.asks("list_endpoints", ANA)
    assert [row[1] for row in answer.table.rows] == ["staging"]
    assert len((await company.asks("list_endpoints", BEN)).table.rows) == 2
    with pytest.raises(Refusal, match="may not use list_endpoints in production"):
        await company.asks("list_endpoints", ANA, environment="production")


async def test_a_guest_sees_nothing(company):
    company.project()
    with pytest.raises(Refusal, match="Guests"):
        await company.asks("list_endpoints", DAN)


async def test_an_endpoint_that_cannot_be_read_hides_no_other(company):
    project = company.project()
    for environment in ("staging", "production"):
        change = await company.deployed(project, 3, environment)
        company.serves(project, environment, change.run_id)
    lost = f"demo-{project.slug}-staging"

    def unplug(params, **_):
        if lost in str(params["body"]):
            raise EndpointConnectionError(endpoint_url="sagemaker")

    events = company.world.cloud._sagemaker.meta.events
    events.register("before-call.sagemaker.DescribeEndpoint", unplug)
    answer = await company.asks("list_endpoints")
    assert [row[1:4] for row in answer.table.rows] == [
        ("staging", "–", "not known now"),
        ("production", "v3", "Failed"),
    ]
    assert "1 could not be read: AWS does not answer" in answer.text
    assert answer.tone == "warning"


async def test_without_aws_the_person_is_told(company):
    company.project()
    company.without("cloud")
    with pytest.raises(Unavailable, match="AWS does not answer"):
        await company.asks("list_endpoints")


async def test_an_environment_that_the_policy_does_not_know_is_refused(company):
    with pytest.raises(Refusal):
        await company.asks("list_endpoints", BEN, environment="moon")


async def test_one_projects_endpoints_are_shown_where_the_speaker_may_look(company):
    company.under(policy(**STAGING_ONLY))
    project = company.project()
    for environment in ("staging", "production"):
        change = await company.deployed(project, 3, environment)
        company.serves(project, environment, change.run_id)
    answer = await company.asks("show_endpoint", ANA, project=project.slug)
    assert [field.label for field in answer.fields] == ["Staging"]
    assert " · v3 · " in answer.fields[0].value
    assert len((await company.asks("show_endpoint", BEN, project=project.slug)).fields) == 2
    with pytest.raises(Refusal, match="in production"):
        await company.asks("show_endpoint", ANA, project=project.slug, environment="production")
