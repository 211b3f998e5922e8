"""vector: the planted map is found, and the conditions of the minimum hold."""

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.predictions import softmax
from linne.tricks.calibrate.vector import vector
from tests.tricks.calibrate._drawn import drawn, predictions

FACTOR, SHIFT = np.array([0.5, 1.0, 2.0]), np.array([0.5, 0.0, -0.5])


def test_a_planted_map_is_found() -> None:
    found = vector(drawn(60_000, 3, lambda z: z * FACTOR + SHIFT), strength=0)
    np.testing.assert_allclose(np.diag(found.weights[:, :3]), FACTOR, atol=0.05)
    shift = found.weights[:, 3]
    np.testing.assert_allclose(shift - shift.mean(), SHIFT - SHIFT.mean(), atol=0.05)
    assert (found.weights[:, :3][~np.eye(3, dtype=bool)] == 0).all()


def test_at_the_minimum_shares_and_mean_logits_agree() -> None:
    """The gradient is 0: each class is given as often as it comes, and its logit weighs as much."""
    one = drawn(500, 4, lambda z: 3 * z, seed=1)
    shown, hot = vector(one, strength=0)(one.logits), np.eye(4)[one.labels]
    np.testing.assert_allclose(shown.mean(0), hot.mean(0), atol=1e-6)
    np.testing.assert_allclose((shown * one.logits).mean(0), (hot * one.logits).mean(0), atol=1e-6)


def test_strength_pulls_to_what_was_given() -> None:
    one = drawn(50, 3, lambda z: 4 * z, seed=2)
    np.testing.assert_allclose(vector(one, strength=1e6)(one.logits), softmax(one.logits), atol=1e-4)
    certain = predictions(np.eye(3)[[0, 1, 2]] * 3, np.array([0, 1, 2]))
    assert vector(certain)(certain.logits).max() < 0.999
    assert np.abs(vector(certain).weights).max() < 5 < np.abs(vector(certain, strength=0).weights).max()


def test_unread_and_unlabelled_pictures_are_left_out() -> None:
    one = drawn(300, 3, lambda z: z, seed=3)
    logits, labels = one.logits.copy(), one.labels.copy()
    logits[:50], labels[50:100] = np.nan, -1
    both = vector(predictions(logits, labels)), vector(one.take(np.arange(100, 300)))
    np.testing.assert_array_equal(both[0].weights, both[1].weights)
    assert np.isnan(both[0](logits)[:50]).all()


def test_refuses() -> None:
    with pytest.raises(OptionError, match="strength is a number from 0"):
        vector(drawn(9, 3, lambda z: z), strength=-1)
    with pytest.raises(InputError, match="there are none"):
        vector(predictions(np.zeros((2, 3)), np.array([-1, -1])))
