"""motion_blur: what a moving camera sees (Buslaev et al. 2020, Albumentations, arXiv:1809.06839)."""

import numpy as np

from ._options import chance, number, picture

TAPS = 2
"""Points a pixel at which the way is sampled."""


def motion_blur(
    image: np.ndarray, rng: np.random.Generator, size: int, *, most: float = 9.0, p: float = 0.5
) -> np.ndarray:
    """With probability p the mean of `image`, uint8 (H, W, 3), along a straight way; edges repeat, rounded.

    most: the longest way, 0 to 100, in pixels of the network's input, whose side `size` is what the shorter side of the
    picture becomes. The length is drawn evenly from 0..most, the direction evenly from all. Raises OptionError.
    """
    image = picture("motion_blur", image)
    number("motion_blur", 0, 100, most=most)
    if not chance("motion_blur", p, rng):
        return image
    length, angle = rng.uniform(0, most) * min(image.shape[:2]) / size, rng.uniform(0, np.pi)
    kernel = _kernel(length, angle)
    reach = len(kernel) // 2
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="edge").astype(np.float32)
    out, part = np.zeros(image.shape, np.float32), np.empty(image.shape, np.float32)
    for y, x in zip(*np.nonzero(kernel), strict=True):
        out += np.multiply(padded[y : y + image.shape[0], x : x + image.shape[1]], kernel[y, x], out=part)
    return np.rint(out, out=out).clip(0, 255).astype(np.uint8)


def _kernel(length: float, angle: float) -> np.ndarray:
    """(2 r + 1, 2 r + 1) weights, sum 1: points spread evenly over the way, each shared by its four nearest pixels."""
    reach = int(np.ceil(length / 2))
    count = max(round(TAPS * length), 1)
    along = ((np.arange(count) + 0.5) / count - 0.5) * length
    y, x = reach - along * np.sin(angle), reach + along * np.cos(angle)
    kernel = np.zeros((2 * reach + 2, 2 * reach + 2), np.float32)
    top, left = y.astype(int), x.astype(int)
    down, right = y - top, x - left
    for step, side in ((0, 1 - down), (1, down)):
        np.add.at(kernel, (top + step, left), side * (1 - right) / count)
        np.add.at(kernel, (top + step, left + 1), side * right / count)
    return kernel[:-1, :-1]
