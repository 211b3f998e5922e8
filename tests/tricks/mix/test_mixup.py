"""mixup: every row is a blend of two, by one share, in picture and label alike."""

import numpy as np
import pytest
import torch
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

IMAGES = torch.eye(16).reshape(16, 1, 4, 4)
TARGETS = torch.eye(16)


def test_pictures_and_labels_are_blended_alike() -> None:
    for seed in range(20):
        images, targets = find("mix", "mixup(alpha=1)")(IMAGES, TARGETS, rng(seed))
        torch.testing.assert_close(images.flatten(1), targets)
        torch.testing.assert_close(targets.sum(1), torch.ones(16))
        torch.testing.assert_close(targets.sum(0), torch.ones(16))  # every row is a partner once
        own = targets.diagonal()
        assert len(np.unique(np.round(own[own < 1].numpy(), 5))) == 1


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_the_share_is_beta(alpha: float) -> None:
    trick = find("mix", f"mixup(alpha={alpha})")
    pair = torch.tensor([[0.0], [1.0]])
    drawn = [trick(pair, pair, rng("draw", seed))[0] for seed in range(600)]
    moved = [float(each[1]) for each in drawn if float(each.sum()) == pytest.approx(1)]
    swapped = [value for value in moved if value != 1]
    assert stats.kstest(swapped, stats.beta(alpha, alpha).cdf).pvalue > 0.001
    assert 0.4 < len(swapped) / len(moved) < 0.6


def test_leaves_its_input_as_it_was() -> None:
    before = IMAGES.clone()
    find("mix", "mixup(alpha=2)")(IMAGES, TARGETS, rng(0))
    assert torch.equal(before, IMAGES)


def test_refuses_no_blending() -> None:
    with pytest.raises(OptionError, match="alpha must be above 0"):
        find("mix", "mixup(alpha=0)")(IMAGES, TARGETS, rng(0))


def test_each_row_has_its_own_share() -> None:
    shares = []
    for seed in range(60):
        images, targets = find("mix", "mixup(alpha=.7,per=row)")(IMAGES, TARGETS, rng("row", seed))
        torch.testing.assert_close(images.flatten(1), targets)
        torch.testing.assert_close(targets.sum(1), torch.ones(16))
        own = targets.diagonal()
        assert len(np.unique(own[own < 1].numpy())) > 10
        shares += own[own < 1].tolist()
    assert stats.kstest(shares, stats.beta(0.7, 0.7).cdf).pvalue > 0.001


def test_refuses_other_units() -> None:
    with pytest.raises(OptionError, match="per is 'cell'"):
        find("mix", "mixup(per=batch)")(IMAGES, TARGETS, rng(0))
