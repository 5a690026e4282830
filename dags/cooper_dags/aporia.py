"""The task that registers a deployed version in Aporia, where Aporia is connected.

Aporia's SDK needs another pydantic than Airflow, so the registration (`dags/aporia/`) runs in an
environment of its own. The token is fetched when the task runs and handed over in the environment of
that process: it is in no rendered field, no argument, no XCom.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.python import ExternalPythonOperator
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowNotFoundException,
    AirflowSkipException,
)

from cooper_dags import aws, objects
from cooper_dags.conf import Run, verified
from cooper_dags.errors import RefusedError, fails_clearly

CONNECTION = "aporia"
"""The Airflow connection: host, password (the token); account, integration … in its extra."""
PYTHON = "COOPER_APORIA_PYTHON"
"""Names the interpreter of the environment `dags/aporia/`."""
_FOLDER = Path(__file__).resolve().parents[1] / "aporia"
_PASSED_ON = ("PATH", "LANG", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_PASSED_ON_ENDINGS = ("_PROXY", "_proxy")


def _register(document: dict[str, Any]) -> dict[str, Any]:
    """Runs in the other environment; Airflow takes this function's text there."""
    import os

    from cooper_aporia.task import run

    return run(document, os.environ["APORIA_TOKEN"])


class RegisterInAporiaOperator(ExternalPythonOperator):
    """Registers model, version, data and monitors; skipped with one line where that cannot be."""

    template_fields = ()  # Nothing is rendered, so nothing of it is kept beside the task.

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            python="found when it runs",
            python_callable=_register,
            expect_airflow=False,
            inherit_env=False,
            show_return_value_in_logs=False,  # told line by line instead
            **kwargs,
        )

    def execute(self, context: Any) -> None:
        """Register, log what became of it, and leave no XCom but a failure's."""
        outcome = self._registered(context)
        if "problem" in outcome:
            # Not final: Airflow tries again, and what was registered before is found and kept.
            raise AirflowException(
                f"Aporia does not know of this version yet: {outcome['problem']}"
            )
        for done in ("created", "changed", "removed", "left"):
            for what in outcome[done]:
                self.log.info("%s: %s", done, what)
        self.log.info("%d were there and the same.", len(outcome["kept"]))

    @fails_clearly
    def _registered(self, context: Any) -> dict[str, Any]:
        run = verified(context)
        python, connection = _python(), _connection()
        self.python = python
        self.op_kwargs = {"document": {"state": _state(run), "connection": _settings(connection)}}
        self.env_vars = _environment(connection.password)
        outcome: dict[str, Any] = super().execute(context)
        if outcome.get("lasting"):
            raise RefusedError(f"Aporia does not know of this version: {outcome['problem']}")
        return outcome

    def _iter_serializable_context_keys(self) -> Iterator[str]:
        """Nothing of Airflow's context is used there, so the environment is not asked what it takes.

        One key all the same: Airflow drops the arguments beside an empty context.
        """
        return iter(("run_id",))


def _python() -> str:
    python = os.environ.get(PYTHON)
    if not python or not Path(python).is_file():
        raise AirflowSkipException(
            f"Not registered in Aporia: {PYTHON} names no interpreter with Aporia's SDK."
        )
    return python


def _connection() -> Any:
    from airflow.sdk import Connection

    try:
        found = Connection.get(CONNECTION)
    except AirflowNotFoundException:
        found = None
    if found is None or not found.password:
        raise AirflowSkipException(
            f"Not registered in Aporia: there is no Airflow connection {CONNECTION!r} with a token."
        )
    return found


def _settings(connection: Any) -> dict[str, Any]:
    """What `cooper_aporia.connection` reads; the token goes another way."""
    return {**connection.extra_dejson, "host": connection.host}


def _environment(token: str) -> dict[str, str]:
    """What the SDK's process finds: its module, how to reach the network, and the token."""
    passed = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.endswith(_PASSED_ON_ENDINGS)
    }
    return {**passed, "PYTHONPATH": str(_FOLDER), "APORIA_TOKEN": token}


def _state(run: Run) -> dict[str, Any]:
    from cooper_dags.aporia_state import state
    from monitoring import profile_file

    monitoring = run.plan["monitoring"]
    if monitoring is None or monitoring["profile"] is None:
        raise AirflowSkipException(
            f"Not registered in Aporia: v{run.plan['model']['version']} has no profile that says "
            "which columns it has. The next training makes one."
        )
    with objects.workspace() as folder:
        s3 = aws.client(run, "s3")
        fetched = objects.fetch(s3, monitoring["profile"], Path(folder), "profile")
        try:
            profile = profile_file.loads(fetched.path.read_bytes())
        except profile_file.ProfileError as error:
            raise RefusedError(str(error)) from error
    return state(run.plan, profile)
