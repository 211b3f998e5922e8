"""quality: planted faults are found, ordinary pictures are left alone, limits move with the data set."""

import numpy as np
import pytest

from linne.core.decode import decode
from linne.core.facts import FACT, Facts
from linne.core.images import Images
from linne.core.measure import measure
from linne.core.rng import rng
from linne.tricks.check.quality import quality
from linne.tricks.plant.quality import quality as plant


def photographs(n: int) -> Images:
    """Pictures with large forms, fine grain and differing light, none of them faulty."""
    draw, items = np.random.default_rng(0), []
    y, x = np.mgrid[:120, :160] / 120
    for _ in range(n):
        wave = sum(np.sin(draw.uniform(-9, 9) * x + draw.uniform(-9, 9) * y + draw.uniform(0, 6)) for _ in range(4))
        luma = draw.uniform(0.4, 0.6) + 0.12 * wave + draw.normal(0, 0.06, x.shape)
        items.append((255 * np.clip(luma[..., None] * draw.uniform(0.8, 1.1, 3), 0, 1)).astype(np.uint8))
    return Images.of(items)


def measured(images: Images) -> Facts:
    looks = [measure("a", decode(item), item) for item in images.items]
    table = np.array([look[0] for look in looks], FACT)
    return Facts(table, np.array([look[1] for look in looks]), np.array([look[2] for look in looks]))


@pytest.mark.parametrize(
    ("fault", "kind"), [("dark", "dark"), ("bright", "bright"), ("blurred", "blurred"), ("empty", "nearly empty")]
)
def test_planted_faults_are_found_and_nothing_else(fault: str, kind: str) -> None:
    images = plant(photographs(100), rng(0, fault), fault=fault, share=0.1)
    planted = set(np.flatnonzero(images.columns["planted"] == fault))
    found = {one.kind: one for one in quality(images, measured(images))}
    assert len(planted & set(found[kind].rows)) >= 0.9 * len(planted)
    assert set().union(*(one.rows for one in found.values())) <= planted
    assert found[kind].severity == "medium"


def test_ordinary_pictures_raise_nothing() -> None:
    images = photographs(80)
    assert quality(images, measured(images)) == []


def test_a_set_that_is_all_dark_or_all_blurred_has_no_fault(made) -> None:
    assert quality(Images.of([b""] * 50), made(50, p99=0.2, brightness=0.05, sharpness=5.0)) == []


def test_a_picture_is_named_once_under_its_first_fault(made) -> None:
    p99, sharp = np.full((2, 50), 0.9)
    sharp *= 1000
    p99[7], sharp[7], sharp[8] = 0.05, 0.1, 0.2
    found = {one.kind: one.rows for one in quality(Images.of([b""] * 50), made(50, p99=p99, sharpness=sharp))}
    assert found == {"dark": (7,), "blurred": (8,)}


def test_odd_sizes_and_aspects(made) -> None:
    width, height = np.full(60, 400), np.full(60, 300)
    width[3], height[3] = 40, 30
    width[5], height[5] = 1600, 75
    found = {one.kind: one for one in quality(Images.of([b""] * 60), made(60, width=width, height=height))}
    assert {kind: one.rows for kind, one in found.items()} == {"odd size": (3,), "odd aspect": (5,)}
    assert {one.severity for one in found.values()} == {"low"}
    wide = quality(Images.of([b""] * 60), made(60, width=width, height=height), ratio=40)
    assert wide == []


def test_unreadable_pictures_are_not_judged(made) -> None:
    reason = np.full(20, b"", "S160")
    reason[4] = b"broken"
    p99 = np.full(20, 0.9)
    p99[4] = np.nan
    assert quality(Images.of([b""] * 20), made(20, reason=reason, p99=p99)) == []
    assert quality(Images.of([b""] * 3), made(3, reason=b"broken")) == []
