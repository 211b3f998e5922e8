"""reversed: a class's chance is proportional to one over its size, rows within one are equal."""

import numpy as np
import pytest
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 3], [600, 300, 100]))


def naive(labels: np.ndarray) -> dict[int, float]:
    """P_i = w_i / sum w with w_i = N_max / N_i, over the classes that are there."""
    counts = {int(k): int((labels == k).sum()) for k in set(labels.tolist())}
    weights = {k: max(counts.values()) / count for k, count in counts.items()}
    return {k: weight / sum(weights.values()) for k, weight in weights.items()}


def test_classes_come_in_inverse_proportion_to_their_size() -> None:
    drawn = np.concatenate([find("sampler", "reversed")(LABELS, rng(seed)) for seed in range(12)])
    assert len(drawn) == 12 * 1000
    wanted = naive(LABELS)
    assert wanted == pytest.approx({0: 1 / 9, 1: 2 / 9, 3: 6 / 9})
    counts = np.bincount(LABELS[drawn], minlength=4)
    assert counts[2] == 0
    assert stats.chisquare(counts[[0, 1, 3]], [12_000 * wanted[k] for k in (0, 1, 3)]).pvalue > 0.001
    assert stats.chisquare(np.bincount(drawn, minlength=1000)[LABELS == 3]).pvalue > 0.001


def test_rows_without_a_label_have_no_class_to_go_by() -> None:
    with pytest.raises(OptionError, match="3 of 5 pictures have no label"):
        find("sampler", "reversed")(np.array([0, -1, 1, -1, -1]), rng(0))
