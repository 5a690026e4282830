"""Trains each pipeline on the same sentences and prints what it understands, and at what cost.

`python -m benchmarks.pipelines --every 6`: on each sixth training sentence, since DIET takes hours on
all. Measured on the development set; the table goes into docs/adr/0004-language.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from actions.rasa.reading import contract, read
from benchmarks.figures import summarise
from benchmarks.pipelines.variants import VARIANTS, variant
from bot.cli.measuring import figures, load
from bot.cli.rasa_model import ROOT, interpreter

_SENTENCES = Path("tests/nlu/development.jsonl")
_WARM_UP = 20
_QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


@dataclass(frozen=True, slots=True)
class Result:
    """Shares from 0 to 1 by name, times in seconds, memory in bytes; of the processor, those of all cores."""

    name: str
    shares: dict[str, float]
    training: _Spent
    p50: float
    p99: float
    parse_cpu: float
    memory: int


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds by the clock and of the processor, and the most memory in bytes."""

    seconds: float
    cpu: float
    memory: int


def _thinned(text: str, every: int) -> str:
    """Training data with each `every`-th sentence of an intent, the first included."""
    kept, seen = [], 0
    for line in text.splitlines():
        if line.startswith("- "):
            seen = 0
        if line.startswith("    - "):
            seen += 1
            if (seen - 1) % every:
                continue
        kept.append(line)
    return "\n".join(kept) + "\n"


@contextlib.contextmanager
def _project(config: dict[str, Any], every: int) -> Iterator[Path]:
    """A copy of the Rasa project with this configuration and some of the sentences."""
    with tempfile.TemporaryDirectory(prefix="cooper-pipeline-") as folder:
        nlu = Path(folder) / "nlu"
        ignored = shutil.ignore_patterns(".venv", ".rasa", "models", "__pycache__")
        shutil.copytree(ROOT / "nlu", nlu, ignore=ignored)
        shutil.copy(Path(__file__).with_name("featurizer.py"), nlu)
        (nlu / "config.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        for path in (nlu / "data").rglob("*.yml"):
            if path.name not in {"rules.yml", "patterns.yml"}:
                path.write_text(_thinned(path.read_text(encoding="utf-8"), every), encoding="utf-8")
        yield nlu


def _train(nlu: Path) -> _Spent:
    """What training took."""
    command = (str(interpreter()), "-m", "rasa", "train", "nlu", "--config", "config.yml")
    more = ("--domain", "domain.yml", "--nlu", "data", "--fixed-model-name", "tried")
    began = time.perf_counter()
    most, cpu = 0, 0.0
    with (nlu / "train.log").open("wb") as log:
        environment = {**os.environ, **_QUIET}
        process = subprocess.Popen(
            (*command, *more), cwd=nlu, stdout=log, stderr=log, env=environment
        )
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                most = max(most, watched.memory_info().rss)
                cpu = _processor(watched)
            time.sleep(0.2)
    if process.returncode:
        tail = (nlu / "train.log").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise SystemExit(tail)
    return _Spent(time.perf_counter() - began, cpu, most)


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _parses(
    nlu: Path, texts: Sequence[str]
) -> tuple[list[dict[str, Any]], list[float], float, int]:
    """Rasa's parse of each text with its seconds, those of the processor for one, and the process's memory."""
    command = (str(interpreter()), "parse.py", "models/tried.tar.gz")
    found, took, before = [], [], 0.0
    with (
        (nlu / "parse.log").open("wb") as log,
        subprocess.Popen(
            command,
            cwd=nlu,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **_QUIET},
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        watched = psutil.Process(process.pid)
        for count, text in enumerate((*texts[:_WARM_UP], *texts)):
            before = _processor(watched) if count == _WARM_UP else before
            began = time.perf_counter()
            process.stdin.write(json.dumps({"text": text}) + "\n")
            process.stdin.flush()
            found.append(json.loads(process.stdout.readline()))
            took.append(time.perf_counter() - began)
        cpu = (_processor(watched) - before) / len(texts)
        memory = watched.memory_info().rss
        process.stdin.close()
    return found[_WARM_UP:], took[_WARM_UP:], cpu, memory


def _measure(name: str, config: dict[str, Any], every: int) -> Result:
    wanted = load(ROOT / _SENTENCES)
    with _project(config, every) as nlu:
        training = _train(nlu)
        parses, took, cpu, memory = _parses(nlu, [each["text"] for each in wanted])
    pairs = [
        (each, contract(read(parse), each["text"]))
        for each, parse in zip(wanted, parses, strict=True)
    ]
    times = summarise(took)
    return Result(name, figures(pairs), training, times.p50, times.p99, cpu, memory)


def _row(result: Result) -> str:
    shares = " | ".join(f"{100 * share:.1f} %" for share in result.shares.values())
    spent = result.training
    training = f"{spent.seconds:.0f} s | {spent.cpu:.0f} s | {spent.memory / 2**30:.1f} GiB"
    parse = f"{1000 * result.p50:.1f} ms | {1000 * result.p99:.1f} ms | {1000 * result.parse_cpu:.1f} ms"
    return f"| {result.name} | {shares} | {training} | {parse} | {result.memory / 2**30:.1f} GiB |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipelines", description=__doc__)
    parser.add_argument("--every", type=int, default=6, help="train on each such sentence (6)")
    parser.add_argument("--only", help="names of pipelines that hold these words")
    options = parser.parse_args(arguments)
    own = yaml.safe_load((ROOT / "nlu" / "config.yml").read_text(encoding="utf-8"))
    configs = {"Cooper's": own} | {
        name: variant(own, components) for name, components in VARIANTS.items()
    }
    print(
        "| pipeline | commands | all params | outside, taken | wrong changes"
        " | training | its CPU | its memory | p50 | p99 | CPU of a parse | memory |"
    )
    print("| --- " * 12 + "|")
    for name, config in configs.items():
        if not options.only or options.only in name:
            print(_row(_measure(name, config, options.every)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
