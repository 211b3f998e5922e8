"""votes: scikit-learn's majority, ties by probability."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier

from linne.core.errors import OptionError
from linne.tricks.fuse.votes import votes
from tests.tricks.fuse._members import members, predictions


def majority(three: list, weights: tuple[float, ...]) -> np.ndarray:
    """scikit-learn's hard vote of classifiers that say what they are told."""

    class Told(DummyClassifier):
        def __init__(self, place: int = 0) -> None:
            super().__init__()
            self.place = place

        def predict(self, x: np.ndarray) -> np.ndarray:
            return three[self.place].guesses

    labels = np.arange(len(three[0])) % 3
    voting = VotingClassifier([(str(k), Told(k)) for k in range(len(three))], weights=list(weights))
    return voting.fit(labels[:, None], labels).predict(labels[:, None])


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (1.0, 2.5, 1.0)])
def test_scikit_learn_s_majority_where_there_is_one(weights: tuple[float, ...]) -> None:
    three = members()
    guesses = np.stack([one.guesses for one in three])
    counts = np.sort([np.bincount(g, weights, minlength=3) for g in guesses.T], axis=1)
    decided = counts[:, -1] - counts[:, -2] >= np.mean(weights)
    found = votes(weights=weights)(three)
    assert decided.mean() > 0.7
    np.testing.assert_array_equal(found.guesses[decided], majority(three, weights)[decided])


def test_ties_go_to_the_higher_probability_and_shares_are_those_of_the_votes() -> None:
    one = predictions(np.log([[0.9, 0.1, 1e-9], [0.5, 0.4, 0.1]]), np.array([0, 1]))
    two = predictions(np.log([[0.4, 0.6, 1e-9], [0.6, 0.3, 0.1]]), np.array([0, 1]))
    found = votes()([one, two]).probabilities
    np.testing.assert_allclose(found, np.array([[1 + 0.65, 1 + 0.35, 0], [2 + 0.55, 0.35, 0.1]]) / 3, atol=1e-8)


def test_probability_never_outvotes_a_majority() -> None:
    sure = predictions(np.array([[0.0, 50.0]]), np.array([1]))
    mild = predictions(np.array([[0.01, 0.0]]), np.array([1]))
    assert votes()([sure, mild, mild]).guesses.tolist() == [0]
    assert np.isnan(votes()([predictions(np.full((1, 2), np.nan), np.array([1]))] * 2).logits).all()


def test_weights_that_do_not_fit() -> None:
    with pytest.raises(OptionError, match="votes: weights are 3 numbers"):
        votes(weights=(1, 1, 1, 1))(members())
