"""An endpoint that is watched, as the tests of `monitor_models` look at it."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import project
import traffic
from mlflow import MlflowClient
from project import BUCKET, DRIFT

from cooper_dags import environments, watching
from monitoring.schema import Schema, Task

NUMBERS = itertools.count(1)
HOUR = timedelta(hours=1)
STAGING = environments.parse(project.ENVIRONMENT, "tests")
LINE = Schema(("x", "word"), Task.REGRESSION, prediction="prediction", target="y")


def rows(count, shift=0.0, seed=1):
    r = np.random.default_rng(seed)
    x = r.normal(shift, 1, count)
    return pl.DataFrame(
        {"x": x, "word": r.choice(["a", "b"], count), "prediction": 2 * x, "y": 2 * x}
    )


class Watched:
    """An endpoint that is watched, its traffic and its reports."""

    def __init__(self, cloud, config, kept):
        self.s3 = cloud.client("s3")
        self.name = f"tests-line-{next(NUMBERS)}"
        cloud.client("sagemaker").create_endpoint(EndpointName=self.name, EndpointConfigName=config)
        self.mlflow = MlflowClient(cloud.mlflow, cloud.mlflow)
        self.end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
        self.watch = {
            "schema_version": 1,
            "installation": "tests",
            "project": "line",
            "environment": "staging",
            "endpoint": self.name,
            "config": config,
            "model": "line",
            "version": 7,
            "monitoring": project.monitoring(kept, [DRIFT]),
            "since": (self.end - 10 * HOUR).isoformat(),
        }

    def monitors(self, *monitors):
        self.watch["monitoring"] = {**self.watch["monitoring"], "monitors": list(monitors)}

    def asked(self, table, at=None, events=None):
        """The rows come as requests, one each."""
        at = at or self.end - HOUR / 2
        records = [
            traffic.record(
                traffic.split(["x", "word"], [[row["x"], row["word"]]]),
                [row["prediction"]],
                at,
                event=None if events is None else f"{events}-{number}",
            )
            for number, row in enumerate(table.to_dicts())
        ]
        traffic.captured(self.s3, self.name, at, records)

    @property
    def uri(self):
        return f"s3://{BUCKET}/watch/tests/{self.name}.json"

    def look(self, end=None):
        self.s3.put_object(
            Bucket=BUCKET,
            Key=self.uri.removeprefix(f"s3://{BUCKET}/"),
            Body=json.dumps(self.watch).encode(),
        )
        return watching.look(STAGING, self.uri, end or self.end)

    def runs(self):
        experiment = self.mlflow.get_experiment_by_name("line").experiment_id
        return self.mlflow.search_runs([experiment], f"tags.`cooper.monitor` = '{self.name}'")

    def report(self, tmp_path, run=None):
        run = run or self.runs()[0]
        path = self.mlflow.download_artifacts(run.info.run_id, "drift.json", str(tmp_path))
        return json.loads(Path(path).read_text())

    def reasons(self, tmp_path):
        found = self.report(tmp_path)["findings"]
        assert {each["verdict"] for each in found} == {"no_data"}
        return {each["monitor"]: each["detail"]["reason"] for each in found}
