"""Serves the MLflow model below SageMaker's model folder: `/ping` and `/invocations` on port 8080.

The same file is the container's `serve` command on AWS and the model server of the local stand-in. There
SAGEMAKER_BASE_DIR names the folder that stands for /opt/ml, and COOPER_SERVING_FD a listening socket.
"""

import os
import socket
import sys
from pathlib import Path


class NoModelError(Exception):
    """The model folder does not hold exactly one MLflow model."""


def find_model(folder: Path) -> Path:
    """Return the MLflow model directory (the one that holds `MLmodel`) nearest to the top of `folder`."""
    found = sorted(folder.rglob("MLmodel"), key=lambda path: (len(path.parts), str(path)))
    if not found:
        raise NoModelError(
            f"no MLflow model in {folder}: model.tar.gz must hold a directory with a file `MLmodel` "
            "(write one with `mlflow.sklearn.save_model(model, os.environ['SM_MODEL_DIR'])`)"
        )
    top = [path for path in found if len(path.parts) == len(found[0].parts)]
    if len(top) > 1:
        listed = ", ".join(str(path.parent.relative_to(folder)) for path in top)
        raise NoModelError(f"{folder} holds more than one MLflow model: {listed}")
    return top[0].parent


def main() -> int:
    """Load the model and serve it until a signal ends the process."""
    if sys.argv[1:] != ["serve"]:
        sys.stderr.write("usage: serve.py serve (this image only serves; it does not train)\n")
        return 2
    folder = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model"
    try:
        model = find_model(folder)
    except NoModelError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    from mlflow.pyfunc import scoring_server

    os.environ[scoring_server._SERVER_MODEL_PATH] = str(model)  # noqa: SLF001 - how MLflow's own launcher hands it over
    import uvicorn

    config = uvicorn.Config(
        "mlflow.pyfunc.scoring_server.app:app",
        # The container's port is published to SageMaker's host only; locally the socket is handed in.
        host="0.0.0.0",
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")),
        timeout_keep_alive=75,
    )
    inherited = os.environ.get("COOPER_SERVING_FD")
    sockets = [socket.socket(fileno=int(inherited))] if inherited else None
    server = uvicorn.Server(config)
    server.run(sockets=sockets)
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
