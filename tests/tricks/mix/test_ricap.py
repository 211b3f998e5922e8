"""ricap: four cuts that fill the picture, labels by area, and the point where they meet is Beta."""

import numpy as np
import pytest
import torch
from scipy import stats

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

HIGH, WIDE = 20, 30
FLAT = torch.arange(16.0)[:, None, None, None].expand(16, 3, HIGH, WIDE).contiguous()
TARGETS = torch.eye(16)


def test_areas_sum_to_one_and_are_the_label() -> None:
    parts = set()
    for seed in range(100):
        images, targets = find("mix", "ricap(beta=1)")(FLAT, TARGETS, rng(seed))
        assert images.shape == FLAT.shape
        torch.testing.assert_close(targets.sum(1), torch.ones(16), atol=1e-6, rtol=0)
        torch.testing.assert_close(targets.sum(0), torch.ones(16), atol=1e-6, rtol=0)
        for row in range(16):
            found = images[row, 0].numpy()
            for other in range(16):
                assert float(targets[row, other]) == pytest.approx((found == other).mean(), abs=1e-6)
            parts.add(len(np.unique(found)))
    assert max(parts) == 4


def test_parts_are_cuts_at_their_own_places() -> None:
    """Every pixel says where it came from: within a part, all moved by one step, and the steps differ."""
    ys, xs = torch.meshgrid(torch.arange(HIGH), torch.arange(WIDE), indexing="ij")
    images = (ys * WIDE + xs).float().expand(16, 1, HIGH, WIDE).contiguous()
    steps = set()
    for seed in range(40):
        got, _ = find("mix", "ricap(beta=2)")(images, TARGETS, rng(seed))
        came = got[0, 0].long()
        dy, dx = came // WIDE - ys, came % WIDE - xs
        pairs = {(int(a), int(b)) for a, b in zip(dy.flatten(), dx.flatten(), strict=True)}
        assert len(pairs) <= 4
        steps |= pairs
    assert len(steps) > 40


@pytest.mark.parametrize("beta", [0.3, 2.0])
def test_the_meeting_point_is_beta(beta: float) -> None:
    size = 400
    images = torch.arange(16.0)[:, None, None, None].expand(16, 1, size, 4).contiguous()
    tops = []
    for seed in range(800):
        got, _ = find("mix", f"ricap(beta={beta})")(images, TARGETS, rng("corner", seed))
        for row in range(16):
            column = got[row, 0, :, 0]
            change = (column[1:] != column[:-1]).nonzero()
            if len(change):
                tops.append((int(change[0]) + 1) / size)
                break
    tops = np.array(tops)
    law = stats.beta(beta, beta)
    low, high = law.cdf(1 / size), law.cdf(1 - 1 / size)  # a part of no height is not seen
    assert stats.kstest(tops, lambda x: np.clip((law.cdf(x) - low) / (high - low), 0, 1)).statistic < 0.07


def test_leaves_its_input_as_it_was() -> None:
    before = FLAT.clone()
    find("mix", "ricap")(FLAT, TARGETS, rng(0))
    assert torch.equal(before, FLAT)


def test_refuses() -> None:
    with pytest.raises(OptionError, match="beta must be above 0"):
        find("mix", "ricap(beta=0)")(FLAT, TARGETS, rng(0))
    with pytest.raises(OptionError, match="ricap cuts pictures or maps"):
        find("mix", "ricap")(torch.zeros(16, 5), TARGETS, rng(0))
