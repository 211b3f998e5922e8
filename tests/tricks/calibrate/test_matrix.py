"""matrix against scikit-learn's logistic regression, and vector scaling where nothing off the diagonal may be."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from linne.core.errors import OptionError
from linne.core.predictions import log_softmax
from linne.tricks.calibrate.matrix import matrix
from linne.tricks.calibrate.vector import vector
from tests.tricks.calibrate._drawn import drawn

MIX = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [-0.5, 0.0, 2.0]])


def test_without_penalty_it_is_softmax_regression() -> None:
    one = drawn(600, 3, lambda z: z @ MIX.T)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(one.logits, one.labels)
    np.testing.assert_allclose(matrix(one, off=0, shift=0)(one.logits), theirs.predict_proba(one.logits), atol=2e-5)


def test_a_strong_penalty_off_the_diagonal_leaves_vector_scaling() -> None:
    one = drawn(600, 3, lambda z: z @ MIX.T, seed=1)
    np.testing.assert_allclose(
        matrix(one, off=1e4, shift=0)(one.logits), vector(one, strength=0)(one.logits), atol=1e-3
    )


def test_odir_as_the_paper_writes_it() -> None:
    """No small move of the weights lowers loss + off / (K (K - 1)) sum w_ij^2 + shift / K sum b_i^2."""
    one = drawn(400, 3, lambda z: z @ MIX.T, seed=2)
    found = matrix(one, off=0.3, shift=0.7).weights

    def loss(weights: np.ndarray) -> float:
        inside, b = weights[:, :3], weights[:, 3]
        logs = log_softmax(one.logits @ inside.T + b)[np.arange(400), one.labels]
        off = inside - np.diag(np.diag(inside))
        return float(-logs.mean() + 0.3 / 6 * (off**2).sum() + 0.7 / 3 * (b**2).sum())

    for row in range(3):
        for column in range(4):
            step = np.zeros((3, 4))
            step[row, column] = 1e-5
            assert (loss(found + step) - loss(found - step)) / 2e-5 == pytest.approx(0, abs=1e-6)
    assert np.abs(found - np.eye(3, 4)).max() > 0.05


def test_refuses() -> None:
    with pytest.raises(OptionError, match="off is a number from 0"):
        matrix(drawn(9, 3, lambda z: z), off=-1)
