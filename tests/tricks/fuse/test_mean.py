"""mean: the arithmetic of probabilities, and what every fuser refuses."""

from dataclasses import replace

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.tricks.fuse.mean import mean
from tests.tricks.fuse._members import members, predictions


def test_the_mean_of_calibrated_probabilities() -> None:
    one, two = members(noise=(0.5, 1.0))
    two = replace(two, temperature=3.0)
    found = mean()([one, two])
    np.testing.assert_allclose(found.probabilities, (one.probabilities + two.probabilities) / 2, rtol=1e-12)
    weighted = mean(weights=(3, 1))([one, two]).probabilities
    np.testing.assert_allclose(weighted, 0.75 * one.probabilities + 0.25 * two.probabilities, rtol=1e-12)
    np.testing.assert_allclose(mean(weights=(0, 1))([one, two]).probabilities, two.probabilities, rtol=1e-12)


def test_one_alone_and_certain_ones_stay_as_they_are() -> None:
    sure = predictions(np.array([[800.0, 0.0], [0.0, 900.0]]), np.array([0, 1]))
    np.testing.assert_allclose(mean()([sure, sure]).probabilities, sure.probabilities)
    assert np.isfinite(mean()([sure]).logits).all()


def test_a_picture_that_nobody_could_read_stays_unread() -> None:
    one, two = members(n=4, noise=(0.5, 1.0))
    for each in (one, two):
        each.logits[2] = np.nan
    assert mean()([one, two]).read.tolist() == [True, True, False, True]


def test_other_pictures_classes_and_weights_are_refused() -> None:
    one, two, three = members()
    with pytest.raises(InputError, match="same pictures"):
        mean()([one, two.take(np.arange(399, -1, -1))])
    with pytest.raises(InputError, match="other classes"):
        mean()([one, replace(two, classes=("a", "b", "c"))])
    with pytest.raises(InputError, match="nothing to fuse"):
        mean()([])
    for wrong in ((1, 2), (1, -1, 1), (0, 0, 0), "abc", 3, (1, float("nan"), 1)):
        with pytest.raises(OptionError, match="weights are 3 numbers from 0"):
            mean(weights=wrong)([one, two, three])
