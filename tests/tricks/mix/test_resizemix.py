"""resizemix: a whole picture made small, somewhere; the label says how much it covers."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

HIGH, WIDE = 40, 60
FLAT = torch.arange(16.0)[:, None, None, None].expand(16, 3, HIGH, WIDE).contiguous()
TARGETS = torch.eye(16)


def test_the_label_is_the_area_that_is_covered() -> None:
    sides, places = [], []
    for seed in range(150):
        images, targets = find("mix", "resizemix")(FLAT, TARGETS, rng(seed))
        row = next(row for row in range(16) if targets[row, row] < 1)
        ys, xs = np.nonzero((images[row, 0] - row).abs().numpy() > 0.1)
        high, wide = np.ptp(ys) + 1, np.ptp(xs) + 1
        assert len(ys) == high * wide
        assert float(targets[row, row]) == pytest.approx(1 - high * wide / (HIGH * WIDE), abs=1e-6)
        torch.testing.assert_close(targets.sum(1), torch.ones(16))
        assert high / HIGH == pytest.approx(wide / WIDE, abs=0.02)
        sides.append(wide / WIDE)
        places.append(ys.min() / max(HIGH - high, 1))
    assert min(sides) > 0.08
    assert max(sides) < 0.82
    assert np.mean(sides) == pytest.approx(0.45, abs=0.05)  # uniform in 0.1..0.8
    assert np.mean(places) == pytest.approx(0.5, abs=0.08)


def test_the_whole_picture_is_there() -> None:
    ramp = torch.linspace(1, 2, 64).expand(16, 1, 64, 64).contiguous()
    images = torch.cat([ramp[:8], -ramp[8:]])
    got, targets = find("mix", "resizemix(low=.5,high=.5)")(images, TARGETS, rng(1))
    row = next(r for r in range(8) if (targets[r, 8:] > 0).any())
    ys, xs = np.nonzero(got[row, 0].numpy() < 0)
    part = got[row, 0, ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    assert part.shape == (32, 32)
    torch.testing.assert_close(part[5], -torch.linspace(1, 2, 64).view(32, 2).mean(1), atol=0.01, rtol=0)


def test_a_share_p_of_the_cells_is_mixed() -> None:
    trick = find("mix", "resizemix(p=.3)")
    mixed = [not torch.equal(trick(FLAT, TARGETS, rng(seed))[1], TARGETS) for seed in range(300)]
    assert 0.2 < np.mean(mixed) < 0.4


@pytest.mark.parametrize("options", ["low=0", "high=1", "low=.9", "p=0"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="resizemix"):
        find("mix", f"resizemix({options})")(FLAT, TARGETS, rng(0))
