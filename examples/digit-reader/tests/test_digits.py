from pathlib import Path

import pandas as pd
import pytest
import torch
from columns import SHEET, TARGET
from digits import Epoch, moved, read_digits, split_off_last_sheet

HOLDOUT = Path(__file__).resolve().parents[1] / "data/holdout.csv"


@pytest.fixture
def rows():
    return pd.read_csv(HOLDOUT).head(3).astype("float")


def written(rows, folder):
    rows.to_csv(folder / "digits.csv", index=False)
    return folder


def test_an_empty_channel_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no CSV file"):
        read_digits(tmp_path)


def test_the_holdout_is_never_learned_from(tmp_path, rows):
    rows.to_csv(tmp_path / "holdout.csv", index=False)
    with pytest.raises(FileNotFoundError, match="no CSV file"):
        read_digits(tmp_path)


def test_missing_columns_are_named(tmp_path, rows):
    with pytest.raises(ValueError, match="lacks the columns pixel_3_3, sheet"):
        read_digits(written(rows.drop(columns=["pixel_3_3", SHEET]), tmp_path))


@pytest.mark.parametrize("bad", [10, -1, 2.5, None])
def test_a_target_that_is_no_digit_is_refused(tmp_path, rows, bad):
    rows.loc[1, TARGET] = bad
    with pytest.raises(ValueError, match="digit should be from 0 to 9"):
        read_digits(written(rows, tmp_path))


@pytest.mark.parametrize("bad", [17, -1, None])
def test_a_pixel_out_of_range_is_refused(tmp_path, rows, bad):
    rows.loc[2, "pixel_3_3"] = bad
    with pytest.raises(ValueError, match="pixels should be from 0 to 16"):
        read_digits(written(rows, tmp_path))


def test_one_sheet_alone_leaves_nothing_to_learn_from(rows):
    with pytest.raises(ValueError, match="one sheet only"):
        split_off_last_sheet(rows)


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
def test_an_epoch_gives_each_row_to_one_process_once_in_the_same_batches(processes):
    epoch = Epoch.of(101, 4, seed=7, shift=1)
    for position in range(13):
        shares = [epoch.share(position, 8, rank, processes) for rank in range(processes)]
        whole = epoch.share(position, 8, 0, 1)
        assert sorted(torch.cat(shares).tolist()) == sorted(whole.tolist())
    seen = [epoch.share(position, 8, 0, 1) for position in range(13)]
    assert sorted(torch.cat(seen).tolist()) == list(range(101))


def test_an_epoch_is_the_same_again_and_unlike_the_next():
    first, again, following = (Epoch.of(50, number, seed=7, shift=1) for number in (3, 3, 4))
    assert torch.equal(first.order, again.order)
    assert torch.equal(first.moves, again.moves)
    assert not torch.equal(first.order, following.order)


def test_an_image_is_moved_as_told_and_blank_paper_comes_in():
    pixels = torch.arange(64.0).reshape(1, 1, 8, 8) + 1
    # In the middle of the range nothing moves; one less shows what lay a row above.
    same, down = (moved(pixels, torch.tensor([move]), 1) for move in ([1, 1], [0, 1]))
    assert torch.equal(same, pixels)
    assert torch.equal(down[0, 0, 1:], pixels[0, 0, :-1])
    assert not down[0, 0, 0].any()
