"""Checkpoints that survive what ends a process: two files, written in turn, each checked when read.

Two fixed names, since SageMaker copies the folder to S3 and never removes what is gone from it.
"""

import hashlib
import io
import os
from pathlib import Path

import torch
from output import say

_DIGEST = 32  # bytes of SHA-256 before the content


class DamagedError(Exception):
    """The file is not what was written."""


def _slots(folder: Path) -> list[Path]:
    return [folder / f"checkpoint-{number}.pt" for number in (0, 1)]


def write(path: Path, state: dict) -> None:
    """Write the state so that the file is either the old one or the whole new one."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        file.write(hashlib.sha256(content).digest() + content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read(path: Path) -> dict:
    """The state in the file. Raises DamagedError."""
    content = path.read_bytes()
    digest, content = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        raise DamagedError(f"{path.name} is damaged")
    # Tensors and plain values only; nothing in it is run.
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


class Checkpoints:
    """The checkpoints of one training in a folder. `made_for` says of which: others are left aside."""

    def __init__(self, folder: Path, made_for: str) -> None:
        self._folder = folder
        self._made_for = made_for
        self._next = 0

    def newest(self, *, tell: bool = True) -> dict | None:
        """The state that got furthest, or None; `tell` prints what was found."""
        found: dict[int, dict] = {}
        remarks = []
        for number, path in enumerate(_slots(self._folder)):
            if not path.exists():
                continue
            try:
                state = read(path)
            except (DamagedError, OSError) as error:
                remarks.append(f"checkpoint left aside: {error}")
                continue
            if state["made_for"] != self._made_for:
                remarks.append(f"checkpoint left aside: {path.name} is of other settings or data")
                continue
            found[number] = state
        best = max(found, key=lambda number: found[number]["step"], default=None)
        # The better of the two stays while the other is written.
        self._next = 0 if best is None else 1 - best
        if tell:
            for remark in remarks:
                say(remark)
            if best is not None:
                say(f"checkpoint found: checkpoint-{best}.pt, step {found[best]['step']}")
            elif remarks:
                say("no checkpoint can be used, the training begins anew")
        return None if best is None else found[best]

    def save(self, state: dict) -> None:
        write(_slots(self._folder)[self._next], {**state, "made_for": self._made_for})
        self._next = 1 - self._next
