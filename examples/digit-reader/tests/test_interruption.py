"""A training that is interrupted ends as one that is not."""

import json
import signal
import subprocess

import pytest
import torch
import train
from checkpoints import read, write
from conftest import arguments
from training import Training

# Small batches make long epochs: a signal sent after a line of the log comes in mid-epoch.
SETTINGS = ("--epochs", 4, "--batch_size", 8, "--checkpoint_every", 40)
STEPS_AN_EPOCH = 161
DEADLINE = 240  # seconds; a busy machine takes its time


def weights(folder):
    return torch.load(folder / "model/artifacts/weights.pt", weights_only=True)


def history(folder):
    return json.loads((folder / "output/training.json").read_text())["history"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a training with these settings that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    train.main(arguments(folder, *SETTINGS))
    return folder


def interrupt(program, line="epoch=1;", number=signal.SIGTERM):
    """Send the signal once the line is printed; return all that was printed."""
    printed = []
    for text in program.stdout:
        printed.append(text)
        if text.startswith(line):
            program.send_signal(number)
            break
    rest, _ = program.communicate(timeout=DEADLINE)
    return "".join(printed) + rest


def test_sigterm_in_mid_epoch_leaves_a_checkpoint_from_which_the_training_ends_the_same(
    begin, tmp_path, whole
):
    program = begin(*SETTINGS)
    said = interrupt(program)
    assert program.returncode == -signal.SIGTERM
    assert "asked to stop; checkpoint written after step" in said
    assert "epoch=4;" not in said
    assert not (tmp_path / "model").exists()
    again = begin(*SETTINGS)
    said, _ = again.communicate(timeout=DEADLINE)
    assert again.returncode == 0, said
    assert "checkpoint found" in said
    assert "epoch=1;" not in said
    assert history(tmp_path) == history(whole)
    for name, values in weights(whole).items():
        assert torch.equal(weights(tmp_path)[name], values)


def test_a_killed_training_goes_on_from_the_checkpoint_before_where_the_last_is_damaged(
    begin, tmp_path, whole
):
    program = begin(*SETTINGS)
    interrupt(program, number=signal.SIGKILL)
    newest = max(
        (tmp_path / "checkpoints").glob("*.pt"), key=lambda path: read(path)["step"]
    )  # fmt: skip
    newest.write_bytes(newest.read_bytes()[:-100])
    said, _ = begin(*SETTINGS).communicate(timeout=DEADLINE)
    assert f"checkpoint left aside: {newest.name} is damaged" in said
    assert "checkpoint found" in said
    assert history(tmp_path) == history(whole)


def test_two_processes_stop_together_and_one_may_finish_their_work(begin, tmp_path, whole):
    program = begin(*SETTINGS, "--processes", 2)
    said = interrupt(program)
    assert program.returncode == -signal.SIGTERM, said
    assert said.count("asked to stop") == 1
    step = max(read(path)["step"] for path in (tmp_path / "checkpoints").glob("*.pt"))
    assert STEPS_AN_EPOCH < step < 4 * STEPS_AN_EPOCH
    said, _ = begin(*SETTINGS).communicate(timeout=DEADLINE)
    assert f"step {step}" in said
    # Other neurons are dropped in two processes than in one.
    reached, expected = (history(each)[-1]["validation_accuracy"] for each in (tmp_path, whole))
    assert reached == pytest.approx(expected, abs=0.04)


def test_a_finished_training_is_not_done_again(begin, whole, tmp_path):
    again = begin(*SETTINGS, "--checkpoint-dir", whole / "checkpoints")
    said, _ = again.communicate(timeout=DEADLINE)
    assert "epoch=" not in said
    assert history(tmp_path) == history(whole)


@pytest.mark.parametrize("steps", [1, 41, 100])
def test_a_state_restored_at_any_step_goes_on_bit_by_bit(parts, tmp_path, steps):
    args = train.parse_args(["--epochs", "3", "--batch_size", "32"])
    straight = Training(args, *parts)
    for _ in range(steps):
        straight.step()
    write(tmp_path / "state.pt", straight.state())
    for _ in range(20):
        straight.step()
    expected = straight.state()
    torch.manual_seed(0)
    resumed = Training(args, *parts)
    resumed.restore(read(tmp_path / "state.pt"))
    for _ in range(20):
        resumed.step()
    reached = resumed.state()
    assert reached["history"] == expected["history"]
    assert reached["loss_sum"] == expected["loss_sum"]
    for name, values in expected["network"].items():
        assert torch.equal(reached["network"][name], values)


def test_two_processes_make_one_model_and_see_the_same_images_once_an_epoch(begin, tmp_path):
    # Without dropout the two differ in the order of additions only, if both see the same.
    settings = ("--epochs", 2, "--dropout", 0)
    for processes in (1, 2):
        program = begin(*settings, "--processes", processes, folder=tmp_path / str(processes))
        said, _ = program.communicate(timeout=DEADLINE)
        assert program.returncode == 0, said
        assert said.count("epoch=") == 2
        assert said.count("saved;") == 1
    one, two = (weights(tmp_path / number) for number in "12")
    for name, values in one.items():
        torch.testing.assert_close(two[name], values, rtol=0.01, atol=0.002)
    for before, after in zip(history(tmp_path / "1"), history(tmp_path / "2"), strict=True):
        assert after["train_loss"] == pytest.approx(before["train_loss"], rel=1e-3)


def test_a_process_that_dies_fails_the_training_and_its_peer_with_it(begin, tmp_path):
    program = begin(*SETTINGS, "--processes", 2)
    for text in program.stdout:
        if text.startswith("epoch=1;"):
            break
    found = subprocess.check_output(["pgrep", "-P", str(program.pid), "-f", "spawn_main"])
    workers = found.decode().split()
    assert len(workers) == 2
    subprocess.run(["kill", "-KILL", workers[1]], check=True)
    said, _ = program.communicate(timeout=DEADLINE)
    assert program.returncode == 1
    assert "Error" in said or "SIGKILL" in said
    assert not (tmp_path / "model").exists()
    peer = subprocess.run(["ps", "-p", workers[0]], check=False, stdout=subprocess.DEVNULL)
    assert peer.returncode == 1
