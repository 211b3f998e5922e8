"""The operations of AutoAugment and its successors: how strong each is at every magnitude, and their drawing.

Strengths are torchvision's (0.29), which differ from the papers' code in small things; where they do it is said.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from . import _ops
from ._options import colour

Space = Mapping[str, "tuple[np.ndarray | None, bool]"]
"""Operation to its strengths by magnitude, None where it has none, and whether half of them are the other way."""
UNGRADED = ("AutoContrast", "Equalize", "Invert", "Identity")
FACTORS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "Brightness": _ops.brightness,
    "Color": _ops.saturation,
    "Contrast": _ops.contrast,
    "Sharpness": _ops.sharpness,
}
PLAIN: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "AutoContrast": _ops.autocontrast,
    "Equalize": _ops.equalise,
    "Invert": _ops.invert,
    "Identity": lambda image: image,
}


@lru_cache
def space(
    bins: int,
    *,
    shear: float = 0.3,
    across: float,
    down: float,
    turn: float = 30.0,
    factor: float = 0.9,
    bits: tuple[int, int] = (8, 4),
) -> dict[str, tuple["np.ndarray | None", bool]]:
    """Strengths of every operation at magnitudes 0..bins - 1.

    shear: tangent at the greatest. across, down: pixels. turn: degrees. factor: change of brightness and such. bits:
    kept at the least magnitude, and how many fewer at the greatest.
    """
    lines = {
        "ShearX": shear, "ShearY": shear, "TranslateX": across, "TranslateY": down, "Rotate": turn,
        "Brightness": factor, "Color": factor, "Contrast": factor, "Sharpness": factor,
    }  # fmt: skip
    graded: dict[str, tuple[np.ndarray | None, bool]] = {
        name: (np.linspace(0, most, bins), True) for name, most in lines.items()
    }
    graded["Posterize"] = bits[0] - np.rint(np.arange(bins) / ((bins - 1) / bits[1])), False
    graded["Solarize"] = np.linspace(255, 0, bins), False
    return graded | dict.fromkeys(UNGRADED, (None, False))


def strength(steps: Space, name: str, magnitude: int, rng: np.random.Generator) -> float:
    """An operation's strength at a magnitude, its sign drawn where it has one."""
    values, signed = steps[name]
    value = 0.0 if values is None else float(values[magnitude])
    return -value if signed and rng.integers(2) else value


def apply(image: np.ndarray, name: str, value: float, fill: Any, smooth: bool = False) -> np.ndarray:
    """`image`, (H, W, 3) uint8, under an operation of this strength.

    Shears are tangents (the upper left corner stays), moves whole pixels, turns degrees counter-clockwise; factors are
    1 + value.
    """
    if name in FACTORS:
        return FACTORS[name](image, 1 + value)
    if name in PLAIN:
        return PLAIN[name](image)
    if name == "Posterize":
        return _ops.posterise(image, int(value))
    if name == "Solarize":
        return _ops.solarise(image, value)
    sides = colour(name, image, fill)
    if name == "Rotate":
        return _ops.turn(image, value, sides, smooth)
    return _ops.warp(image, _inverse(name, value), sides, smooth)


def _inverse(name: str, value: float) -> list[float]:
    if name in ("TranslateX", "TranslateY"):
        pixels = float(int(value))
        return [1, 0, -pixels, 0, 1, 0] if name == "TranslateX" else [1, 0, 0, 0, 1, -pixels]
    return [1, value, 0, 0, 1, 0] if name == "ShearX" else [1, 0, 0, value, 1, 0]
