"""Reads the digits, and gives a process its share of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from columns import DIGITS, FEATURES, INK, SHEET, SIDE, TARGET


@dataclass
class Images:
    """Images of shape (n, 1, 8, 8) with ink from 0 to 1, and their digits."""

    pixels: torch.Tensor
    digits: torch.Tensor

    def __len__(self) -> int:
        return len(self.digits)


def read_digits(folder: Path) -> pd.DataFrame:
    """All CSV files of the channel, but the holdout where it lies beside them."""
    files = sorted(path for path in folder.glob("*.csv") if path.name != "holdout.csv")
    if not files:
        raise FileNotFoundError(f"no CSV file in {folder}")
    rows = pd.concat([pd.read_csv(path) for path in files], ignore_index=True)
    missing = {*FEATURES, TARGET, SHEET} - set(rows.columns)
    if missing:
        raise ValueError(f"{files[0].name} lacks the columns {', '.join(sorted(missing))}")
    if not rows[TARGET].isin(range(DIGITS)).all():
        raise ValueError(f"{TARGET} should be from 0 to {DIGITS - 1} in every row")
    # A missing value is in no range.
    if not ((rows[FEATURES] >= 0) & (rows[FEATURES] <= INK)).all(axis=None):
        raise ValueError(f"pixels should be from 0 to {INK} in every row")
    return rows


def split_off_last_sheet(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows to learn from, and those of the last sheet, to see how it goes with another hand."""
    last = rows[SHEET] == rows[SHEET].max()
    if last.all():
        raise ValueError("the data hold one sheet only; training needs two or more")
    return rows[~last], rows[last]


def to_images(rows: pd.DataFrame) -> Images:
    pixels = rows[FEATURES].to_numpy(dtype=np.float32) / INK
    return Images(
        torch.from_numpy(pixels.reshape(-1, 1, SIDE, SIDE)),
        torch.from_numpy(rows[TARGET].to_numpy(dtype=np.int64)),
    )


@dataclass
class Epoch:
    """The order of the rows in one epoch, and how far each image is moved (down, right).

    Both depend on seed and epoch alone: a training that goes on after an interruption, or with another
    number of processes, sees the same images in the same order.
    """

    order: torch.Tensor
    moves: torch.Tensor

    @classmethod
    def of(cls, rows: int, epoch: int, *, seed: int, shift: int) -> "Epoch":
        chance = torch.Generator().manual_seed(seed * 100_003 + epoch)
        order = torch.randperm(rows, generator=chance)
        return cls(order, torch.randint(2 * shift + 1, (rows, 2), generator=chance))

    def share(self, position: int, batch_size: int, rank: int, processes: int) -> torch.Tensor:
        """The rows of batch `position` that fall to the process `rank`; its peers take the others."""
        batch = self.order[position * batch_size : (position + 1) * batch_size]
        return batch[rank::processes]


def moved(pixels: torch.Tensor, moves: torch.Tensor, shift: int) -> torch.Tensor:
    """The images, each moved by its own number of pixels, with blank paper coming in."""
    if not shift:
        return pixels
    padded = torch.nn.functional.pad(pixels[:, 0], [shift] * 4)
    side = torch.arange(SIDE)
    down, right = (moves[:, axis, None] + side for axis in (0, 1))
    image = torch.arange(len(pixels))[:, None, None]
    return padded[image, down[:, :, None], right[:, None, :]][:, None]
