"""Logits and targets in float64, for every loss."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F


@pytest.fixture
def drawn() -> Callable[..., tuple[Tensor, Tensor]]:
    """(rows, seed) -> logits (n, 4) and targets (n, 4): labels, or `soft` shares."""

    def made(soft: bool = False, n: int = 12, seed: int = 0) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        logits = 3 * torch.randn(n, 4, generator=generator, dtype=torch.float64)
        if not soft:
            return logits, F.one_hot(torch.arange(n) % 4, 4).double()
        return logits, torch.randn(n, 4, generator=generator, dtype=torch.float64).softmax(1)

    return made
