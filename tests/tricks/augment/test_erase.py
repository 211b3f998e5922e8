import numpy as np
import pytest
from scipy.stats import chisquare

from linne.core.rng import rng
from linne.tricks.augment.erase import erase

GREY = np.full((120, 90, 3), 77, np.uint8)


def hole(seed: int, **options: object) -> tuple[int, int] | None:
    out = erase(GREY, rng(seed), fill=(1, 2, 3), **options)
    gone = (out == (1, 2, 3)).all(2)
    if not gone.any():
        return None
    y, x = np.nonzero(gone)
    high, wide = int(np.ptp(y)) + 1, int(np.ptp(x)) + 1
    assert gone.sum() == high * wide, "one box, whole"
    return high, wide


def test_boxes_have_the_areas_and_ratios() -> None:
    holes = [hole(seed, p=1) for seed in range(600)]
    sizes = np.array([one for one in holes if one])
    assert len(sizes) > 590
    areas, ratios = sizes.prod(1) / GREY[..., 0].size, sizes[:, 1] / sizes[:, 0]
    assert areas.min() > 0.015
    assert areas.max() < 0.41
    assert areas.mean() == pytest.approx(0.2, abs=0.03)
    assert ratios.min() > 0.27
    assert ratios.max() < 3.7
    standing = (ratios < 1).mean()
    assert 0.4 < standing < 0.75, "log-even draws, but long lying boxes fit a standing picture less often"


def test_a_share_p() -> None:
    erased = sum(hole(seed) is not None for seed in range(600))
    assert abs(erased - 300) < 4 * np.sqrt(600 / 4)


def test_noise_is_even() -> None:
    """Every value of 0..255 as often; the picture, all 77, is not part of it."""
    out = np.concatenate([erase(GREY, rng(s), p=1, area=(0.25, 0.25), ratio=(1, 1)) for s in range(20)])
    inside = (out != 77).any(2)
    counts = np.bincount(out[inside].ravel(), minlength=256)
    assert chisquare(np.delete(counts, 77)).pvalue > 1e-3


def test_nothing_where_nothing_fits() -> None:
    thin = GREY[:1]
    np.testing.assert_array_equal(erase(thin, rng(0), p=1, area=(1, 1), ratio=(1, 1)), thin)
