"""Supervisor as the owner of every process: its configuration, its start, its control over a Unix socket."""

from __future__ import annotations

import contextlib
import ctypes
import json
import signal
import subprocess
import sys
import threading
import time
import xmlrpc.client
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from infra.local.progress import StepError
from infra.local.stack.environment import base_environment
from infra.local.stack.keys import write_private
from infra.local.stack.layout import STACK_ID_VARIABLE, Layout
from infra.local.stack.process import Process

_PR_SET_PDEATHSIG = 1
_GONE = {"BACKOFF", "FATAL", "EXITED"}
_TAIL = 15
_POLL_SECONDS = 0.2


def _end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies, so that a killed `up` leaves nothing behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _quoted(text: str | Path) -> str:
    return str(text).replace("%", "%%")


class Supervisor:
    """Starts, watches and stops the processes of one stack."""

    def __init__(self, layout: Layout, processes: Iterable[Process]) -> None:
        self._layout = layout
        self._processes = {process.name: process for process in processes}
        self._socket = layout.sockets / "supervisor.sock"
        self._daemon: subprocess.Popen[bytes] | None = None
        self._pids: dict[str, int] = {}
        self._stopping = threading.Event()

    # ---------------------------------------------------------------- files

    def _program(self, process: Process) -> str:
        specs = self._layout.folder("processes")
        spec = specs / f"{process.name}.json"
        environment = dict(process.environment) | {STACK_ID_VARIABLE: self._layout.stack_id}
        write_private(
            spec,
            json.dumps(
                {
                    "command": process.command,
                    "environment": environment,
                    "directory": str(process.directory or self._layout.checkout),
                    "stop_signal": process.stop_signal,
                }
            ),
        )
        launcher = Path(__file__).with_name("launch.py")
        return "\n".join(
            (
                f"[program:{process.name}]",
                f'command="{_quoted(sys.executable)}" -I -S "{_quoted(launcher)}" "{_quoted(spec)}"',
                "autostart=false",
                "autorestart=true",
                "startsecs=1",
                "startretries=5",
                f"stopsignal={process.stop_signal}",
                f"stopwaitsecs={process.stop_seconds}",
                f"stopasgroup={str(process.stop_whole_group).lower()}",
                "killasgroup=true",
                "redirect_stderr=true",
                f"stdout_logfile={_quoted(self.log(process.name))}",
                "stdout_logfile_maxbytes=10MB",
                "stdout_logfile_backups=2",
                "",
            )
        )

    def _configuration(self) -> str:
        stores = [process for process in self._processes.values() if process.store]
        rest = [process for process in self._processes.values() if not process.store]
        groups = [
            f"[group:{name}]\nprograms={','.join(each.name for each in members)}\npriority={priority}\n"
            for name, members, priority in (("stores", stores, 1), ("rest", rest, 2))
            if members
        ]
        head = f"""\
[unix_http_server]
file={_quoted(self._socket)}
chmod=0700

[supervisord]
nodaemon=true
silent=true
identifier={self._layout.stack_id}
logfile={_quoted(self.log("supervisor"))}
logfile_maxbytes=5MB
logfile_backups=1
pidfile={_quoted(self._layout.state / "supervisor.pid")}
directory={_quoted(self._layout.checkout)}
umask=077

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
        programs = [self._program(process) for process in self._processes.values()]
        return "\n".join((head, *programs, *groups))

    def log(self, name: str) -> Path:
        """Return the path of a process's log."""
        return self._layout.logs / f"{name}.log"

    def tail(self, name: str) -> str:
        """Return the last lines of a process's log, indented."""
        log = self.log(name)
        lines = log.read_text(errors="replace").splitlines()[-_TAIL:] if log.exists() else []
        return "\n".join(f"    {line[:300]}" for line in lines)

    # ---------------------------------------------------------------- control

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(proxy.supervisor, method)(*arguments)
        finally:
            transport.close()

    def _full_name(self, name: str) -> str:
        return f"{'stores' if self._processes[name].store else 'rest'}:{name}"

    def open(self) -> None:
        """Start the process manager itself, with none of its processes. Call from the main thread."""
        configuration = self._layout.state / "supervisord.conf"
        write_private(configuration, self._configuration())
        self._socket.unlink(missing_ok=True)
        errors = self.log("supervisord.stderr")
        with errors.open("wb") as output:
            self._daemon = subprocess.Popen(
                [self._layout.program("supervisord"), "-c", str(configuration)],
                env=base_environment() | {STACK_ID_VARIABLE: self._layout.stack_id},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call into libc, before any thread of ours
            )
        deadline = time.monotonic() + 20
        while True:
            try:
                self._call("getState")
            except (OSError, xmlrpc.client.Error) as error:
                if self._daemon.poll() is None and time.monotonic() < deadline:
                    time.sleep(_POLL_SECONDS)
                    continue
                raise StepError(
                    f"the process manager does not start ({errors}):\n{errors.read_text(errors='replace')}"
                ) from error
            return

    @property
    def daemon_ended(self) -> bool:
        """Whether the process manager is gone."""
        return self._daemon is None or self._daemon.poll() is not None

    @property
    def daemon_pid(self) -> int | None:
        return self._daemon.pid if self._daemon else None

    def info(self) -> dict[str, dict[str, Any]]:
        """Return what is known of each process, by name: `statename`, `pid` and more."""
        return {each["name"]: each for each in self._call("getAllProcessInfo")}

    def start(self, name: str) -> None:
        """Start a process and wait until it is ready. Raises StepError with the end of its log when it is not."""
        process = self._processes[name]
        log = self.log(name)
        offset = log.stat().st_size if log.exists() else 0
        try:
            self._call("startProcess", self._full_name(name), False)  # noqa: FBT003 - positional by protocol
        except xmlrpc.client.Fault as fault:
            raise StepError(f"{process.title} does not start: {fault.faultString}.") from fault
        deadline = time.monotonic() + process.ready_seconds
        first_pid = 0
        lacks = "did not start"
        while not self._stopping.is_set():
            info = self._call("getProcessInfo", self._full_name(name))
            first_pid = first_pid or info["pid"]
            if info["statename"] in _GONE or (info["pid"] and info["pid"] != first_pid):
                raise StepError(self._failure(process, "ended at once", offset))
            lacks = process.ready() if info["pid"] else lacks
            if not lacks:
                return
            if time.monotonic() > deadline:
                waited = f"is not ready after {process.ready_seconds:.0f} s ({lacks})"
                raise StepError(self._failure(process, waited, offset))
            time.sleep(_POLL_SECONDS)

    def _failure(self, process: Process, what: str, offset: int) -> str:
        # A process that dies may write its last words a moment after its end is noticed.
        deadline = time.monotonic() + 1
        log = self.log(process.name)
        while time.monotonic() < deadline and not (log.exists() and log.stat().st_size > offset):
            time.sleep(_POLL_SECONDS)
        return f"{process.title} {what}. The end of its log ({log}):\n{self.tail(process.name)}"

    def close(self) -> None:
        """Stop every process, stores last, then the process manager."""
        self._stopping.set()
        if self.daemon_ended:
            return
        with contextlib.suppress(OSError, xmlrpc.client.Error):
            for group in ("rest", "stores"):
                with contextlib.suppress(xmlrpc.client.Fault):  # no such group
                    self._call("stopProcessGroup", group)
            self._call("shutdown")
        self._end_daemon()

    def _end_daemon(self) -> None:
        assert self._daemon is not None
        patience = max((each.stop_seconds for each in self._processes.values()), default=5) + 5
        for end in (None, self._daemon.terminate, self._daemon.kill):
            if end:
                end()
            try:
                self._daemon.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            return
