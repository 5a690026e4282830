import pytest
import torch
from checkpoints import Checkpoints, DamagedError, read, write


@pytest.fixture
def folder(tmp_path):
    """Checkpoints of the steps 10, 20 and 30: the last two are kept."""
    checkpoints = Checkpoints(tmp_path, "a training")
    for step in (10, 20, 30):
        checkpoints.save({"step": step, "weights": torch.full((1000,), float(step))})
    return tmp_path


def newest(folder, made_for="a training"):
    return Checkpoints(folder, made_for).newest()


def spoil(path, *, cut=False):
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[:half] if cut else content[:half] + b"?" + content[half + 1 :])


def test_an_empty_or_missing_folder_has_none(tmp_path, capsys):
    assert newest(tmp_path) is None
    assert newest(tmp_path / "missing") is None
    assert capsys.readouterr().out == ""


def test_the_newest_of_two_is_found_and_a_third_is_never_kept(folder, capsys):
    assert newest(folder)["step"] == 30
    assert "checkpoint found: checkpoint-0.pt, step 30" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint-0.pt", "checkpoint-1.pt"]


@pytest.mark.parametrize("cut", [True, False])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(folder, capsys, cut):
    spoil(folder / "checkpoint-0.pt", cut=cut)
    assert newest(folder)["step"] == 20
    said = capsys.readouterr().out
    assert "checkpoint left aside: checkpoint-0.pt is damaged" in said
    assert "checkpoint found: checkpoint-1.pt, step 20" in said


def test_an_empty_file_is_damaged(tmp_path):
    (tmp_path / "checkpoint-0.pt").touch()
    with pytest.raises(DamagedError, match=r"checkpoint-0\.pt"):
        read(tmp_path / "checkpoint-0.pt")


def test_two_damaged_checkpoints_are_none_and_that_is_said(folder, capsys):
    for number in (0, 1):
        spoil(folder / f"checkpoint-{number}.pt")
    assert newest(folder) is None
    assert "no checkpoint can be used, the training begins anew" in capsys.readouterr().out


def test_checkpoints_of_other_settings_or_data_are_left_aside(folder, capsys):
    assert newest(folder, "another training") is None
    assert "checkpoint-0.pt is of other settings or data" in capsys.readouterr().out


def test_what_was_never_finished_writing_is_not_looked_at(folder):
    (folder / "checkpoint-1.unfinished").write_bytes(b"half of it")
    assert newest(folder)["step"] == 30


def test_after_damage_the_good_one_is_not_the_one_to_be_overwritten(folder):
    spoil(folder / "checkpoint-0.pt")
    checkpoints = Checkpoints(folder, "a training")
    checkpoints.newest()
    checkpoints.save({"step": 25})
    assert read(folder / "checkpoint-1.pt")["step"] == 20
    assert read(folder / "checkpoint-0.pt")["step"] == 25


def test_a_folder_that_cannot_be_written_is_an_error_and_not_silence(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OSError, match="taken"):
        write(tmp_path / "taken" / "checkpoint-0.pt", {"step": 1})
