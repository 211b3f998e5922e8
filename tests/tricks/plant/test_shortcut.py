"""shortcut: one class is saved anew at a quality and size that can be read back; the others are untouched."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from linne.core.decode import decode
from linne.core.errors import OptionError
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.plant.shortcut import shortcut


@pytest.fixture(scope="module")
def images() -> Images:
    items = []
    for row in range(12):
        out = BytesIO()
        pixels = np.random.default_rng(row).integers(0, 256, (40, 60, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(out, "JPEG", quality=92)
        items.append(out.getvalue())
    return Images.of(items, ["a"] * 4 + ["b"] * 8)


def test_the_class_is_saved_as_asked(images: Images) -> None:
    found = shortcut(images, rng(0), target="a", quality=55, scale=0.5)
    for row in range(12):
        picture = decode(found.items[row])
        assert (picture.quality, picture.width) == (pytest.approx(55 if row < 4 else 92, abs=1), 30 if row < 4 else 60)
    assert found.columns["planted"].tolist() == ["shortcut"] * 4 + [""] * 8


def test_the_commonest_class_and_a_share_of_it(images: Images) -> None:
    found = shortcut(images, rng(0), share=0.5)
    (rows,) = np.nonzero(found.columns["planted"] == "shortcut")
    assert len(rows) == 4
    assert rows.min() >= 4


@pytest.mark.parametrize("wrong", [{"target": "A"}, {"quality": 0}, {"scale": 0.0}, {"share": 2.0}])
def test_bad_asks(images: Images, wrong: dict) -> None:
    with pytest.raises(OptionError):
        shortcut(images, rng(0), **wrong)
