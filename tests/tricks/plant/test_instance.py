"""instance: rates beside scipy's, chances by hand, about the share asked for, and alike for pictures that are alike."""

from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.plant.instance import chances, instance, rates


def of(n: int = 3000, kinds: int = 2) -> Images:
    """Five classes; the pictures of each come in so many kinds, exact copies but for their class."""
    draw = np.random.default_rng(0)
    kind = draw.integers(0, 256, (kinds, 12, 12, 3)).astype(np.uint8)
    return Images.of(
        [kind[(row // 5) % kinds] for row in range(n)], [f"c{row % 5}" if row % 31 else None for row in range(n)]
    )


def test_rates_are_of_scipys_truncated_normal() -> None:
    from scipy.stats import truncnorm

    even = np.linspace(0.001, 0.999, 50)
    for share, spread in ((0.4, 0.1), (0.1, 0.2), (0.9, 0.3)):
        judge = truncnorm(-share / spread, (1 - share) / spread, loc=share, scale=spread)
        np.testing.assert_allclose(rates(even, share, spread), judge.ppf(even), atol=1e-9)


def test_chances_by_hand() -> None:
    x, ways = np.array([[1.0, 2.0]]), np.zeros((3, 2, 3))
    ways[1] = [[0.5, 9, 0], [0, 9, 0.25]]  # what the label's own column says has no part
    found = chances(x, np.array([1]), np.array([0.3]), ways)
    other = np.exp([0.5, 0.5])
    np.testing.assert_allclose(found, [[0.3 * other[0] / other.sum(), 0.7, 0.3 * other[1] / other.sum()]])


def test_about_the_share_is_changed_and_marked() -> None:
    images = of()
    found = instance(images, rng(0), share=0.4)
    changed = found.labels != images.labels
    assert changed.sum() / (images.labels >= 0).sum() == pytest.approx(0.4, abs=0.03)
    assert (changed == (found.columns["planted"] == "instance")).all()
    assert (found.labels[images.labels < 0] == -1).all()


def test_pictures_that_are_alike_are_mistaken_alike() -> None:
    """Within a class and kind nearly all wrong labels are one class; between kinds of a class it differs."""
    images = of()
    found = instance(images, rng(1), share=0.4)
    kind, favourites = (np.arange(3000) // 5) % 2, {}
    for own in range(5):
        for one in range(2):
            rows = (images.labels == own) & (kind == one) & (found.labels != own)
            count = np.bincount(found.labels[rows], minlength=5)
            assert count.max() > 0.8 * count.sum()
            favourites[own, one] = int(count.argmax())
    assert any(favourites[own, 0] != favourites[own, 1] for own in range(5))


def test_features_in_the_pixels_place(tmp_path: Path) -> None:
    images = Images.of([b""] * 300, [f"c{row % 3}" for row in range(300)])
    np.save(tmp_path / "x.npy", np.random.default_rng(0).standard_normal((300, 7)))
    one, two = (instance(images, rng(0), features=str(tmp_path / "x.npy")).labels for _ in range(2))
    assert (one == two).all()
    assert 0.3 < (one != images.labels).mean() < 0.5


def test_bad_asks(tmp_path: Path) -> None:
    for options in ({"share": 0}, {"share": 1.0}, {"spread": 0}):
        with pytest.raises(OptionError, match="plant instance"):
            instance(of(30), rng(0), **options)
    with pytest.raises(InputError, match="two classes"):
        instance(Images.of([b""] * 9, ["a"] * 9), rng(0))
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    with pytest.raises(InputError, match="a row a picture"):
        instance(of(30), rng(0), features=str(tmp_path / "x.npy"))
    with pytest.raises(InputError, match="of numbers"):
        instance(of(30), rng(0), features=str(tmp_path / "none.npy"))
