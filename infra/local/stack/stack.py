"""One start of the stack from beginning to end: prepare, start in order, watch, stop."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import time
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

from infra.local.progress import Progress, StepError
from infra.local.stack import airflow, ports, postgres, preflight, prepare, sweep
from infra.local.stack.commands import Commands
from infra.local.stack.environment import Given, given_environment, write_run_env
from infra.local.stack.keys import AIRFLOW_PERSON
from infra.local.stack.layout import CHECKOUT, Layout
from infra.local.stack.process import Process, Task
from infra.local.stack.services import PORTS, Services, build, selected
from infra.local.stack.steps import all_steps
from infra.local.stack.supervisor import Supervisor
from infra.local.stack.tasks import run_tasks

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WATCH_SECONDS = 1.0
_STOP_SECONDS = 90


class _Stop(BaseException):
    """A signal asked for the end. No `except Exception` may catch it."""


@dataclass(frozen=True)
class Options:
    """How to start. `only` names processes (`airflow` means all four); empty is the whole stack."""

    state: Path = CHECKOUT / ".cooper"
    only: tuple[str, ...] = ()
    demo: bool = True


# ------------------------------------------------------------------ one stack a state folder


@contextlib.contextmanager
def _only_one(layout: Layout) -> Iterator[IO[str] | None]:
    """Hold the state folder's lock, or yield None when another start holds it. The kernel frees it with the process."""
    with (layout.state / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file


def running_pid(layout: Layout) -> int | None:
    """Return the process id of the start that holds the state folder, or None."""
    with (layout.state / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            return int(file.read() or 0) or None
    return None


def _say_running(layout: Layout, progress: Progress) -> None:
    try:
        text = json.loads((layout.state / "ready.json").read_text())["text"]
    except (OSError, ValueError, KeyError):
        pid = running_pid(layout)
        progress.say(f"Cooper is just being started here by another process (pid {pid}).")
        return
    progress.say(f"Cooper already runs here.\n{text}")


def stop(state: Path) -> int:
    """Stop the stack of a state folder, whoever started it. 0 when nothing runs any more."""
    layout = Layout.at(state)
    pid = running_pid(layout)
    if pid:
        with contextlib.suppress(psutil.NoSuchProcess):
            holder = psutil.Process(pid)
            holder.terminate()
            psutil.wait_procs([holder], timeout=_STOP_SECONDS)
    if running_pid(layout):
        Progress().say(f"error: process {pid} does not stop: see {layout.logs}.")
        return 1
    sweep.sweep(layout)
    _forget(layout)
    return 0


def _forget(layout: Layout) -> None:
    for name in ("run.env", "ready.json", "processes.json"):
        (layout.state / name).unlink(missing_ok=True)
    shutil.rmtree(layout.sockets, ignore_errors=True)


# ------------------------------------------------------------------ up


def up(options: Options) -> int:
    """Start the stack, say where it is, and keep it until a signal ends it. Returns the exit code."""
    progress = Progress()
    try:
        selected(options.only)
        layout = Layout.at(options.state)
        with _only_one(layout) as lock:
            if lock is None:
                _say_running(layout, progress)
                return 0
            return _Run(layout, options, progress).run()
    except (StepError, ValueError) as error:
        progress.say(f"error: {error}")
        return 1


class _Run:
    """One run, from the lock to the last process' end."""

    def __init__(self, layout: Layout, options: Options, progress: Progress) -> None:
        self._layout = layout
        self._options = options
        self._progress = progress
        self._supervisor: Supervisor | None = None
        self._told: set[str] = set()

    def run(self) -> int:
        handlers = {each: signal.signal(each, self._on_signal) for each in _SIGNALS}
        try:
            return self._guarded()
        finally:
            for each, handler in handlers.items():
                signal.signal(each, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        for each in _SIGNALS:  # the end is on its way: asking again changes nothing
            signal.signal(each, signal.SIG_IGN)
        raise _Stop

    def _guarded(self) -> int:
        code = 0
        try:
            services = self._start()
            self._announce(services)
            self._watch()
        except _Stop:
            self._progress.say("")
        except (StepError, OSError, xmlrpc.client.Error) as error:
            self._progress.say(f"error: {error}")
            code = 1
        finally:
            self._stop()
        return code

    # ---------------------------------------------------------------- start

    def _start(self) -> Services:
        layout, progress = self._layout, self._progress
        given = Given(given_environment(layout))
        names = selected(self._options.only)
        if sweep.leftovers(layout):
            with progress.step("Ending what an earlier run left behind"):
                sweep.sweep(layout)
        _forget(layout)
        preflight.check(layout, given, names)
        self._prepare(names, given)
        layout.make_sockets()
        if "postgres" in names and not given.database:
            if not (layout.folder("postgres") / "PG_VERSION").exists():
                with progress.step("Database cluster"):
                    postgres.prepare(layout)
            postgres.prepare(layout)
        services = build(layout, given, ports.choose(layout, PORTS), self._options.only)
        write_run_env(layout, _own_variables(services))
        supervisor = Supervisor(layout, services.processes)
        self._supervisor = supervisor
        with progress.step("Process manager"):
            supervisor.open()
        commands = Commands(layout)
        tasks = [_process_task(supervisor, process) for process in services.processes]
        tasks += all_steps(services, commands, demo=self._options.demo)
        run_tasks(tasks, progress)
        return services

    def _prepare(self, names: frozenset[str], given: Given) -> None:
        wanted = {
            "nlu-model": "nlu" in names,
            "page": "slack" in names and not given.slack,
            "images": "aws" in names and not given.aws,
        }
        for name, is_wanted in wanted.items():
            if is_wanted:
                prepare.PREPARATIONS[name](self._layout, self._progress)

    def _announce(self, services: Services) -> None:
        text = announcement(services)
        (self._layout.state / "ready.json").write_text(
            json.dumps({"text": text, "pid": os.getpid()})
        )
        self._progress.say(text)

    # ---------------------------------------------------------------- watch and stop

    def _watch(self) -> None:
        supervisor = self._supervisor
        assert supervisor is not None
        while not supervisor.daemon_ended:
            with contextlib.suppress(OSError, xmlrpc.client.Error):
                infos = supervisor.info()
                sweep.record(self._layout, infos.values())
                for name, info in infos.items():
                    self._tell(supervisor, name, info["statename"])
            time.sleep(_WATCH_SECONDS)
        raise StepError(f"the process manager ended by itself: see {supervisor.log('supervisor')}.")

    def _tell(self, supervisor: Supervisor, name: str, state: str) -> None:
        if state in ("BACKOFF", "FATAL", "EXITED") and name not in self._told:
            self._told.add(name)
            what = "does not come back" if state == "FATAL" else "ended and is started again"
            self._progress.say(
                f"{name} {what} (log: {supervisor.log(name)})\n{supervisor.tail(name)}"
            )
        elif state == "RUNNING":
            self._told.discard(name)

    def _stop(self) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        supervisor = self._supervisor
        if supervisor is not None and not supervisor.daemon_ended:
            with self._progress.step("Everything stopped"):
                with contextlib.suppress(OSError, xmlrpc.client.Error):
                    sweep.record(self._layout, supervisor.info().values())
                supervisor.close()
        sweep.sweep(self._layout)
        _forget(self._layout)


def _process_task(supervisor: Supervisor, process: Process) -> Task:
    return Task(process.name, process.title, lambda: supervisor.start(process.name), process.needs)


def _own_variables(services: Services) -> dict[str, str]:
    """Return what goes into `run.env`: the contract's variables, not the machine's."""
    ours = ("COOPER_", "SLACK_", "NLU_", "ACTIONS_", "AIRFLOW_", "MLFLOW_", "AWS_")
    return {
        key: value
        for key, value in services.application.items()
        if key in ("DATABASE_URL", "REDIS_URL")
        or (key.startswith(ours) and not key.endswith("_CA_BUNDLE"))
    }


def announcement(services: Services) -> str:
    """Return what is said when everything stands: where to go, as whom, and where the password is."""
    addresses, names = services.addresses, services.names
    if "slack" in names:
        first = f"Cooper is ready: {addresses.url('slack')}"
    elif "bot" in names:
        first = "Cooper is ready: in your Slack workspace"
    else:
        first = f"Ready: {', '.join(process.name for process in services.processes)}"
    lines = [first]
    if airflow.NAMES[0] in names:
        password = services.keys.folder / f"airflow-{AIRFLOW_PERSON}-password"
        lines.append(
            f"  Airflow  {addresses.url('airflow')}  (user {AIRFLOW_PERSON}, password in {password})"
        )
    if "mlflow" in names:
        lines.append(f"  MLflow   {addresses.url('mlflow')}")
    lines.append(f"  Logs     {services.layout.logs}")
    lines.append("Ctrl-C ends everything; the data stays.")
    return "\n".join(lines)
