"""Commands that run once and end: migrations, registration. They belong to the stack and end with it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.local.progress import StepError
from infra.local.stack.layout import STACK_ID_VARIABLE, Layout

_TAIL = 15


class Commands:
    """Runs commands of one stack, each with its own log."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def run(
        self,
        command: Sequence[str],
        name: str,
        environment: Mapping[str, str],
        *,
        directory: Path | None = None,
    ) -> None:
        """Run to the end. Raises StepError with the end of its output when it fails."""
        log = self._layout.logs / f"{name}.log"
        variables = dict(environment) | {STACK_ID_VARIABLE: self._layout.stack_id}
        with log.open("wb") as output:
            try:
                done = subprocess.run(
                    command,
                    cwd=directory or self._layout.checkout,
                    env=variables,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # Ctrl-C reaches us alone; we end it in order
                    check=False,
                )
            except OSError as error:
                raise StepError(f"{command[0]} cannot be run: {error.strerror}.") from error
        if done.returncode:
            lines = log.read_text(errors="replace").strip().splitlines()[-_TAIL:]
            tail = "\n".join(f"    {line[:300]}" for line in lines)
            raise StepError(
                f"`{' '.join([Path(command[0]).name, *command[1:]])[:200]}` ended with {done.returncode}. "
                f"The end of its output ({log}):\n{tail}"
            )
