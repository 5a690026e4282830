"""A small model project, packaged, and plans for it."""

import base64
import hashlib
import io
import tarfile

from services import REGION

from cooper_dags.conf import digest

BUCKET = "cooper-tests"
MODEL_IMAGE = f"000000000000.dkr.ecr.{REGION}.amazonaws.com/cooper-serving:1"
ENVIRONMENT = {
    "name": "staging",
    "connection": "aws_tests",
    "region": REGION,
    "bucket": BUCKET,
    "installation": "tests",
}

DRIFT = {"name": "drift", "check": "data_drift", "window": "PT1H", "threshold": 0.2}

TRAIN = """
import argparse, os, pathlib, time
import mlflow
import pandas as pd
from sklearn.linear_model import LinearRegression

parser = argparse.ArgumentParser()
parser.add_argument("--slope", type=float, default=2.0)
parser.add_argument("--explode", type=int, default=0)
parser.add_argument("--endless", type=int, default=0)
args = parser.parse_args()
checkpoint = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "checkpoints", "epoch.txt")
begun = int(checkpoint.read_text()) if checkpoint.exists() else 0
for epoch in range(begun + 1, 4):
    print(f"epoch={epoch}; train_rmse={2 ** -epoch}", flush=True)
    checkpoint.write_text(str(epoch))
    if args.explode == epoch and not begun:
        raise ValueError("the loss is NaN at step 3")
while args.endless:
    time.sleep(0.1)
files = list(pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).glob("*.csv"))
rows = pd.read_csv(files[0])
rows["y"] = args.slope * rows["x"]
model = LinearRegression().fit(rows[["x"]], rows["y"])
folder = os.environ["SM_MODEL_DIR"]
mlflow.sklearn.save_model(
    model, folder, serialization_format="cloudpickle", pip_requirements=[], input_example=rows[["x"]].head(2)
)
"""

EVALUATE = """
import argparse, hashlib, json, pathlib
import mlflow
import pandas as pd
import measure

parser = argparse.ArgumentParser()
for name in ("--model-dir", "--holdout", "--output-dir", "--baseline-dir"):
    parser.add_argument(name, type=pathlib.Path)
args = parser.parse_args()
rows = pd.read_csv(args.holdout)
size = sum(path.stat().st_size for path in args.model_dir.rglob("*") if path.is_file())
report = {
    "rows": len(rows),
    "holdout_sha256": hashlib.sha256(args.holdout.read_bytes()).hexdigest(),
    "metrics": measure.score(args.model_dir, rows),
    "slices": measure.slices(args.model_dir, rows),
    "latency_ms": 1.5,
    "size_bytes": size,
}
report["predictions"] = {"file": "predictions.csv", "task": "regression", "prediction": "prediction"}
measure.predictions(args.model_dir, rows).to_csv(args.output_dir / "predictions.csv", index=False)
if args.baseline_dir:
    report["baseline_metrics"] = measure.score(args.baseline_dir, rows)
    report["baseline_slices"] = measure.slices(args.baseline_dir, rows)
(args.output_dir / "evaluation.json").write_text(json.dumps(report))
"""

MEASURE = """
import mlflow
import pandas as pd

def predictions(folder, rows):
    model = mlflow.pyfunc.load_model(str(folder))
    return pd.DataFrame({"prediction": model.predict(rows[["x"]])})

def score(folder, rows):
    error = mlflow.pyfunc.load_model(str(folder)).predict(rows[["x"]]) - rows["y"]
    return {"rmse": float((error ** 2).mean() ** 0.5)}

def slices(folder, rows):
    parts = {"small": rows[rows["x"] < 10], "large": rows[rows["x"] >= 10]}
    return [
        {"column": "size", "value": name, "rows": len(part), **score(folder, part)}
        for name, part in parts.items()
    ]
"""

CODE = {"train.py": TRAIN, "evaluate.py": EVALUATE, "measure.py": MEASURE}


def archive(files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as packed:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            packed.addfile(info, io.BytesIO(text.encode()))
    return content.getvalue()


def table(rows):
    return ("x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(rows))).encode()


def put(s3, key, content):
    """Upload; the artifact as a plan names it."""
    sha256 = hashlib.sha256(content).hexdigest()
    key = key.format(sha256=sha256)
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return {"uri": f"s3://{BUCKET}/{key}", "sha256": sha256}


def common(request, environment="staging"):
    return {
        "installation": "tests",
        "request": request,
        "requested_by": {"id": "UANA00001", "name": "Ana"},
        "policy": "sha256:0",
        "project": "line",
        "environment": {
            "name": environment,
            "region": REGION,
            "role_arn": "arn:aws:iam::000000000000:role/cooper-tests",
            "connection": "aws_tests",
            "bucket": BUCKET,
        },
        "price": None,
        "tags": {"team": "actuaries"},
        "resources": {
            "instance_type": "ml.m5.large",
            "instance_count": 1,
            "max_runtime_seconds": 300,
        },
    }


def training_plan(request, artifacts, hyperparameters=None, threshold=None, **changes):
    metrics = [
        {
            "name": "rmse",
            "goal": "minimise",
            "threshold": threshold or {"max": 0.5, "worst_slice": 10},
        },
        {"name": "train_rmse", "goal": "minimise", "regex": "train_rmse=([0-9.]+)"},
    ]
    return {
        **common(request),
        **artifacts,
        "command": "train_model",
        "image": {"framework": "sklearn", "version": "1.4-2"},
        "train_entry_point": "train.py",
        "evaluate_entry_point": "evaluate.py",
        "hyperparameters": hyperparameters or {},
        "metrics": metrics,
        "model_name": "line",
        "target": "y",
        "latency_ms": 500,
        "size_bytes": 10_000_000,
        **changes,
    }


def deployment_plan(request, version, artifact, environment="staging", **changes):
    return {
        **common(request, environment),
        "command": "deploy_model",
        "model": {"name": "line", "version": version, "artifact": artifact},
        "endpoint": f"tests-line-{environment}",
        "image": {"uri": MODEL_IMAGE},
        "sample": {"dataframe_split": {"columns": ["x"], "data": [[3]]}},
        "latency_ms": 20_000,
        **changes,
    }


def monitoring(profile=None, monitors=()):
    """How a deployed version is watched."""
    return {
        "monitors": list(monitors),
        "profile": profile,
        "target": "y",
        "capture": f"s3://{BUCKET}/capture",
    }


def dag_of(plan):
    """Promotions and rollbacks are deployments."""
    rollouts = ("promote_model", "rollback_model")
    return "deploy_model" if plan["command"] in rollouts else plan["command"]


def basis(live_config, champion=None, evaluation=None):
    """What people's votes rest on."""
    return {"live_config": live_config, "champion": champion, "evaluation": evaluation}


def undeployment_plan(request, environment="staging", **changes):
    plan = {
        **common(request, environment),
        "command": "undeploy_model",
        "model_name": "line",
        "endpoint": f"tests-line-{environment}",
        **changes,
    }
    plan.pop("resources")
    return plan


def signed(plan, run_id, key):
    """The conf of a run, as the bot makes it."""
    claimed = digest(plan)
    signature = base64.b64encode(key.sign(f"{run_id}\n{claimed}".encode())).decode()
    return {"plan": plan, "digest": claimed, "signature": signature}
