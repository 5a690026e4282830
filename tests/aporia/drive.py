"""Registers as Airflow's task does: in the SDK's environment, plain data in and out.

`python drive.py FOLDER` reads lines `{"document": …, "token": …, "timeout": …}` and answers each with
the outcome; where a timeout is given, it stands for that of a call from then on.
"""

import contextlib
import json
import sys

sys.path.insert(0, sys.argv[1])

from cooper_aporia import workspace
from cooper_aporia.task import run

for line in sys.stdin:
    asked = json.loads(line)
    if asked["timeout"]:
        workspace.TIMEOUT = asked["timeout"]
    with contextlib.redirect_stdout(sys.stderr):  # the SDK prints
        outcome = run(asked["document"], asked["token"])
    sys.stdout.write(json.dumps(outcome) + "\n")
    sys.stdout.flush()
