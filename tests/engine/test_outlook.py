"""What is said of the next rung: its cost grows with the pictures, and nothing is said where none can follow."""

import re
from types import SimpleNamespace
from typing import Any

import numpy as np

from linne.core.decode import Geometry
from linne.core.recipe import Recipe
from linne.engine import outlook as module
from linne.engine.outlook import outlook


def data(n: int, seed: int = -1, split: str = "") -> Any:
    images = SimpleNamespace(split=np.full(n, split, dtype=object))
    return SimpleNamespace(images=images, kept=np.ones(n, bool), network=SimpleNamespace(seed=seed),
                           geometry=Geometry())  # fmt: skip


def minutes(text: str) -> int:
    found = re.search(r"--minutes (\d+) ", text)
    assert found
    return int(found[1])


def test_cost_grows_with_the_pictures(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "trunk_seconds", lambda *_: 0.004)
    few, many = (outlook(data(n), Recipe(), n) for n in (1000, 10_000))
    by_hand = (module.START + 10_000 * (8 * 0.004 + 8 * 5 * 0.0025)) / 60
    assert minutes(many) == round(by_hand)
    assert minutes(few) < minutes(many)


def test_nothing_is_said_where_nothing_can_follow(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "trunk_seconds", lambda *_: 0.004)
    assert outlook(data(1000, seed=0), Recipe(), 1000) == "", "random weights"
    assert outlook(data(20), Recipe(), 20) == "", "too few for a test set"
    assert outlook(data(20, split="train"), Recipe(), 20) != "", "a given test set"
