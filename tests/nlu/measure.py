"""How well a file of labelled sentences is read.

From the project's root: `python -m tests.nlu.measure tests/nlu/development.jsonl`; with `--misses`
each wrong one is printed, which is for the development set only.
"""

import argparse
import sys
from pathlib import Path

from bot.cli.measuring import load, misses, report, results


def main() -> None:
    """Print the report on the file named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    pairs = results(load(options.file))
    sys.stdout.write(f"{report(pairs)}\n")
    if options.misses:
        sys.stdout.write(f"{misses(pairs)}\n")


if __name__ == "__main__":
    main()
