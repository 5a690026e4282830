"""SageMaker's calls about endpoints, and the work behind them: create, blue/green update, delete."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from infra.local.aws import endpoint_documents
from infra.local.aws.blue_green import ClosingError, RolledBackError, Shift, alarm_states
from infra.local.aws.capture import DataCapture
from infra.local.aws.context import Caller, Context
from infra.local.aws.errors import validation
from infra.local.aws.fleet import Fleet, Traffic
from infra.local.aws.guardrails import Rollout, rollout
from infra.local.aws.listing import page
from infra.local.aws.model_calls import CONFIG, MODEL
from infra.local.aws.server_process import ServerFailedError, plan_for, without_bound

KIND = "endpoint"
Request = dict[str, Any]
_log = logging.getLogger(__name__)


class EndpointCalls:
    """Each public method whose name is a call's, in snake case, answers that call."""

    def __init__(self, context: Context, traffic: Traffic, capture: DataCapture) -> None:
        """Keep what the calls work with; `resume` brings back what served before."""
        self._context = context
        self._store = context.store
        self._traffic = traffic
        self._capture = capture
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
                self._store.change(KIND, name, endpoint_documents.resuming)
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
        served = self._served(config)
        deployment = request.get("DeploymentConfig")
        self._rollout("CreateEndpoint", caller, deployment, served)
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
            "_served": served,
            **({"LastDeploymentConfig": deployment} if deployment else {}),
        }
        if not self._store.add(KIND, name, document):
            raise validation(f'Cannot create already existing endpoint "{arn}".')
        self._store.set_tags(arn, {each["Key"]: each["Value"] for each in request.get("Tags", [])})
        self._spawn(self._create, name)
        return {"EndpointArn": arn}

    def describe_endpoint(self, caller: Caller, request: Request) -> Request:
        """Return the endpoint's description."""
        name = request["EndpointName"]
        document = self._store.get(KIND, name)
        if document is None:
            raise _missing(caller, name)
        capture = document.get("DataCaptureConfig")
        if capture and self._capture.is_failing(name, capture["DestinationS3Uri"]):
            capture["CaptureStatus"] = "Stopped"
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
        name, config_name = request["EndpointName"], request["EndpointConfigName"]
        served = self._served(self._config(caller, config_name))
        if request.get("RetainAllVariantProperties"):
            excluded = request.get("ExcludeRetainedVariantProperties", [])
            live = self.describe_endpoint(caller, request)
            endpoint_documents.retain(
                live, served, {each["VariantPropertyType"] for each in excluded}
            )
        deployment = request.get("DeploymentConfig")
        if deployment is None and request.get("RetainDeploymentConfig"):
            deployment = self.describe_endpoint(caller, request).get("LastDeploymentConfig")
        way = self._rollout("UpdateEndpoint", caller, deployment, served)

        def edit(document: Request) -> None:
            endpoint_documents.check_steady(document)
            endpoint_documents.updating(document, config_name, served, deployment)

        document = self._change(caller, name, edit)
        self._spawn(self._update, name, config_name, served, way)
        return {"EndpointArn": document["EndpointArn"]}

    def update_endpoint_weights_and_capacities(self, caller: Caller, request: Request) -> Request:
        """Change the shares and instance counts of the endpoint's variants."""
        name = request["EndpointName"]
        wanted = {each["VariantName"]: each for each in request["DesiredWeightsAndCapacities"]}
        document = self._change(
            caller, name, lambda document: endpoint_documents.scale(document, wanted)
        )
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
        served = document["_served"]
        fleet = self._fleet(document, document["EndpointConfigName"], served)
        try:
            self._start(fleet)
        except ServerFailedError as error:
            if not self._closing.is_set():
                reason = str(error)
                self._store.change(KIND, name, lambda each: endpoint_documents.failed(each, reason))
            return
        self._go_live(name, fleet, document["EndpointConfigName"], served)

    def _update(self, name: str, config_name: str, served: Request, way: Rollout) -> None:
        document = self._store.get(KIND, name)
        assert document is not None
        green = self._fleet(document, config_name, served)
        shift = Shift(
            self._traffic, green.cloud, way, self._closing, lambda status: self._note(name, status)
        )
        try:
            self._start(green)
            shift.run(name, green)
        except ClosingError:
            return
        except (ServerFailedError, RolledBackError) as error:
            self._roll_back(name, green, str(error))
            return
        except Exception:
            # Whatever went wrong here, the endpoint must not stay between two fleets.
            self._roll_back(name, green, "InternalFailure: the stand-in failed; its log says why.")
            raise
        self._go_live(name, green, config_name, served)

    def _note(self, name: str, status: str) -> None:
        self._store.change(KIND, name, lambda each: endpoint_documents.pending(each, status))

    def _roll_back(self, name: str, green: Fleet, reason: str) -> None:
        if self._closing.is_set():
            return
        self._traffic.take_back(name)
        self._traffic.drain(green)
        self._store.change(KIND, name, lambda each: endpoint_documents.rolled_back(each, reason))

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
        self._store.change(
            KIND,
            name,
            lambda document: endpoint_documents.in_service(document, config_name, served),
        )
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
        self._capture.forget(document["EndpointName"])
        self._store.drop_tags(document["EndpointArn"])

    def _fleet(self, document: Request, config_name: str, served: Request) -> Fleet:
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
        if document["EndpointStatus"] == "SystemUpdating":
            # It proved itself when it was deployed; a machine that is starting up is slow.
            plans = [(without_bound(plan), weight) for plan, weight in plans]
        return Fleet(
            config_name,
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

    def _rollout(
        self, call: str, caller: Caller, deployment: Request | None, served: Request
    ) -> Rollout:
        counts = [each["config"].get("InitialInstanceCount", 1) for each in served["variants"]]
        way = rollout(call, deployment, counts)
        states = alarm_states(self._context.cloud(caller), way.alarms)
        missing = [name for name in way.alarms if name not in states]
        if missing:
            raise validation(
                f"Could not find CloudWatch alarm(s) of AutoRollbackConfiguration: {missing}."
            )
        return way

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


def _missing(caller: Caller, name: str) -> Exception:
    return validation(f'Could not find endpoint "{caller.arn(KIND, name)}".')
