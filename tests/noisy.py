"""What tests of methods against wrong labels share: points with planted noise, a method with its images, resumption."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import Stopper
from toys import CLASSES, Net, Points, clusters, even, learn, recall

from linne.core.batch import Batch
from linne.core.images import Images
from linne.core.lookup import find, offer
from linne.engine import device
from linne.engine.criterion import Criterion

AHEAD = 3
"""Rows of the images that do not learn stand before those that do, so that places are no row numbers."""


def planted(n: int = 300, share: float = 0.4, seed: int = 0, gap: float = 5.0) -> tuple[Points, np.ndarray]:
    """Points, `share` of whose labels are another class; and (n,) bool, whose labels are wrong."""
    labels, draws = even(n), np.random.default_rng(seed)
    wrong = draws.random(n) < share
    given = np.where(wrong, (labels + draws.integers(1, CLASSES, n)) % CLASSES, labels)
    known = Points(clusters(labels, seed, gap=gap).values, given)
    known.rows = known.rows + AHEAD
    return known, wrong


def made(spec: str, model: Any, labels: np.ndarray, loss: str = "cross_entropy") -> Any:
    """The method over images of which the first few have no label."""
    here = device.device("cpu")
    given: list[Any] = [None] * AHEAD + [f"{label}" for label in labels]
    images = Images.of([b""] * len(given), given, classes=[f"{k}" for k in range(CLASSES)])
    offered = {"images": images, "classes": CLASSES, "device": here.torch}
    return offer(find("method", spec), model=model, loss=Criterion(loss, labels, CLASSES, here), **offered)


def batch(labels: np.ndarray, values: Any, step: int = 0, **more: Any) -> Batch:
    """All rows in one batch."""
    targets = torch.eye(CLASSES)[torch.from_numpy(labels)]
    return Batch(torch.as_tensor(values, dtype=torch.float32), targets, torch.arange(len(labels)) + AHEAD, step=step,
                 **more)  # fmt: skip


@cache
def plain(steps: int = 250) -> float:
    """Accuracy of learning the labels of `planted()` as they are."""
    return taught("supervised", planted()[0], steps)[0]


def taught(spec: str, known: Points, steps: int = 250, feeds: Any = None, **settings: Any) -> tuple[float, Any]:
    """(accuracy on points that nobody saw, labelled rightly, of what the method came to; the method)."""
    torch.set_num_threads(1)
    method = made(spec, Net(10, hidden=200), known.labels)
    fitted = learn(method, {"train": known, **(feeds or {})}, steps=steps, **settings)
    return float(recall(fitted.module, clusters(even(3000), 99, gap=5.0)).mean()), method


def resumes(spec: str, place: Path, feeds: Any = None) -> None:
    """A fitting that is stopped three times ends with the bytes of one that was not."""
    torch.set_num_threads(1)
    known, _ = planted(120)

    def once(at: int, place: "Path | None" = None) -> list[torch.Tensor]:
        method = made(spec, Net(10, hidden=16, bn=True, drop=0.3), known.labels)
        learn(
            method, {"train": known, **(feeds or {})}, hooks=(Stopper(at),), place=place, save=0.0, batch=32, steps=15
        )
        return [value for name in getattr(method, "players", ["model"]) for value in
                getattr(method, name).state_dict().values()]  # fmt: skip

    whole = once(-1)
    for at in (3, 8, 9):
        with pytest.raises(SystemExit):
            once(at, place)
    pieces = once(-1, place)
    assert len(whole) == len(pieces) > 4
    assert all(torch.equal(a, b) for a, b in zip(whole, pieces, strict=True))
