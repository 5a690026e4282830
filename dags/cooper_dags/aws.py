"""Clients of the environment's Airflow connection, and the describe-then-attach rule."""

import re
from collections.abc import Callable
from typing import Any

from cooper_dags.conf import Run
from cooper_dags.errors import RefusedError

DIGEST_TAG = "cooper:plan-digest"


def client(run: Run, service: str) -> Any:
    """A boto3 client of `service` through the plan's Airflow connection and region."""
    environment = run.plan["environment"]
    return connect(environment["connection"], environment["region"], service)


def connect(connection: str, region: str, service: str) -> Any:
    """A boto3 client of `service` through an Airflow connection."""
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    hook = AwsBaseHook(aws_conn_id=connection, region_name=region, client_type=service)
    return hook.get_conn()


def tags(run: Run) -> list[dict[str, str]]:
    """Tags of every resource: the plan's own, and those that the contract names."""
    plan = run.plan
    named = {
        **plan["tags"],
        "cooper:installation": plan["installation"],
        "cooper:request": plan["request"],
        "cooper:project": plan["project"],
        "cooper:environment": plan["environment"]["name"],
        "cooper:requested-by": plan["requested_by"]["id"],
        DIGEST_TAG: run.digest,
    }
    return [{"Key": key, "Value": value} for key, value in sorted(named.items())]


def tags_of(sagemaker: Any, arn: str) -> dict[str, str]:
    """The tags of a SageMaker resource."""
    pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def is_absent(error: Any) -> bool:
    """Whether a describe call failed because there is no such resource.

    SageMaker has no code of its own for it: `ValidationException`, and the text tells.
    """
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    missing = re.search(r"not (be )?f(ou)?nd|could not find|does not exist", message, re.IGNORECASE)
    return code in {"ResourceNotFound", "ResourceNotFoundException"} or (
        code == "ValidationException" and missing is not None
    )


def describe_or_none(describe: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """What `describe` answers, or None where the resource does not exist."""
    from botocore.exceptions import ClientError

    try:
        return describe()
    except ClientError as error:
        if is_absent(error):
            return None
        raise


def _exists(error: Any) -> bool:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    return code in {"ResourceInUse", "ResourceInUseException"} or (
        code == "ValidationException" and "already exist" in message.lower()
    )


def attach_or_create(
    run: Run,
    *,
    what: str,
    describe: Callable[[], dict[str, Any]],
    arn_key: str,
    create: Callable[[], Any],
) -> tuple[dict[str, Any], bool]:
    """The resource named after the run, and whether this call created it.

    "Already exists" means look, compare the plan's digest, and attach or refuse: a cleared or
    retried task never buys a second one.

    Raises:
        RefusedError: A resource of this name belongs to another plan.
    """
    from botocore.exceptions import ClientError

    found, created = describe_or_none(describe), False
    if found is None:
        try:
            create()
            created = True
        except ClientError as error:
            if not _exists(error):
                raise
        found = describe()
    if not created:
        theirs = tags_of(client(run, "sagemaker"), found[arn_key]).get(DIGEST_TAG)
        if theirs != run.digest:
            raise RefusedError(
                f"The {what} {run.id} exists, but carries another plan ({theirs or 'no digest'}); "
                "it was not touched."
            )
    return found, created
