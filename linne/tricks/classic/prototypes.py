"""prototypes: the nearest class mean by cosine or distance (SimpleShot: Wang et al. 2019, arXiv:1911.04623)."""

import numpy as np

from linne.core.errors import OptionError
from linne.core.predictions import NEVER

from ._fitted import known
from ._unit import Directions, options, tukey, unit


class prototypes(Directions):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    One picture a class is enough. With 'cosine' rows are centred at the mean of the class means and brought to length
    1, a class is the direction of its rows' mean, and the score is `scale` times the cosine. With 'euclidean' it is
    minus `scale` times the squared distance to the mean (Snell et al. 2017, arXiv:1703.05175, equation 2), in units of
    the mean squared distance of class means from their centre.

    metric: 'cosine' or 'euclidean'. power: values become sign(x) |x|^power first; 0.5 makes skewed features of deep
    networks nearly Gaussian (Yang et al. 2021, arXiv:2101.06395, equation 3; Hu et al. 2021, arXiv:2006.03806), 1
    leaves them. centre: without it a cosine is taken from the origin. scale: of scores, which a temperature divides.
    Raises InputError for targets of a single class, OptionError for other options or a centre that distances ignore.
    """

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, *, metric: str = "cosine", power: float = 1.0,
        centre: bool = True, scale: float = 10.0,
    ) -> None:  # fmt: skip
        _asked(metric, power, scale, centre)
        present, places, _ = known("prototypes", targets)
        rows, total = tukey(np.asarray(features, np.float64), power), int(present[-1]) + 1
        sums, counts = _sums(rows, places), np.bincount(places)
        middle = (sums / counts[:, None]).mean(0)
        if metric == "cosine":
            middle = middle if centre else np.zeros_like(middle)
            means = unit(_sums(unit(rows - middle), places))
        else:
            means = sums / counts[:, None]
        weight, bias = np.zeros((total, rows.shape[1])), np.full(total, NEVER)
        weight[present], bias[present] = means, 0.0
        size = 1.0 if metric == "cosine" else max(float(((means - middle) ** 2).sum(1).mean()), 1e-30)
        self.kept = {"power": np.array([float(power)]), "scale": np.array([scale / size]), "weight": weight,
                     "bias": bias, "centre": middle}  # fmt: skip
        self.kept |= {} if metric == "cosine" else {"apart": np.ones(1)}

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, K) float64."""
        kept = self.kept
        if "apart" not in kept:
            return super().scores(features)
        rows = tukey(features.astype(np.float64), float(kept["power"][0])) - kept["centre"]
        means = kept["weight"] - kept["centre"]
        apart = (rows**2).sum(1)[:, None] + (means**2).sum(1) - 2 * rows @ means.T
        return -float(kept["scale"][0]) * np.maximum(apart, 0) + kept["bias"]


def _asked(metric: str, power: float, scale: float, centre: bool) -> None:
    options("prototypes", power, scale, centre)
    if metric not in ("cosine", "euclidean"):
        raise OptionError(f"prototypes: metric={metric!r} is not allowed; it is 'cosine' or 'euclidean'.")
    if metric == "euclidean" and not centre:
        raise OptionError("prototypes: centre=False has no effect on distances. Drop it, or take metric='cosine'.")


def _sums(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(k, d) sums of the rows of each class."""
    return np.eye(int(places.max()) + 1)[places].T @ rows
