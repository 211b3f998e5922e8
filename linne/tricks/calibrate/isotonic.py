"""isotonic: each class's probability through a rising step function, then normalised (Zadrozny and Elkan 2002,
doi:10.1145/775047.775151)."""

import numpy as np

from linne.core.predictions import Predictions, softmax

from ._rows import fitting, normalised


class _Isotonic:
    """For each class, places (m,) of its probability and the values there; between them straight lines.

    A class's value stays within `edge` and 1 - `edge` before all are normalised.
    """

    def __init__(self, steps: list[tuple[np.ndarray, np.ndarray]], edge: float) -> None:
        self.steps, self.edge = steps, edge

    def __call__(self, logits: np.ndarray, features: "np.ndarray | None" = None) -> np.ndarray:
        shown = softmax(logits)
        found = np.column_stack([np.interp(shown[:, k], *step) for k, step in enumerate(self.steps)])
        return normalised(np.where(np.isnan(shown), np.nan, np.clip(found, self.edge, 1 - self.edge)))


def isotonic(predictions: Predictions) -> _Isotonic:
    """One rising function a class, one against the rest, with the least squares on these; call it on logits.

    No value is below 1 / (n + 2) or above 1 minus that, n the number of pictures: as many as were seen do not prove
    that something never happens (Laplace's rule of succession). It can follow any rising shape, and so needs many
    pictures: hundreds a class. Raises InputError where a class has no picture, or nothing but it has one.
    """
    logits, labels = fitting("isotonic", predictions, each=True)
    shown = softmax(logits)
    steps = [_rising(shown[:, k], labels == k) for k in range(shown.shape[1])]
    return _Isotonic(steps, 1 / (len(labels) + 2))


def _rising(places: np.ndarray, hits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pool adjacent violators (Ayer et al. 1955) over the distinct places: (places, values), both rising."""
    # Equal but for rounding is equal: between two such places the line would be a jump.
    distinct, inverse, counts = np.unique(np.round(places, 12), return_inverse=True, return_counts=True)
    sums = np.bincount(inverse, hits.astype(float))
    blocks: list[list[float]] = []  # sum, weight, how many places
    for total, count in zip(sums, counts, strict=True):
        blocks.append([float(total), float(count), 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            blocks[-1] = [one + two for one, two in zip(blocks[-1], last, strict=True)]
    values = np.repeat([total / count for total, count, _ in blocks], [int(many) for _, _, many in blocks])
    return distinct, values
