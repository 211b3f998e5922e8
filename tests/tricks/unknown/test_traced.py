"""Scores of strangeness as an exported graph computes them, beside numpy."""

import numpy as np
import pytest
import torch

from linne.core.lookup import find, names, offer
from linne.core.predictions import Predictions


@pytest.mark.parametrize("name", names("unknown"))
@pytest.mark.parametrize("few", [False, True])
def test_is_the_same_score(name: str, few: bool) -> None:
    rng = np.random.default_rng(3)
    n, width, classes = (30, 60, 4) if few else (200, 20, 4)
    labels = rng.integers(0, classes, n)
    features = rng.normal(0, 1, (n, width)) + labels[:, None]
    weight, bias = rng.normal(0, 1, (classes, width)), rng.normal(0, 1, classes)
    blank = np.full(n, "", dtype=object)
    said = Predictions(features @ weight.T + bias, labels, np.arange(n), tuple("abcd"), blank, blank, 1.3)
    score = offer(find("unknown", name), predictions=said, features=features, weight=weight, bias=bias)
    new = rng.normal(0, 3, (9, width))
    logits = new @ weight.T + bias
    traced = score.traced(torch.from_numpy(logits), torch.from_numpy(new)).numpy()
    assert traced == pytest.approx(score(logits, new), rel=1e-5, abs=1e-6)
