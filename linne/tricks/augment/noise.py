"""noise: add Gaussian noise to every value (Bishop 1995, Neural Computation 7, training with noise)."""

import numpy as np

from ...core.errors import OptionError


def noise(image: np.ndarray, rng: np.random.Generator, *, std: float = 0.05) -> np.ndarray:
    """Add independent N(0, std) to every value of `image`, uint8 (H, W, C); std is a share of the full range 0..255.

    Rounded and clipped to 0..255. Raises OptionError for a negative std.
    """
    if std < 0:
        raise OptionError(f"noise: std is a share of the full range and not negative, got {std}.")
    noisy = image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(255 * std)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
