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
from columns import DIGITS, FEATURES, SHEET, TARGET
from sklearn.metrics import accuracy_score, f1_score, log_loss

PROCESSING = Path("/opt/ml/processing")
SLICES = [TARGET, SHEET]
MIN_SLICE_ROWS = 20
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
    missing = {*FEATURES, TARGET, SHEET} - set(rows.columns)
    if missing or rows.empty:
        raise ValueError(f"{path.name} lacks rows or the columns {', '.join(sorted(missing))}")
    rows = rows.astype(dict.fromkeys(FEATURES, "float64"))
    return rows, hashlib.sha256(content).hexdigest()


def score(y: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Metrics of rows of any digits; `probabilities` has shape (n, 10)."""
    digits = range(DIGITS)
    predicted = probabilities.argmax(axis=1)
    return {
        "accuracy": float(accuracy_score(y, predicted)),
        "log_loss": float(log_loss(y, probabilities, labels=digits)),
        "macro_f1": float(f1_score(y, predicted, labels=digits, average="macro", zero_division=0)),
    }


def score_slices(rows: pd.DataFrame, probabilities: np.ndarray) -> list[dict]:
    """Accuracy and loss by digit and by sheet, where a mean over all rows would hide a weakness."""
    found = []
    y = rows[TARGET].to_numpy()
    for column in SLICES:
        for value in sorted(rows[column].unique()):
            inside = (rows[column] == value).to_numpy()
            if inside.sum() < MIN_SLICE_ROWS:
                continue
            metrics = score(y[inside], probabilities[inside])
            found.append(
                {
                    "column": column,
                    "value": int(value),
                    "rows": int(inside.sum()),
                    "accuracy": metrics["accuracy"],
                    "log_loss": metrics["log_loss"],
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
    """What is reported of the model, and the digits that it reads."""
    with tempfile.TemporaryDirectory() as unpacked:
        model, size = open_model(folder, Path(unpacked))
        probabilities = np.asarray(
            model.predict(rows[FEATURES], params={"probabilities": True}), dtype=float
        )
        if probabilities.shape != (len(rows), DIGITS) or not np.isfinite(probabilities).all():
            raise ValueError(f"the model does not give {DIGITS} probabilities an image")
        report = {
            "metrics": score(rows[TARGET].to_numpy(), probabilities),
            "slices": score_slices(rows, probabilities),
            "latency_ms": latency_ms(model, rows),
            "size_bytes": size,
        }
        return report, probabilities.argmax(axis=1)


def main(argv=None) -> None:
    args = parse_args(argv)
    rows, digest = read_holdout(args.holdout)
    evaluated, predicted = evaluate(args.model_dir, rows)
    report = {"rows": len(rows), "holdout_sha256": digest, **evaluated}
    # What live predictions are held against, named as in the endpoint's answers.
    report["predictions"] = {"file": PREDICTIONS, "task": "multiclass", "prediction": "prediction"}
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
