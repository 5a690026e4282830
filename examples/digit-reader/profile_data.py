"""What the training data looked like: the reference that monitoring compares the live data with."""

import numpy as np
import pandas as pd

DECILES = np.linspace(0, 1, 11)


def numeric(values: pd.Series) -> dict:
    known = values.to_numpy(dtype=float)
    edges = np.unique(np.quantile(known, DECILES))
    # The live data may lie outside what was seen, so the outer bins are open.
    bins = np.concatenate([[-np.inf], edges[1:-1], [np.inf]])
    return {
        "type": "numeric",
        "missing": 0,  # reading refuses rows with a gap
        "mean": float(known.mean()),
        "std": float(known.std()),
        "min": float(known.min()),
        "max": float(known.max()),
        "edges": edges.tolist(),
        "counts": np.histogram(known, bins=bins)[0].tolist(),
    }


def categorical(values: pd.Series) -> dict:
    counts = values.astype(str).value_counts().sort_index()
    return {
        "type": "categorical",
        "missing": 0,
        "counts": {word: int(count) for word, count in counts.items()},
    }


def profile(features: pd.DataFrame, target: pd.Series, predictions: np.ndarray) -> dict:
    """Rows, and for each column its distribution: ink by deciles, digits by counts."""
    return {
        "rows": len(features),
        "columns": {name: numeric(features[name]) for name in features.columns},
        "target": {"name": target.name, **categorical(target)},
        "prediction": categorical(pd.Series(predictions)),
    }
