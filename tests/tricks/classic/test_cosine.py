import numpy as np
import pytest
import torch
from scipy.optimize import check_grad

from linne.core.errors import OptionError
from linne.core.predictions import log_softmax
from linne.core.rng import rng
from linne.tricks.classic.cosine import cosine, value_and_slope
from linne.tricks.classic.prototypes import prototypes
from tests.tricks.classic._clouds import clouds, keeps_the_contract


def test_the_slope_is_the_loss_s():
    draw = rng(0, "cosine")
    rows, wanted = draw.normal(size=(7, 3)), np.eye(4)[np.arange(7) % 4] * 0.9 + 0.025
    start = draw.normal(size=12)

    def loss(flat):
        return value_and_slope(flat.reshape(4, 3), rows, wanted, 5.0)[0]

    def slope(flat):
        return value_and_slope(flat.reshape(4, 3), rows, wanted, 5.0)[1]

    assert check_grad(loss, slope, start) < 1e-5
    weight = start.reshape(4, 3) / np.linalg.norm(start.reshape(4, 3), axis=1, keepdims=True)
    by_torch = torch.nn.functional.cross_entropy(torch.tensor(5 * rows @ weight.T), torch.tensor(wanted))
    assert loss(start) == pytest.approx(float(by_torch))


@pytest.mark.parametrize("shape", [(24, 60), (240, 12)])
def test_no_direction_nearby_is_better(shape):
    """The loss of the learner itself, from its scores alone, against those of a hundred learners close to it."""
    features, targets, _ = clouds(*shape)
    learner = cosine(features, targets, steps=500)
    wanted = 0.9 * np.eye(4)[targets] + 0.025

    def loss(scores):
        return -(wanted * log_softmax(scores)).sum(1).mean()

    best, draw = loss(learner(features)), rng(1, "nearby")
    assert best < loss(0.5 * prototypes(features, targets)(features)), "the prototypes are where it began"
    for _ in range(100):
        other = cosine.rebuilt(learner.arrays())
        moved = other.kept["weight"] + 0.02 * draw.normal(size=other.kept["weight"].shape)
        other.kept = other.kept | {"weight": moved / np.linalg.norm(moved, axis=1, keepdims=True)}
        assert loss(other(features)) > best


def test_lengths_do_not_count():
    features, targets, fresh = clouds(40, 30)
    learner = cosine(features, targets)
    centre = learner.arrays()["centre"]
    assert np.allclose(learner(fresh), learner(centre + 3 * (fresh - centre)), atol=1e-4)
    assert np.abs(learner(fresh)).max() <= 5


def test_it_keeps_the_contract():
    keeps_the_contract("cosine")


@pytest.mark.parametrize(
    ("options", "said"),
    [({"smooth": 1.0}, "positive"), ({"steps": 0}, "positive whole"), ({"scale": -1}, "scale is positive")],
)
def test_what_cannot_be_says_so(options, said):
    features, targets, _ = clouds()
    with pytest.raises(OptionError, match=said):
        cosine(features, targets, **options)
