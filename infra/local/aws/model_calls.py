"""SageMaker's calls about models and endpoint configurations."""

from __future__ import annotations

import time
from typing import Any

from infra.local.aws.cloud import S3Uri
from infra.local.aws.context import Caller, Context
from infra.local.aws.errors import unsupported, validation
from infra.local.aws.listing import page

MODEL = "model"
CONFIG = "endpoint-config"
Request = dict[str, Any]


class ModelCalls:
    """Each public method whose name is a call's, in snake case, answers that call."""

    def __init__(self, context: Context) -> None:
        """Keep what the calls work with."""
        self._context = context
        self._store = context.store

    # ------------------------------------------------------------------ models

    def create_model(self, caller: Caller, request: Request) -> Request:
        """Register a model: an image and a model.tar.gz that must be there."""
        name = request["ModelName"]
        arn = caller.arn(MODEL, name)
        containers = request.get("Containers") or [request.get("PrimaryContainer")]
        if len(containers) > 1:
            raise unsupported("CreateModel", "more than one container")
        container = containers[0]
        if container is None:
            raise validation("One of PrimaryContainer or Containers must be given.")
        if "Image" not in container:
            raise unsupported("CreateModel", "a container without Image")
        if "ModelDataSource" in container:
            raise unsupported("CreateModel", "ModelDataSource; give ModelDataUrl")
        self._check_model_data(caller, container.get("ModelDataUrl"))
        document = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "ModelArn": arn,
            "CreationTime": time.time(),
        }
        if not self._store.add(MODEL, name, document):
            raise validation(f'Cannot create already existing model "{arn}".')
        self._tag(arn, request)
        return {"ModelArn": arn}

    def _check_model_data(self, caller: Caller, url: str | None) -> None:
        if url is None:
            return
        try:
            uri = S3Uri.parse(url)
        except ValueError as error:
            raise validation(str(error)) from error
        if not self._context.cloud(caller).exists(uri):
            raise validation(f"Could not find model data at {url}.")

    def describe_model(self, caller: Caller, request: Request) -> Request:
        """Return the model's description."""
        return self._get(MODEL, request["ModelName"], caller, "model")

    def delete_model(self, caller: Caller, request: Request) -> Request:
        """Forget the model; endpoints that serve it go on."""
        return self._delete(MODEL, request["ModelName"], caller, "model")

    def list_models(self, caller: Caller, request: Request) -> Request:
        """Return summaries of models, newest first."""
        del caller
        found, token = page(self._store.all(MODEL), request, name="ModelName")
        keys = ("ModelName", "ModelArn", "CreationTime")
        return {"Models": [{key: each[key] for key in keys} for each in found], "NextToken": token}

    # ------------------------------------------------------------------ endpoint configurations

    def create_endpoint_config(self, caller: Caller, request: Request) -> Request:
        """Register an endpoint configuration whose models must be there."""
        name = request["EndpointConfigName"]
        arn = caller.arn(CONFIG, name)
        for member in ("ShadowProductionVariants", "AsyncInferenceConfig", "ExplainerConfig"):
            if request.get(member):
                raise unsupported("CreateEndpointConfig", member)
        names = [each["VariantName"] for each in request["ProductionVariants"]]
        if len(set(names)) < len(names):
            raise validation("Variant names of an endpoint configuration must be unique.")
        for variant in request["ProductionVariants"]:
            self._check_variant(caller, variant)
        document = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "EndpointConfigArn": arn,
            "CreationTime": time.time(),
        }
        if not self._store.add(CONFIG, name, document):
            raise validation(f'Cannot create already existing endpoint configuration "{arn}".')
        self._tag(arn, request)
        return {"EndpointConfigArn": arn}

    def _check_variant(self, caller: Caller, variant: Request) -> None:
        if "ServerlessConfig" not in variant:
            for member in ("InstanceType", "InitialInstanceCount"):
                if member not in variant:
                    raise validation(f"{member} is required for variant {variant['VariantName']}.")
        model = variant.get("ModelName")
        if model is None:
            raise unsupported("CreateEndpointConfig", "a variant without ModelName")
        if self._store.get(MODEL, model) is None:
            raise validation(f'Could not find model "{caller.arn(MODEL, model)}".')

    def describe_endpoint_config(self, caller: Caller, request: Request) -> Request:
        """Return the configuration's description."""
        return self._get(CONFIG, request["EndpointConfigName"], caller, "endpoint configuration")

    def delete_endpoint_config(self, caller: Caller, request: Request) -> Request:
        """Forget the configuration; endpoints that run it go on."""
        return self._delete(CONFIG, request["EndpointConfigName"], caller, "endpoint configuration")

    def list_endpoint_configs(self, caller: Caller, request: Request) -> Request:
        """Return summaries of configurations, newest first."""
        del caller
        found, token = page(self._store.all(CONFIG), request, name="EndpointConfigName")
        keys = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
        return {
            "EndpointConfigs": [{key: each[key] for key in keys} for each in found],
            "NextToken": token,
        }

    # ------------------------------------------------------------------ both

    def _get(self, kind: str, name: str, caller: Caller, noun: str) -> Request:
        document = self._store.get(kind, name)
        if document is None:
            raise validation(f'Could not find {noun} "{caller.arn(kind, name)}".')
        return document

    def _delete(self, kind: str, name: str, caller: Caller, noun: str) -> Request:
        arn = caller.arn(kind, name)
        if not self._store.remove(kind, name):
            raise validation(f'Could not find {noun} "{arn}".')
        self._store.drop_tags(arn)
        return {}

    def _tag(self, arn: str, request: Request) -> None:
        self._store.set_tags(arn, {each["Key"]: each["Value"] for each in request.get("Tags", [])})
