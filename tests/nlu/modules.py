"""Modules of Rasa's project, which are no package of this environment."""

import importlib.util
from pathlib import Path
from types import ModuleType

NLU = Path(__file__).resolve().parents[2] / "nlu"


def nlu_module(name: str) -> ModuleType:
    """`nlu/{name}.py`; pure ones only, for Rasa is not installed here."""
    spec = importlib.util.spec_from_file_location(f"nlu_{name}", NLU / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
