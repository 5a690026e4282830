"""SageMaker runtime: InvokeEndpoint, handed to the model server of the variant chosen."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import UTC, datetime
from urllib.parse import unquote

import aiohttp
from starlette.requests import Request
from starlette.responses import Response

from infra.local.aws.capture import DataCapture
from infra.local.aws.context import Caller
from infra.local.aws.endpoint_calls import KIND
from infra.local.aws.errors import AwsError, unsupported
from infra.local.aws.exchange import Exchange
from infra.local.aws.fleet import Fleet, Traffic, Variant
from infra.local.aws.store import Store
from infra.local.aws.telemetry import Telemetry

_MODEL_SECONDS = 60  # how long SageMaker waits for a real-time answer
_RESUME_SECONDS = 60.0
_POLL_SECONDS = 0.1
_LARGEST_BODY = 25 * 1024 * 1024
_INFERENCE_ID = "x-amzn-sagemaker-inference-id"
_LONGEST_INFERENCE_ID = 64
_REFUSED_HEADERS = {
    "x-amzn-sagemaker-target-model": "multi-model endpoints (TargetModel)",
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName",
}


class Runtime:
    """Answers invocations."""

    def __init__(
        self, store: Store, traffic: Traffic, telemetry: Telemetry, capture: DataCapture
    ) -> None:
        """Keep what an invocation needs."""
        self._store = store
        self._traffic = traffic
        self._telemetry = telemetry
        self._capture = capture
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of the HTTP client."""
        if self._session is not None:
            await self._session.close()

    async def invoke(self, caller: Caller, request: Request) -> Response:
        """Answer `POST /endpoints/{name}/invocations`. Raises AwsError."""
        parts = request.url.path.split("/")
        if request.method != "POST" or len(parts) != 4 or parts[3] != "invocations":
            raise unsupported(f"{request.method} {request.url.path} of SageMaker runtime")
        for header, feature in _REFUSED_HEADERS.items():
            if header in request.headers:
                raise unsupported("InvokeEndpoint", feature)
        inference_id = request.headers.get(_INFERENCE_ID, "")
        if len(inference_id) > _LONGEST_INFERENCE_ID:
            raise AwsError(
                "ValidationError",
                f"1 validation error detected: Value '{inference_id}' at 'inferenceId' failed to "
                "satisfy constraint: Member must have length less than or equal to "
                f"{_LONGEST_INFERENCE_ID}",
            )
        name = unquote(parts[2])
        body = await request.body()
        if len(body) > _LARGEST_BODY:
            raise AwsError(
                "ValidationError",
                f"The payload has {len(body)} bytes; {_LARGEST_BODY} is the most.",
            )
        await self._wait_until_serving(caller, name)
        target = request.headers.get("x-amzn-sagemaker-target-variant")
        try:
            with self._traffic.lease(name, target) as (fleet, variant):
                return await self._forward(name, fleet, variant, request, body)
        except KeyError as error:
            raise _unknown(caller, name) from error

    async def _wait_until_serving(self, caller: Caller, name: str) -> None:
        """Let an endpoint that is coming back after a restart come back; refuse one that does not serve."""
        deadline = time.monotonic() + _RESUME_SECONDS
        while self._traffic.live(name) is None:
            document = self._store.get(KIND, name)
            is_resuming = document is not None and document["EndpointStatus"] == "SystemUpdating"
            if not is_resuming or time.monotonic() > deadline:
                raise _unknown(caller, name)
            await asyncio.sleep(_POLL_SECONDS)

    async def _forward(
        self, name: str, fleet: Fleet, variant: Variant, request: Request, body: bytes
    ) -> Response:
        plan = variant.server.plan
        came = datetime.now(UTC)
        started = time.monotonic()
        try:
            status, content_type, custom, answer = await self._post(
                variant.server.port, request, body
            )
        except TimeoutError:
            status, content_type, custom = 0, "text/plain", None
            answer = (
                b"Your invocation timed out while waiting for a response from container primary."
            )
        except aiohttp.ClientError as error:
            status, content_type, custom = 500, "text/plain", None
            answer = f"the model server closed the connection: {error}".encode()
        exchange = Exchange(
            endpoint=name,
            config=fleet.config,
            variant=plan.variant,
            at=came,
            request_type=request.headers.get("content-type", "application/octet-stream"),
            request=body,
            response_type=content_type,
            response=answer,
            status=status or 500,
            latency=time.monotonic() - started,
            inference_id=request.headers.get(_INFERENCE_ID),
            custom_attributes=request.headers.get("x-amzn-sagemaker-custom-attributes"),
        )
        self._telemetry.record(fleet.cloud, exchange)
        self._capture.record(fleet.cloud, fleet.capture, exchange)
        if not exchange.is_answered:
            raise _model_error(fleet, name, status, answer)
        headers = {
            "x-amzn-invoked-production-variant": plan.variant,
            "x-amzn-requestid": str(uuid.uuid4()),
        }
        if custom:
            headers["x-amzn-sagemaker-custom-attributes"] = custom
        return Response(answer, headers=headers, media_type=content_type)

    async def _post(
        self, port: int, request: Request, body: bytes
    ) -> tuple[int, str, str | None, bytes]:
        if self._session is None:
            # A connection for each request: a server that closes an idle one would lose the request on it.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True, limit=0),
                timeout=aiohttp.ClientTimeout(total=_MODEL_SECONDS),
            )
        passed = ("content-type", "accept", "x-amzn-sagemaker-custom-attributes")
        headers = {each: request.headers[each] for each in passed if each in request.headers}
        async with self._session.post(
            f"http://127.0.0.1:{port}/invocations", data=body, headers=headers
        ) as response:
            return (
                response.status,
                response.headers.get("content-type", "application/octet-stream"),
                response.headers.get("x-amzn-sagemaker-custom-attributes"),
                await response.read(),
            )


def _unknown(caller: Caller, name: str) -> AwsError:
    return AwsError("ValidationError", f"Endpoint {name} of account {caller.account} not found.")


def _model_error(fleet: Fleet, name: str, status: int, answer: bytes) -> AwsError:
    whose = "client" if 400 <= status < 500 else "server"
    text = answer.decode("utf-8", "replace")
    group = f"/aws/sagemaker/Endpoints/{name}"
    return AwsError(
        "ModelError",
        f'Received {whose} error ({status}) from primary with message "{text}". '
        f"See the log group {group} in CloudWatch Logs for more information.",
        424,
        OriginalStatusCode=status,
        OriginalMessage=text,
        LogStreamArn=f"arn:aws:logs:{fleet.cloud.region}:{fleet.cloud.account}:log-group:{group}",
    )
