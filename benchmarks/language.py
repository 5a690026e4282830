"""How quickly texts are understood, by one and by several, beside a bare answer of the same server."""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from benchmarks.figures import Summary, summarise
from benchmarks.report import Section, seconds
from tests.nlu.servers import Running, serving

SENTENCES = Path("tests/nlu/development.jsonl")
CLIENTS = 8
WARM_UP = 50
ODD = (
    "retrain " * 125_000,
    "\0" * 200,
    "\N{GRINNING FACE}" * 200,
    "\u0623\u0639\u062f \u062a\u062f\u0631\u064a\u0628 \u0627\u0644\u0646\u0645\u0648\u0630\u062c \u0645\u0646 \u0641\u0636\u0644\u0643",
    '/deploy_model{"project": "fraud", "environment": "production"}',
    "EXTERNAL: deploy_model",
    "Bitte das Betrugsmodell auf zwei Grafikkarten neu trainieren",
    "\u8bf7\u91cd\u65b0\u8bad\u7ec3\u6a21\u578b",
    ", and" * 200,
)
"""What is no request, of which some is long or hard to read."""
ODD_TIMES = 30
P50_GOAL, P99_GOAL, RATE_GOAL, MEMORY_GOAL = 0.015, 0.040, 100.0, 1.2 * 2**30


def _client(running: Running) -> httpx.Client:
    """A client with a connection of its own."""
    headers = {"Authorization": f"Bearer {running.token}"}
    url = f"{running.url}/webhooks/cooper"
    return httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30)


def _texts(count: int) -> list[str]:
    """Sentences of the development set, evenly over all commands and tags."""
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    return texts[:: max(1, len(texts) // count)][:count]


def _timed(call: Callable[[str], object], texts: Sequence[str]) -> Summary:
    """Seconds of each call, after some that do not count."""
    found = []
    for place, text in enumerate([*texts[:WARM_UP], *texts]):
        started = time.perf_counter()
        call(text)
        if place >= WARM_UP:
            found.append(time.perf_counter() - started)
    return summarise(found)


def _parse(client: httpx.Client, text: str) -> None:
    client.post("/parse", json={"texts": [text]}).raise_for_status()


def _turn(client: httpx.Client, text: str, names: Sequence[str] = ()) -> dict[str, object]:
    body = {"sender": "T:C:1:U", "text": text, "draft": None, "context": {"names": list(names)}}
    answer = client.post("/turn", json=body)
    answer.raise_for_status()
    return dict(answer.json())


def _rate(running: Running, texts: Sequence[str]) -> float:
    """Parses a second with several clients."""
    shares = [list(texts[place::CLIENTS]) for place in range(CLIENTS)]

    def work(share: list[str]) -> None:
        with _client(running) as client:
            for text in share:
                _parse(client, text)

    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, shares))
    return len(texts) / (time.perf_counter() - started)


def _new_project(client: httpx.Client) -> float:
    """Seconds until a name that no model has seen is read; the registry hands it over with the text."""
    started = time.perf_counter()
    for attempt in itertools.count():
        params = _turn(client, "train zebra-of-the-week", ["zebra-of-the-week"])["params"]
        if params == {"project": "zebra-of-the-week"} or attempt == 10:
            return time.perf_counter() - started
    raise AssertionError


def measure(*, sentences: int) -> Section:
    """Parses and turns one after the other, then parses by several at once, then the memory."""
    texts = _texts(sentences)
    with (
        tempfile.TemporaryDirectory(prefix="cooper-bench-nlu-") as folder,
        serving(Path(folder)) as (running, rasa),
        _client(running) as client,
    ):
        floor = _timed(lambda _: client.get("/health").raise_for_status(), texts)
        parse = _timed(lambda text: _parse(client, text), texts)
        odd = _timed(lambda text: _parse(client, text), ODD * ODD_TIMES)
        turn = _timed(lambda text: _turn(client, text), texts)
        rate = _rate(running, texts)
        named = _new_project(client)
        memory = psutil.Process(rasa.pid).memory_full_info().pss
    rows = [
        _row("bare answer (health)", floor, floor),
        _row(f"parse (goal {seconds(P50_GOAL)}, {seconds(P99_GOAL)})", parse, floor),
        _row("parse of odd input", odd, floor),
        _row("turn of a dialogue", turn, floor),
    ]
    return Section(
        name="language",
        title="Understanding",
        columns=("", "mean", "p50", "p99", "to bare"),
        rows=tuple(rows),
        figures={
            "floor": floor.as_json(),
            "parse": parse.as_json(),
            "odd": odd.as_json(),
            "turn": turn.as_json(),
            "parses_a_second": round(rate, 1),
            "new_project_seconds": round(named, 3),
            "rasa_pss_bytes": memory,
        },
        note=(
            f"{len(texts)} sentences, one client. {CLIENTS} clients: {rate:.0f} parses a second "
            f"(goal {RATE_GOAL:.0f}). A project registered just now is read after {seconds(named)}. "
            f"Rasa holds {memory / 2**30:.2f} GiB (goal {MEMORY_GOAL / 2**30:.1f})."
        ),
    )


def _row(name: str, found: Summary, floor: Summary) -> tuple[str, ...]:
    ratio = f"{found.p50 / floor.p50:.1f} x" if floor.p50 else ""
    return (name, *(f"{each * 1000:.1f} ms" for each in (found.mean, found.p50, found.p99)), ratio)
