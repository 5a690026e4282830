"""The model servers of one endpoint configuration, and which of an endpoint's fleets takes the traffic."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.aws.cloud import Cloud
from infra.local.aws.errors import AwsError, validation
from infra.local.aws.server_process import ModelServer, ServerPlan

_DRAIN_SECONDS = 70.0  # longer than an invocation may take
_POLL_SECONDS = 0.02


@dataclass
class Variant:
    """A variant's server and its weight in the traffic."""

    server: ModelServer
    weight: float


class Fleet:
    """One generation of an endpoint: a server for each variant."""

    def __init__(
        self,
        config: str,
        plans: list[tuple[ServerPlan, float]],
        capture: dict[str, Any] | None,
        cloud: Cloud,
        images: Path,
        folder: Path,
    ) -> None:
        """Prepare; `config` is the endpoint configuration's name, `plans` its variants with their weights."""
        self.config = config
        self.capture = capture
        self.cloud = cloud
        self._folder = folder
        self.variants = {
            plan.variant: Variant(ModelServer(plan, cloud, images, folder / plan.variant), weight)
            for plan, weight in plans
        }

    def start(self) -> None:
        """Start every server; all answer /ping, or none is left. Raises ServerFailedError."""
        servers = [each.server for each in self.variants.values()]
        with ThreadPoolExecutor(len(servers)) as pool:
            starts = [pool.submit(server.start) for server in servers]
        errors = [error for each in starts if (error := each.exception())]
        if errors:
            self.stop()
            raise errors[0]

    def stop(self) -> None:
        """End every server."""
        for each in self.variants.values():
            each.server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def choose(self, target: str | None) -> Variant:
        """Return the variant a request goes to. Raises AwsError for a target that is not here."""
        if target is None:
            variants = list(self.variants.values())
            weights = [each.weight for each in variants]
            if not sum(weights):
                weights = [1.0] * len(variants)
            return random.choices(variants, weights)[0]  # noqa: S311 - a share of traffic, no secret
        if target not in self.variants:
            raise AwsError(
                "ValidationError",
                f"Variant {target} not found for request. The endpoint serves: "
                f"{', '.join(self.variants)}",
            )
        return self.variants[target]


class Traffic:
    """Which fleet answers for which endpoint. A switch never drops a request: the old fleet drains first."""

    def __init__(self) -> None:
        """Start with no endpoint."""
        self._lock = threading.Lock()
        self._live: dict[str, Fleet] = {}
        self._green: dict[str, tuple[Fleet, float]] = {}

    @contextmanager
    def lease(self, endpoint: str, target: str | None) -> Iterator[tuple[Fleet, Variant]]:
        """Hold one of the endpoint's fleets, and one of its variants, for a request.

        Raises KeyError when the endpoint has no fleet, AwsError for an unknown variant.
        """
        with self._lock:
            fleet = self._choose(endpoint, target)
            variant = fleet.choose(target)
            variant.server.in_flight += 1
        try:
            yield fleet, variant
        finally:
            with self._lock:
                variant.server.in_flight -= 1

    def _choose(self, endpoint: str, target: str | None) -> Fleet:
        """Return blue or green by their shares; a variant that only one of them has goes there."""
        blue = self._live[endpoint]
        green, share = self._green.get(endpoint, (blue, 0.0))
        if target is not None and (target in blue.variants) != (target in green.variants):
            return blue if target in blue.variants else green
        return green if random.random() < share else blue  # noqa: S311 - a share of traffic

    def shift(self, endpoint: str, green: Fleet, share: float) -> None:
        """Send this share (0 to 1) of the endpoint's requests to the green fleet of an update."""
        with self._lock:
            self._green[endpoint] = (green, share)

    def take_back(self, endpoint: str) -> None:
        """Send all requests to the blue fleet again."""
        with self._lock:
            self._green.pop(endpoint, None)

    def live(self, endpoint: str) -> Fleet | None:
        """Return the fleet that answers for the endpoint."""
        with self._lock:
            return self._live.get(endpoint)

    def switch(self, endpoint: str, fleet: Fleet | None) -> Fleet | None:
        """Send all further requests to `fleet` (None: nowhere); return the fleet that had them."""
        with self._lock:
            self._green.pop(endpoint, None)
            old = self._live.pop(endpoint, None)
            if fleet is not None:
                self._live[endpoint] = fleet
        return old

    def drain(self, fleet: Fleet) -> None:
        """Wait until a fleet that gets no more requests has answered the last one, then stop it."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline:
            with self._lock:
                if not any(each.server.in_flight for each in fleet.variants.values()):
                    break
            time.sleep(_POLL_SECONDS)
        fleet.stop()

    def set_weights(self, endpoint: str, weights: dict[str, float]) -> None:
        """Change the shares of the endpoint's variants."""
        with self._lock:
            fleet = self._live.get(endpoint)
            if fleet is None:
                raise validation(f"Endpoint {endpoint} serves nothing.")
            for name, weight in weights.items():
                fleet.variants[name].weight = weight

    def close(self) -> None:
        """Stop every fleet."""
        with self._lock:
            fleets = [*self._live.values(), *(green for green, _ in self._green.values())]
            self._live, self._green = {}, {}
        with ThreadPoolExecutor(max(1, len(fleets))) as pool:
            list(pool.map(Fleet.stop, fleets))
