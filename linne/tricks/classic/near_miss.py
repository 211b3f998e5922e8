"""near_miss: of common classes those rows that lie near the rarest one, then a learner (Mani & Zhang 2003)."""

from typing import Any

import numpy as np

from ...core.errors import OptionError
from ._balance import Scores, least, library, positive, resampled


def near_miss(
    features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, version: int = 1, k: int = 3,
    learner: Any = "logistic",
) -> Scores:  # fmt: skip
    """From features (n, d) and targets (n,) a callable: features (m, d) to scores (m, K), as `learner` gives them.

    Every class keeps as many rows as the rarest has. version: 1 those whose mean distance to their k nearest of the
    rarest class is smallest, 2 to their k farthest, 3 of the k nearest of each rare row those that are farthest on
    average (and then perhaps fewer). k: 1 or more, at most the rarest class's rows. learner: any of this kind, with its
    options. By imbalanced-learn; much is thrown away where a class is very rare. Raises InputError for one class,
    MissingExtra without the library, OptionError for other values.
    """
    positive("near_miss", k=k)
    if version not in (1, 2, 3):
        raise OptionError(f"near_miss: version is 1, 2 or 3, got {version!r}.")
    near = min(k, least("near_miss", targets))
    own = {"n_neighbors": near, "n_neighbors_ver3": near}
    sampler = library("near_miss", "under_sampling").NearMiss(version=version, **own)
    return resampled("near_miss", sampler, learner, features, targets, rng)
