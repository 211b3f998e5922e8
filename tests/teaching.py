"""What tests of teachers share: logits of both sides, and a method whose teacher says what it is told to."""

from typing import Any

import numpy as np
import torch
from toys import Net

from linne.core.lookup import find
from linne.engine import device
from linne.engine.criterion import Criterion

K, B = 5, 7


def logits(seed: int) -> torch.Tensor:
    return 3 * torch.randn(B, K, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(spec: str, told: Any = None, loss: str = "cross_entropy", model: Any = None) -> Any:
    labels = np.arange(30) % 3
    criterion = Criterion(loss, labels, 3, device.device("cpu"))
    return find("method", spec)(model or Net(10), criterion, lambda name, features=False: told)
