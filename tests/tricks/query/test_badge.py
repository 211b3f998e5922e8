"""badge: its distances beside embeddings written out, the gradient beside autograd's, k-means++'s chances counted."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from linne.core.predictions import Predictions
from linne.tricks.query.badge import badge


def said(logits: np.ndarray) -> Predictions:
    blank = np.full(len(logits), "", object)
    return Predictions(logits, np.full(len(logits), -1), np.arange(len(logits)), tuple("abc"), blank, blank)


def written_out(logits: np.ndarray, features: np.ndarray) -> np.ndarray:
    """(m, K d) gradients of each row's loss, its guess taken for its label, by autograd."""
    out = []
    for scores, x in zip(logits, features, strict=True):
        weight = torch.zeros((3, len(x)), dtype=torch.float64, requires_grad=True)
        z = torch.tensor(scores) + weight @ torch.tensor(x, dtype=torch.float64)
        torch.nn.functional.cross_entropy(z[None], z.argmax()[None]).backward()
        assert weight.grad is not None
        out.append(weight.grad.numpy().ravel().copy())
    return np.array(out)


DRAW = np.random.default_rng(0)
LOGITS, FEATURES = 2 * DRAW.normal(size=(25, 3)), DRAW.normal(size=(25, 6)).astype(np.float32)


def test_begins_with_the_longest_embedding_and_scores_are_distances() -> None:
    full = written_out(LOGITS, FEATURES)
    rows, scores = badge(said(LOGITS), FEATURES, np.random.default_rng(1), 10)
    length = np.linalg.norm(full, axis=1)
    assert rows[0] == length.argmax()
    assert scores[0] == pytest.approx(length.max())
    for place in range(1, 10):
        assert scores[place] == pytest.approx(cdist(full[rows[place]][None], full[rows[:place]]).min(), rel=1e-4)
    assert len(set(rows.tolist())) == 10


def test_the_second_comes_by_squared_distance_to_the_first() -> None:
    """k-means++ (Arthur and Vassilvitskii 2007): frequencies of 4,000 draws beside D^2 of written-out embeddings."""
    full = written_out(LOGITS[:6], FEATURES[:6])
    first = int(np.linalg.norm(full, axis=1).argmax())
    chance = cdist(full, full[first][None])[:, 0] ** 2
    chance /= chance.sum()
    draw = np.random.default_rng(2)
    seconds = np.bincount([badge(said(LOGITS[:6]), FEATURES[:6], draw, 2)[0][1] for _ in range(4000)], minlength=6)
    assert np.abs(seconds / 4000 - chance).max() < 4 * np.sqrt(0.25 / 4000)
    assert seconds[first] == 0


def test_equal_pictures_are_each_taken_once() -> None:
    rows, scores = badge(said(np.zeros((4, 3))), np.ones((4, 2), np.float32), np.random.default_rng(0), 9)
    assert sorted(rows) == [0, 1, 2, 3]
    assert scores[1:] == pytest.approx([0, 0, 0], abs=1e-6)
