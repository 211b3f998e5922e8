"""isotonic against scikit-learn's isotonic regression, class by class."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from linne.core.errors import InputError
from linne.core.predictions import softmax
from linne.tricks.calibrate.isotonic import isotonic
from tests.tricks.calibrate._drawn import drawn, predictions


@pytest.mark.parametrize("rounded", [False, True])
def test_scikit_learn_s_values_clipped_and_normalised(rounded: bool) -> None:
    one, new = drawn(400, 3, lambda z: 2 * z), drawn(200, 3, lambda z: z, seed=1)
    if rounded:  # many equal probabilities
        one = predictions(np.round(one.logits), one.labels)
    shown, asked = softmax(one.logits), softmax(new.logits)
    wanted = np.empty_like(asked)
    for k in range(3):
        fit = IsotonicRegression(out_of_bounds="clip").fit(shown[:, k], one.labels == k)
        wanted[:, k] = np.clip(fit.predict(asked[:, k]), 1 / 402, 401 / 402)
    wanted /= wanted.sum(1, keepdims=True)
    np.testing.assert_allclose(isotonic(one)(new.logits), wanted, atol=1e-9)


def test_a_rising_distortion_of_two_classes_is_undone() -> None:
    """p was 0.8 where 0.6 are right: the function of one class is the other's mirror image, and both are found."""
    true = drawn(60_000, 2, lambda z: z - z[:, ::-1], seed=2)
    odds = true.logits[:, 0] - true.logits[:, 1]
    bent = predictions(np.column_stack([np.sign(odds) * np.sqrt(np.abs(odds)), np.zeros(len(odds))]), true.labels)
    found, wanted = isotonic(bent)(bent.logits)[:, 0], softmax(np.column_stack([2 * odds, np.zeros(len(odds))]))[:, 0]
    assert np.abs(found - wanted).mean() < 0.01


def test_unread_stays_unread_and_nothing_is_certain() -> None:
    certain = predictions(np.eye(3)[np.arange(30) % 3] * 9, np.arange(30) % 3)
    found = isotonic(certain)(np.vstack([certain.logits[:1], np.full((1, 3), np.nan)]))
    assert 1 / 34 < found[0, 1] < 1 / 30
    assert np.isnan(found[1]).all()


def test_a_class_without_a_picture_is_named() -> None:
    with pytest.raises(InputError, match="'2' has 0 of these 2 pictures"):
        isotonic(predictions(np.zeros((2, 3)), np.array([0, 1])))
