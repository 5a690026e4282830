"""What the training data looked like: the reference that monitoring compares the live data with."""

import numpy as np
import pandas as pd

DECILES = np.linspace(0, 1, 11)


def numeric(values: pd.Series) -> dict:
    known = values.dropna().to_numpy(dtype=float)
    edges = np.unique(np.quantile(known, DECILES))
    # The live data may lie outside what was seen, so the outer bins are open.
    bins = np.concatenate([[-np.inf], edges[1:-1], [np.inf]])
    return {
        "type": "numeric",
        "missing": int(values.isna().sum()),
        "mean": float(known.mean()),
        "std": float(known.std()),
        "min": float(known.min()),
        "max": float(known.max()),
        "edges": edges.tolist(),
        "counts": np.histogram(known, bins=bins)[0].tolist(),
    }


def categorical(values: pd.Series) -> dict:
    counts = values.dropna().astype(str).value_counts().sort_index()
    return {
        "type": "categorical",
        "missing": int(values.isna().sum()),
        "counts": {word: int(count) for word, count in counts.items()},
    }


def column(values: pd.Series) -> dict:
    is_number = pd.api.types.is_numeric_dtype(values)
    return numeric(values) if is_number else categorical(values)


def profile(features: pd.DataFrame, target: pd.Series, predictions: np.ndarray) -> dict:
    """Rows, and for each column its distribution: numbers by deciles, words by counts."""
    return {
        "rows": len(features),
        "columns": {name: column(features[name]) for name in features.columns},
        "target": {"name": target.name, **numeric(target)},
        "prediction": numeric(pd.Series(predictions)),
    }
