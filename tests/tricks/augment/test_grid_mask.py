import numpy as np
import pytest

from linne.core.rng import rng
from linne.tricks.augment.grid_mask import grid_mask

IMAGE = np.random.default_rng(0).integers(1, 256, (60, 80, 3), np.uint8)


@pytest.mark.parametrize("keep", [0.0, 0.4, 0.6, 0.9])
def test_squares_in_a_grid_keep_the_share_of_the_paper(keep: float) -> None:
    """Equation 1: 1 - (1 - keep)^2 stays. Two periods of 20 fit in both sides, so it is exact wherever it begins."""
    for seed in range(20):
        gone = (grid_mask(IMAGE, rng(seed), period=(1 / 3, 1 / 3), keep=keep, p=1, fill=0) == 0).all(2)
        assert gone.mean() == pytest.approx((1 - keep) ** 2, abs=1e-9)
        np.testing.assert_array_equal(gone[:40], gone[20:])
        np.testing.assert_array_equal(gone[:, :60], gone[:, 20:])
        np.testing.assert_array_equal(gone, np.outer(gone.any(1), gone.any(0)))


def test_every_place_and_period_is_drawn() -> None:
    begins, periods = set(), []
    for seed in range(300):
        gone = (grid_mask(IMAGE, rng(seed), period=(0.2, 0.4), p=1, fill=0) == 0).all(2).any(1)
        edges = np.flatnonzero(np.diff(gone.astype(int)) == 1) + 1
        begins.add(int(edges[0]))
        periods.append(int(edges[1] - edges[0]))
    assert min(periods) == 12
    assert max(periods) == 24
    assert np.mean(periods) == pytest.approx(18, abs=1)
    assert len(begins) > 15


def test_the_rest_stays_and_a_share_p_is_masked() -> None:
    outs = [grid_mask(IMAGE, rng(seed), fill=0) for seed in range(300)]
    for out in outs[:10]:
        kept = (out != 0).any(2)
        np.testing.assert_array_equal(out[kept], IMAGE[kept])
    masked = sum(not np.array_equal(out, IMAGE) for out in outs)
    assert abs(masked - 240) < 4 * np.sqrt(300 * 0.16)
