"""`POST /_cooper/…`: the stand-in's own requests, by which a test or a person lets things go wrong. Not part of AWS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.aws import protocol
from infra.local.aws.errors import AwsError
from infra.local.aws.job_calls import JobCalls
from infra.local.aws.spot import Shortages

PREFIX = "/_cooper/"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Interruption(_Body):
    """Take a spot training job's instance away; it comes back after `seconds`."""

    job: str
    seconds: float = Field(default=0, ge=0)


class Shortage(_Body):
    """Let the next `count` jobs on this type fail for want of capacity."""

    instance_type: str
    count: int = Field(default=1, ge=1)

    @field_validator("instance_type")
    @classmethod
    def _exists(cls, name: str) -> str:
        shapes = ("TrainingInstanceType", "ProcessingInstanceType")
        if all(name not in protocol.service().shape_for(each).metadata["enum"] for each in shapes):
            raise ValueError(f"SageMaker has no instance type {name!r} for jobs")
        return name


class Controls:
    """Answers these requests."""

    def __init__(self, jobs: JobCalls, shortages: Shortages) -> None:
        """Keep what the requests act on."""
        self._jobs = jobs
        self._shortages = shortages
        self._answers: dict[str, Callable[[bytes], dict[str, Any]]] = {
            "interruptions": self._interrupt,
            "shortages": self._run_short,
        }

    async def answer(self, request: Request) -> Response:
        """Answer one request: 200 with what was done, or `{"error": …}`."""
        what = self._answers.get(request.url.path.removeprefix(PREFIX))
        if what is None:
            known = ", ".join(f"{PREFIX}{name}" for name in self._answers)
            return _error(404, f"there is no {request.url.path}; there are {known}")
        if request.method != "POST":
            return _error(405, f"{request.url.path} takes POST only")
        # Any page in a browser can send a POST to loopback; it cannot leave this header out.
        if "origin" in request.headers:
            return _error(403, "these requests are not for browsers")
        try:
            return JSONResponse(await asyncio.to_thread(what, await request.body()))
        except ValidationError as error:
            return _error(422, _told(error))
        except AwsError as error:
            return _error(error.status, error.message)

    def _interrupt(self, body: bytes) -> dict[str, Any]:
        asked = Interruption.model_validate_json(body)
        self._jobs.interrupt(asked.job, asked.seconds)
        return asked.model_dump()

    def _run_short(self, body: bytes) -> dict[str, Any]:
        asked = Shortage.model_validate_json(body)
        left = self._shortages.add(asked.instance_type, asked.count)
        return {"instance_type": asked.instance_type, "count": left}


def _told(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'the body'}: {each['msg']}"
        for each in json.loads(error.json(include_url=False))
    )


def _error(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status_code=status)
