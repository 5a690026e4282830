"""Puts the stand-in together and runs it in this process."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from infra.local.aws import alarms
from infra.local.aws.capture import DataCapture
from infra.local.aws.context import ACCOUNT, Context, Settings
from infra.local.aws.controls import Controls
from infra.local.aws.endpoint_calls import EndpointCalls
from infra.local.aws.fleet import Traffic
from infra.local.aws.front import Front
from infra.local.aws.job_calls import JobCalls
from infra.local.aws.model_calls import ModelCalls
from infra.local.aws.runtime import Runtime
from infra.local.aws.spot import Shortages
from infra.local.aws.store import Store
from infra.local.aws.tag_calls import TagCalls
from infra.local.aws.telemetry import Telemetry

_LAST_REQUESTS_SECONDS = 5
_SAVE_SECONDS = 3


class StandIn:
    """SageMaker's parts, and the ASGI application in front of them and of ministack."""

    def __init__(self, settings: Settings, others: ASGIApp) -> None:
        """Open the state; `resume` starts what was served before."""
        self._store = Store(settings.state / "sagemaker.db")
        context = Context(settings, self._store)
        self._traffic = Traffic()
        self._telemetry = Telemetry()
        self._capture = DataCapture()
        shortages = Shortages()
        self._jobs = JobCalls(context, shortages)
        self._endpoints = EndpointCalls(context, self._traffic, self._capture)
        self._runtime = Runtime(self._store, self._traffic, self._telemetry, self._capture)
        calls = [self._jobs, ModelCalls(context), self._endpoints, TagCalls(context)]
        self.app = Front(others, calls, self._runtime, Controls(self._jobs, shortages))

    def resume(self) -> None:
        """Serve again what was served before; S3 must answer by now."""
        self._endpoints.resume()

    async def close(self) -> None:
        """End every job and model server; S3 and Logs still answer meanwhile."""
        await asyncio.gather(
            asyncio.to_thread(self._jobs.close), asyncio.to_thread(self._endpoints.close)
        )
        await asyncio.to_thread(self._telemetry.close)
        await asyncio.to_thread(self._capture.close)
        await self._runtime.close()
        self._store.close()


class _Saver:
    """Writes ministack's state while it runs; by itself it saves S3's objects at once, the rest at its end only."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        from ministack import app as ministack

        while True:
            await asyncio.sleep(_SAVE_SECONDS)
            if self._front.others_changed:
                self._front.others_changed = False
                # On the event loop, where ministack's own handlers run: nothing changes meanwhile.
                ministack.save_all(ministack._build_persistence_save_dict())  # noqa: SLF001 - no public way


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stand_in: StandIn, url: str) -> None:
        super().__init__(config)
        self._stand_in = stand_in
        self._url = url
        self._saver = _Saver(stand_in.app)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._stand_in.resume()
        self._saver.start()
        sys.stdout.write(f"ready {self._url}\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._stand_in.close()
        self._saver.stop()
        await super().shutdown(sockets)


def run(*, port: int, state: Path, images: Path, **limits: Any) -> None:
    """Serve until SIGTERM or SIGINT; `limits` are the times and counts of Settings."""
    state, images = state.resolve(), images.resolve()
    state.mkdir(parents=True, exist_ok=True)
    listener = socket.create_server(("127.0.0.1", port))
    port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    stand_in = StandIn(
        Settings(state=state, images=images, url=url, **limits), load_ministack(state, port)
    )
    config = uvicorn.Config(
        stand_in.app,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_LAST_REQUESTS_SECONDS,
    )
    _Server(config, stand_in, url).run(sockets=[listener])


def load_ministack(state: Path, port: int) -> ASGIApp:
    """Return ministack's application, which reads its settings from the environment when imported."""
    # The host's name in bucket.host addresses, where clients reach the stand-in by a name.
    os.environ.setdefault("MINISTACK_HOST", "127.0.0.1")
    os.environ.update(
        GATEWAY_PORT=str(port),
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        S3_PERSIST="1",
        S3_DATA_DIR=str(state / "s3"),
        PERSIST_STATE="1",
        STATE_DIR=str(state / "ministack"),
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        LOG_LEVEL="WARNING",
        # It would look for containers of its own to remove; nothing here runs in one.
        DOCKER_HOST=f"unix://{state}/no-docker",
    )
    from ministack.app import app
    from ministack.services import cloudwatch

    alarms.correct(cloudwatch)
    logging.getLogger("ministack").setLevel(logging.WARNING)
    application: ASGIApp = app
    return application
