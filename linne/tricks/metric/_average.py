"""What precision, recall and F1 share: from per-class counts to one figure a class, or their average."""

import numpy as np

from linne.core.errors import OptionError, nearest

from ._rows import average, ratio


def averaged(top: np.ndarray, bottom: np.ndarray, occurs: np.ndarray, how: "str | None") -> np.ndarray:
    """top / bottom (..., K) by `how`: "macro" (...), "micro" (...), "none" or None (..., K) with NaN for a class
    that does not occur.

    Raises OptionError for another word.
    """
    if how == "micro":
        return ratio(top.sum(axis=-1), bottom.sum(axis=-1))
    if how == "macro":
        return average(ratio(top, bottom), occurs)
    if how in (None, "none"):
        return np.where(occurs, ratio(top, bottom), np.nan)
    raise OptionError(f"average={how!r}. {nearest(str(how), ('macro', 'micro', 'none'))}")
