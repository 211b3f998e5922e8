"""Scores of strangeness as an exported graph computes them, beside numpy."""

from typing import Any

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


@pytest.mark.parametrize("name", ["mahalanobis", "rmds", "vim"])
def test_openvino_gives_the_same_in_float32(name: str) -> None:
    """Small features, a head whose origin lies a thousand times further out, more pictures than classes."""
    ov: Any = pytest.importorskip("openvino")
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, 200)
    ways = rng.normal(0, 1, (3, 24))
    features = (rng.normal(0, 1, (200, 3)) + labels[:, None]) @ ways * 1e-3 + rng.normal(0, 1e-5, (200, 24))
    weight, bias = ways, np.array([1.0, -50, 10])
    blank = np.full(200, "", dtype=object)
    said = Predictions(features @ weight.T + bias, labels, np.arange(200), tuple("abc"), blank, blank)
    score = offer(find("unknown", name), predictions=said, features=features, weight=weight, bias=bias)

    class Graph(torch.nn.Module):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            wide = rows.double()
            logits = wide @ torch.from_numpy(weight).T + torch.from_numpy(bias)
            return score.traced(logits, wide).to(torch.float32)

    new = (rng.normal(0, 2, (32, 3)) @ ways * 1e-3 + rng.normal(0, 1e-5, (32, 24))).astype(np.float32)
    free = ({0: torch.export.Dim("batch", min=1, max=4096)},)
    model = ov.convert_model(torch.export.export(Graph(), (torch.from_numpy(new[:2]),), dynamic_shapes=free))
    found = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(new)[0]
    wanted = score(new.astype(np.float64) @ weight.T + bias, new)
    assert np.abs(found - wanted).max() / np.ptp(wanted) < 1e-3
