"""Train the claims-frequency model: outpatient visits a year, gradient boosting on Poisson deviance.

The number of boosting rounds is chosen by grouped cross-validation; then one model is fitted on all
rows. Runs in SageMaker's script mode: hyperparameters are arguments, folders come as SM_*.
"""

import argparse
import json
import os
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import sklearn
from columns import CATEGORICAL, FEATURES, HEALTH, NUMERIC, TARGET
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_poisson_deviance
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from threadpoolctl import threadpool_limits


def parse_args(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learning_rate", "--learning-rate", type=float, default=0.05)
    parser.add_argument("--lr", type=float, help="the same, said shorter; wins over the default")
    parser.add_argument("--max_leaf_nodes", "--max-leaf-nodes", type=int, default=12)
    parser.add_argument("--max_depth", "--max-depth", type=int, default=None)
    parser.add_argument("--min_samples_leaf", "--min-samples-leaf", type=int, default=60)
    parser.add_argument("--l2_regularization", "--l2-regularization", type=float, default=1.0)
    parser.add_argument("--max_rounds", "--max-rounds", type=int, default=400)
    parser.add_argument("--rounds_per_epoch", "--rounds-per-epoch", type=int, default=10)
    parser.add_argument(
        "--patience", type=int, default=8, help="epochs without gain before the end"
    )
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN", "data"))
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR", "model"))
    parser.add_argument(
        "--output-dir", type=Path, default=os.environ.get("SM_OUTPUT_DATA_DIR", "output")
    )
    args = parser.parse_args(argv)
    if args.lr is not None:
        args.learning_rate = args.lr
    if args.max_rounds < 1 or args.rounds_per_epoch < 1 or args.folds < 2:
        parser.error("max_rounds and rounds_per_epoch start at 1, folds at 2")
    return args


def read_claims(folder: Path) -> pd.DataFrame:
    """All CSV files of the channel, but the holdout where it lies beside them."""
    files = sorted(path for path in folder.glob("*.csv") if path.name != "holdout.csv")
    if not files:
        raise FileNotFoundError(f"no CSV file in {folder}")
    claims = pd.concat([pd.read_csv(path) for path in files], ignore_index=True)
    missing = {*FEATURES, TARGET} - set(claims.columns)
    if missing:
        raise ValueError(f"{files[0].name} lacks the columns {', '.join(sorted(missing))}")
    if claims[TARGET].isna().any() or (claims[TARGET] < 0).any():
        raise ValueError(f"{TARGET} should be a count in every row")
    # Floats throughout, so that the model's signature accepts a missing value.
    return claims.astype(dict.fromkeys(NUMERIC, "float64"))


def encoder() -> ColumnTransformer:
    health = OrdinalEncoder(
        categories=[HEALTH], handle_unknown="use_encoded_value", unknown_value=np.nan
    )
    return ColumnTransformer(
        [("numeric", "passthrough", NUMERIC), ("health", health, CATEGORICAL)],
        verbose_feature_names_out=False,
    )


def booster(args, rounds: int, *, warm_start: bool = False) -> HistGradientBoostingRegressor:
    # Nobody goes to the doctor more often because a visit costs them more.
    falling = [-1 if name == "log_coinsurance" else 0 for name in NUMERIC + CATEGORICAL]
    return HistGradientBoostingRegressor(
        loss="poisson",
        learning_rate=args.learning_rate,
        max_leaf_nodes=args.max_leaf_nodes,
        max_depth=args.max_depth,
        min_samples_leaf=args.min_samples_leaf,
        l2_regularization=args.l2_regularization,
        monotonic_cst=falling,
        max_iter=rounds,
        early_stopping=False,
        warm_start=warm_start,
        random_state=args.seed,
    )


def choose_rounds(args, X: np.ndarray, y: np.ndarray, groups: np.ndarray) -> tuple[int, float]:
    """The number of rounds with the least deviance on the folds left out, and that deviance."""
    folds = [
        (booster(args, args.rounds_per_epoch, warm_start=True), inside, outside)
        for inside, outside in GroupKFold(args.folds).split(X, y, groups)
    ]
    best_rounds, best_deviance, best_epoch = 0, float("inf"), 0
    epochs = max(1, args.max_rounds // args.rounds_per_epoch)
    for epoch in range(1, epochs + 1):
        rounds = epoch * args.rounds_per_epoch
        seen, unseen = [], []
        for model, inside, outside in folds:
            model.set_params(max_iter=rounds).fit(X[inside], y[inside])
            seen.append(mean_poisson_deviance(y[inside], model.predict(X[inside])))
            unseen.append(mean_poisson_deviance(y[outside], model.predict(X[outside])))
        deviance = float(np.mean(unseen))
        print(
            f"epoch={epoch}; rounds={rounds}; train_deviance={np.mean(seen):.5f}; "
            f"validation_deviance={deviance:.5f}",
            flush=True,
        )
        if deviance < best_deviance:
            best_rounds, best_deviance, best_epoch = rounds, deviance, epoch
        elif epoch - best_epoch >= args.patience:
            print(f"no gain for {args.patience} epochs, {best_rounds} rounds are best", flush=True)
            break
    return best_rounds, best_deviance


def save(model: Pipeline, claims: pd.DataFrame, args, facts: dict) -> None:
    """An MLflow model with its signature, and the facts of its training."""
    example = claims[FEATURES].head(3)
    mlflow.sklearn.save_model(
        model,
        path=args.model_dir,
        signature=infer_signature(example, model.predict(example)),
        input_example=example,
        serialization_format="cloudpickle",
        pip_requirements=[
            f"scikit-learn=={sklearn.__version__}",
            f"pandas=={pd.__version__}",
            f"numpy=={np.__version__}",
        ],
    )
    args.output_dir.mkdir(parents=True, exist_ok=True)
    (args.output_dir / "training.json").write_text(json.dumps(facts, indent=1))


def main(argv=None) -> None:
    args = parse_args(argv)
    claims = read_claims(args.train)
    print(f"{len(claims)} person-years, {claims[TARGET].mean():.3f} visits each", flush=True)
    # The same person stays in one fold: see make_dataset.py.
    groups = pd.util.hash_pandas_object(claims[FEATURES], index=False).to_numpy()
    encode = encoder()
    X, y = encode.fit_transform(claims[FEATURES]), claims[TARGET].to_numpy(dtype=float)
    # On this little data, threads cost more in waiting for each other than they compute.
    with threadpool_limits(limits=1, user_api="openmp"):
        rounds, deviance = choose_rounds(args, X, y, groups)
        final = booster(args, rounds).fit(X, y)
    model = Pipeline([("encode", encode), ("boost", final)])
    facts = {"rounds": rounds, "validation_deviance": deviance, "rows": len(claims)}
    save(model, claims, args, facts)
    print(f"saved; rounds={rounds}; best_validation_deviance={deviance:.5f}", flush=True)


if __name__ == "__main__":
    main()
