"""Facts made by hand, so that what a check must find is known exactly."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from linne.core.facts import FACT, THUMB, Facts

PLAIN = {
    "format": b"JPEG", "mode": b"RGB", "width": 400, "height": 300, "orientation": 1, "frames": 1, "bytes": 30_000,
    "quality": 90, "taken": np.nan, "brightness": 0.5, "contrast": 0.2, "p01": 0.1, "p99": 0.9, "sharpness": 700.0,
    "entropy": 7.0, "colour": 0.5, "saturation": 0.3, "border": 0.5,
}  # fmt: skip


@pytest.fixture
def made() -> Callable[..., Facts]:
    """made(n, seed=0, **columns): n readable ordinary pictures that vary a little, with these columns as given."""

    def make(n: int, seed: int = 0, **columns: Any) -> Facts:
        draw = np.random.default_rng(seed)
        table = np.zeros(n, FACT)
        for name, value in PLAIN.items():
            table[name] = value
        for name, spread in (("brightness", 0.05), ("contrast", 0.02), ("p99", 0.03), ("entropy", 0.3)):
            table[name] += draw.normal(0, spread, n).clip(-2 * spread, 2 * spread)
        table["sharpness"] *= np.exp(draw.normal(0, 0.5, n)).clip(0.4, 3)
        table["bytes"] += draw.integers(-5000, 5000, n)
        for name, value in columns.items():
            table[name] = value
        small = draw.integers(0, 256, (n, 8, 8, 3)).astype(np.uint8)
        return Facts(table, np.zeros((n, THUMB, THUMB), np.uint8), small)

    return make
