"""A model that reads wrongly, or cannot be read at all, never takes the place of one that works."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from bot.cli import model_checks
from bot.cli.rasa_model import ROOT, NluError, current, put_in_place, train

_WEIGHTS = ".npz"
_NPY_START = 10
"""Bytes before the header of a .npy file of version 1; its length is in the last two."""


def place(tmp_path: Path) -> Path:
    """A checkout whose model may be replaced; all else is this one's."""
    nlu = tmp_path / "nlu"
    nlu.mkdir()
    for entry in (ROOT / "nlu").iterdir():
        if entry.name != "models":
            (nlu / entry.name).symlink_to(entry)
    (nlu / "models").mkdir()
    (nlu / "models" / "current.tar.gz").write_bytes(train().path.read_bytes())
    return tmp_path


def forgetful(model: Path, fresh: Path) -> None:
    """Write the model with all that its classifiers learned set to zero."""
    with tarfile.open(model) as old, tarfile.open(fresh, "w:gz") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            data = content.read() if content else b""
            if member.name.endswith(_WEIGHTS):
                data = _zeroed(data)
                member.size = len(data)
            new.addfile(member, io.BytesIO(data))


def _zeroed(data: bytes) -> bytes:
    """The arrays of an `.npz` with their headers as they are and nothing but zeros behind."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            array = old.read(name)
            start = _NPY_START + int.from_bytes(array[8:_NPY_START], "little")
            new.writestr(name, array[:start] + bytes(len(array) - start))
    return written.getvalue()


def test_a_model_that_learned_nothing_is_refused(tmp_path: Path) -> None:
    root = place(tmp_path)
    fresh = root / "nlu" / "models" / "fresh.tar.gz"
    forgetful(train().path, fresh)
    before = (root / "nlu" / "models" / "current.tar.gz").read_bytes()
    with pytest.raises(NluError, match=r"only 0% of the catalogue's examples.*stays"):
        put_in_place(fresh, "inputs", root)
    assert (root / "nlu" / "models" / "current.tar.gz").read_bytes() == before


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    root = place(tmp_path)
    fresh = root / "nlu" / "models" / "fresh.tar.gz"
    fresh.write_bytes(b"no archive")
    with pytest.raises(NluError, match="could not be used"):
        put_in_place(fresh, "inputs", root)
    assert current(root) is None


def parse(text: str, intent: str) -> dict[str, object]:
    chances = [{"name": intent, "confidence": 0.99}]
    return {"text": text, "intent": chances[0], "intent_ranking": chances, "entities": []}


def test_a_change_on_what_asks_for_nothing_is_a_problem() -> None:
    texts = model_checks.texts()
    parses = [parse(text, "out_of_scope") for text in texts]
    place = texts.index("the train leaves at 9")
    parses[place] = parse(texts[place], "train_model")
    found = model_checks.problems(parses)
    assert "“the train leaves at 9” is taken for train_model" in found
    assert any("only 0%" in problem for problem in found)
