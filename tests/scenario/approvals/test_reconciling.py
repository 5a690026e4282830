"""What MLflow and our rows say follows what the endpoints really serve, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from actions.incidents.observing import Opening, observe
from actions.incidents.store import Change
from actions.ports import Unavailable
from actions.reconciling import Mended, Reconciler
from actions.requests import State
from bot.bootstrap import now
from tests.scenario.approvals.serving import (
    BROKEN,
    DELETED,
    EARLIER,
    EMPTY,
    PRODUCTION,
    SERVED,
    STAGING,
    UNSERVED,
    config_of,
    name_of,
)
from tests.support.bot import running_bot
from tests.support.waiting import eventually
from tests.support.world import nowhere
from tests.unit.incidents.making import DEFAULTS, alert

STAGING_MENDED = Mended("claims-served", "staging", 2)
PRODUCTION_MENDED = Mended("claims-served", "production", 1)


async def reconciles(shop, **ports):
    """One round; what it mended."""
    return await Reconciler(shop.store, replace(shop.world, **ports), now).reconcile()


async def rows(shop, environment, slug=SERVED.slug):
    async with shop.store.transaction() as tx:
        return list(await tx.deployments((slug,), environment))


async def state(shop):
    """All that a round may change."""
    return (
        {slug: known(shop, slug) for slug in (SERVED.slug, BROKEN.slug, UNSERVED.slug)},
        [await rows(shop, environment) for environment in ("staging", "production")],
        await audited(shop),
    )


def known(shop, slug):
    """What MLflow says about the model."""
    return shop.live("staging", slug), shop.live("production", slug), shop.champion(slug)


async def audited(shop):
    async with shop.store.transaction() as tx:
        query = "SELECT project, detail FROM audit WHERE what = 'reconciled' ORDER BY id"
        return [tuple(row) for row in await tx.connection.exec_driver_sql(query)]


async def forgets(shop, number):
    """As when another database made the request."""
    async with shop.store.transaction() as tx:
        for table, column in (("deployments", "request"), ("requests", "number")):
            await tx.connection.exec_driver_sql(f"DELETE FROM {table} WHERE {column} = {number}")


def tagged(shop, version, environment, slug=SERVED.slug):
    """Somebody, or half a change, let MLflow say this."""
    where = name_of(slug, environment)
    shop.mlflow.set_model_version_tag(slug, str(version), f"cooper.endpoint.{environment}", where)


async def test_where_everything_follows_nothing_is_done(shop):
    await shop.opens()
    before = await state(shop)
    assert await reconciles(shop) == ()
    assert await state(shop) == before


@pytest.mark.parametrize("alias", [2, None])
async def test_an_alias_behind_the_endpoint_follows_it(shop, alias):
    await shop.opens()
    shop.mlflow.delete_registered_model_alias(SERVED.slug, "champion")
    if alias is not None:
        shop.mlflow.set_registered_model_alias(SERVED.slug, "champion", str(alias))
    assert await reconciles(shop) == (PRODUCTION_MENDED,)
    assert known(shop, SERVED.slug) == ([2], [1], 1)
    [(project, detail)] = await audited(shop)
    endpoint = name_of(SERVED.slug, "production")
    assert project == SERVED.slug
    assert detail == {"environment": "production", "version": 1, "endpoint": endpoint}
    assert await reconciles(shop) == (), "once is enough"


async def test_a_tag_behind_the_endpoint_follows_it(shop):
    await shop.opens()
    shop.mlflow.delete_model_version_tag(SERVED.slug, "2", "cooper.endpoint.staging")
    tagged(shop, 1, "staging")
    assert await reconciles(shop) == (STAGING_MENDED,)
    assert known(shop, SERVED.slug) == ([2], [1], 1)
    assert await reconciles(shop) == ()


async def test_a_switch_that_nobody_recorded_is_recorded(shop):
    await shop.opens()
    async with shop.store.transaction() as tx:
        await tx.connection.exec_driver_sql(f"DELETE FROM deployments WHERE request = {STAGING}")
        await tx.connection.exec_driver_sql("UPDATE deployments SET until = NULL")
    assert await reconciles(shop) == (STAGING_MENDED,)
    live, before = await rows(shop, "staging")
    assert (live.request, live.model_version, live.until) == (STAGING, 2, None)
    assert live.endpoint_config == config_of(STAGING)
    assert (before.request, before.until, before.bad) == (EARLIER, live.good, False)
    assert await reconciles(shop) == ()


async def test_what_no_longer_serves_is_marked_nowhere(shop):
    await shop.opens()
    slug = UNSERVED.slug
    await shop.served(905, 1, "production", now() - timedelta(hours=1), slug)
    tagged(shop, 1, "production", slug)
    shop.mlflow.set_registered_model_alias(slug, "champion", "1")
    assert await reconciles(shop) == (Mended(slug, "production", None),)
    assert known(shop, slug) == ([], [], None)
    [gone] = await rows(shop, "production", slug)
    assert gone.until is not None
    assert not gone.bad, "it may be gone back to"
    assert await reconciles(shop) == ()


async def incident(shop, project, began, environment="production", **changes):
    """An incident that began then, and was last heard of then."""
    async with shop.store.transaction() as tx:
        [number] = await tx.incidents.new_numbers(1)
        told = alert(fingerprint=f"f{number}", environment=environment, **changes)
        made, events = observe(None, [told], began, DEFAULTS, Opening(number, project))
        await tx.incidents.save([Change(made, events)])
    return number


async def still_open(shop, project):
    async with shop.store.transaction() as tx:
        return [one.number for one in await tx.incidents.open(project)]


async def test_incidents_of_what_was_taken_down_are_over(shop):
    await shop.opens()
    slug, hour = UNSERVED.slug, timedelta(hours=1)
    await shop.served(905, 1, "production", now() - 3 * hour, slug)
    before = await incident(shop, slug, now() - 4 * hour)
    about = await incident(shop, slug, now() - 2 * hour)
    elsewhere = await incident(shop, slug, now() - 2 * hour, "staging")
    others = await incident(shop, SERVED.slug, now() - 2 * hour)
    await reconciles(shop)
    assert await still_open(shop, slug) == [before, elsewhere]
    assert await still_open(shop, SERVED.slug) == [others], "it serves"
    async with shop.store.transaction() as tx:
        over = await tx.incidents.get(about)
        jobs = await tx.connection.exec_driver_sql(
            "SELECT task_name FROM procrastinate_jobs WHERE task_name = 'tell_incidents'"
        )
        assert len(jobs.all()) == 1
    assert over.reason == "its endpoint was taken down"


async def test_what_is_heard_of_long_after_the_end_is_about_something_else(shop):
    await shop.opens()
    slug = UNSERVED.slug
    await shop.served(905, 1, "production", now() - timedelta(hours=3), slug)
    async with shop.store.transaction() as tx:
        await tx.end_deployment(slug, "production", now() - timedelta(hours=2), bad=False)
    late = await incident(shop, slug, now() - timedelta(hours=1))
    await reconciles(shop)
    assert await still_open(shop, slug) == [late]


@pytest.mark.parametrize("under_way", [State.QUEUED, State.RUNNING, State.STOPPING])
async def test_a_change_under_way_moves_its_aliases_itself(shop, under_way):
    await shop.opens()
    shop.mlflow.delete_registered_model_alias(SERVED.slug, "champion")
    tagged(shop, 1, "staging")
    await shop.asked(906, 3, "production", under_way)
    assert await reconciles(shop) == (STAGING_MENDED,), "that change is none of staging's"
    assert shop.champion() is None


@pytest.mark.parametrize("ended", [State.FAILED, State.STOPPED, State.AWAITING_APPROVAL])
async def test_a_change_that_ended_or_waits_for_people_leaves_it_to_others(shop, ended):
    await shop.opens()
    shop.mlflow.delete_registered_model_alias(SERVED.slug, "champion")
    await shop.asked(906, 3, "production", ended)
    assert await reconciles(shop) == (PRODUCTION_MENDED,)
    assert shop.champion() == 1


async def test_a_configuration_of_somebody_elses_is_left_alone(shop):
    await shop.opens()
    await forgets(shop, PRODUCTION)
    shop.mlflow.set_registered_model_alias(SERVED.slug, "champion", "2")
    tagged(shop, 3, "production")
    before = await state(shop)
    assert await reconciles(shop) == ()
    assert await state(shop) == before


async def test_an_endpoint_that_is_not_in_service_is_left_alone(shop):
    await shop.opens()
    tagged(shop, 1, "staging", BROKEN.slug)
    before = await state(shop)
    assert await reconciles(shop) == ()
    assert await state(shop) == before


async def test_a_version_that_was_deleted_is_not_marked_and_no_other_in_its_place(shop):
    await shop.opens(production=DELETED)
    assert await reconciles(shop) == ()
    shop.mlflow.set_registered_model_alias(SERVED.slug, "champion", "1")
    tagged(shop, 1, "production")
    assert await reconciles(shop) == (Mended(SERVED.slug, "production", DELETED),)
    assert known(shop, SERVED.slug) == ([2], [], None)
    assert await reconciles(shop) == (), "it does not try for ever"


async def test_a_model_that_was_never_trained_is_nothing_to_mend(shop):
    await shop.opens()
    async with shop.store.transaction() as tx:
        await tx.connection.exec_driver_sql(f"DELETE FROM projects WHERE slug <> '{EMPTY.slug}'")
    assert await reconciles(shop) == ()


@pytest.mark.parametrize("port", ["registry", "cloud"])
async def test_while_mlflow_or_aws_is_away_nothing_is_changed(shop, port):
    await shop.opens()
    tagged(shop, 3, "staging")
    before = await state(shop)
    with pytest.raises(Unavailable, match="does not answer"):
        await reconciles(shop, **{port: getattr(nowhere(), port)})
    assert await state(shop) == before
    assert await reconciles(shop) == (STAGING_MENDED,)


async def test_the_worker_mends_by_itself(shop, workspace, tmp_path):
    await shop.opens()
    shop.mlflow.delete_registered_model_alias(SERVED.slug, "champion")
    there = {**shop.addresses, "upkeep_seconds": 0.5}
    async with running_bot(workspace, shop.database_url, tmp_path, **there):
        await eventually(lambda: shop.champion() == 1, "the alias follows")
    assert len(await audited(shop)) == 1
