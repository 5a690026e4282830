"""What the stages of the undeployment DAG do, beside the deletion of the endpoint."""

from typing import Any

from cooper_dags import aws, endpoints, registry, watches
from cooper_dags.conf import Run


def validate(run: Run) -> dict[str, Any]:
    """See that the endpoint is ours; one that is gone already is fine."""
    name, sagemaker = run.plan["endpoint"], aws.client(run, "sagemaker")
    found = aws.describe_or_none(lambda: sagemaker.describe_endpoint(EndpointName=name))
    if found is None:
        headline = f"Endpoint {name} is gone already."
    else:
        endpoints.check_owner(run, aws.tags_of(sagemaker, found["EndpointArn"]))
        headline = f"Endpoint {name} is ours; it runs {found['EndpointConfigName']}."
    return {"stage": "validate", "headline": headline, "image_uri": ""}


def record(run: Run) -> dict[str, Any]:
    """Let MLflow and the monitor forget what served here; without production there is no champion."""
    model, environment = run.plan["model_name"], run.plan["environment"]["name"]
    registry.mark_live(model, None, f"cooper.endpoint.{environment}", run.plan["endpoint"])
    if environment == "production":
        registry.delete_alias(model, "champion")
    watches.forget(run)
    return {
        "stage": "record",
        "headline": f"No version of {model} serves in {environment}.",
        "model": model,
        "version": None,
        "alias": None,
    }


def report(run: Run, deleted: dict[str, Any]) -> dict[str, Any]:
    """What the card says at the end."""
    facts = {"endpoint": deleted["endpoint"]}
    if deleted["previous_config"]:
        facts["before"] = deleted["previous_config"]
    environment = run.plan["environment"]["name"]
    return {
        "stage": "report",
        "headline": f"{run.plan['model_name']} no longer serves in {environment}.",
        "facts": facts,
    }
