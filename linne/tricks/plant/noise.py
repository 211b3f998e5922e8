"""noise: a share of the labels, drawn at random, become another class (symmetric label noise, Angluin & Laird 1988)."""

import numpy as np

from linne.core.errors import InputError
from linne.core.images import Images

from ._copy import drawn, planted


def noise(images: Images, rng: np.random.Generator, *, share: float = 0.1) -> Images:
    """The same pictures, `share` (0 to 1) of those with a label given another one, every other class alike likely.

    The column "planted" says "noise" in their rows. Raises InputError where there are not two classes, OptionError for
    a share that is not one.
    """
    classes = len(images.classes)
    if classes < 2:
        raise InputError(f"label noise needs at least two classes, there are {classes}.")
    rows = drawn(np.flatnonzero(images.labels >= 0), share, "noise", rng)
    labels = images.labels.copy()
    labels[rows] = (labels[rows] + rng.integers(1, classes, len(rows))) % classes
    return planted(images, rows, "noise", labels=labels)
