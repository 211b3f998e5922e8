"""quality: what the planted pictures look like, in numbers."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from linne.core.decode import decode
from linne.core.errors import OptionError
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.plant.quality import quality


def png(pixels: np.ndarray) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def images() -> Images:
    draw = np.random.default_rng(0)
    return Images.of([png(draw.integers(60, 130, (80, 100, 3)).astype(np.uint8)) for _ in range(20)])


def pair(images: Images, fault: str) -> tuple[np.ndarray, np.ndarray]:
    found = quality(images, rng(0), fault=fault, share=0.25)
    (rows,) = np.nonzero(found.columns["planted"] == fault)
    assert len(rows) == 5
    untouched = set(range(20)) - set(rows)
    assert all(found.items[row] is images.items[row] for row in untouched)
    row = int(rows[0])
    return decode(images.items[row]).pixels.astype(float), decode(found.items[row]).pixels.astype(float)


def test_dark_is_scaled(images: Images) -> None:
    before, after = pair(images, "dark")
    assert after.mean() == pytest.approx(0.15 * before.mean(), rel=0.1)


def test_bright_is_burnt_out(images: Images) -> None:
    _, after = pair(images, "bright")
    assert (after > 250).mean() > 0.9


def test_blurred_keeps_the_mean_and_loses_detail(images: Images) -> None:
    before, after = pair(images, "blurred")
    assert after.mean() == pytest.approx(before.mean(), rel=0.05)
    assert np.diff(after, axis=0).std() < 0.3 * np.diff(before, axis=0).std()


def test_empty_is_one_colour(images: Images) -> None:
    before, after = pair(images, "empty")
    assert after.mean() == pytest.approx(before.mean(), rel=0.05)
    assert after.std() < 6


def test_it_repeats_and_misspelt_faults_are_told(images: Images) -> None:
    first, again = (quality(images, rng(3), fault="empty").items for _ in range(2))
    assert list(first) == list(again)
    with pytest.raises(OptionError, match="blurred"):
        quality(images, rng(0), fault="blured")
