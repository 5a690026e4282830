"""Evaluate a model on the holdout, and the champion on the same rows; write evaluation.json.

Runs as a SageMaker processing job, and anywhere else with the same arguments.
"""

import argparse
import hashlib
import json
import tarfile
import tempfile
import time
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from columns import FEATURES, NUMERIC, TARGET
from sklearn.metrics import d2_tweedie_score, mean_absolute_error, mean_poisson_deviance

PROCESSING = Path("/opt/ml/processing")
SLICES = ["self_rated_health", "individual_deductible"]
MIN_SLICE_ROWS = 50
PREDICTIONS = "predictions.csv"


def parse_args(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-dir", type=Path, default=PROCESSING / "input/model")
    parser.add_argument("--holdout", type=Path, default=PROCESSING / "input/holdout")
    parser.add_argument("--output-dir", type=Path, default=PROCESSING / "output")
    parser.add_argument("--baseline-dir", type=Path, help="the champion, where there is one")
    return parser.parse_args(argv)


def open_model(folder: Path, unpacked: Path) -> tuple:
    """The model and its size in bytes, from an MLflow folder or the model.tar.gz in it."""
    archives = sorted(folder.glob("*.tar.gz"))
    if not (folder / "MLmodel").exists() and archives:
        with tarfile.open(archives[0]) as archive:
            archive.extractall(unpacked, filter="data")
        folder = unpacked
    if not (folder / "MLmodel").exists():
        raise FileNotFoundError(f"{folder} holds no MLflow model")
    files = [path for path in folder.rglob("*") if path.is_file() and path not in archives]
    size = sum(path.stat().st_size for path in files)
    return mlflow.pyfunc.load_model(str(folder)), size


def read_holdout(path: Path) -> tuple[pd.DataFrame, str]:
    """The rows and the SHA-256 of the file they came from."""
    if path.is_dir():
        files = sorted(path.glob("*.csv"))
        if len(files) != 1:
            raise FileNotFoundError(f"{path} should hold one CSV file, holds {len(files)}")
        path = files[0]
    content = path.read_bytes()
    rows = pd.read_csv(path)
    missing = {*FEATURES, TARGET} - set(rows.columns)
    if missing or rows.empty:
        raise ValueError(f"{path.name} lacks rows or the columns {', '.join(sorted(missing))}")
    rows = rows.astype(dict.fromkeys(NUMERIC, "float64"))
    return rows, hashlib.sha256(content).hexdigest()


def gini(y: np.ndarray, predicted: np.ndarray) -> float:
    """How well the prediction orders people by visits: 0 as chance does, 1 as well as possible."""

    def area(order: np.ndarray) -> float:
        lorenz = np.concatenate([[0], np.cumsum(y[order])]) / y.sum()
        return 0.5 - float(np.mean((lorenz[1:] + lorenz[:-1]) / 2))

    # A stable sort keeps ties in the order of the file, the same for every model.
    possible = area(np.argsort(y, kind="stable"))
    return area(np.argsort(predicted, kind="stable")) / possible if possible else 0.0


def score(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return {
        "poisson_deviance": float(mean_poisson_deviance(y, predicted)),
        "d2": float(d2_tweedie_score(y, predicted, power=1)),
        "mae": float(mean_absolute_error(y, predicted)),
        "gini": gini(y, predicted),
        "calibration": float(predicted.sum() / y.sum()),
    }


def score_slices(rows: pd.DataFrame, predicted: np.ndarray) -> list[dict]:
    """Deviance and calibration where a mean over all rows would hide a weakness."""
    found = []
    for column in SLICES:
        for value, part in rows.assign(_predicted=predicted).groupby(column, sort=True):
            if len(part) < MIN_SLICE_ROWS or part[TARGET].sum() == 0:
                continue
            metrics = score(part[TARGET].to_numpy(dtype=float), part["_predicted"].to_numpy())
            found.append(
                {
                    "column": column,
                    "value": value if isinstance(value, str) else float(value),
                    "rows": len(part),
                    "poisson_deviance": metrics["poisson_deviance"],
                    "calibration": metrics["calibration"],
                }
            )
    return found


def latency_ms(model, rows: pd.DataFrame, times: int = 30) -> float:
    """The median time to predict one row."""
    taken = []
    for i in range(times):
        one = rows[FEATURES].iloc[[i % len(rows)]]
        start = time.perf_counter()
        model.predict(one)
        taken.append((time.perf_counter() - start) * 1000)
    return float(np.median(taken))


def evaluate(folder: Path, rows: pd.DataFrame) -> tuple[dict, np.ndarray]:
    """What is reported of the model, and its predictions."""
    with tempfile.TemporaryDirectory() as unpacked:
        model, size = open_model(folder, Path(unpacked))
        predicted = np.asarray(model.predict(rows[FEATURES]), dtype=float)
        y = rows[TARGET].to_numpy(dtype=float)
        if not np.isfinite(predicted).all() or (predicted <= 0).any():
            raise ValueError("the model predicts frequencies that are not above zero")
        report = {
            "metrics": score(y, predicted),
            "slices": score_slices(rows, predicted),
            "latency_ms": latency_ms(model, rows),
            "size_bytes": size,
        }
        return report, predicted


def main(argv=None) -> None:
    args = parse_args(argv)
    rows, digest = read_holdout(args.holdout)
    evaluated, predicted = evaluate(args.model_dir, rows)
    report = {"rows": len(rows), "holdout_sha256": digest, **evaluated}
    # What live predictions are held against, named as in the endpoint's answers.
    report["predictions"] = {"file": PREDICTIONS, "task": "count", "prediction": "prediction"}
    if args.baseline_dir is not None:
        baseline, _ = evaluate(args.baseline_dir, rows)
        report |= {"baseline_metrics": baseline["metrics"], "baseline_slices": baseline["slices"]}
    args.output_dir.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"prediction": predicted}).to_csv(args.output_dir / PREDICTIONS, index=False)
    (args.output_dir / "evaluation.json").write_text(json.dumps(report, indent=1, allow_nan=False))
    for name, value in report["metrics"].items():
        print(f"{name}={value:.5f}", flush=True)


if __name__ == "__main__":
    main()
