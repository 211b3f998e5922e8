"""Pictures by name alone, for what only writes their labels."""

import numpy as np

from linne.core.images import Images

NAMES = ["cat/a b.png", "dog/<é>&\"'.png", "x/3.png"]
SIZES = np.array([[4, 5], [6, 7], [8, 9]])


def one(**more: object) -> Images:
    """A label each, the last one without."""
    return Images.of([b""] * 3, ["cat & co", "<dog>", None], names=NAMES, **more)  # type: ignore[arg-type]


def several(targets: list[list[int]], classes: tuple[str, ...] = ("cat & co", "<dog>")) -> Images:
    """These targets."""
    n = len(targets)
    return Images.of([b""] * n, [None] * n, names=NAMES[:n], classes=classes, targets=np.array(targets, np.int8))
