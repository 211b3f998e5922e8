"""greedy: many rounds come to the best mixture, which expectation-maximisation finds too."""

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.tricks.fuse.greedy import greedy
from linne.tricks.fuse.mean import mean
from tests.tricks.fuse._members import members, predictions


def mixture(three: list) -> np.ndarray:
    """Weights of greatest likelihood by expectation-maximisation (Dempster et al. 1977)."""
    own = np.stack([one.probabilities[np.arange(len(one)), one.labels] for one in three])
    weights = np.full(len(three), 1 / len(three))
    for _ in range(20_000):
        share = weights[:, None] * own
        weights = (share / share.sum(0)).mean(1)
    return weights


def test_many_rounds_reach_the_mixture_of_greatest_likelihood() -> None:
    three = members(noise=(1.0, 1.2, 2.0))
    np.testing.assert_allclose(greedy(three, rounds=600).weights, mixture(three), atol=0.01)


def test_by_accuracy_is_never_below_the_best_member_and_says_the_mean() -> None:
    three = members(seed=4)
    found = greedy(three, by="accuracy")
    assert found(three).right.mean() >= max(one.right.mean() for one in three)
    np.testing.assert_allclose(
        found(three).probabilities, mean(weights=tuple(found.weights))(three).probabilities, rtol=1e-12
    )
    assert found.weights.sum() == pytest.approx(1)


def test_sorted_initialisation_begins_with_the_best() -> None:
    three = members(noise=(3.0, 0.5, 1.0), n=2000)
    shares = [greedy(three, rounds=1, start=start).weights for start in (1, 2)]
    assert shares[0][1] >= 0.5
    assert (shares[1][[1, 2]] >= 1 / 3).all()
    assert shares[1][0] < 0.34


def test_bags_are_halves_of_the_members_and_pure_draws() -> None:
    six = members(noise=(0.5, 0.6, 0.7, 0.8, 0.9, 1.0))
    bagged = greedy(six, bags=30)
    assert bagged.weights.sum() == pytest.approx(1)
    np.testing.assert_array_equal(bagged.weights, greedy(six, bags=30).weights)
    assert (bagged.weights > 0).sum() > (greedy(six, rounds=1).weights > 0).sum(), "every member is in some half"


def test_only_labelled_and_readable_pictures_fit() -> None:
    three = members()
    for one in three:
        one.labels[:50] = -1
    three[0].logits[50:100] = np.nan
    rest = [one.take(np.arange(100, 400)) for one in three]
    np.testing.assert_array_equal(greedy(three).weights, greedy(rest).weights)


def test_refuses() -> None:
    three = members(n=9)
    for wrong in ({"rounds": 0}, {"start": 4}, {"bags": -1}, {"by": "f1"}):
        with pytest.raises(OptionError, match="greedy"):
            greedy(three, **wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="there are none"):
        greedy([predictions(np.zeros((2, 2)), np.array([-1, -1]))])
    with pytest.raises(OptionError, match="weights are 2 numbers"):
        greedy(three)([three[0], three[1]])
