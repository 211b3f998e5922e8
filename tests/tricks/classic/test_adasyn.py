"""adasyn: how many new rows each row is the beginning of, by He's equations written out."""

from importlib.util import find_spec

import numpy as np
import pytest
from balance import COUNTS, Spy, balanced, clouds

from linne.core.errors import InputError, OptionError
from linne.core.lookup import find
from linne.core.rng import rng

pytestmark = pytest.mark.skipif(find_spec("imblearn") is None, reason="needs: pip install 'linne[imbalanced]'")


def shares(features: np.ndarray, targets: np.ndarray, label: int, k: int) -> np.ndarray:
    """r of each row of the class: the part of other classes among its k nearest of all."""
    near = np.argsort(((features[targets == label][:, None] - features) ** 2).sum(2), axis=1)[:, 1 : k + 1]
    return (targets[near] != label).mean(1)


@pytest.mark.parametrize("k", [3, 5])
def test_harder_rows_begin_more_new_ones(k: int) -> None:
    features, targets = clouds()
    spy = Spy()
    find("classic", f"adasyn(k={k})")(features, targets, rng(0), learner=spy)
    rows, labels = (part[len(features) :] for part in spy.seen[0])
    for label in (1, 2):
        own, hard = features[targets == label], shares(features, targets, label, k)
        wanted = np.rint(hard / hard.sum() * (max(COUNTS) - COUNTS[label])).astype(int)
        new = rows[labels == label]
        assert len(new) == wanted.sum()
        near = np.argsort(((own[:, None] - own) ** 2).sum(2), axis=1)[:, 1 : k + 1]
        for start, row in zip(np.repeat(np.arange(len(own)), wanted), new, strict=True):
            way = own[near[start]] - own[start]
            share = ((row - own[start]) * way).sum(1) / (way**2).sum(1)
            off = np.abs(own[start] + share[:, None] * way - row).max(1)
            assert off[(share > -1e-9) & (share < 1 + 1e-9)].min() < 1e-9


def test_it_learns() -> None:
    assert balanced(find("classic", "adasyn")(*clouds(), rng(0))) > 0.6


def test_a_class_with_no_other_near_is_an_error_with_the_way_out() -> None:
    with pytest.raises(InputError, match="SMOTE"):
        find("classic", "adasyn")(*clouds(gap=500), rng(0))
    with pytest.raises(InputError, match="2 rows of each class"):
        find("classic", "adasyn")(*clouds(counts=(9, 1)), rng(0))
    with pytest.raises(OptionError, match="whole number from 1"):
        find("classic", "adasyn(k=1.5)")(*clouds(), rng(0))
