"""What samplers by class share."""

import numpy as np

from ...core.errors import OptionError


def counted(name: str, labels: np.ndarray) -> np.ndarray:
    """(K,) rows of each class. Raises OptionError where a row has no label (-1)."""
    unknown = int((labels < 0).sum())
    if unknown:
        raise OptionError(f"The sampler {name!r} goes by classes; {unknown} of {len(labels)} pictures have no label.")
    return np.bincount(labels)


def members(name: str, labels: np.ndarray) -> list[np.ndarray]:
    """The places of each class that has any. Raises OptionError where a row has no label."""
    counts = counted(name, labels)
    parts = np.split(np.argsort(labels, kind="stable"), np.cumsum(counts)[:-1])
    return [part for part in parts if len(part)]


def some(places: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) of the places, each as often as any other or once more, in no order."""
    whole, rest = divmod(count, len(places))
    return np.concatenate([np.tile(places, whole), rng.choice(places, rest, replace=False)])


def drawn(labels: np.ndarray, chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) places with replacement: a class with its chance, (K,) on any scale, then any of its rows."""
    each = (chances / np.maximum(np.bincount(labels), 1))[labels]
    return rng.choice(len(labels), len(labels), p=each / each.sum())
