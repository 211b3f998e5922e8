import numpy as np
from scipy.stats import chisquare

from linne.core.rng import rng
from linne.tricks.augment.cutout import cutout

IMAGE = np.random.default_rng(0).integers(1, 256, (12, 14, 3), np.uint8)


def test_a_square_about_any_pixel_cut_at_the_edge() -> None:
    """Every pixel is the centre of a square as often as any other."""
    squares = {}
    for y in range(12):
        for x in range(14):
            known = IMAGE.copy()
            known[max(y - 2, 0) : y + 2, max(x - 2, 0) : x + 2] = 0
            squares[known.tobytes()] = y * 14 + x
    found = [squares[cutout(IMAGE, rng(seed), share=1 / 3, fill=0).tobytes()] for seed in range(5000)]
    assert chisquare(np.bincount(found, minlength=168)).pvalue > 1e-3


def test_the_mean_colour_and_the_given_one() -> None:
    out = cutout(IMAGE, rng(0), share=2)
    assert (out[IMAGE[..., 0] != out[..., 0]] == np.rint(IMAGE.mean((0, 1)))).all()
    assert {tuple(colour) for colour in cutout(IMAGE * 0, rng(0), fill=(1, 2, 3)).reshape(-1, 3)} == {
        (0, 0, 0),
        (1, 2, 3),
    }


def test_half_the_side_covers_what_the_integral_says() -> None:
    """Centre even in 0..1, side 1/2: mean length inside is 1/2 - 1/16 a side, so (7/16)^2 of the picture."""
    white = np.full((96, 96, 3), 255, np.uint8)
    share = np.mean([(cutout(white, rng(seed), fill=0) == 0).mean() for seed in range(800)])
    assert abs(share - (7 / 16) ** 2) < 0.01
