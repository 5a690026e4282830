"""SageMaker's calls about tags."""

from __future__ import annotations

from typing import Any

from infra.local.aws import endpoint_calls, model_calls, processing, training
from infra.local.aws.context import Caller, Context
from infra.local.aws.errors import validation

_ARN_MEMBERS = {
    training.KIND: "TrainingJobArn",
    processing.KIND: "ProcessingJobArn",
    model_calls.MODEL: "ModelArn",
    model_calls.CONFIG: "EndpointConfigArn",
    endpoint_calls.KIND: "EndpointArn",
}
_MOST_TAGS = 50


class TagCalls:
    """Each public method whose name is a call's, in snake case, answers that call."""

    def __init__(self, context: Context) -> None:
        """Keep what the calls work with."""
        self._store = context.store

    def add_tags(self, caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
        """Add or replace tags; return all."""
        del caller
        arn = self._known(request["ResourceArn"])
        given = {each["Key"]: each["Value"] for each in request["Tags"]}
        if len({**self._store.tags(arn), **given}) > _MOST_TAGS:
            raise validation(f"A resource may have at most {_MOST_TAGS} tags.")
        self._store.set_tags(arn, given)
        return {"Tags": self._listed(arn)}

    def list_tags(self, caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
        """Return the tags of a resource."""
        del caller
        return {"Tags": self._listed(self._known(request["ResourceArn"]))}

    def delete_tags(self, caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
        """Remove tags by key."""
        del caller
        self._store.drop_tags(self._known(request["ResourceArn"]), request["TagKeys"])
        return {}

    def _listed(self, arn: str) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self._store.tags(arn).items()]

    def _known(self, arn: str) -> str:
        kind = arn.rpartition(":")[2].partition("/")[0]
        member = _ARN_MEMBERS.get(kind)
        if member is None or all(each[member] != arn for each in self._store.all(kind)):
            raise validation(f"Could not find resource {arn!r}.")
        return arn
