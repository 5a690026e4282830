"""Whether the world is still as it was when people agreed to a plan."""

from typing import Any

from cooper_dags import aws, registry
from cooper_dags.conf import AGREED_KEY, Run, checked_report, verified
from cooper_dags.errors import RefusedError, fails_clearly

_NOTHING = "none"
_DIGEST_SHOWN = 19
"""`sha256:` and twelve digits: enough to tell two apart."""


def run_gate() -> dict[str, Any]:
    """Run the stage inside its task."""
    from airflow.sdk import get_current_context

    @fails_clearly
    def stage(context: Any) -> dict[str, Any]:
        run = verified(context)
        if run.agreed is not None:
            # `approve` forgets its answer when it runs again, which it does after this task.
            context["ti"].xcom_push(key=AGREED_KEY, value=run.agreed)
        return checked_report(report(run))

    result: dict[str, Any] = stage(get_current_context())
    return result


def report(run: Run) -> dict[str, Any]:
    """Compare the plan's basis with what is now."""
    changes = differences(run)
    if run.plan["basis"] is None:
        headline = "Nobody had to agree, so there is nothing to compare."
    elif changes:
        headline = f"Changed since people agreed: {in_words(changes)}."
    else:
        headline = "All is as it was when people agreed."
    return {"stage": "gate", "headline": headline[:300], "changes": changes}


def differences(run: Run) -> list[dict[str, Any]]:
    """What is no longer as the plan's basis says, in words; nothing where it has no basis.

    A change that this run has made itself is none.
    """
    basis, name = run.plan["basis"], run.plan["endpoint"]
    if basis is None:
        return []
    sagemaker = aws.client(run, "sagemaker")
    endpoint = aws.describe_or_none(lambda: sagemaker.describe_endpoint(EndpointName=name))
    if is_done(run, sagemaker, endpoint):
        return []
    live = None if endpoint is None else str(endpoint["EndpointConfigName"])
    champion = registry.alias_version(_model(run), "champion")
    found = [
        ("the configuration that serves", basis["live_config"], live),
        ("the champion", _version(basis["champion"]), _version(champion)),
    ]
    model = run.plan.get("model")
    if model is not None:
        evaluation = registry.tag_of(model["name"], model["version"], registry.EVALUATION_TAG)
        what = f"the evaluation of {model['name']} v{model['version']}"
        found.append((what, basis["evaluation"], evaluation))
    return [
        {"what": what, "before": _shown(before), "after": _shown(after)}
        for what, before, after in found
        if before != after
    ]


def in_words(changes: list[dict[str, Any]]) -> str:
    """The changes in one line."""
    return "; ".join(
        f"{change['what']} was {change['before']} and is now {change['after']}"
        for change in changes
    )


def check_again(run: Run) -> None:
    """The last look, right before the effect.

    Raises:
        RefusedError: Something changed after people agreed, or production would get a version that
            did not pass its evaluation.
    """
    changes = differences(run)
    if changes:
        raise RefusedError(
            f"Changed in the last moment: {in_words(changes)}. Nothing was done; ask again."
        )
    check_verdict(run)


def check_verdict(run: Run) -> None:
    """See that what goes to production passed its evaluation; what served before may come back.

    Raises:
        RefusedError: It did not.
    """
    plan = run.plan
    if plan["environment"]["name"] != "production" or plan.get("restores") or "model" not in plan:
        return
    model = plan["model"]
    verdict = registry.tag_of(model["name"], model["version"], registry.VERDICT_TAG)
    if verdict != "passed":
        raise RefusedError(
            f"{model['name']} v{model['version']} may not serve in production: the verdict of its "
            f"evaluation is {verdict or 'not known'}, not passed."
        )


def target(run: Run) -> str | None:
    """The configuration that the run wants its endpoint to have; None: no endpoint."""
    if "model" not in run.plan:
        return None
    return str(run.plan["restores"] or run.id)


def is_done(run: Run, sagemaker: Any, endpoint: dict[str, Any] | None) -> bool:
    """Whether this run's own change of the endpoint is made or under way."""
    wanted = target(run)
    if endpoint is None or wanted is None:
        # Whoever deleted it: there is nothing left that the run would change.
        return wanted is None and (endpoint is None or endpoint["EndpointStatus"] == "Deleting")
    if wanted not in {endpoint["EndpointConfigName"], pending(endpoint)}:
        return False
    return aws.tags_of(sagemaker, endpoint["EndpointArn"]).get(aws.DIGEST_TAG) == run.digest


def pending(endpoint: dict[str, Any]) -> str | None:
    """The configuration that an endpoint is being changed to."""
    found = (endpoint.get("PendingDeploymentSummary") or {}).get("EndpointConfigName")
    return None if found is None else str(found)


def _model(run: Run) -> str:
    plan = run.plan
    return str(plan["model"]["name"] if "model" in plan else plan["model_name"])


def _version(number: int | None) -> str | None:
    return None if number is None else f"v{number}"


def _shown(value: str | None) -> str:
    if value is None:
        return _NOTHING
    return value[:_DIGEST_SHOWN] if value.startswith("sha256:") else value
