"""Pairs of float32 beside fractions; an enlarging resize without float64 beside Pillow's."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from linne.core.decode import prepare
from linne.engine.bundle import Bundle
from linne.engine.twofold import Pair, whole


def exact(pair: Pair) -> list[Fraction]:
    return [Fraction(float(a)) + Fraction(float(b)) for a, b in zip(pair.high, pair.low, strict=True)]


@pytest.mark.parametrize(
    ("compute", "truth"),
    [(lambda a, b: a.plus(b), lambda a, b: a + b), (lambda a, b: a.times(b), lambda a, b: a * b),
     (lambda a, b: a.over(b), lambda a, b: a / b),
     (lambda a, b: a.scaled(-2.5).plus(0.1), lambda a, b: a * -2.5 + TENTH)],
    ids=["plus", "times", "over", "scaled"],
)  # fmt: skip
def test_are_right_to_46_bits(
    compute: Callable[[Pair, Pair], Pair], truth: Callable[[Fraction, Fraction], Fraction]
) -> None:
    draws = np.random.default_rng(0)
    a, b, c, d = (torch.from_numpy(draws.integers(1, 2**22, 500)) for _ in range(4))
    first, second = whole(a).over(whole(b)), whole(c).over(whole(d))
    for x, y, found in zip(exact(first), exact(second), exact(compute(first, second)), strict=True):
        wanted = truth(x, y)
        assert abs(found - wanted) <= (abs(wanted) + Fraction(1, 4)) / 2**46


TENTH = Fraction(float(np.float32(0.1)))


def test_openvino_enlarges_as_pillow_does_to_the_last_bit(shipped: tuple[Path, Path]) -> None:
    """Its float64 is float32: plain, it had 99 values off of a picture of 2 x 60, 36 of one of 2,000 x 9."""
    ov, runner = pytest.importorskip("openvino"), pytest.importorskip("linne.tricks.runner.openvino")
    bundle = Bundle(shipped[1])
    model = runner._ended(ov, ov.Core().read_model(str(bundle.path / "model.xml")))
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for high, wide in ((1, 1), (2, 60), (3, 9), (500, 3), (500, 2), (11, 16), (60, 5), (36, 30), (25, 500)):
        pixels = np.random.default_rng(high * 7919 + wide).integers(0, 256, (high, wide, 3), dtype=np.uint8)
        assert np.array_equal(compiled(pixels[None])[0][0], prepare(pixels, bundle.geometry)), (high, wide)
