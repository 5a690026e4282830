"""What the stages of the deployment DAG do, beside the change of the endpoint."""

import json
import statistics
import time
from typing import Any

from cooper_dags import (
    alarms,
    aws,
    endpoints,
    failures,
    gate,
    objects,
    registry,
    requests,
    rollout,
    watches,
)
from cooper_dags.conf import Run
from cooper_dags.errors import RefusedError

_MEASURED_CALLS = 3


def validate(run: Run) -> dict[str, Any]:
    """See that the version is registered as planned, its artifact is there, and it can be served."""
    plan = run.plan
    rollout.check(plan)
    if not plan["image"]["uri"]:
        raise RefusedError("The plan names no serving image (image.uri).")
    _check_version(run)
    gate.check_verdict(run)
    _check_artifact(run)
    return {
        "stage": "validate",
        "headline": f"{plan['model']['name']} v{plan['model']['version']} is there and unchanged.",
        "image_uri": plan["image"]["uri"],
    }


def _check_version(run: Run) -> None:
    model = run.plan["model"]
    name, number = model["name"], model["version"]
    version = registry.version_of(name, number)
    if version is None:
        raise RefusedError(f"MLflow has no {name} v{number}.")
    planned = {registry.ARTIFACT_TAG: model["artifact"]}
    if run.plan["basis"] is None:
        # With a basis people are asked again, rather than refused: the gate compares it.
        planned[registry.EVALUATION_TAG] = model["evaluation"]
    for tag, value in planned.items():
        if value is not None and version.tags.get(tag) != value:
            raise RefusedError(
                f"{name} v{number} changed since the plan was made: its {tag} is "
                f"{version.tags.get(tag) or 'not set'}. Ask for the deployment again."
            )


def _check_artifact(run: Run) -> None:
    from botocore.exceptions import ClientError

    uri = run.plan["model"]["artifact"]
    bucket, key = objects.split(uri)
    try:
        aws.client(run, "s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in {"404", "NoSuchKey"}:
            raise RefusedError(f"The model's artifact {uri} cannot be read: it is gone.") from error
        if failures.is_denied(code):
            raise RefusedError(
                f"The model's artifact {uri} cannot be read: the permission s3:GetObject is missing.",
                failures.PERMISSION,
            ) from error
        raise


def configure(run: Run) -> dict[str, Any]:
    """Model, endpoint configuration and alarms; or the earlier configuration that comes back."""
    restored = run.plan["restores"]
    names = _restored(run, restored) if restored else _created(run)
    if rollout.is_watched(run.plan):
        alarms.put(run)
    resources = run.plan["resources"]
    made = f"{resources['instance_count']} × {resources['instance_type']}"
    return {
        "stage": "configure",
        "headline": f"{restored} is there and ours." if restored else f"Configured {made}.",
        **names,
    }


def _created(run: Run) -> dict[str, str]:
    """The SageMaker model and the endpoint configuration, both named after the run."""
    sagemaker = aws.client(run, "sagemaker")
    aws.attach_or_create(
        run,
        what="model",
        describe=lambda: sagemaker.describe_model(ModelName=run.id),
        arn_key="ModelArn",
        create=lambda: sagemaker.create_model(**requests.serving_model(run)),
    )
    aws.attach_or_create(
        run,
        what="endpoint configuration",
        describe=lambda: sagemaker.describe_endpoint_config(EndpointConfigName=run.id),
        arn_key="EndpointConfigArn",
        create=lambda: sagemaker.create_endpoint_config(**requests.endpoint_config(run)),
    )
    return {"model": run.id, "endpoint_config": run.id}


def _restored(run: Run, name: str) -> dict[str, str]:
    """The configuration `name`, if it is ours and serves the plan's very artifact."""
    sagemaker = aws.client(run, "sagemaker")
    config = aws.describe_or_none(
        lambda: sagemaker.describe_endpoint_config(EndpointConfigName=name)
    )
    if config is None:
        raise RefusedError(f"The configuration {name} is gone, so nothing can go back to it.")
    theirs = aws.tags_of(sagemaker, config["EndpointConfigArn"])
    endpoints.check_owner(run, theirs, f"configuration {name}")
    model_name = config["ProductionVariants"][0]["ModelName"]
    model = aws.describe_or_none(lambda: sagemaker.describe_model(ModelName=model_name))
    if model is None:
        raise RefusedError(f"The model {model_name} of the configuration {name} is gone.")
    serves, planned = model["PrimaryContainer"].get("ModelDataUrl"), run.plan["model"]["artifact"]
    if serves != planned:
        raise RefusedError(f"The configuration {name} serves {serves}, not the plan's {planned}.")
    return {"model": model_name, "endpoint_config": name}


def verify(run: Run) -> dict[str, Any]:
    """Send the plan's sample; the endpoint must answer it, and fast enough.

    The first call warms the server up and is not measured; the median of the next ones counts.
    """
    from botocore.exceptions import ClientError

    _check_live(run)
    runtime = aws.client(run, "sagemaker-runtime")
    endpoint, bound = run.plan["endpoint"], run.plan["latency_ms"]
    body = json.dumps(run.plan["sample"])
    times, answer = [], ""
    for _ in range(1 + _MEASURED_CALLS):
        start = time.perf_counter()
        try:
            response = runtime.invoke_endpoint(
                EndpointName=endpoint, ContentType="application/json", Body=body
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"ModelError", "ModelNotReadyException"}:
                raise
            raise RefusedError(
                f"The endpoint {endpoint} serves, but does not answer the sample: "
                f"{error.response['Error'].get('Message', '')[:500]}"
            ) from error
        answer = response["Body"].read().decode()
        times.append((time.perf_counter() - start) * 1000)
    latency = statistics.median(times[1:])
    if latency > bound:
        raise RefusedError(
            f"The endpoint {endpoint} answers in {latency:.0f} ms; the plan allows {bound} ms."
        )
    return {
        "stage": "verify",
        "headline": f"Answered the sample in {latency:.0f} ms.",
        "latency_ms": round(latency, 3),
        "answer": answer[:2000],
    }


def _check_live(run: Run) -> dict[str, Any]:
    """The endpoint. A stage that is cleared later must not take what serves by then for this run's."""
    name, wanted = run.plan["endpoint"], gate.target(run)
    sagemaker = aws.client(run, "sagemaker")
    found = aws.describe_or_none(lambda: sagemaker.describe_endpoint(EndpointName=name))
    if found is None or found["EndpointConfigName"] != wanted:
        live = None if found is None else found["EndpointConfigName"]
        raise RefusedError(f"The endpoint {name} runs {live or 'no more'}, not {wanted}.")
    return found


def record(run: Run) -> dict[str, Any]:
    """Let MLflow and the monitor follow the live endpoint; `champion` is what production serves."""
    live = _check_live(run)
    model, environment = run.plan["model"], run.plan["environment"]["name"]
    name, version = model["name"], model["version"]
    registry.mark_live(name, version, f"cooper.endpoint.{environment}", run.plan["endpoint"])
    alias = "champion" if environment == "production" else None
    if alias:
        registry.set_alias(name, alias, version)
    watches.record(run, live["EndpointConfigName"], live["LastModifiedTime"])
    return {
        "stage": "record",
        "headline": f"{name} v{version} is what {environment} serves.",
        "model": name,
        "version": version,
        "alias": alias,
    }


def report(run: Run, deployed: dict[str, Any], verified: dict[str, Any]) -> dict[str, Any]:
    """What the card says at the end."""
    model, resources = run.plan["model"], run.plan["resources"]
    facts = {
        "endpoint": deployed["endpoint"],
        "model": f"{model['name']} v{model['version']}",
        "instances": f"{resources['instance_count']} × {resources['instance_type']}",
        "latency": f"{verified['latency_ms']:.0f} ms",
    }
    if deployed["previous_config"]:
        facts["before"] = deployed["previous_config"]
    return {
        "stage": "report",
        "headline": f"{facts['model']} serves in {run.plan['environment']['name']}.",
        "facts": facts,
    }
