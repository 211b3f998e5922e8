import numpy as np
from scipy.stats import chisquare

from linne.core.rng import rng
from linne.tricks.augment.symmetry import symmetry

IMAGE = np.arange(5 * 5 * 3, dtype=np.uint8).reshape(5, 5, 3)


def test_the_eight_of_the_square_and_no_other_all_as_likely() -> None:
    """Each permutes the four corners; the dihedral group keeps neighbours neighbours, so the corners name it."""
    corners = {IMAGE[y, x, 0]: (y, x) for y in (0, -1) for x in (0, -1)}
    found: dict[tuple, int] = {}
    for seed in range(4000):
        out = symmetry(IMAGE, rng(seed))
        assert sorted(out.reshape(-1, 3).tolist()) == sorted(IMAGE.reshape(-1, 3).tolist())
        around = tuple(corners[out[y, x, 0]] for y, x in ((0, 0), (0, -1), (-1, -1), (-1, 0)))
        found[around] = found.get(around, 0) + 1
        assert np.abs(np.subtract(around[0], around[2])).tolist() == [1, 1], "opposite corners stay opposite"
    assert len(found) == 8
    assert chisquare(list(found.values())).pvalue > 1e-3


def test_twice_a_quarter_swaps_the_sides() -> None:
    shapes = {symmetry(IMAGE[:3], rng(seed)).shape for seed in range(30)}
    assert shapes == {(3, 5, 3), (5, 3, 3)}
