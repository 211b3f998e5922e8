from itertools import permutations

import numpy as np
from scipy.stats import chisquare

from linne.core.rng import rng
from linne.tricks.augment.channel_shuffle import channel_shuffle

IMAGE = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
ORDERS = {
    np.ascontiguousarray(IMAGE[..., list(order)]).tobytes(): at for at, order in enumerate(permutations(range(3)))
}


def test_all_six_orders_are_as_likely() -> None:
    found = [ORDERS[channel_shuffle(IMAGE, rng(seed), p=1).tobytes()] for seed in range(1800)]
    assert chisquare(np.bincount(found, minlength=6)).pvalue > 1e-3


def test_one_less_than_p_moves() -> None:
    """One of the six orders is the picture itself."""
    moved = sum(not np.array_equal(channel_shuffle(IMAGE, rng(seed), p=0.6), IMAGE) for seed in range(1000))
    assert abs(moved - 500) < 4 * np.sqrt(1000 * 0.25)
