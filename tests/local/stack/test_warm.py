"""A program that is run with modules imported before it."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.stack import warm

WARM = Path(warm.__file__)


def _run(folder, *arguments):
    (folder / "program.py").write_text(
        "import sys\n"
        "print(__name__, sys.argv[1:], 'fractions' in sys.modules, 'graphlib' in sys.modules)\n"
        "sys.exit(int(sys.argv[1]))\n"
    )
    return subprocess.run(
        [sys.executable, "-P", str(WARM), *arguments],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("code", [0, 3])
def test_program_finds_modules_arguments_and_exits_as_it_likes(tmp_path, code):
    done = _run(tmp_path, "fractions,graphlib", "program", str(code), "--flag")
    assert done.stdout.strip() == f"__main__ ['{code}', '--flag'] True True"
    assert done.returncode == code


def test_module_that_is_not_there_is_named(tmp_path):
    done = _run(tmp_path, "fractions,no_such_module", "program", "0")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "No module named 'no_such_module'" in done.stderr
