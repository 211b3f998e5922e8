import numpy as np
from scipy.stats import chisquare

from linne.core.rng import rng
from linne.tricks.augment.rotate90 import rotate90

IMAGE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
TURNED = {np.ascontiguousarray(np.rot90(IMAGE, k)).tobytes(): 90 * k for k in range(4)}


def angles(seeds: int, **options: object) -> list[int]:
    return [TURNED[np.ascontiguousarray(rotate90(IMAGE, rng(seed), **options)).tobytes()] for seed in range(seeds)]


def test_all_four_are_as_likely() -> None:
    assert chisquare(np.bincount(np.array(angles(2000)) // 90)).pvalue > 1e-3


def test_only_what_is_allowed() -> None:
    assert set(angles(50, degrees=(0, 180))) == {0, 180}
    assert set(angles(5, degrees=270)) == {270}


def test_a_quarter_is_counter_clockwise() -> None:
    """What was at the right end of the first row is then in the upper left corner."""
    turned = rotate90(IMAGE, rng(0), degrees=90)
    assert turned.shape == (6, 4, 3)
    np.testing.assert_array_equal(turned[0, 0], IMAGE[0, -1])
