"""noise: as many labels as asked for, to every other class alike, and nothing else."""

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.plant.noise import noise


def of(n: int = 1000) -> Images:
    return Images.of([b""] * n, [f"c{row % 5}" if row % 10 else None for row in range(n)])


def test_the_share_is_exact_and_marked() -> None:
    images = of()
    found = noise(images, rng(0), share=0.2)
    changed = found.labels != images.labels
    assert changed.sum() == 0.2 * 900
    assert (changed == (found.columns["planted"] == "noise")).all()
    assert (found.labels[images.labels < 0] == -1).all()
    assert images.columns == {}


def test_every_other_class_is_alike_likely() -> None:
    images = of(20_000)
    found = noise(images, rng(1), share=1.0)
    held = images.labels >= 0
    step = np.bincount((found.labels[held] - images.labels[held]) % 5, minlength=5)
    assert step[0] == 0
    assert step[1:] == pytest.approx(np.full(4, 4500), rel=0.06)


def test_it_is_the_same_each_time_and_another_by_seed() -> None:
    one, two, other = (noise(of(), rng(seed)).labels for seed in (0, 0, 1))
    assert (one == two).all()
    assert (one != other).any()


def test_bad_asks() -> None:
    with pytest.raises(OptionError, match="share"):
        noise(of(), rng(0), share=0)
    with pytest.raises(InputError, match="none"):
        noise(of(20), rng(0), share=0.001)
    with pytest.raises(InputError, match="two classes"):
        noise(Images.of([b""] * 9, ["a"] * 9), rng(0))
