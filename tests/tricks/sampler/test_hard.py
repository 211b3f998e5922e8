"""hard: chances by rank against their formula, what was never learned from first, all alike at the end."""

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

N, DRAWS = 40, 400
LABELS = np.zeros(N, np.int64)
LOSSES = np.random.default_rng(0).permutation(np.linspace(0, 3, N)).astype(np.float32)


def counts(losses: np.ndarray, progress: float, spec: str = "hard") -> np.ndarray:
    """(N,) how often each row came in many epochs."""
    drawn = [find("sampler", spec)(LABELS, rng(seed, "hard"), losses, progress) for seed in range(DRAWS)]
    assert all(len(one) == N for one in drawn)
    return np.bincount(np.concatenate(drawn), minlength=N)


@pytest.mark.parametrize(("progress", "s"), [(0.0, 100.0), (0.5, 10.0), (1.0, 1.0)])
def test_chances_fall_by_rank(progress: float, s: float) -> None:
    chance = s ** -(np.arange(N) / N)
    found = counts(LOSSES, progress)[np.argsort(-LOSSES)]
    assert stats.chisquare(found, DRAWS * N * chance / chance.sum()).pvalue > 0.001


def test_only_ranks_count_and_the_ratio_is_the_first_s() -> None:
    assert np.array_equal(counts(LOSSES, 0.5, "hard(ratio=100)"), counts(LOSSES**3 + 7, 0.0, "hard(ratio=10)"))


def test_what_was_never_learned_from_comes_first_in_random_order() -> None:
    losses = LOSSES.copy()
    unseen = LOSSES < 1
    losses[unseen] = np.nan
    found, chance = counts(losses, 0.0), 100 ** -(np.arange(N) / N)
    chance = DRAWS * N * chance / chance.sum()
    new, known = chance[: unseen.sum()], chance[unseen.sum() :]
    assert stats.chisquare(found[unseen], np.full(len(new), found[unseen].mean())).pvalue > 0.001
    assert abs(found[unseen].sum() - new.sum()) < 4 * np.sqrt(new.sum())
    order = np.argsort(-np.where(unseen, -1, LOSSES))[: len(known)]
    assert stats.chisquare(found[order], known * found[order].sum() / known.sum()).pvalue > 0.001


@pytest.mark.parametrize("ratio", ["1", "0.5", "-3"])
def test_refuses_what_is_no_ratio(ratio: str) -> None:
    with pytest.raises(OptionError, match="above 1"):
        find("sampler", f"hard(ratio={ratio})")(LABELS, rng(0), LOSSES, 0.0)
