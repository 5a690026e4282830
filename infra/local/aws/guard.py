"""Runs one command in a process group of its own, and ends the group when the stand-in goes away.

Started as `python -I -S guard.py FD COMMAND…` (standard library only). FD is the reading end of a pipe the stand-in
holds: a `T` sends SIGTERM to the group, a `K` SIGKILL, and the pipe's end, which the kernel brings about however the
stand-in dies, SIGKILL too. Exits with the command's code, or 128 + signal.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading

_POLL_SECONDS = 0.05


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _run(control: int, command: list[str]) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Only the pipe speaks for the stand-in; a handler, since an ignored signal would be inherited.
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(command, start_new_session=True, pass_fds=_passed(control))
    ended_reader, ended_writer = os.pipe()

    def wait() -> None:
        child.wait()
        os.close(ended_writer)

    threading.Thread(target=wait, daemon=True).start()
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(ended_reader, selectors.EVENT_READ)
        asked_to_stop = False
        while child.returncode is None or (asked_to_stop and _lives(child.pid)):
            ready = {key.fd for key, _ in selector.select(_POLL_SECONDS if asked_to_stop else None)}
            if ended_reader in ready:
                selector.unregister(ended_reader)
            if control in ready:
                order = os.read(control, 1)
                if order == b"T":
                    asked_to_stop = True
                    _signal(child.pid, signal.SIGTERM)
                else:
                    _signal(child.pid, signal.SIGKILL)
                    break
    _signal(child.pid, signal.SIGKILL)
    code = child.wait()
    return 128 - code if code < 0 else code


def _passed(control: int) -> tuple[int, ...]:
    """Return the descriptors the command inherits: those this process was given, but not the control pipe."""
    given = os.environ.get("COOPER_SERVING_FD")
    return (int(given),) if given and int(given) != control else ()


if __name__ == "__main__":
    sys.exit(_run(int(sys.argv[1]), sys.argv[2:]))
