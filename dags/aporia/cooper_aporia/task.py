"""The edge to Airflow's task: plain data in, plain data out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cooper_aporia import connection, declared
from cooper_aporia.errors import AporiaError
from cooper_aporia.registering import register
from cooper_aporia.workspace import opened


def run(document: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Register what `document` declares (`state`), where it says (`connection`).

    Returns `Outcome` as a dictionary, or `{"problem": …, "lasting": …}` where it did not work.
    """
    try:
        settings = connection.parse(document["connection"], token)
        with opened(settings) as workspace:
            return asdict(register(declared.parse(document["state"]), settings, workspace))
    except AporiaError as error:
        return {"problem": str(error), "lasting": error.lasting}
