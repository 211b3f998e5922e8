"""View: the plain one to the last bit, one resize a scale, a group of symmetries."""

import numpy as np
import pytest

from linne.core import view as views
from linne.core.decode import Geometry, prepare
from linne.core.errors import OptionError
from linne.core.view import View, crossed, shown, turned

PIXELS = np.random.default_rng(3).integers(0, 256, (61, 83, 3), np.uint8)


@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
def test_the_plain_view_is_what_predict_sees(fit: str) -> None:
    geometry = Geometry(size=40, fit=fit)  # type: ignore[arg-type]
    np.testing.assert_array_equal(shown(PIXELS, geometry, [View()])[0], prepare(PIXELS, geometry))


def test_views_of_one_scale_are_resized_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(views, "prepare", lambda pixels, geometry: calls.append(geometry) or prepare(pixels, geometry))
    some = [View(), View(turn=4), View(0.8, 0, 0), View(0.8, 1, 1), View(0.8, turn=2), View(0.5)]
    found = shown(PIXELS, Geometry(size=40), some)
    assert [geometry.size for geometry in calls] == [40, 50, 80]
    assert all(one.shape == (40, 40, 3) and one.flags.c_contiguous for one in found)


def test_turns_after_one_another_are_the_group_of_the_square() -> None:
    square = np.arange(25).reshape(5, 5)
    for one in range(8):
        for two in range(8):
            (both,) = crossed([[View(turn=one)], [View(turn=two)]])
            np.testing.assert_array_equal(turned(square, both.turn), turned(turned(square, one), two))


def test_weights_multiply() -> None:
    found = crossed([[View(0.8, weight=2.0), View(0.9)], [View(weight=3.0), View(turn=4)]])
    assert [view.weight for view in found] == [6.0, 2.0, 3.0, 1.0]


def test_what_adds_nothing_or_has_no_meaning_is_refused() -> None:
    mirror, every = [View(), View(turn=4)], [View(turn=turn) for turn in range(8)]
    with pytest.raises(OptionError, match="adds nothing"):
        crossed([every, mirror])
    with pytest.raises(OptionError, match="one alone may cut"):
        crossed([[View(0.8)], [View(0.9)]])
    for wrong in ({"share": 1.2}, {"share": 0.3}, {"left": 2.0}, {"turn": 8}, {"weight": 0.0}, {"weight": np.nan}):
        with pytest.raises(OptionError, match="view"):
            View(**wrong)  # type: ignore[arg-type]
