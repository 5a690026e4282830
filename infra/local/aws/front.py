"""One URL for all of AWS: each request goes where the service in its signature's scope says."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from botocore import xform_name
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.aws import protocol
from infra.local.aws.context import ACCOUNT, Caller
from infra.local.aws.controls import PREFIX, Controls
from infra.local.aws.errors import AwsError, unsupported
from infra.local.aws.runtime import Runtime

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_TARGET = "SageMaker."
# Signing names of what ministack stands in for here. It knows more, some of which starts containers.
_OTHERS = frozenset(
    {
        "budgets",
        "cloudformation",
        "ecr",
        "events",
        "iam",
        "kms",
        "logs",
        "monitoring",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "sts",
        "tagging",
    }
)
# Its administration can wipe everything, and any page in a browser can send a POST to loopback.
_CLOSED = ("/_ministack/", "/_localstack/", "/_aws/")
_log = logging.getLogger(__name__)

Handler = Callable[[Caller, dict[str, Any]], dict[str, Any]]


class Front:
    """The ASGI application: SageMaker and its runtime here, every other service at `others`."""

    def __init__(
        self, others: ASGIApp, calls: list[object], runtime: Runtime, controls: Controls
    ) -> None:
        """Keep the parts; `calls` are the objects whose methods answer SageMaker's calls."""
        self._controls = controls
        self._others = others
        self._calls = calls
        self._runtime = runtime
        self.others_changed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._others(scope, receive, send)
            return
        request = Request(scope, receive)
        match = _SCOPE.search(request.headers.get("authorization", ""))
        if match is not None and match[3] == "sagemaker":
            account = match[1] if re.fullmatch(r"\d{12}", match[1]) else ACCOUNT
            response = await self._answer(Caller(account, match[2]), request)
        elif match is not None and match[3] not in _OTHERS:
            response = _refusal(request, f"the service {match[3]!r}")
        elif scope["path"].startswith(PREFIX):
            response = await self._controls.answer(request)
        elif scope["path"].startswith(_CLOSED):
            response = _refusal(request, f"{request.method} {request.url.path}")
        else:
            await self._others(scope, receive, send)
            self.others_changed |= request.method not in {"GET", "HEAD"}
            return
        await response(scope, receive, send)

    async def _answer(self, caller: Caller, request: Request) -> Response:
        target = request.headers.get("x-amz-target", "")
        try:
            if not target:
                return await self._runtime.invoke(caller, request)
            return await self._control(caller, target.removeprefix(_TARGET), await request.body())
        except AwsError as error:
            return _error(error)
        except Exception:  # noqa: BLE001 - the client gets an answer, the log the fault
            _log.exception("%s %s", target, request.url.path)
            return _error(AwsError("InternalFailure", "the local AWS stand-in failed; see its log"))

    async def _control(self, caller: Caller, call: str, body: bytes) -> Response:
        model = protocol.operation(call)
        if model is None:
            raise AwsError("UnknownOperationException", f"SageMaker has no call {call!r}")
        handler = self._handler(call)
        if handler is None:
            raise unsupported(call)
        result = await asyncio.to_thread(handler, caller, protocol.read(model, body))
        return Response(
            protocol.write(model, result),
            media_type="application/x-amz-json-1.1",
            headers={"x-amzn-RequestId": str(uuid.uuid4())},
        )

    def _handler(self, call: str) -> Handler | None:
        name = xform_name(call)
        for each in self._calls:
            handler: Handler | None = getattr(each, name, None)
            if handler is not None:
                return handler
        return None


def _refusal(request: Request, what: str) -> Response:
    """Answer in the protocol the client speaks, so that it finds the message."""
    error = unsupported(what)
    if "x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        return _error(error)
    content = (
        f"<Response><Errors><Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        f"</Error></Errors><RequestID>{uuid.uuid4()}</RequestID></Response>"
    )
    return Response(content, status_code=error.status, media_type="text/xml")


def _error(error: AwsError) -> Response:
    content = {"__type": error.code, "message": error.message, **error.extra}
    return Response(
        json.dumps(content),
        status_code=error.status,
        media_type="application/x-amz-json-1.1",
        headers={"x-amzn-errortype": error.code, "x-amzn-RequestId": str(uuid.uuid4())},
    )
