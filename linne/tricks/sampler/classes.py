"""classes: some classes, some rows of each, then others (PK batches, Hermans et al. 2017, arXiv:1703.07737)."""

import numpy as np

from ...core.errors import OptionError
from ._counts import members


def classes(labels: np.ndarray, rng: np.random.Generator, *, classes: int = 8, rows: int = 4) -> np.ndarray:
    """(m,) places in blocks of classes x rows: different classes, any as likely, and rows of each one after another.

    classes, rows: whole numbers from 1. Rows of a block are different where the class has as many, else each comes as
    often as any other or once more. As many blocks as fit into the rows, at least one; blocks are whole batches where
    --batch is a multiple of classes x rows. Raises OptionError for other numbers, for more classes than have rows and
    for rows without a label.
    """
    held = members("classes", labels)
    if not all(isinstance(number, int) and number >= 1 for number in (classes, rows)) or classes > len(held):
        raise OptionError(
            f"classes(classes={classes}, rows={rows}): whole numbers from 1, and no more classes than the {len(held)} "
            "that have pictures."
        )
    blocks = max(1, len(labels) // (classes * rows))
    picked = [held[at] for _ in range(blocks) for at in rng.choice(len(held), classes, replace=False)]
    return np.concatenate([_rows(places, rows, rng) for places in picked])


def _rows(places: np.ndarray, rows: int, rng: np.random.Generator) -> np.ndarray:
    if rows <= len(places):
        return rng.choice(places, rows, replace=False)
    return np.resize(rng.permutation(places), rows)
