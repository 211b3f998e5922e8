"""repeated: several views of a picture side by side (repeated augmentation, Hoffer et al. 2020, arXiv:1901.09335)."""

import numpy as np

from ...core.errors import OptionError


def repeated(labels: np.ndarray, rng: np.random.Generator, *, times: int = 3) -> np.ndarray:
    """(n,) places: of a shuffled order the first n / times rows, each `times` times in a row, augmented anew each time.

    An epoch is as long as without, and shows fewer pictures (Berman et al. 2019, arXiv:1902.05509). times: a whole
    number from 1, which is `shuffle`; 3 as DeiT has it. Raises OptionError otherwise.
    """
    if not isinstance(times, int) or times < 1:
        raise OptionError(f"repeated: times is a whole number from 1, got {times!r}.")
    return np.repeat(rng.permutation(len(labels)), times)[: len(labels)]
