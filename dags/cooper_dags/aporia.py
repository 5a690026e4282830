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
from cooper_dags.conf import Run, checked_report, verified
from cooper_dags.errors import RefusedError, fails_clearly, failure_of, is_transient

CONNECTION = "aporia"
"""The Airflow connection: host, password (the token); account, integration … in its extra."""
PYTHON = "COOPER_APORIA_PYTHON"
"""Names the interpreter of the environment `dags/aporia/`."""
XCOM_RETURN_KEY = "return_value"
_CHANGES = ("created", "changed", "removed")
_LONGEST = 300
"""Characters of a report's headline."""
_FOLDER = Path(__file__).resolve().parents[1] / "aporia"
_PASSED_ON = ("PATH", "LANG", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_PASSED_ON_ENDINGS = ("_PROXY", "_proxy")


def _register(document: dict[str, Any]) -> dict[str, Any]:
    """Runs in the other environment; Airflow takes this function's text there."""
    import os

    from cooper_aporia.task import run

    return run(document, os.environ["APORIA_TOKEN"])


class RegisterInAporiaOperator(ExternalPythonOperator):
    """Registers model, version, data and monitors; skipped with one line where that cannot be.

    The model serves by now, and must not be called failed because a watcher was not told.
    """

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

    def execute(self, context: Any) -> dict[str, Any]:
        """Register, log what became of it, and report the sum."""
        outcome = self._tried(_run(context), context)
        if "problem" in outcome:
            raise self._not_told(context["ti"], outcome["problem"], lasting=outcome["lasting"])
        for done in (*_CHANGES, "left"):
            for what in outcome[done]:
                self.log.info("%s: %s", done, what)
        self.log.info("%d were there and the same.", len(outcome["kept"]))
        return _report(_headline(outcome), registered=True)

    def _tried(self, run: Run, context: Any) -> dict[str, Any]:
        try:
            return self._registered(run, context)
        except AirflowSkipException:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it is, the model serves
            return {"problem": failure_of(error).reason, "lasting": not is_transient(error)}

    def _registered(self, run: Run, context: Any) -> dict[str, Any]:
        python, connection = _python(), _connection()
        self.python = python
        self.op_kwargs = {"document": {"state": _state(run), "connection": _settings(connection)}}
        self.env_vars = _environment(connection.password)
        outcome: dict[str, Any] = super().execute(context)
        return outcome

    def _not_told(self, ti: Any, problem: str, *, lasting: bool) -> Exception:
        """Try again where that may help: what was registered before is found and kept."""
        told = f"Aporia does not know of this version: {problem}"
        if not lasting and ti.try_number <= ti.max_tries:
            return AirflowException(told)
        ti.xcom_push(key=XCOM_RETURN_KEY, value=_report(told, registered=False))
        return AirflowSkipException(told)

    def _iter_serializable_context_keys(self) -> Iterator[str]:
        """Nothing of Airflow's context is used there, so the environment is not asked what it takes.

        One key all the same: Airflow drops the arguments beside an empty context.
        """
        return iter(("run_id",))


@fails_clearly
def _run(context: Any) -> Run:
    """The plan that people agreed to; nothing is done for another, nor told."""
    return verified(context)


def _report(headline: str, *, registered: bool) -> dict[str, Any]:
    report = {"stage": "aporia", "headline": headline[:_LONGEST], "registered": registered}
    return checked_report(report)


def _headline(outcome: dict[str, Any]) -> str:
    counts = [f"{len(outcome[done])} {done}" for done in _CHANGES if outcome[done]]
    return f"{', '.join(counts)}." if counts else "All was there already."


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
