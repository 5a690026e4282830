"""JSON schemas of what crosses between the bot and the DAGs, made from the pydantic models."""

import json
from typing import Any

from actions.plans import PLANS, Watch
from actions.reports import REPORT

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def _dump(title: str, schema: dict[str, Any]) -> str:
    whole = {"$schema": DRAFT, **schema, "title": title}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def dag_schemas() -> dict[str, str]:
    """File name (relative to the repository) to the schema's text, one a DAG, reports, watches."""
    files = {
        f"dags/schemas/{dag}.json": _dump(f"Plan of the DAG {dag}", plan.model_json_schema())
        for dag, plan in PLANS.items()
    }
    files["dags/schemas/report.json"] = _dump("Report of one stage", REPORT.json_schema())
    files["dags/schemas/watch.json"] = _dump("What is watched", Watch.model_json_schema())
    return files
