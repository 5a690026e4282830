"""Serves the MLflow model below SageMaker's model folder: `/ping` and `/invocations` on port 8080.

`/ping` answers 200 only when the model has proved itself: it was loaded, and it answered its own input example (the one
it was saved with) through this server, on the median within COOPER_LATENCY_MS milliseconds where that is set. A model
that does not ends the process with code 1 and one line in the log that starts with `cooper: validation failed:`, so that
SageMaker's health check fails and an update of the endpoint is rolled back before it gets a request.

The same file is the container's `serve` command on AWS and the model server of the local stand-in. There
SAGEMAKER_BASE_DIR names the folder that stands for /opt/ml, and COOPER_SERVING_FD a listening socket.
"""

import http.client
import json
import os
import socket
import statistics
import sys
import threading
import time
import traceback
from pathlib import Path

EXAMPLE = "serving_input_example.json"  # MLflow's name for it, in the model's folder
_CALLS = 5  # measured; one before them warms the model up
_CALL_SECONDS = 60  # how long SageMaker waits for an answer
_LONGEST_REASON = 1000


class NoModelError(Exception):
    """The model folder does not hold exactly one MLflow model."""


class UnprovenError(Exception):
    """The model does not answer its own example, or too slowly; the text says which."""


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


def latency_bound() -> float | None:
    """Return the milliseconds that an answer may take, or None. Raises UnprovenError for a bound that is none."""
    text = os.environ.get("COOPER_LATENCY_MS", "")
    if not text:
        return None
    try:
        bound = float(text)
    except ValueError:
        bound = 0
    if not bound > 0:
        raise UnprovenError(f"COOPER_LATENCY_MS is {text!r}; it must be a number above 0")
    return bound


def prove(port: int, example: bytes, bound: float | None) -> float:
    """Let the server on `port` answer the example; return the median of its latencies in milliseconds.

    Raises UnprovenError.
    """
    _call(port, example)
    latency = statistics.median(_call(port, example) for _ in range(_CALLS))
    if bound is not None and latency > bound:
        raise UnprovenError(
            f"the model answers its input example in {latency:.0f} ms (median of {_CALLS} calls); "
            f"at most {bound:g} ms are allowed"
        )
    return latency


def _call(port: int, example: bytes) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_CALL_SECONDS)
    started = time.perf_counter()
    try:
        connection.request(
            "POST", "/invocations", body=example, headers={"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        body = response.read()
    except TimeoutError:
        raise UnprovenError(
            f"the model did not answer its input example within {_CALL_SECONDS} s"
        ) from None
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise UnprovenError(f"the model does not answer its input example: {_why(body)}")
    return (time.perf_counter() - started) * 1000


def _why(body: bytes) -> str:
    """Return the exception of the model's own code, from the scoring server's answer."""
    try:
        answer = json.loads(body)
        trace = [line for line in (answer.get("stack_trace") or "").splitlines() if line.strip()]
        return trace[-1] if trace else answer["message"]
    except (ValueError, AttributeError, KeyError, TypeError):
        return body.decode("utf-8", "replace")


class Gate:
    """The scoring server behind a `/ping` that fails until the model has proved itself."""

    def __init__(self, app) -> None:
        """Wrap the ASGI application."""
        self._app = app
        self.is_open = False

    async def __call__(self, scope, receive, send) -> None:
        """Answer `/ping` with 503 while the gate is shut; all else goes to the application."""
        if self.is_open or scope["type"] != "http" or scope["path"] not in {"/ping", "/health"}:
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def say(line: str) -> None:
    """Write one line to the log, at once and whole."""
    print(" ".join(line.split())[:_LONGEST_REASON], flush=True)


def fail(error: BaseException) -> None:
    """Write why the model cannot serve."""
    said = str(error) if isinstance(error, UnprovenError | NoModelError) else _named(error)
    say(f"cooper: validation failed: {said}")


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def open_when_proven(gate: Gate, port: int, model: Path) -> None:
    """Prove the model and open the gate, or end the process."""
    try:
        example = model / EXAMPLE
        if example.is_file():
            bound = latency_bound()
            latency = prove(port, example.read_bytes(), bound)
            allowed = "no bound is set" if bound is None else f"at most {bound:g} ms are allowed"
            say(
                f"cooper: validated: the model answers its input example in {latency:.0f} ms "
                f"(median of {_CALLS} calls; {allowed})"
            )
        else:
            say(
                f"cooper: validated: the model was loaded; it was saved without an input example "
                f"({EXAMPLE}), so no answer and no latency was tried"
            )
        gate.is_open = True
    except BaseException as error:  # noqa: BLE001 - whatever it is, this server must not take traffic
        fail(error)
        # Nothing was served yet, and a model that hangs would hold up an orderly end.
        os._exit(1)


def serve(model: Path, app) -> int:
    """Serve until a signal ends the process."""
    import uvicorn

    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    inherited = os.environ.get("COOPER_SERVING_FD")
    sockets = [socket.socket(fileno=int(inherited))] if inherited else None
    if sockets:
        port = sockets[0].getsockname()[1]
    gate = Gate(app)

    class Server(uvicorn.Server):
        async def startup(self, sockets=None) -> None:
            await super().startup(sockets)
            threading.Thread(
                target=open_when_proven, args=(gate, port, model), name="validation", daemon=True
            ).start()

    # The container's port is published to SageMaker's host only; locally the socket is handed in.
    server = Server(uvicorn.Config(gate, host="0.0.0.0", port=port, timeout_keep_alive=75))
    server.run(sockets=sockets)
    return 0 if server.started else 1


def main() -> int:
    """Load the model and serve it until a signal ends the process."""
    if sys.argv[1:] != ["serve"]:
        sys.stderr.write("usage: serve.py serve (this image only serves; it does not train)\n")
        return 2
    folder = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model"
    try:
        model = find_model(folder)
        from mlflow.pyfunc import scoring_server

        app = scoring_server.init(scoring_server.load_model_with_mlflow_config(str(model)))
    except NoModelError as error:
        fail(error)
        return 1
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a model's own code may raise anything
        traceback.print_exc()
        fail(error)
        return 1
    return serve(model, app)


if __name__ == "__main__":
    sys.exit(main())
