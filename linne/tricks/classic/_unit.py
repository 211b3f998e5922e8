"""Learners that see directions: rows to a power, centred, of length 1, as prototypes and cosine heads compare them."""

import numpy as np

from linne.core.errors import OptionError

from ._fitted import Fitted

LEAST = 1e-12


def tukey(rows: np.ndarray, power: float) -> np.ndarray:
    """Each value's size to this power, with its sign: Tukey's ladder (Yang et al. 2021, arXiv:2101.06395, eq. 3)."""
    return rows if power == 1 else np.sign(rows) * np.abs(rows) ** power


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows (..., d) of length 1; a row of zeros stays."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), LEAST)


def options(name: str, power: float, scale: float, centre: bool) -> None:
    """Raise OptionError unless 0 < power <= 1, scale > 0 and centre is true or false."""
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (power, scale))
    if not (numbers and 0 < power <= 1 and 0 < scale < np.inf and isinstance(centre, bool)):
        given = f"power={power!r}, scale={scale!r}, centre={centre!r}"
        raise OptionError(f"{name}: power lies in (0, 1], scale is positive, centre true or false; got {given}.")


class Directions(Fitted):
    """`arrays()`: power and scale (1,), centre (d,), weight (K, d) rows of length 1 or 0, bias (K,): 0, or NEVER for a
    class that nobody taught."""

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64: scale times the cosine of each row and each class's weight."""
        kept = self.kept
        rows = unit(tukey(features.astype(np.float64), float(kept["power"][0])) - kept["centre"])
        return float(kept["scale"][0]) * (rows @ kept["weight"].T) + kept["bias"]
