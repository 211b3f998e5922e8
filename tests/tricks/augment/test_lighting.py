import numpy as np
import pytest

from linne.core.rng import rng
from linne.tricks.augment.lighting import AXES, VALUES, lighting

GREY = np.full((2, 2, 3), 128, np.uint8)


def changes(image: np.ndarray, n: int, **options: object) -> np.ndarray:
    """(n, 3) in 0..1: what was added to every pixel."""
    out = np.array([lighting(image, rng(seed), **options).astype(float) - image for seed in range(n)])
    assert np.ptp(out, axis=(1, 2)).max() == 0, "one colour for all pixels"
    return out[:, 0, 0] / 255


def test_published_axes_are_orthonormal() -> None:
    np.testing.assert_allclose(AXES.T @ AXES, np.eye(3), atol=1e-3)


def test_what_is_added_has_the_published_covariance() -> None:
    """The greatest part is the first axis, nearly grey; the covariance is V diag(0.1 s)^2 V'."""
    found = np.cov(changes(GREY, 3000).T)
    known = AXES @ np.diag((0.1 * VALUES) ** 2) @ AXES.T
    np.testing.assert_allclose(found, known, atol=0.1 * known.max())
    assert found[0, 0] == pytest.approx(known[0, 0], rel=0.1)


def test_a_picture_s_own_colours_spread_as_they_do() -> None:
    """With std 1 the added colours have the covariance of the picture's pixels."""
    draw = np.random.default_rng(0)
    pixels = 128 + draw.standard_normal((400, 3)) * (2, 9, 4) @ np.linalg.qr(draw.standard_normal((3, 3)))[0]
    image = np.rint(pixels).astype(np.uint8).reshape(20, 20, 3)
    added = changes(image, 3000, of="picture", std=1)
    own = np.cov(image.reshape(-1, 3).T / 255, bias=True)
    np.testing.assert_allclose(np.cov(added.T), own, atol=0.1 * own.max())


def test_a_picture_of_one_colour_has_none() -> None:
    np.testing.assert_array_equal(lighting(GREY, rng(0), of="picture", std=5), GREY)
