"""cosine: a head of cosines between picture and class, fitted by cross-entropy (Chen et al. 2019, arXiv:1904.04232)."""

import numpy as np

from linne.core.predictions import NEVER, softmax

from ._fitted import known, positive, whole
from ._unit import Directions, options, tukey, unit


class cosine(Directions):
    """From features (n, d) and targets (n,), whole numbers below K, a callable: features (m, d) to scores (m, K).

    Minimises the mean cross-entropy of `scale` times the cosines between rows and a direction a class (their
    Baseline++; Gidaris and Komodakis 2018, arXiv:1804.09458), beginning with the prototypes, by `steps` steps of
    L-BFGS; a part `smooth` of each label goes evenly to all classes, so that directions do not run away from their
    rows. Rows are centred at the mean of the class means.

    scale: the largest score; a temperature divides it. smooth: 0 up to below 1. power: as prototypes has it. steps: at
    most so many. Raises InputError for targets of a single class, OptionError for other values.
    """

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, *, scale: float = 5.0, smooth: float = 0.1,
        power: float = 1.0, steps: int = 30,
    ) -> None:  # fmt: skip
        options("cosine", power, scale, True)
        whole("cosine", steps=steps)
        positive("cosine", keeps=1 - smooth)
        present, places, _ = known("cosine", targets)
        rows = tukey(np.asarray(features, np.float64), power)
        own = np.eye(len(present))[places]
        means = own.T @ rows / own.sum(0)[:, None]
        middle = means.mean(0)
        rows = unit(rows - middle)
        weight, total = _fitted(rows, own, (scale, smooth, steps)), int(present[-1]) + 1
        every, bias = np.zeros((total, rows.shape[1])), np.full(total, NEVER)
        every[present], bias[present] = weight, 0.0
        self.kept = {"power": np.array([float(power)]), "scale": np.array([float(scale)]), "weight": every,
                     "bias": bias, "centre": middle}  # fmt: skip


def _fitted(rows: np.ndarray, own: np.ndarray, asked: "tuple[float, float, int]") -> np.ndarray:
    """(k, d) directions. They stay in the span of rows and so are found in it: (k, n) where there are fewer rows."""
    from scipy.optimize import minimize

    scale, smooth, steps = asked
    wanted = (1 - smooth) * own + smooth / own.shape[1]
    axes = _span(rows) if len(rows) < rows.shape[1] else np.eye(rows.shape[1])
    inside = rows @ axes
    start = unit(own.T @ inside)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        return value_and_slope(flat.reshape(start.shape), inside, wanted, scale)

    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": steps})
    return unit(found.x.reshape(start.shape)) @ axes.T


def _span(rows: np.ndarray) -> np.ndarray:
    """(d, r) orthonormal columns that span the rows (n, d), n < d, by their n x n products."""
    power, ways = np.linalg.eigh(rows @ rows.T)
    kept = power > 1e-9 * power.max(initial=1e-12)
    return rows.T @ (ways[:, kept] / np.sqrt(power[kept]))


def value_and_slope(weight: np.ndarray, rows: np.ndarray, wanted: np.ndarray, scale: float) -> tuple[float, np.ndarray]:
    """The mean cross-entropy of scale x cosines of rows (n, r) and weight (k, r), and its slope, flat (k r,)."""
    length = np.maximum(np.linalg.norm(weight, axis=1, keepdims=True), 1e-12)
    ways = weight / length
    logits = scale * rows @ ways.T
    top = logits.max(1, keepdims=True)
    logs = logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True))
    pull = scale * (softmax(logits) - wanted).T @ rows / len(rows)
    slope = (pull - (pull * ways).sum(1, keepdims=True) * ways) / length
    return float(-(wanted * logs).sum(1).mean()), slope.ravel()
