"""Layers wide enough that a variance is known to 2 %."""

import pytest
import torch
from torch import nn


class Wide(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(64, 128, 3)
        self.grouped = nn.Conv2d(128, 256, 3, groups=4)
        self.depthwise = nn.Conv2d(2048, 2048, 3, groups=2048)
        self.norm = nn.BatchNorm2d(256)
        self.hidden = nn.Linear(300, 200)
        self.head = nn.Linear(200, 100)
        for p in self.parameters():
            nn.init.constant_(p, 7.0)


@pytest.fixture
def wide() -> Wide:
    return Wide()
