"""What samplers by class share."""

import numpy as np

from ...core.errors import OptionError


def counted(name: str, labels: np.ndarray) -> np.ndarray:
    """(K,) rows of each class. Raises OptionError where a row has no label (-1)."""
    unknown = int((labels < 0).sum())
    if unknown:
        raise OptionError(f"The sampler {name!r} goes by classes; {unknown} of {len(labels)} pictures have no label.")
    return np.bincount(labels)
