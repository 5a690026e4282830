"""`cooper.yaml`: where it is, and what Airflow needs of it."""

from __future__ import annotations

import json
from pathlib import Path

from actions.catalog import COMMANDS
from actions.config import ConfigError
from actions.policy import Policy, load_policy
from infra.local.progress import StepError
from infra.local.stack.environment import Given
from infra.local.stack.layout import Layout


def configuration(layout: Layout, given: Given) -> Path:
    """Return the path of the configuration: the person's, or the checkout's."""
    return Path(given.values.get("COOPER_CONFIG") or layout.checkout / "cooper.yaml")


def load_configuration(path: Path) -> Policy:
    """Return what the file says. Raises StepError for one that is missing or has mistakes, all named by line."""
    if not path.is_file():
        raise StepError(
            f"there is no configuration at {path}: set COOPER_CONFIG to your cooper.yaml."
        )
    try:
        return load_policy(path, {name: command.risk.value for name, command in COMMANDS.items()})
    except ConfigError as error:
        raise StepError(str(error)) from None


def watched_environments(policy: Policy) -> str:
    """Return `COOPER_ENVIRONMENTS`, which tells the DAG `monitor_models` where models serve."""
    return json.dumps(
        [
            {
                "name": name,
                "connection": each.connection,
                "region": each.region,
                "bucket": each.bucket,
                "installation": policy.installation,
            }
            for name, each in policy.file.environments.items()
        ]
    )
