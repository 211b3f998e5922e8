"""instance: wrong labels that the picture itself makes likely (Xia et al. 2020, arXiv:2006.07836)."""

from pathlib import Path

import numpy as np

from linne.core.errors import InputError, OptionError
from linne.core.images import Images

from ._copy import planted, thumbnails


def instance(
    images: Images, rng: np.random.Generator, *, share: float = 0.4, spread: float = 0.1, features: str = ""
) -> Images:
    """The same pictures, about `share` of those with a label given another one that the picture itself makes likely.

    Each picture x has a rate q from the normal distribution around `share` of deviation `spread`, cut off at 0 and 1;
    its label y stays with 1 - q and becomes k with q softmax(x W_y) over the other classes, W_y standard normal, one
    for each class (the synthetic noise of the paper's section 4). x is the picture's thumbnail (8 x 8 RGB), or its row
    of `features`, a .npy file (n, d); every column is brought to mean 0 and deviation 1. The column "planted" says
    "instance" in the changed rows. Raises OptionError for a share or spread outside, InputError for one class and for
    other features.
    """
    if not 0 < share < 1 or not 0 < spread < np.inf:
        raise OptionError(f"plant instance: share lies between 0 and 1, spread is above 0, got {share} and {spread}.")
    if len(images.classes) < 2:
        raise InputError(f"label noise needs at least two classes, there are {len(images.classes)}.")
    rows = np.flatnonzero(images.labels >= 0)
    x = _read(features, len(images))[rows] if features else thumbnails(images.take(rows))
    labels, classes = images.labels[rows], len(images.classes)
    q = rates(rng.random(len(rows)), share, spread)
    ways = rng.standard_normal((classes, x.shape[1], classes))
    p = chances(x, labels, q, ways)
    new = (p.cumsum(1) < rng.random((len(rows), 1)) * p.sum(1, keepdims=True)).sum(1).clip(max=classes - 1)
    changed = images.labels.copy()
    changed[rows] = new
    return planted(images, rows[new != labels], "instance", labels=changed)


def rates(even: np.ndarray, share: float, spread: float) -> np.ndarray:
    """(n,) rates from uniform numbers (n,), by the inverse of the truncated normal's distribution."""
    from scipy.special import ndtr, ndtri

    low, high = ndtr(-share / spread), ndtr((1 - share) / spread)
    return np.clip(share + spread * ndtri(low + even * (high - low)), 0, 1)


def chances(x: np.ndarray, labels: np.ndarray, q: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """(n, K) of what each label becomes. x (n, d), labels and q (n,), ways (K, d, K)."""
    score = np.stack([row @ ways[label] for row, label in zip(x, labels, strict=True)])
    places = np.arange(len(labels))
    score[places, labels] = -np.inf
    p = np.exp(score - score.max(1, keepdims=True))
    p *= (q / p.sum(1))[:, None]
    p[places, labels] = 1 - q
    return p


def _read(file: str, n: int) -> np.ndarray:
    try:
        x = np.load(Path(file), allow_pickle=False).astype(float)
    except (OSError, ValueError) as error:
        raise InputError(f"plant instance: {file} is no .npy file of numbers: {error}.") from error
    if x.ndim != 2 or len(x) != n:
        raise InputError(f"plant instance: {file} has shape {x.shape}; expected ({n}, d), a row a picture.")
    return (x - x.mean(0)) / np.maximum(x.std(0), 1e-6)
