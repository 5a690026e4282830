"""What changed after people agreed: the run asks again, and acts only on what they agreed to last."""

import project
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from services import ENGINEER, Airflow

from cooper_dags import gate
from cooper_dags.conf import digest
from cooper_dags.errors import RefusedError


def tags(platform, version):
    return platform.registry().get_model_version("line", version).tags


@pytest.fixture
def agreed(platform, deployed):
    """Makes a plan that deploys the version once more, and rests on what is now."""

    def plan(environment="staging", basis=None, **changes):
        _, before, _ = deployed
        model = before["model"]
        evaluation = tags(platform, model["version"])["cooper.evaluation"]
        made = project.deployment_plan(
            platform.request(), model["version"], model["artifact"], environment, **changes
        )
        live = platform.endpoint(made["endpoint"])
        now = {
            "live_config": live and live["EndpointConfigName"],
            "champion": champion(platform),
            "evaluation": evaluation,
        }
        return {**made, "basis": {**now, **(basis or {})}}

    return plan


def champion(platform):
    aliases = platform.registry().get_registered_model("line").aliases
    return int(aliases["champion"]) if "champion" in aliases else None


@pytest.fixture
def no_champion(platform):
    """Nobody is champion, whatever other tests left, until the test ends."""
    before = champion(platform)
    if before is not None:
        platform.registry().delete_registered_model_alias("line", "champion")
    yield
    if before is not None:
        platform.registry().set_registered_model_alias("line", "champion", str(before))


def whats(run):
    return [change["what"] for change in gate.differences(run)]


def test_nothing_changed_is_no_difference(agreed, direct):
    run = direct(agreed())
    assert gate.report(run) == {
        "stage": "gate",
        "headline": "All is as it was when people agreed.",
        "changes": [],
    }
    gate.check_again(run)


def test_where_nobody_had_to_agree_there_is_nothing_to_compare(agreed, direct):
    run = direct({**agreed(), "basis": None})
    assert gate.differences(run) == []
    assert "Nobody had to agree" in gate.report(run)["headline"]


@pytest.mark.parametrize(
    ("basis", "what"),
    [
        ({"live_config": None}, "the configuration that serves"),
        ({"live_config": "tests-R0-a1"}, "the configuration that serves"),
        ({"champion": 77}, "the champion"),
        ({"evaluation": "sha256:" + "0" * 64}, "the evaluation of line v"),
        ({"evaluation": None}, "the evaluation of line v"),
    ],
)
def test_each_difference_is_named_and_refused_right_before_the_effect(agreed, direct, basis, what):
    run = direct(agreed(basis=basis))
    (found,) = whats(run)
    assert found.startswith(what)
    with pytest.raises(RefusedError, match=rf"in the last moment: {what}.*ask again"):
        gate.check_again(run)


def test_difference_is_told_in_words(no_champion, agreed, direct):
    plan = agreed(basis={"live_config": None, "champion": 77})
    run = direct(plan)
    live = run.plan["endpoint"], gate.differences(run)[0]["after"]
    assert gate.differences(run) == [
        {"what": "the configuration that serves", "before": "none", "after": live[1]},
        {"what": "the champion", "before": "v77", "after": "none"},
    ]
    assert live[1].startswith("tests-R")
    assert gate.report(run)["headline"].startswith("Changed since people agreed: the configuration")


def test_champion_that_moved_after_the_gate_is_seen_right_before_the_switch(
    platform, no_champion, agreed, direct
):
    run = direct(agreed())
    assert gate.differences(run) == []
    platform.registry().set_registered_model_alias("line", "champion", "1")
    try:
        with pytest.raises(RefusedError, match="the champion was none and is now v1"):
            gate.check_again(run)
    finally:
        platform.registry().delete_registered_model_alias("line", "champion")


@pytest.mark.parametrize("verdict", ["failed", None])
def test_production_takes_no_version_that_did_not_pass(platform, agreed, direct, verdict):
    plan = agreed("production")
    version = platform.register_version("line", plan["model"]["artifact"])
    if verdict:
        platform.registry().set_model_version_tag("line", str(version), "cooper.verdict", verdict)
    plan |= {"basis": None, "model": {**plan["model"], "version": version}}
    with pytest.raises(RefusedError, match=f"evaluation is {verdict or 'not known'}, not passed"):
        gate.check_again(direct(plan))
    gate.check_again(direct({**plan, "restores": "tests-R1-a1"}))


def test_own_change_is_no_difference_but_the_same_change_by_another_is(
    platform, agreed, direct, deployed
):
    _, before, _ = deployed
    live = platform.endpoint(before["endpoint"])["EndpointConfigName"]
    plan = agreed(basis={"live_config": "tests-R0-a1"}, restores=live)
    run = direct(plan)
    assert whats(run) == ["the configuration that serves"]
    sagemaker = platform.client("sagemaker")
    arn = platform.endpoint(before["endpoint"])["EndpointArn"]
    theirs = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}[
        "cooper:plan-digest"
    ]

    def tag(value):
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "cooper:plan-digest", "Value": value}])

    tag(run.digest)
    try:
        assert whats(run) == []
    finally:
        tag(theirs)


def test_run_asks_again_and_goes_on_with_what_people_agreed_to_last(platform, agreed):
    airflow, plan = platform.airflow, agreed(basis={"live_config": "tests-R0-a1"})
    run_id = platform.start(plan)
    asked = platform.parked(plan, run_id)
    live = platform.endpoint(plan["endpoint"])["EndpointConfigName"]
    assert f"was `tests-R0-a1`, is now `{live}`" in asked["body"]
    assert [user["id"] for user in asked["assigned_users"]] == ["cooper"]
    report = airflow.xcom("deploy_model", run_id, "gate")
    assert [change["after"] for change in report["changes"]] == [live]

    later = {**plan, "basis": {**plan["basis"], "live_config": live}, "latency_ms": 19_000}
    conf = platform.conf(later)
    engineer = Airflow(airflow.url, ENGINEER)
    assert engineer.answer("deploy_model", run_id, "Approve", conf) == 403
    assert airflow.answer("deploy_model", run_id, "Approve", conf) == 200
    state, tasks = airflow.finished("deploy_model", run_id, 240)
    assert state == "success", platform.reason("deploy_model", run_id, "approve")
    assert (tasks["approve"], tasks["restore"]) == ("success", "skipped")
    sagemaker = platform.client("sagemaker")
    model = sagemaker.describe_model(ModelName=run_id)
    assert model["PrimaryContainer"]["Environment"] == {"COOPER_LATENCY_MS": "19000"}
    tagged = sagemaker.list_tags(ResourceArn=model["ModelArn"])["Tags"]
    assert {"Key": "cooper:plan-digest", "Value": digest(later)} in tagged

    # Cleared from the gate on: what was agreed to last still holds, and nobody is asked again.
    airflow.clear("deploy_model", run_id, "gate")
    airflow.again("deploy_model", run_id, "report")
    state, tasks = airflow.finished("deploy_model", run_id, 240)
    assert (state, tasks["approve"]) == ("success", "skipped")
    assert platform.endpoint(plan["endpoint"])["EndpointConfigName"] == run_id


def test_answers_that_nobody_agreed_to_end_the_run_before_any_effect(platform, agreed):
    airflow = platform.airflow
    wrong = {"live_config": "tests-R0-a1"}
    plans = {name: agreed(basis=wrong) for name in ("forged", "other", "stale", "rejected")}
    runs = {name: platform.start(plan) for name, plan in plans.items()}
    confs = {
        "forged": project.signed(plans["forged"], runs["forged"], Ed25519PrivateKey.generate()),
        "other": platform.conf(
            {**plans["other"], "endpoint": "tests-line-elsewhere"}, runs["other"]
        ),
        # What people had agreed to at first, which no longer holds.
        "stale": platform.conf(plans["stale"]),
    }
    reasons = {
        "forged": "is not this installation's",
        "other": "for another endpoint",
        "stale": "in the last moment",
        "rejected": "was rejected",
    }
    for name, run_id in runs.items():
        platform.parked(plans[name], run_id)
        option = "Reject" if name == "rejected" else "Approve"
        assert airflow.answer("deploy_model", run_id, option, confs.get(name)) == 200
    sagemaker = platform.client("sagemaker")
    for name, run_id in runs.items():
        state, tasks = airflow.finished("deploy_model", run_id)
        assert (state, tasks["approve"]) == ("failed", "failed"), name
        assert tasks["configure"] == "upstream_failed"
        failure = platform.failure("deploy_model", run_id, "approve")
        assert reasons[name] in failure["reason"]
        assert failure["kind"] == "refused"
        assert sagemaker.list_models(NameContains=run_id)["Models"] == []


def test_copied_conf_under_another_run_id_is_refused_at_the_first_task(platform, agreed):
    plan = agreed()
    conf, run_id = platform.conf(plan), f"tests-{plan['request']}-a2"
    platform.airflow.trigger("deploy_model", run_id, conf)
    state, tasks = platform.airflow.finished("deploy_model", run_id)
    assert (state, tasks["validate"], tasks["gate"]) == ("failed", "failed", "upstream_failed")
    assert "is not this installation's for this run" in platform.reason(
        "deploy_model", run_id, "validate"
    )
