"""longtail: the published counts, the test split untouched, and draws that the seed alone decides."""

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.plant.longtail import longtail

CIFAR = [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]
"""CIFAR-10-LT at a ratio of 100, as the literature has it: 12,406 pictures."""


def of(counts: list[int], test: int = 7) -> Images:
    """So many learning pictures a class, a few of the test split each, and some without a label; in a drawn order."""
    labels = np.repeat(np.arange(len(counts)), counts).tolist()
    words = [*labels, *(k for k in range(len(counts)) for _ in range(test)), *[None] * 5]
    split = [*["train"] * len(labels), *["test"] * (test * len(counts)), *["train"] * 5]
    order = rng("order").permutation(len(words))
    return Images.of([b""] * len(words), [words[row] for row in order], names=[f"p{row}" for row in order],
                     split=np.array([split[row] for row in order], object))  # fmt: skip


def kept(found: Images) -> list[int]:
    learns = (found.split == "train") & (found.labels >= 0)
    return np.bincount(found.labels[learns], minlength=len(found.classes)).tolist()


def test_the_published_counts_of_cifar_10() -> None:
    found = longtail(of([5000] * 10), rng(0), ratio=100)
    assert kept(found) == CIFAR
    assert sum(CIFAR) == 12_406


def test_the_step_profile() -> None:
    assert kept(longtail(of([500] * 10), rng(0), ratio=10, profile="step")) == [500] * 5 + [50] * 5
    assert kept(longtail(of([500] * 5), rng(0), ratio=10, profile="step")) == [500] * 2 + [50] * 3


def test_uneven_classes_keep_their_order_and_the_exact_profile() -> None:
    have = [30, 200, 90, 120]
    counts = kept(longtail(of(have), rng(0), ratio=8))
    assert counts == [25, 200, 50, 100]
    assert all(count <= there for count, there in zip(counts, have, strict=True))
    assert kept(longtail(of([30, 200, 60, 70]), rng(0), ratio=8)) == [17, 140, 35, 70]  # the second largest bounds all


@pytest.mark.parametrize("profile", ["exponential", "step"])
def test_a_ratio_of_1_evens_out_and_keeps_all_where_they_are_even(profile: str) -> None:
    images = of([40] * 4)
    assert (longtail(images, rng(0), ratio=1, profile=profile).names == images.names).all()
    assert kept(longtail(of([40, 60, 50]), rng(0), ratio=1, profile=profile)) == [40, 40, 40]


def test_the_test_split_and_pictures_without_a_label_stay_in_their_order() -> None:
    images = of([100, 100, 100])
    found = longtail(images, rng(3), ratio=20)
    stays = (images.split == "test") | (images.labels < 0)
    still = (found.split == "test") | (found.labels < 0)
    assert (images.names[stays] == found.names[still]).all()
    places = np.array([images.names.tolist().index(name) for name in found.names])
    assert (np.diff(places) > 0).all()
    assert (images.labels[places] == found.labels).all()


def test_it_is_the_same_each_time_and_another_by_seed() -> None:
    images = of([100, 100, 100])
    one, two, other = (longtail(images, rng(seed), ratio=5).names.tolist() for seed in (0, 0, 1))
    assert one == two
    assert one != other


def test_bad_asks() -> None:
    for options in ({"ratio": 0.5}, {"ratio": float("nan")}, {"ratio": float("inf")}):
        with pytest.raises(OptionError, match="at least 1"):
            longtail(of([9, 9]), rng(0), **options)
    with pytest.raises(OptionError, match="Did you mean 'step'"):
        longtail(of([9, 9]), rng(0), profile="steps")
    with pytest.raises(InputError, match="'1' would keep none of its 9 pictures"):
        longtail(of([9, 9]), rng(0), ratio=10)
    with pytest.raises(InputError, match="at least two classes"):
        longtail(Images.of([b""] * 9, ["a"] * 9), rng(0))
