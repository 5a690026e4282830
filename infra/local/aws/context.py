"""What every handler of a SageMaker call is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.local.aws.cloud import Cloud
from infra.local.aws.store import Store

ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Settings:
    """How the stand-in runs. Times in seconds."""

    state: Path
    images: Path
    url: str
    stop_grace: float = 120
    startup_timeout: float = 240
    concurrency: int = 1


@dataclass(frozen=True)
class Caller:
    """Whom a request came from, by its signature's scope."""

    account: str
    region: str

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a SageMaker resource; names are lower case in it, as AWS writes them."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name.lower()}"


@dataclass(frozen=True)
class Context:
    """The parts of the stand-in that handlers share."""

    settings: Settings
    store: Store

    def cloud(self, caller: Caller) -> Cloud:
        """Return AWS's other services as this caller sees them."""
        return _cloud(self.settings.url, caller.account, caller.region)


@cache
def _cloud(url: str, account: str, region: str) -> Cloud:
    return Cloud(url, account, region)
