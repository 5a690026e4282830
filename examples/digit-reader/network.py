"""The network. A saved model carries this file, so that each version keeps the one it was trained with."""

import torch
from torch import nn


class Network(nn.Module):
    """Images of shape (n, 1, 8, 8) with ink from 0 to 1 → logits of shape (n, 10).

    It has no batch normalisation, so that a batch may be shared out among processes, and no pooling,
    whose gradient is not deterministic on GPUs.
    """

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(64 * 4 * 4, 10),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)
