"""random: draws that content alone decides, spread as said."""

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.tricks.view.random import random


def content(number: int) -> bytes:
    return number.to_bytes(16, "little")


def test_the_same_picture_is_seen_the_same_way() -> None:
    assert random(content(5)) == random(content(5))
    assert random(content(5)) != random(content(6))
    assert random(content(5)) != random(content(5), seed=1)
    assert random(content(5), views=3) == random(content(5), views=8)[:3], "more views change none of the first"


def test_shares_places_and_mirrors_are_spread_evenly() -> None:
    views = [view for number in range(400) for view in random(content(number), least=0.5)]
    share, left, top = (np.array([getattr(view, name) for view in views]) for name in ("share", "left", "top"))
    for values, low in ((share, 0.5), (left, 0.0), (top, 0.0)):
        deciles = np.quantile(values, np.linspace(0.1, 0.9, 9))
        np.testing.assert_allclose(deciles, low + (1 - low) * np.linspace(0.1, 0.9, 9), atol=0.04)
    assert abs(np.corrcoef([share, left, top]) - np.eye(3)).max() < 0.08
    assert abs(np.mean([view.turn == 4 for view in views]) - 0.5) < 0.04
    assert {view.turn for view in random(content(0), views=50, mirror=False)} == {0}


def test_refuses() -> None:
    with pytest.raises(OptionError, match="whole number from 1 to 256"):
        random(content(0), views=0)
    with pytest.raises(OptionError, match="cannot be larger than the picture"):
        random(content(0), least=1.5)
