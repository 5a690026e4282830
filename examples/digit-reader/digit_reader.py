"""The model as it is served: pixels in, digits out, or with `probabilities` one probability a digit.

MLflow keeps this file in the model and runs it to load it ("models from code"): nothing is pickled, so
that another version of Python or PyTorch may serve what was trained. It imports nothing of the project,
since two versions of the model are loaded side by side when they are compared.
"""

import importlib.util
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import torch
from mlflow.exceptions import MlflowException

INK = 16


class DigitReader(mlflow.pyfunc.PythonModel):
    """The network behind MLflow's interface; needs the artifacts `network` (code) and `weights`."""

    def load_context(self, context) -> None:
        spec = importlib.util.spec_from_file_location("network", context.artifacts["network"])
        code = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(code)
        weights = torch.load(
            Path(context.artifacts["weights"]), map_location="cpu", weights_only=True
        )
        self.network = code.Network()
        self.network.load_state_dict(weights)
        self.network.eval()

    @torch.no_grad()
    def predict(self, model_input: pd.DataFrame, params=None):
        """Digits of shape (n,); with `probabilities`, numbers of shape (n, 10)."""
        pixels = model_input.to_numpy(dtype=np.float32)
        # A missing value is in no range.
        if not ((pixels >= 0) & (pixels <= INK)).all():
            raise MlflowException.invalid_parameter_value(f"pixels should be from 0 to {INK}")
        images = torch.from_numpy(pixels / INK).reshape(-1, 1, 8, 8)
        found = torch.softmax(self.network(images).double(), dim=1).numpy()
        return found if (params or {}).get("probabilities") else found.argmax(axis=1)


mlflow.models.set_model(DigitReader())
