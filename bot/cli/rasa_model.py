"""The language model: trained and used without a server, in Rasa's own environment."""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bot.cli import model_checks

ROOT = Path(__file__).resolve().parents[2]
MODEL = "current"
_INPUTS = (
    *(
        "config.yml",
        "domain.yml",
        "components.py",
        "encoder.py",
        "graph.py",
        "importer.py",
        "learning.py",
        "meaning.py",
        "names.py",
        "network.py",
        "ngrams.py",
        "reader.py",
        "registered.py",
        "train.py",
    ),
    "uv.lock",
)
_LOG_TAIL = 15
_TIMEOUT_SECONDS = 1800


class NluError(Exception):
    """Training or parsing cannot work; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model: its file, its SHA-256 in hex, and whether it was trained just now."""

    path: Path
    sha256: str
    fresh: bool


def interpreter(root: Path = ROOT) -> Path:
    """Python of Rasa's environment.

    Raises:
        NluError: There is none.
    """
    python = root / "nlu" / ".venv" / "bin" / "python"
    if not python.is_file():
        msg = f"{python} does not exist: run `make env` to create Rasa's environment (Python 3.10)."
        raise NluError(msg)
    return python


def inputs_hash(root: Path = ROOT) -> str:
    """SHA-256 over everything that the model is made from, in hex.

    Raises:
        NluError: A file of the Rasa project is missing.
    """
    nlu = root / "nlu"
    files = [*(nlu / name for name in _INPUTS), *sorted((nlu / "data").rglob("*.yml"))]
    found = hashlib.sha256()
    for file in files:
        if not file.is_file():
            msg = f"{file} is missing: run `make generate`."
            raise NluError(msg)
        found.update(f"{file.relative_to(nlu)}\0{file.stat().st_size}\0".encode())
        found.update(file.read_bytes())
    return found.hexdigest()


def model_path(root: Path = ROOT) -> Path:
    """Where the trained model lies."""
    return root / "nlu" / "models" / f"{MODEL}.tar.gz"


def _record(root: Path) -> Path:
    return root / "nlu" / "models" / f"{MODEL}.json"


def current(root: Path = ROOT) -> Trained | None:
    """The model, where it was made from the inputs as they are and is whole; else None."""
    path = model_path(root)
    try:
        record = json.loads(_record(root).read_text(encoding="utf-8"))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return None
    fits = record == {"inputs": inputs_hash(root), "sha256": sha256}
    return Trained(path, sha256, fresh=False) if fits else None


def _environment() -> dict[str, str]:
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }
    fixed = {
        "PYTHONHASHSEED": "0",
        "PYTHONWARNINGS": "ignore",
        # Every training is a whole one: what Rasa would keep of it is never read, and never deleted.
        "RASA_MAX_CACHE_SIZE": "0",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    return {**kept, **fixed}


def train(root: Path = ROOT, *, force: bool = False) -> Trained:
    """Train the model, unless the present one was made from the same inputs.

    Raises:
        NluError: No environment, no data, or Rasa failed; the log's tail is in the message.
    """
    present = None if force else current(root)
    if present:
        return present
    python, inputs, path = interpreter(root), inputs_hash(root), model_path(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.parent / f"{MODEL}-{os.getpid()}.tar.gz"
    command = (str(python), "train.py", fresh.name.removesuffix(".tar.gz"))
    try:
        _run(command, root / "nlu")
        if not fresh.is_file():
            msg = f"Rasa ended well and left no model: run `.venv/bin/python train.py {MODEL}` in nlu/."
            raise NluError(msg)
        return put_in_place(fresh, inputs, root)
    finally:
        fresh.unlink(missing_ok=True)


def put_in_place(fresh: Path, inputs: str, root: Path = ROOT) -> Trained:
    """Make `fresh`, trained from inputs with this hash, the model, if it passes its checks.

    Raises:
        NluError: It does not; the present model stays.
    """
    wrong = model_checks.problems(_parsed(fresh, model_checks.texts(), root))
    if wrong:
        kept = "The model that was there stays." if model_path(root).is_file() else "There is none."
        msg = f"The new language model fails its checks: {'; '.join(wrong)}. {kept}"
        raise NluError(msg)
    sha256 = hashlib.sha256(fresh.read_bytes()).hexdigest()
    fresh.replace(model_path(root))
    record = json.dumps({"inputs": inputs, "sha256": sha256}, indent=2) + "\n"
    _record(root).write_text(record, encoding="utf-8")
    return Trained(model_path(root), sha256, fresh=True)


def _run(command: tuple[str, ...], folder: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        msg = f"Training took longer than {_TIMEOUT_SECONDS} seconds and was ended."
        raise NluError(msg) from error
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-_LOG_TAIL:])
        msg = f"Rasa could not train the model (exit {done.returncode}):\n{tail}"
        raise NluError(msg)


def parse_offline(texts: list[str], root: Path = ROOT) -> list[dict[str, object]]:
    """Rasa's parses of `texts`, by the trained model without a server; trains it if need be.

    Raises:
        NluError: No environment, training failed, or the model cannot be loaded.
    """
    return _parsed(train(root).path, texts, root)


def _parsed(model: Path, texts: list[str], root: Path) -> list[dict[str, object]]:
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    done = subprocess.run(
        (str(interpreter(root)), "parse.py", str(model)),
        cwd=root / "nlu",
        env=_environment(),
        input=lines,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    parses = [json.loads(line) for line in done.stdout.splitlines()] if not done.returncode else []
    if len(parses) != len(texts):
        tail = "\n".join(done.stderr.splitlines()[-_LOG_TAIL:])
        msg = f"The model {model} could not be used (exit {done.returncode}):\n{tail}"
        raise NluError(msg)
    return parses
