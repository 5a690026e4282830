"""Becomes one process of the stack: reads its environment from a private file and executes its command.

Standard library only and nothing imported that is not needed: it runs once for each process, before it.
Supervisor's own `environment=` cannot carry JSON, and its file would hold every process's secrets.
"""

import ctypes
import json
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Execute what the JSON file named on the command line says."""
    with open(sys.argv[1]) as file:  # noqa: PTH123 - pathlib would double this program's start
        spec = json.load(file)
    if sys.platform == "linux":
        # Should the process manager be killed, its processes end too.
        number = getattr(signal, "SIG" + spec["stop_signal"])
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() == 1:
            raise SystemExit("the process manager is gone already")
    os.chdir(spec["directory"])
    os.umask(0o077)
    os.execve(  # noqa: S606 - becoming the program is what this is for
        spec["command"][0], spec["command"], spec["environment"]
    )


if __name__ == "__main__":
    main()
