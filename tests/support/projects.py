"""A registered project as `cooper project register` stores it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from actions.plans import Artifact
from actions.project import Project, load_project
from actions.registration import RegisteredProject

GPU_IMAGE = {"framework": "pytorch", "version": "2.3"}
"""An image that runs on GPUs too; scikit-learn's does not."""
ROOT = Path(__file__).parents[2]
CLAIMS = ROOT / "examples" / "claims-frequency"
SAMPLE = {"dataframe_split": {"columns": ["age"], "data": [[41]]}}


def artifact(name: str, letter: str) -> Artifact:
    """A content-addressed object that lies nowhere."""
    return Artifact(uri=f"s3://cooper-demo/projects/{name}", sha256=letter * 64)


def registered(spec: Project | None = None, **changes: object) -> RegisteredProject:
    """The claims-frequency example (or `spec`), with `changes` to its `project.yaml`."""
    spec = spec or load_project(CLAIMS)
    if changes:
        spec = Project.model_validate_json(json.dumps(spec.model_dump(mode="json") | changes))
    return RegisteredProject(
        spec=spec,
        source=artifact("source.tar.gz", "a"),
        data=artifact("claims.csv", "b"),
        holdout=artifact("holdout.csv", "c"),
        sample=SAMPLE,
        registered_by="UANA00001",
        registered=datetime(2026, 10, 1, tzinfo=UTC),
    )
