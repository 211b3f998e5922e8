"""stack against scikit-learn's logistic regression, its ends, and the conditions of a minimum with bounds."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from linne.core.errors import InputError, OptionError
from linne.core.predictions import log_softmax
from linne.tricks.fuse.geometric import geometric
from linne.tricks.fuse.stack import STRENGTHS, stack
from tests.tricks.fuse._members import members, predictions


def beside(three: list) -> np.ndarray:
    return np.hstack([log_softmax(one.logits) for one in three])


def test_without_a_penalty_it_is_softmax_regression_on_log_probabilities() -> None:
    three, new = members(), members(seed=1)
    theirs = LogisticRegression(C=np.inf, tol=1e-11, max_iter=50_000).fit(beside(three), three[0].labels)
    found = stack(three, strength=0)(new).probabilities
    np.testing.assert_allclose(found, theirs.predict_proba(beside(new)), atol=1e-3)


def test_a_strong_pull_leaves_the_geometric_mean() -> None:
    three = members()
    found = stack(three, strength=1e8)(three).probabilities
    np.testing.assert_allclose(found, geometric()(three).probabilities, atol=1e-5)


def test_positive_weights_meet_the_conditions_of_the_minimum() -> None:
    """At a free weight the slope is 0, at one that lies at 0 it is not below 0 (Karush, Kuhn and Tucker)."""
    three = members(noise=(0.5, 1.0, 1.5))
    plain, found = (stack(three, strength=0, positive=each).weights for each in (False, True))
    assert (plain[:, :-1] < -1e-3).any()
    assert (found[:, :-1] >= 0).all()
    x = np.hstack([beside(three), np.ones((400, 1))])
    shown = np.exp(log_softmax(x @ found.T))
    slope = (shown - np.eye(3)[three[0].labels]).T @ x / 400
    free = found > 1e-9
    free[:, -1] = True
    np.testing.assert_allclose(slope[free], 0, atol=1e-4)
    assert (slope[~free] > -1e-4).all()


def test_the_strength_is_chosen_over_whole_groups() -> None:
    """Every picture eight times, each copy in its group: dealt apart, the copies would ask for no pull at all."""
    few = members(n=40, k=4, noise=(2.0,) * 5, seed=2)
    rows = np.tile(np.arange(40), 8)
    many = [predictions(one.logits[rows], one.labels[rows], group=[str(row) for row in rows]) for one in few]
    apart = [predictions(one.logits[rows], one.labels[rows]) for one in few]
    assert stack(many).strength > stack(apart).strength
    assert stack(apart).strength == min(STRENGTHS)


def test_refuses() -> None:
    three = members(n=30)
    with pytest.raises(OptionError, match="strength is a number from 0"):
        stack(three, strength=-2)
    with pytest.raises(InputError, match="fitted with 3 members, and 2 came"):
        stack(three, strength=1)(three[:2])
    with pytest.raises(InputError, match="there are none"):
        stack([predictions(np.zeros((2, 2)), np.array([-1, -1]))])
