"""symmetry: one of the eight symmetries of the square (Dieleman et al. 2016, arXiv:1602.02660, section 2)."""

import numpy as np


def symmetry(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn `image`, uint8 (H, W, C), by 0, 90, 180 or 270 degrees and mirror it half of the time: all eight as likely.

    No pixel is computed anew; a quarter turn swaps height and width. For pictures without up and down: from above,
    through a microscope.
    """
    which = int(rng.integers(8))
    turned = np.rot90(image, which % 4)
    return turned[:, ::-1] if which >= 4 else turned
