"""Making the Python environments: what is found, what is said when it is not."""

import os
import subprocess
import sys

import pytest

from infra.local import environments
from infra.local.environments import ENVIRONMENTS, find_python, find_uv
from infra.local.progress import StepError


def program(path, script):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with a shell and nothing else."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(environments.shutil, "which", lambda name, **_: None)
    return tmp_path


def test_a_version_only_pyenv_has_is_found_by_its_path(bare):
    uv = program(bare / "uv", "exit 127")
    python = program(bare / "pyenv/versions/3.10.13/bin/python", "echo 3.10")
    assert find_python(ENVIRONMENTS["nlu"], uv) == python


def test_a_shim_that_answers_with_another_version_is_not_believed(bare):
    shim = program(bare / "shim", "echo 3.12")
    uv = program(bare / "uv", f'[ "$2" = find ] && echo {shim} || exit 1')
    with pytest.raises(StepError, match=r"Rasa needs Python 3\.10"):
        find_python(ENVIRONMENTS["nlu"], uv)


def test_what_uv_downloads_is_taken(bare):
    python = program(bare / "managed", "echo 3.10")
    uv = program(
        bare / "uv",
        f'case "$*" in *install*) touch {bare}/got;; *managed*) echo {python};; *) exit 1;; esac',
    )
    assert find_python(ENVIRONMENTS["nlu"], uv) == python
    assert (bare / "got").exists()


def test_a_missing_python_is_named_with_what_to_do(bare):
    uv = program(bare / "uv", "exit 1")
    with pytest.raises(StepError) as raised:
        find_python(ENVIRONMENTS["nlu"], uv)
    assert "3.10" in str(raised.value)
    assert "uv python install 3.10" in str(raised.value)


def test_no_uv_and_no_way_to_install_it_says_so(bare, monkeypatch):
    monkeypatch.setattr(sys, "executable", program(bare / "python", "exit 1"))
    with pytest.raises(StepError, match="uv is not installed"):
        find_uv(bare / "bootstrap")


def test_uv_is_put_into_the_bootstrap_folder_where_there_is_none(bare, monkeypatch):
    # What `python -m venv` and `pip install uv` would leave there.
    uv = bare / "bootstrap" / "bin" / "uv"
    script = f"mkdir -p {uv.parent}; printf '#!/bin/sh\\necho uv 1\\n' > {uv}; chmod +x {uv}"
    monkeypatch.setattr(sys, "executable", program(bare / "python", script))
    program(bare / "bootstrap/bin/python", "exit 0")
    assert find_uv(bare / "bootstrap") == str(uv)


def test_a_broken_uv_on_path_is_passed_over(tmp_path, monkeypatch):
    program(tmp_path / "bin/uv", "exit 1")
    own = program(tmp_path / "bootstrap/bin/uv", "echo uv 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert find_uv(tmp_path / "bootstrap") == own


def test_a_failing_command_shows_its_last_lines_and_its_log(tmp_path):
    log = tmp_path / "step.log"
    with pytest.raises(StepError) as raised:
        environments.run(["sh", "-c", "seq 50; echo no such package >&2; exit 3"], log)
    said = str(raised.value)
    assert "ended with 3" in said
    assert "no such package" in said
    assert str(log) in said
    assert "\n    1\n" not in said


def test_what_stands_is_not_made_again(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "infra.local.environments", "root", "--state", str(tmp_path)],
        cwd=environments.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_old_python_is_told_what_is_needed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(environments.sys, "version_info", (3, 9, 2))
    assert environments.main(["root", "--state", str(tmp_path)]) == 1
    assert "this Python is 3.9, and Cooper needs 3.11" in capsys.readouterr().out
