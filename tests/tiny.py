"""A problem that a tiny network learns in seconds, for tests of the loop. Three classes by a bright column, 12 px."""

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from linne.core.decode import Geometry
from linne.core.lookup import find
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.loader import Pictures
from linne.engine.loop import fit
from linne.engine.settings import Fitted, Settings

N, CLASSES = 200, 3


def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, CLASSES, N)


def feed(chain: Any = "") -> Pictures:
    draws = np.random.default_rng(0)
    items = draws.integers(0, 100, (N, 12, 12, 3)).astype(np.uint8)
    items[np.arange(N), :, labels() * 4] += 120
    hashes = np.array([item.tobytes()[:16] for item in items], dtype="V16")
    scale = ((0.5,) * 3, (0.25,) * 3)
    return Pictures(items, labels(), np.arange(N) + 1000, hashes, Geometry(size=12, fit="squash"), chain, scale)


def network(bn: bool = True, drop: float = 0.0) -> nn.Module:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(8) if bn else nn.Identity()
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), norm, nn.ReLU(), nn.AvgPool2d((10, 2)), nn.Flatten(), nn.Dropout(drop), nn.Linear(40, 3)
    )


def sgd(groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def cosine(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * progress))


def go(
    where: "device.Device | None" = None, place: "Path | None" = None, *, model: "nn.Module | None" = None,
    loss: Any = "cross_entropy", chain: Any = "flip", hooks: tuple[Any, ...] = (), evaluate: Any = None,
    log: Any = None, **settings: Any,
) -> Fitted:  # fmt: skip
    where = where or device.device("cpu")
    method = find("method", "supervised")(model or network(), Criterion(loss, labels(), CLASSES, where))
    base = {"steps": 20, "batch": 48, "rate": 0.1, "optimizer": sgd, "schedule": cosine, "save": 0.0, "workers": 0}
    chosen = Settings(**{**base, "loss": loss, **settings})
    return fit(
        method, {"train": feed(chain)}, chosen, where=where, place=place, hooks=hooks, evaluate=evaluate, log=log
    )


def mark(fitted: Fitted) -> str:
    """A hash of all weights."""
    parts = [value.numpy().tobytes() for value in fitted.module.state_dict().values()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def apart(one: nn.Module, two: nn.Module) -> float:
    """The largest difference between two networks' tensors."""
    pairs = zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    return max(float((a.float() - b.float()).abs().max()) for a, b in pairs)


class Stopper:
    """Ends the process's work after a step, as a kill would: nothing after it is run."""

    def __init__(self, at: int) -> None:
        self.at = at

    def on_step(self, loop: Any, record: Any) -> None:
        if loop.step == self.at:
            raise SystemExit
