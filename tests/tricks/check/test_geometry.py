"""geometry: the share that a centre crop cuts, against the closed form."""

import numpy as np
import pytest

from linne.core.images import Images
from linne.tricks.check.geometry import geometry


def test_square_pictures_are_not_mentioned(made) -> None:
    assert geometry(Images.of([b""] * 9), made(9, width=300, height=300)) == []


@pytest.mark.parametrize("crop", [0.875, 1.0])
def test_share_is_one_minus_the_square_over_the_picture(made, crop: float) -> None:
    width, height = np.full(11, 400), np.full(11, 300)
    width[4], height[4] = 100, 1000
    (found,) = geometry(Images.of([b""] * 11), made(11, width=width, height=height), crop=crop)
    median = 1 - (crop * 300) ** 2 / (400 * 300)
    assert found.details["lost"]["50 %"] == pytest.approx(median, abs=1e-4)
    assert found.details["lost"]["100 %"] == pytest.approx(1 - (crop * 100) ** 2 / 1e5, abs=1e-4)
    assert found.severity == ("medium" if median > 0.3 else "low")
    assert found.rows == (4,)
    assert "100 x 1000" in found.why


def test_unreadable_pictures_do_not_count(made) -> None:
    assert geometry(Images.of([b""] * 4), made(4, width=0, height=0, reason=b"broken")) == []
