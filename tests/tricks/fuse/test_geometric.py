"""geometric: scipy's geometric mean of probabilities, and the softmax of mean logits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import gmean

from linne.core.errors import OptionError
from linne.core.predictions import softmax
from linne.tricks.fuse.geometric import geometric
from tests.tricks.fuse._members import members


def test_scipy_s_geometric_mean_normalised() -> None:
    three = [replace(one, temperature=heat) for one, heat in zip(members(), (0.7, 1.0, 2.0), strict=True)]
    shown = np.stack([one.probabilities for one in three])
    for weights in ((), (1.0, 2.0, 0.0)):
        wanted = gmean(
            shown, axis=0, weights=np.broadcast_to(np.reshape(weights or np.ones(3), (3, 1, 1)), shown.shape)
        )
        found = geometric(weights=weights)(three).probabilities
        np.testing.assert_allclose(found, wanted / wanted.sum(1, keepdims=True), rtol=1e-10)


def test_it_is_the_mean_of_logits() -> None:
    three = members()
    wanted = softmax(np.mean([one.logits for one in three], axis=0))
    np.testing.assert_allclose(geometric()(three).probabilities, wanted, rtol=1e-10)


def test_weights_that_do_not_fit() -> None:
    with pytest.raises(OptionError, match="geometric: weights are 3 numbers"):
        geometric(weights=(1, 1))(members())
