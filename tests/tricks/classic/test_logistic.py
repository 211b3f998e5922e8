import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.predictions import softmax
from linne.core.rng import rng
from linne.engine.solve import Design, path
from linne.tricks.classic.logistic import logistic
from tests.tricks.classic._clouds import keeps_the_contract


def data(n=200, d=15, k=3):
    draw = rng(0, "logistic")
    targets = np.arange(n) % k
    return draw.normal(size=(k, d))[targets] * 0.5 + draw.normal(size=(n, d)), targets


def test_it_agrees_with_the_engines_own_solver():
    features, targets = data()
    solved = next(path(Design.of(features), targets, 3, np.ones((1, 200)), [0.1], 1e-5))
    weight, bias = Design.of(features).raw(solved[0])
    ours = softmax(features @ weight.T + bias)
    assert np.abs(softmax(logistic(features, targets)(features)) - ours).max() < 2e-3


def test_two_classes_and_a_class_without_targets():
    features, targets = data(k=2)
    scores = logistic(features, targets * 2)(features)
    assert scores.shape == (200, 3)
    assert softmax(scores)[:, 1].max() < 1e-9
    assert (scores.argmax(1) == targets * 2).mean() > 0.8
    assert np.allclose(scores[:, 0], -scores[:, 2])


def test_a_stronger_penalty_is_less_sure():
    features, targets = data()
    sure = [softmax(logistic(features, targets, strength=s)(features)).max(1).mean() for s in (0.01, 1.0, 100.0)]
    assert sure[0] > sure[1] + 0.1 > sure[2] + 0.2


def test_it_keeps_the_contract():
    keeps_the_contract("logistic")


def test_what_cannot_be_fitted_says_so():
    features, targets = data()
    with pytest.raises(InputError, match="two classes"):
        logistic(features, targets * 0)
    for options in ({"strength": 0.0}, {"steps": 0}):
        with pytest.raises(OptionError, match="must be a positive"):
            logistic(features, targets, **options)
