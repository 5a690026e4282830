"""Writes what a training leaves behind: the MLflow model and the facts."""

import json
import tempfile
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import torch
from columns import FEATURES
from mlflow.models import infer_signature

HERE = Path(__file__).parent


def save(state: dict, rows: pd.DataFrame, args, facts: dict) -> None:
    """The model with its signature into `model_dir`, the facts into `output_dir`."""
    example = rows[FEATURES].astype("float64").head(3)
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pt"
        torch.save(state["network"], weights)
        mlflow.pyfunc.save_model(
            args.model_dir,
            python_model=str(HERE / "digit_reader.py"),
            artifacts={"weights": str(weights), "network": str(HERE / "network.py")},
            signature=infer_signature(
                example, np.zeros(len(example), dtype="int64"), params={"probabilities": False}
            ),
            input_example=example,
            pip_requirements=[
                # Without the build's own label (+cpu), which not every index has.
                f"torch=={torch.__version__.partition('+')[0]}",
                f"pandas=={pd.__version__}",
                f"numpy=={np.__version__}",
            ],
        )
    args.output_dir.mkdir(parents=True, exist_ok=True)
    (args.output_dir / "training.json").write_text(json.dumps(facts, indent=1))
