"""self_paced: which rows each learner sees, by algorithm 1 written out; the answer is the mean of all but the first."""

import numpy as np
import pytest
from balance import Spy, balanced, clouds, places

from linne.core.errors import InputError, OptionError
from linne.core.lookup import find
from linne.core.predictions import softmax
from linne.core.rng import rng

N, BINS, FEW = 4, 3, 8


def grown() -> tuple[Spy, np.ndarray, np.ndarray, object]:
    features, targets = clouds(counts=(200, 90, FEW))
    spy = Spy()
    scores = find("classic", f"self_paced(learners={N},bins={BINS})")(features, targets, rng(0), learner=spy)
    return spy, features, targets, scores


def test_bins_give_rows_by_their_mean_hardness() -> None:
    """In bin l the paper's share 1 / (h + tan(i pi / 2 n)) of the rows, to less than a row, but no more than it has."""
    spy, features, targets, _ = grown()
    assert len(spy.seen) == N + 1
    chances = np.zeros(len(targets))
    shares = []
    for turn, (rows, labels) in enumerate(spy.seen):
        assert np.bincount(labels).tolist() == [FEW] * 3
        found = places(rows, features)
        assert len(set(found)) == 3 * FEW
        for label in (0, 1):
            own = np.flatnonzero(targets == label)
            if turn:
                hard = 1 - chances[own] / turn
                edges = np.linspace(hard.min(), hard.max(), BINS + 1)[1:-1]
                place = np.searchsorted(edges, hard, side="right")
                alpha = np.tan(turn * np.pi / (2 * N)) if turn < N else 1e18
                weight = np.array(
                    [1 / (hard[place == k].mean() + alpha) if (place == k).any() else 0 for k in range(3)]
                )
                sizes = np.bincount(place, minlength=3)
                seen = np.bincount(place[np.isin(own, found)], minlength=3)
                wanted = FEW * weight / weight.sum()
                assert (seen <= sizes).all()
                if (wanted <= sizes).all():
                    assert (np.abs(seen - wanted) < 1 + 1e-9).all()
                    shares.append((turn, label))
        chances += softmax(Spy()(rows, labels)(features))[np.arange(len(targets)), targets]
    assert len(shares) >= 4
    assert {turn for turn, _ in shares} >= {1, N}


def test_the_mean_of_all_but_the_first_answers() -> None:
    spy, _, _, scores = grown()
    fresh = clouds(5)[0]
    each = [softmax(Spy()(rows, labels)(fresh)) for rows, labels in spy.seen[1:]]
    np.testing.assert_allclose(softmax(scores(fresh)), np.mean(each, axis=0), rtol=1e-6)  # type: ignore[operator]


def test_what_a_small_bin_lacks_the_others_give() -> None:
    from linne.tricks.classic.self_paced import _quotas

    for wanted, sizes in (([6.4, 2.6, 1.0], [3, 9, 9]), ([9.9, 0.1, 0.0], [1, 1, 8]), ([3.3, 3.3, 3.4], [4, 4, 4])):
        found = _quotas(np.array(wanted), np.array(sizes), 10)
        assert found.sum() == 10
        assert (found <= sizes).all()
    assert _quotas(np.array([3.3, 3.3, 3.4]), np.array([4, 4, 4]), 10).tolist() == [3, 3, 4]


def test_it_learns_and_the_seed_decides() -> None:
    features, targets = clouds()
    one, two, other = (find("classic", "self_paced(3)")(features, targets, rng(seed))(features) for seed in (0, 0, 1))
    assert (one == two).all()
    assert not (one == other).all()
    assert balanced(find("classic", "self_paced")(features, targets, rng(0))) > 0.6


def test_even_classes_are_all_seen() -> None:
    features, targets = clouds(counts=(20, 20))
    spy = Spy()
    find("classic", "self_paced(2)")(features, targets, rng(0), learner=spy)
    assert all(len(rows) == 40 for rows, _ in spy.seen)


def test_bad_asks() -> None:
    features, targets = clouds()
    for options in ("learners=0", "bins=2.5"):
        with pytest.raises(OptionError, match="whole number from 1"):
            find("classic", f"self_paced({options})")(features, targets, rng(0))
    with pytest.raises(InputError, match="two classes"):
        find("classic", "self_paced")(features, 0 * targets, rng(0))
