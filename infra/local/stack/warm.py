"""`python warm.py MODULES PROGRAM ARGUMENTS…`: run a module as a program, with others imported before.

What the program forks finds them in memory, shared, and need not import them again. Runs in the
program's environment and imports nothing of ours.
"""

import importlib
import runpy
import sys


def main() -> None:
    """Import `MODULES` (with commas between), then be `python -m PROGRAM ARGUMENTS…`."""
    modules, program = sys.argv[1:3]
    for name in modules.split(","):
        importlib.import_module(name)
    sys.argv = sys.argv[2:]
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
