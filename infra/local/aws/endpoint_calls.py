"""SageMaker's calls about endpoints, and the work behind them: create, blue/green update, delete."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from infra.local.aws.context import Caller, Context
from infra.local.aws.errors import unsupported, validation
from infra.local.aws.fleet import Fleet, Traffic
from infra.local.aws.listing import page
from infra.local.aws.model_calls import CONFIG, MODEL
from infra.local.aws.server_process import ServerFailedError, plan_for

KIND = "endpoint"
Request = dict[str, Any]
_log = logging.getLogger(__name__)


class EndpointCalls:
    """Each public method whose name is a call's, in snake case, answers that call."""

    def __init__(self, context: Context, traffic: Traffic) -> None:
        """Keep what the calls work with; `resume` brings back what served before."""
        self._context = context
        self._store = context.store
        self._traffic = traffic
        self._closing = threading.Event()
        self._starting: set[Fleet] = set()
        self._threads: set[threading.Thread] = set()
        self._folder = context.settings.state / "endpoints"

    def resume(self) -> None:
        """Serve again, after a start, what is to be served."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for document in self._store.all(KIND):
            name, status = document["EndpointName"], document["EndpointStatus"]
            if status == "Deleting":
                self._forget(document)
            elif status == "Creating":
                self._spawn(self._create, name)
            elif status in {"InService", "Updating", "SystemUpdating"}:
                self._store.change(KIND, name, _resuming)
                self._spawn(self._create, name)

    def close(self) -> None:
        """Stop serving; what endpoints there are stays on disk."""
        self._closing.set()
        for fleet in list(self._starting):
            fleet.stop()
        for thread in list(self._threads):
            thread.join(30)
        self._traffic.close()

    # ------------------------------------------------------------------ calls

    def create_endpoint(self, caller: Caller, request: Request) -> Request:
        """Begin to serve a configuration; InService when /ping answers."""
        name = request["EndpointName"]
        arn = caller.arn(KIND, name)
        config = self._config(caller, request["EndpointConfigName"])
        if request.get("DeploymentConfig"):
            _check_deployment("CreateEndpoint", request["DeploymentConfig"])
        now = time.time()
        document = {
            "EndpointName": name,
            "EndpointArn": arn,
            "EndpointConfigName": request["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "CreationTime": now,
            "LastModifiedTime": now,
            "_account": caller.account,
            "_region": caller.region,
            "_served": self._served(config),
        }
        if not self._store.add(KIND, name, document):
            raise validation(f'Cannot create already existing endpoint "{arn}".')
        self._store.set_tags(arn, {each["Key"]: each["Value"] for each in request.get("Tags", [])})
        self._spawn(self._create, name)
        return {"EndpointArn": arn}

    def describe_endpoint(self, caller: Caller, request: Request) -> Request:
        """Return the endpoint's description."""
        document = self._store.get(KIND, request["EndpointName"])
        if document is None:
            raise _missing(caller, request["EndpointName"])
        return document

    def list_endpoints(self, caller: Caller, request: Request) -> Request:
        """Return summaries of endpoints, newest first."""
        del caller
        found, token = page(
            self._store.all(KIND), request, name="EndpointName", status="EndpointStatus"
        )
        keys = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
        return {
            "Endpoints": [{key: each[key] for key in keys} for each in found],
            "NextToken": token,
        }

    def update_endpoint(self, caller: Caller, request: Request) -> Request:
        """Begin a blue/green update: the new fleet answers /ping before it gets a request."""
        name = request["EndpointName"]
        config = self._config(caller, request["EndpointConfigName"])
        deployment = request.get("DeploymentConfig")
        if deployment:
            _check_deployment("UpdateEndpoint", deployment)
        if request.get("RetainAllVariantProperties"):
            raise unsupported("UpdateEndpoint", "RetainAllVariantProperties")

        def edit(document: Request) -> None:
            _check_steady(document)
            document["EndpointStatus"] = "Updating"
            document.pop("FailureReason", None)
            if deployment:
                document["LastDeploymentConfig"] = deployment

        document = self._change(caller, name, edit)
        served = self._served(config)
        self._spawn(self._update, name, request["EndpointConfigName"], served)
        return {"EndpointArn": document["EndpointArn"]}

    def update_endpoint_weights_and_capacities(self, caller: Caller, request: Request) -> Request:
        """Change the shares and instance counts of the endpoint's variants."""
        name = request["EndpointName"]
        wanted = {each["VariantName"]: each for each in request["DesiredWeightsAndCapacities"]}

        def edit(document: Request) -> None:
            _check_steady(document)
            variants = {each["VariantName"]: each for each in document["ProductionVariants"]}
            unknown = sorted(wanted.keys() - variants.keys())
            if unknown:
                raise validation(
                    f'Could not find variant "{unknown[0]}" of endpoint "{document["EndpointArn"]}".'
                )
            for variant, each in wanted.items():
                _scale(variants[variant], each)
            for variant in document["_served"]["variants"]:
                _scale_config(variant["config"], wanted.get(variant["config"]["VariantName"], {}))

        document = self._change(caller, name, edit)
        self._traffic.set_weights(
            name,
            {
                variant: each["DesiredWeight"]
                for variant, each in wanted.items()
                if "DesiredWeight" in each
            },
        )
        return {"EndpointArn": document["EndpointArn"]}

    def delete_endpoint(self, caller: Caller, request: Request) -> Request:
        """Stop serving and forget the endpoint."""
        name = request["EndpointName"]

        def edit(document: Request) -> None:
            if document["EndpointStatus"] not in {"InService", "Failed", "OutOfService"}:
                raise validation(f'Cannot update in-progress endpoint "{document["EndpointArn"]}".')
            document["EndpointStatus"] = "Deleting"

        self._change(caller, name, edit)
        self._spawn(self._delete, name)
        return {}

    # ------------------------------------------------------------------ work

    def _create(self, name: str) -> None:
        document = self._store.get(KIND, name)
        assert document is not None
        fleet = self._fleet(document, document["_served"])
        try:
            self._start(fleet)
        except ServerFailedError as error:
            if not self._closing.is_set():
                self._store.change(
                    KIND,
                    name,
                    lambda each, why=str(error): _failed(each, why),  # type: ignore[misc]
                )
            return
        self._go_live(name, fleet, document["EndpointConfigName"], document["_served"])

    def _update(self, name: str, config_name: str, served: Request) -> None:
        document = self._store.get(KIND, name)
        assert document is not None
        fleet = self._fleet(document, served)
        try:
            self._start(fleet)
        except ServerFailedError as error:
            if not self._closing.is_set():
                self._store.change(
                    KIND,
                    name,
                    lambda each, why=str(error): _rolled_back(each, why),  # type: ignore[misc]
                )
            return
        self._go_live(name, fleet, config_name, served)

    def _delete(self, name: str) -> None:
        fleet = self._traffic.switch(name, None)
        if fleet is not None:
            self._traffic.drain(fleet)
        document = self._store.get(KIND, name)
        if document is not None:
            self._forget(document)

    def _go_live(self, name: str, fleet: Fleet, config_name: str, served: Request) -> None:
        if self._closing.is_set():
            fleet.stop()
            return
        old = self._traffic.switch(name, fleet)
        self._store.change(KIND, name, lambda document: _in_service(document, config_name, served))
        if old is not None:
            self._traffic.drain(old)

    def _start(self, fleet: Fleet) -> None:
        self._starting.add(fleet)
        try:
            fleet.start()
        finally:
            self._starting.discard(fleet)

    def _forget(self, document: Request) -> None:
        self._store.remove(KIND, document["EndpointName"])
        self._store.drop_tags(document["EndpointArn"])

    def _fleet(self, document: Request, served: Request) -> Fleet:
        settings = self._context.settings
        caller = Caller(document["_account"], document["_region"])
        name = document["EndpointName"]
        plans = [
            (
                plan_for(name, each["config"], each["model"], settings.startup_timeout),
                each["config"].get("InitialVariantWeight", 1.0),
            )
            for each in served["variants"]
        ]
        return Fleet(
            plans,
            served.get("capture"),
            self._context.cloud(caller),
            settings.images,
            self._folder / name / uuid.uuid4().hex[:8],
        )

    def _served(self, config: Request) -> Request:
        """Return all a fleet is made from, so that deleting the configuration or model changes nothing."""
        variants = []
        for each in config["ProductionVariants"]:
            model = self._store.get(MODEL, each["ModelName"])
            if model is None:
                raise validation(f'Could not find model "{each["ModelName"]}".')
            variants.append({"config": each, "model": model})
        return {"variants": variants, "capture": config.get("DataCaptureConfig")}

    def _config(self, caller: Caller, name: str) -> Request:
        config = self._store.get(CONFIG, name)
        if config is None:
            raise validation(f'Could not find endpoint configuration "{caller.arn(CONFIG, name)}".')
        return config

    def _change(self, caller: Caller, name: str, edit: Callable[[Request], None]) -> Request:
        try:
            return self._store.change(KIND, name, edit)
        except KeyError as error:
            raise _missing(caller, name) from error

    def _spawn(self, work: Callable[..., None], *arguments: object) -> None:
        def run() -> None:
            try:
                work(*arguments)
            except Exception:  # noqa: BLE001 - a thread has nobody else to tell
                if not self._closing.is_set():
                    _log.exception("endpoint %s", arguments[0])
            finally:
                self._threads.discard(thread)

        thread = threading.Thread(target=run, name=f"endpoint-{arguments[0]}", daemon=True)
        self._threads.add(thread)
        thread.start()


# ---------------------------------------------------------------------- descriptions


def _missing(caller: Caller, name: str) -> Exception:
    return validation(f'Could not find endpoint "{caller.arn(KIND, name)}".')


def _check_steady(document: Request) -> None:
    if document["EndpointStatus"] != "InService":
        raise validation(f'Cannot update in-progress endpoint "{document["EndpointArn"]}".')


def _check_deployment(call: str, deployment: Request) -> None:
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    if routing.get("Type", "ALL_AT_ONCE") != "ALL_AT_ONCE" or "RollingUpdatePolicy" in deployment:
        raise unsupported(call, "a DeploymentConfig other than ALL_AT_ONCE")


def _resuming(document: Request) -> None:
    if document["EndpointStatus"] == "Updating":
        document["FailureReason"] = (
            "The AWS stand-in was restarted during the update; the endpoint was rolled back."
        )
    document["EndpointStatus"] = "SystemUpdating"


def _failed(document: Request, reason: str) -> None:
    document["EndpointStatus"] = "Failed"
    document["FailureReason"] = reason


def _rolled_back(document: Request, reason: str) -> None:
    document["EndpointStatus"] = "InService"
    document["FailureReason"] = reason


def _in_service(document: Request, config_name: str, served: Request) -> None:
    document["EndpointStatus"] = "InService"
    document["EndpointConfigName"] = config_name
    document["_served"] = served
    document["ProductionVariants"] = [_summary(each) for each in served["variants"]]
    capture = served.get("capture")
    document.pop("DataCaptureConfig", None)
    if capture is not None:
        is_on = capture.get("EnableCapture", False)
        document["DataCaptureConfig"] = {
            "EnableCapture": is_on,
            "CaptureStatus": "Started" if is_on else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }


def _summary(served: Request) -> Request:
    config, model = served["config"], served["model"]
    container = model.get("PrimaryContainer") or model["Containers"][0]
    weight = config.get("InitialVariantWeight", 1.0)
    count = config.get("InitialInstanceCount", 1)
    return {
        "VariantName": config["VariantName"],
        "DeployedImages": [
            {
                "SpecifiedImage": container["Image"],
                "ResolvedImage": container["Image"],
                "ResolutionTime": time.time(),
            }
        ],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
    }


def _scale(summary: Request, wanted: Request) -> None:
    if "DesiredWeight" in wanted:
        summary["CurrentWeight"] = summary["DesiredWeight"] = wanted["DesiredWeight"]
    if "DesiredInstanceCount" in wanted:
        count = wanted["DesiredInstanceCount"]
        summary["CurrentInstanceCount"] = summary["DesiredInstanceCount"] = count


def _scale_config(config: Request, wanted: Request) -> None:
    if "DesiredWeight" in wanted:
        config["InitialVariantWeight"] = wanted["DesiredWeight"]
    if "DesiredInstanceCount" in wanted:
        config["InitialInstanceCount"] = wanted["DesiredInstanceCount"]
