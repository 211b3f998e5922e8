"""Pairs of float32 beside fractions; a resize without float64 beside Pillow's."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import torch

from linne.core.decode import Geometry, prepare
from linne.engine.graph import Prepare
from linne.engine.twofold import Pair, whole


def exact(pair: Pair) -> list[Fraction]:
    return [Fraction(float(a)) + Fraction(float(b)) for a, b in zip(pair.high, pair.low, strict=True)]


@pytest.mark.parametrize(
    ("compute", "truth"),
    [(Pair.plus, lambda a, b: a + b), (Pair.times, lambda a, b: a * b), (Pair.over, lambda a, b: a / b)],
)
def test_are_right_to_45_bits(
    compute: Callable[[Pair, Pair], Pair], truth: Callable[[Fraction, Fraction], Fraction]
) -> None:
    draws = np.random.default_rng(0)
    a, b, c, d = (torch.from_numpy(draws.integers(1, 2**22, 500)) for _ in range(4))
    first, second = whole(a).over(whole(b)), whole(c).over(whole(d))
    for x, y, found in zip(exact(first), exact(second), exact(compute(first, second)), strict=True):
        assert abs(found - truth(x, y)) <= abs(truth(x, y)) / 2**45
    half = exact(first.beside(torch.full_like(first.high, 0.5)))
    assert all(abs(found - x - Fraction(1, 2)) <= (x + 1) / 2**45 for x, found in zip(exact(first), half, strict=True))


def test_whole_numbers_of_31_bits_keep_them_all() -> None:
    numbers = np.random.default_rng(0).integers(0, 2**31 - 200, 500)
    assert exact(whole(torch.from_numpy(numbers))) == [Fraction(int(number)) for number in numbers]


def test_openvino_resizes_as_pillow_does_to_the_last_bit() -> None:
    """Its float64 is float32: of a picture of 2 x 60 it had 99 values off, of one of 375 x 500 ten or more."""
    ov, geometry = pytest.importorskip("openvino"), Geometry(size=224)
    sides = {1: torch.export.Dim("height", min=1, max=65535), 2: torch.export.Dim("width", min=1, max=65535)}
    with torch.no_grad():
        example = torch.zeros(1, 261, 315, 3, dtype=torch.uint8)
        program = torch.export.export(Prepare(geometry).eval(), (example,), dynamic_shapes=(sides,))
    hints = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = ov.Core().compile_model(ov.convert_model(program), "CPU", hints)
    for high, wide in ((2, 60), (2000, 3), (11, 16), (375, 500), (932, 798), (1200, 1600)):
        pixels = np.random.default_rng(high * 7919 + wide).integers(0, 256, (high, wide, 3), dtype=np.uint8)
        assert np.array_equal(compiled(pixels[None])[0][0], prepare(pixels, geometry)), (high, wide)
