"""random: every row with the same chance, none twice."""

import numpy as np

from linne.core.predictions import Predictions
from linne.tricks.query.random import random


def test_every_row_has_the_same_chance() -> None:
    blank = np.full(8, "", object)
    said = Predictions(np.zeros((8, 2)), np.full(8, -1), np.arange(8), ("a", "b"), blank, blank)
    draw, seen = np.random.default_rng(0), np.zeros(8)
    for _ in range(4000):
        rows, scores = random(said, draw, 3)
        assert len(set(rows.tolist())) == 3
        assert not scores.any()
        seen[rows] += 1
    assert np.abs(seen / 4000 - 3 / 8).max() < 4 * np.sqrt(0.25 / 4000)
    assert sorted(random(said, draw, 99)[0]) == list(range(8))
