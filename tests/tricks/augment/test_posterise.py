import numpy as np
from PIL import Image, ImageOps
from scipy.stats import chisquare

from linne.core.rng import rng
from linne.tricks.augment.posterise import posterise

IMAGE = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
KNOWN = {np.asarray(ImageOps.posterize(Image.fromarray(IMAGE), bits)).tobytes(): bits for bits in range(1, 9)}


def test_every_number_of_bits_is_pillow_s_and_as_likely() -> None:
    found = [KNOWN[posterise(IMAGE, rng(seed), bits=(2, 6), p=1).tobytes()] for seed in range(1000)]
    counts = np.bincount(found, minlength=9)
    assert counts.sum() == counts[2:7].sum()
    assert chisquare(counts[2:7]).pvalue > 1e-3


def test_a_share_p() -> None:
    changed = sum(not np.array_equal(posterise(IMAGE, rng(seed), p=0.3), IMAGE) for seed in range(1000))
    assert abs(changed - 300) < 4 * np.sqrt(1000 * 0.3 * 0.7)
