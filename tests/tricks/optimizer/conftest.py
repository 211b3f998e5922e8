"""One small problem, run by torch in float64 and step by step in plain numpy."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from linne.core.lookup import find

SHAPES = {"weight": (3, 4), "bias": (4,), "filters.weight": (2, 3, 2, 2)}
RATES = (0.05, 0.05, 0.1, 0.1, 0.02, 0.02, 0.04, 0.04, 0.01, 0.03, 0.03, 0.02)

DEVIATIONS: dict[str, float] = {}
"""Optimizer to the largest difference of a weight in float64 from its formula; written where LINNE_DEVIATIONS says."""

Formula = Callable[[int, np.ndarray, np.ndarray, float, dict[str, Any]], np.ndarray]


class Walk:
    """Weights w with slopes a (w - c) - sin(w) + noise(t): two tensors to a group."""

    rates = RATES

    def __init__(self) -> None:
        rng = np.random.default_rng(5)
        self.starts = [rng.normal(0, 1, shape) for shape in SHAPES.values()]
        self.bends = [rng.uniform(0.2, 2, shape) for shape in SHAPES.values()]
        self.noise = [[rng.normal(0, 0.5, shape) for shape in SHAPES.values()] for _ in RATES]

    def slope(self, t: int, place: int, w: np.ndarray) -> np.ndarray:
        return self.bends[place] * (w - 0.3) - np.sin(w) + self.noise[t - 1][place]

    def groups(self, decay: float, dtype: torch.dtype = torch.float64) -> list[dict[str, Any]]:
        made = [torch.nn.Parameter(torch.tensor(start, dtype=dtype)) for start in self.starts]
        names = list(SHAPES)
        return [
            {"params": made[:2], "lr": RATES[0], "weight_decay": decay, "name": "body", "param_names": names[:2]},
            {"params": made[2:], "lr": RATES[0], "weight_decay": decay, "name": "layer 1", "param_names": names[2:]},
        ]

    def torch(self, spec: Any, decay: float = 0.1, dtype: torch.dtype = torch.float64) -> list[list[np.ndarray]]:
        """The weights after each step."""
        optimizer = find("optimizer", spec)(self.groups(decay, dtype))
        params = [p for group in optimizer.param_groups for p in group["params"]]
        seen = []
        for t, rate in enumerate(RATES, 1):
            for group in optimizer.param_groups:
                group["lr"] = rate

            def closure(t: int = t) -> torch.Tensor:
                for place, p in enumerate(params):
                    p.grad = torch.tensor(self.slope(t, place, p.detach().double().numpy()), dtype=dtype)
                return torch.tensor(float(t))

            assert float(optimizer.step(closure)) == t
            seen.append([p.detach().double().numpy().copy() for p in params])
        return seen

    def formula(self, formula: Formula) -> list[list[np.ndarray]]:
        """The same by `formula(t, w, g, rate, state)`, tensor by tensor."""
        weights, states = [w.copy() for w in self.starts], [{} for _ in SHAPES]
        seen = []
        for t, rate in enumerate(RATES, 1):
            weights = [formula(t, w, self.slope(t, place, w), rate, states[place]) for place, w in enumerate(weights)]
            seen.append(weights)
        return seen

    def check(self, spec: Any, formula: Formula, decay: float = 0.1, tolerance: float = 1e-11) -> None:
        """Same weights after every step, in float64 and, less exactly, in float32."""
        right = self.formula(formula)
        got = self.torch(spec, decay)
        same(got, right, tolerance)
        DEVIATIONS[str(spec)] = max(
            abs(a - b).max() for x, y in zip(got, right, strict=True) for a, b in zip(x, y, strict=True)
        )
        same(self.torch(spec, decay, torch.float32), right, 2e-4)


def same(got: list[list[np.ndarray]], right: list[list[np.ndarray]], tolerance: float) -> None:
    assert len(got) == len(right)
    for mine, theirs in zip(got, right, strict=True):
        for one, other in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def pytest_sessionfinish() -> None:
    """For bench/optimizers.py, which tells the figures."""
    if path := os.environ.get("LINNE_DEVIATIONS"):
        Path(path).write_text(json.dumps(DEVIATIONS))


@pytest.fixture(scope="session")
def walk() -> Walk:
    return Walk()


@pytest.fixture(scope="session")
def agree() -> Callable[..., None]:
    return same
