"""The same files make the same bytes; what should not leave the machine does not."""

import os
import socket
import subprocess
import tarfile
import time

import pytest

from infra.clients.source_archive import MAX_BYTES, ArchiveError, archive


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "train.py").write_text("print('train')\n")
    (root / "src/model.py").write_text("rate = 0.1\n")
    (root / "über.txt").write_text("ü\n")
    return root


def pack(folder, tmp_path, name="a.tar.gz", **options):
    return archive(folder, tmp_path / name, **options)


def test_the_members_are_sorted_and_carry_no_time_or_owner(folder, tmp_path):
    packed = pack(folder, tmp_path)
    with tarfile.open(packed.path) as tar:
        members = tar.getmembers()
    assert [one.name for one in members] == ["src/model.py", "train.py", "über.txt"]
    assert {(one.mtime, one.uid, one.gid, one.uname, one.gname) for one in members} == {
        (0, 0, 0, "", "")
    }


def test_time_mode_and_place_do_not_change_the_bytes(folder, tmp_path):
    first = pack(folder, tmp_path)
    moved = folder.rename(tmp_path / "elsewhere")
    os.utime(moved / "train.py", (time.time() + 999,) * 2)
    (moved / "src/model.py").chmod(0o600)
    (moved / "__pycache__").mkdir()
    assert pack(moved, tmp_path, "b.tar.gz").sha256 == first.sha256


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "train.py").write_text("print('other')\n"),
        lambda root: (root / "train.py").rename(root / "training.py"),
        lambda root: (root / "train.py").chmod(0o755),
        lambda root: (root / "new.py").write_text(""),
    ],
)
def test_content_names_and_the_execute_bit_do(folder, tmp_path, change):
    before = pack(folder, tmp_path).sha256
    change(folder)
    assert pack(folder, tmp_path, "b.tar.gz").sha256 != before


@pytest.mark.parametrize(
    "name",
    [
        ".git/config", ".venv/bin/python", "venv/x.py", "__pycache__/a.pyc", "src/__pycache__/b.pyc",
        ".env", ".env.production", "deploy.pem", ".aws/credentials", ".ssh/id_rsa", "mlruns/0/meta.yaml",
        ".ipynb_checkpoints/a.ipynb", "node_modules/x/index.js", ".netrc", "claims.egg-info/PKG-INFO",
    ],
)  # fmt: skip
def test_caches_environments_and_secrets_stay_here(folder, tmp_path, name):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    assert pack(folder, tmp_path).members == ("src/model.py", "train.py", "über.txt")


def test_a_virtual_environment_of_any_name_stays_here(folder, tmp_path):
    (folder / "my-env/lib").mkdir(parents=True)
    (folder / "my-env/pyvenv.cfg").write_text("home = /usr/bin\n")
    (folder / "my-env/lib/big.py").write_text("")
    (folder / "build").mkdir()
    (folder / "build/__init__.py").write_text("")
    members = pack(folder, tmp_path).members
    assert "build/__init__.py" in members
    assert not [name for name in members if name.startswith("my-env")]


def test_the_data_is_left_out_and_its_neighbours_are_not(folder, tmp_path):
    (folder / "data").mkdir()
    (folder / "data/claims.csv").write_text("a\n1\n")
    (folder / "data/load.py").write_text("")
    members = pack(folder, tmp_path, leave_out=[folder / "data/claims.csv"]).members
    assert "data/load.py" in members
    assert "data/claims.csv" not in members


def test_a_link_to_a_file_inside_is_stored_as_the_file(folder, tmp_path):
    (folder / "alias.py").symlink_to("train.py")
    packed = pack(folder, tmp_path)
    with tarfile.open(packed.path) as tar:
        member = tar.getmember("alias.py")
        assert member.isreg()
        stream = tar.extractfile(member)
        assert stream is not None
        assert stream.read() == b"print('train')\n"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/etc/passwd", "evil.py is a link out of the source folder"),
        ("../../outside.py", "evil.py is a link that leads nowhere"),
        ("evil.py", "evil.py is a link that leads nowhere"),
        ("src", "evil.py is a link to a folder"),
        ("..", "evil.py is a link out of the source folder"),
    ],
)
def test_other_links_are_refused(folder, tmp_path, target, expected):
    (folder / "evil.py").symlink_to(target)
    with pytest.raises(ArchiveError, match=expected):
        pack(folder, tmp_path)
    assert not (tmp_path / "a.tar.gz").exists()


def test_pipes_and_sockets_are_refused_without_waiting_for_them(folder, tmp_path):
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as held:
        here = os.open(folder, os.O_RDONLY)
        held.bind(f"/proc/self/fd/{here}/sock")
        os.close(here)
        with pytest.raises(ArchiveError) as caught:
            pack(folder, tmp_path)
    assert [problem.split()[0] for problem in caught.value.problems] == ["pipe", "sock"]


def test_too_much_is_refused_with_the_largest_files(folder, tmp_path):
    with (folder / "weights.bin").open("wb") as stream:
        stream.truncate(MAX_BYTES)
    with pytest.raises(ArchiveError, match=r"largest: weights\.bin \(52\.4 MB\)"):
        pack(folder, tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArchiveError, match="holds no file to package"):
        pack(tmp_path / "empty", tmp_path)


def test_tar_itself_reads_the_archive(folder, tmp_path):
    packed = pack(folder, tmp_path)
    done = subprocess.run(
        ["tar", "tzf", str(packed.path)], capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == 3
