"""Plans: what a training would run on and cost, complete and valid for its DAG."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.answers import Refusal
from actions.capacity import training_capacity
from actions.commands import train_model
from actions.deploying import monitoring
from actions.plans import PLANS, DeploymentPlan, EnvironmentRef
from actions.ports import ModelVersion
from actions.prices import known_instances
from actions.spec import plainest
from tests.support.projects import GPU_IMAGE, ROOT, SAMPLE, registered
from tests.support.world import ANA, BUDGETS, DAN, context, policy

WIDE = {"allowed": ["ml.*.*"], "max_runtime": "PT4H", "max_count": 4}
OPEN = {"allowed: [ml.m5.*, ml.g4dn.*, ml.g5.*, ml.g6.*]": 'allowed: ["ml.*.*"]', BUDGETS: ""}


def validator(dag):
    schema = json.loads((ROOT / "dags" / "schemas" / f"{dag}.json").read_text())
    return jsonschema.Draft202012Validator(schema)


def capacity(project=None, rules=None, **params):
    project = project or registered(image=GPU_IMAGE, instance=WIDE)
    return training_capacity(context(ANA, project, rules=rules), project, params)


async def planned(project=None, rules=None, who=ANA, **params):
    project = project or registered(image=GPU_IMAGE, instance=WIDE)
    made = context(who, project, rules=rules)
    return await train_model.plan(made, {"project": "claims-frequency", **params})


def test_the_projects_defaults_are_marked_as_such():
    found = capacity()
    assert found.resources.instance_type == "ml.m5.xlarge"
    assert all(line.default for line in found.lines)
    assert found.usd == Decimal("0.9200")


@pytest.mark.parametrize(
    ("gpus", "instance"), [(1, "ml.g4dn.xlarge"), (2, "ml.g6.12xlarge"), (8, "ml.g5.48xlarge")]
)
def test_gpus_choose_the_smallest_then_cheapest_allowed_instance(gpus, instance):
    found = capacity(gpu_count=gpus)
    assert found.resources.instance_type == instance
    assert not found.lines[0].default


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"gpu_count": 9}, "has 9 GPUs"),
        ({"gpu_count": 2, "instance_type": "ml.g5.xlarge"}, "fewer than 2 GPUs"),
        ({"gpu_count": 1, "instance_type": "ml.m5.xlarge"}, "fewer than 1 GPUs"),
        ({"instance_type": "ml.p4d.24xlarge"}, "not allowed here"),
        ({"instance_type": "ml.m5.xlrage"}, "do not know the instance type"),
        ({"instance_count": 5}, "1 to 4 instances, not 5"),
        ({"instance_count": 0}, "1 to 4 instances, not 0"),
        ({"max_runtime": "PT5H"}, "4 h at most"),
        ({"max_runtime": "PT30S"}, "at least one minute"),
    ],
)
def test_what_the_project_or_policy_does_not_allow_is_refused(params, why):
    with pytest.raises(Refusal, match=why):
        capacity(**params)


def test_a_mistyped_instance_has_its_nearest():
    with pytest.raises(Refusal) as refused:
        capacity(instance_type="ml.g5.xlrge")
    assert refused.value.nearest[0] == "ml.g5.xlarge"
    with pytest.raises(Refusal) as refused:
        capacity(instance_type="ml.p4d.24xlarg")
    assert "ml.p4d.24xlarge" not in refused.value.nearest


def test_the_project_narrows_what_the_policy_allows():
    small = registered(image=GPU_IMAGE, instance=WIDE | {"allowed": ["ml.m5.*"]})
    with pytest.raises(Refusal, match=r"Allowed: ml\.m5\.xlarge"):
        capacity(small, gpu_count=1)
    with pytest.raises(Refusal, match="not allowed"):
        capacity(small, instance_type="ml.g5.xlarge")


async def test_an_unknown_price_is_unknown_and_needs_approval():
    plan = await planned(rules=policy(**OPEN), instance_type="ml.p4d.24xlarge")
    assert plan.price is None
    assert "unknown" in plan.price_note
    assert [(need.count, need.role) for need in plan.needs] == [(1, "approver")]
    validator("train_model").validate(plan.conf)


@pytest.mark.parametrize(("hours", "needs"), [("PT42M", 0), ("PT43M", 1)])
async def test_the_limit_of_five_dollars_is_exact(hours, needs):
    plan = await planned(instance_type="ml.g5.12xlarge", max_runtime=hours)
    assert len(plan.needs) == needs, plan.price


async def test_a_guest_plans_nothing():
    with pytest.raises(Refusal, match="Guests"):
        await planned(who=DAN)


async def test_unknown_projects_and_data_are_named():
    with pytest.raises(Refusal) as refused:
        await train_model.plan(context(), {"project": "claims-freqency"})
    assert refused.value.nearest == ("claims-frequency",)
    with pytest.raises(Refusal, match="none is registered"):
        await train_model.plan(context(projects={}), {"project": "fraud"})
    with pytest.raises(Refusal, match="one version of its data"):
        await planned(dataset_version="2026-10-01")


async def test_an_alias_names_the_project():
    made = context(ANA, registered(image=GPU_IMAGE, instance=WIDE))
    assert made.project("doctor-visits").slug == "claims-frequency"


RUNTIMES = st.integers(60, 4 * 3600).map(lambda seconds: f"PT{seconds}S")
NAMES = st.from_regex(r"\A[a-z_]{1,12}\Z")
VALUES = (
    st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.text(max_size=40)
)


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "instance_type": st.sampled_from(known_instances()),
            "gpu_count": st.integers(1, 9),
            "instance_count": st.integers(0, 6),
            "max_runtime": RUNTIMES,
            "spot": st.booleans(),
            "hyperparameters": st.dictionaries(NAMES, VALUES, max_size=4),
        },
    )
)
async def test_every_plan_is_refused_or_valid_for_its_dag(params):
    try:
        plan = await planned(rules=RULES, **params)
    except Refusal:
        return
    VALID.validate(plan.conf)
    conf = plan.conf
    assert conf["tags"]["cooper:request"] == "R7"
    assert conf["resources"]["instance_count"] == params.get("instance_count", 1)
    if "instance_type" in params:
        assert conf["resources"]["instance_type"] == params["instance_type"]
    assert {**conf["hyperparameters"], **params.get("hyperparameters", {})} == conf[
        "hyperparameters"
    ]
    assert plan.price is None or Decimal(plan.price.amount) >= 0
    dear = plan.price is None or Decimal(plan.price.amount) > 5
    assert bool(plan.needs) == dear


RULES = policy(**OPEN)
VALID = validator("train_model")


async def test_a_change_of_anything_that_matters_changes_the_digest():
    digests = [
        (await planned(**params)).digest
        for params in (
            {},
            {"instance_count": 2},
            {"spot": True},
            {"max_runtime": "PT2H"},
            {"hyperparameters": {"seed": 21}},
        )
    ]
    digests.append(
        (await planned(rules=policy(**{"above_usd: 5": "above_usd: 6", BUDGETS: ""}))).digest
    )
    assert len(set(digests)) == len(digests)
    assert (await planned()).digest == digests[0]


DEPLOYMENT = {
    "installation": "demo",
    "request": "R7",
    "requested_by": {"id": "UANA00001", "name": "Ana"},
    "policy": "sha256:0",
    "project": "claims-frequency",
    "environment": {
        "name": "staging",
        "region": "us-east-1",
        "role_arn": "arn:aws:iam::000000000000:role/c",
        "connection": "aws_staging",
        "bucket": "cooper-demo",
    },
    "price": None,
    "tags": {},
    "model": {"name": "claims-frequency", "version": 3, "artifact": "s3://b/m.tar.gz"},
    "endpoint": "demo-claims-frequency-staging",
    "image": {"uri": "serving:1"},
    "resources": {
        "instance_type": "ml.m5.xlarge",
        "instance_count": 1,
        "max_runtime_seconds": 3600,
    },
    "sample": SAMPLE,
}


def test_a_deployments_plan_is_valid_for_its_dag():
    conf = DeploymentPlan.model_validate_json(json.dumps(DEPLOYMENT)).model_dump(mode="json")
    validator("deploy_model").validate(conf)


@pytest.mark.parametrize(
    "wrong",
    [
        {"request": "42"},
        {"project": "Claims Frequency"},
        {"surprise": 1},
        {"strategy": "yolo"},
        {"percent": 51},
        {"model": {**DEPLOYMENT["model"], "version": 0}},
        {"model": {**DEPLOYMENT["model"], "artifact": "/tmp/m.tar.gz"}},
        {"environment": {**DEPLOYMENT["environment"], "name": "laptop"}},
    ],
)
def test_model_and_schema_refuse_the_same(wrong):
    document = DEPLOYMENT | wrong
    with pytest.raises(ValueError):
        DeploymentPlan.model_validate_json(json.dumps(document))
    assert list(validator("deploy_model").iter_errors(document)) != []


PLACE = EnvironmentRef.model_validate(DEPLOYMENT["environment"])
PROFILE = {"cooper.profile.uri": "s3://b/runs/p.npz", "cooper.profile.sha256": "a" * 64}


def version(**tags):
    return ModelVersion("claims-frequency", 3, datetime(2026, 11, 22, tzinfo=UTC), tags=tags)


def test_a_version_is_watched_by_its_projects_monitors_against_its_own_profile():
    project = registered()
    found = monitoring(project, version(**PROFILE), PLACE)
    assert found.monitors == project.spec.monitors
    assert found.monitors
    assert found.profile is not None
    assert (found.profile.uri, found.profile.sha256) == tuple(PROFILE.values())
    assert (found.target, found.capture) == ("visits", f"s3://{PLACE.bucket}/capture")


@pytest.mark.parametrize("tags", [{}, dict([*PROFILE.items()][:1]), {"cooper.profile": "p.json"}])
def test_a_version_of_before_has_no_profile(tags):
    assert monitoring(registered(), version(**tags), PLACE).profile is None


def test_monitors_are_signed_as_the_dag_reads_them():
    found = monitoring(registered(), version(**PROFILE), PLACE)
    document = DEPLOYMENT | {"monitoring": found.model_dump(mode="json")}
    validator("deploy_model").validate(document)
    conf = DeploymentPlan.model_validate_json(json.dumps(document))
    assert conf.model_dump(mode="json")["monitoring"] == document["monitoring"]
    wrong = {**document["monitoring"], "monitors": [{"name": "m", "check": "magic"}]}
    assert list(validator("deploy_model").iter_errors(document | {"monitoring": wrong})) != []


@pytest.mark.parametrize("dag", PLANS)
def test_the_schema_in_the_dags_folder_is_the_models(dag):
    generated = PLANS[dag].model_json_schema(mode="validation")
    stored = json.loads((ROOT / "dags" / "schemas" / f"{dag}.json").read_text())
    assert set(generated["properties"]) == set(stored["properties"])


def test_an_image_without_gpus_is_refused_before_anybody_approves():
    with pytest.raises(Refusal, match="runs on CPUs only"):
        training_capacity(
            context(ANA, registered(instance=WIDE)),
            registered(instance=WIDE),
            {"instance_type": "ml.g5.xlarge"},
        )


def test_help_speaks_of_a_project_that_is_there():
    assert plainest(train_model.SPEC, ["claims-frequency"]) == "train claims-frequency"
    assert plainest(train_model.SPEC) == "train fraud"
