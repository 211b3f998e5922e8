"""platt against scikit-learn's sigmoid calibration, class by class."""

import numpy as np
import pytest
from scipy.special import logit
from sklearn.calibration import _sigmoid_calibration

from linne.core.errors import InputError
from linne.core.predictions import softmax
from linne.tricks.calibrate.platt import platt
from tests.tricks.calibrate._drawn import drawn, predictions


def test_scikit_learn_s_sigmoid_of_log_odds() -> None:
    one, new = drawn(500, 3, lambda z: 2 * z), drawn(100, 3, lambda z: z, seed=1)
    shown, asked = logit(softmax(one.logits)), logit(softmax(new.logits))
    wanted = np.empty_like(asked)
    for k in range(3):
        a, b = _sigmoid_calibration(shown[:, k], one.labels == k)
        wanted[:, k] = 1 / (1 + np.exp(a * asked[:, k] + b))
    wanted /= wanted.sum(1, keepdims=True)
    np.testing.assert_allclose(platt(one)(new.logits), wanted, atol=1e-4)


def test_a_planted_slope_of_two_classes_is_found() -> None:
    found = platt(drawn(50_000, 2, lambda z: 0.5 * z, seed=2))
    np.testing.assert_allclose(found.slope, 0.5, rtol=0.05)
    np.testing.assert_allclose(found.shift, 0.0, atol=0.05)


def test_all_right_and_certain_stays_short_of_1() -> None:
    certain = predictions(np.eye(2)[np.arange(20) % 2] * 400, np.arange(20) % 2)
    found = platt(certain)(certain.logits)
    np.testing.assert_allclose(found.max(1), 11 / 12, rtol=1e-6)
    assert np.isnan(platt(certain)(np.full((1, 2), np.nan))).all()


def test_a_class_without_a_picture_is_named() -> None:
    with pytest.raises(InputError, match="'0' has 2 of these 2 pictures"):
        platt(predictions(np.zeros((2, 2)), np.array([0, 0])))
