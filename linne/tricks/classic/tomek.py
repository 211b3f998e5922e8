"""tomek: without rows of common classes whose nearest neighbour is another class's, then a learner (Tomek 1976)."""

from typing import Any

import numpy as np

from ._balance import Scores, least, library, resampled


def tomek(
    features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, both: bool = False,
    learner: Any = "logistic",
) -> Scores:  # fmt: skip
    """From features (n, d) and targets (n,) a callable: features (m, d) to scores (m, K), as `learner` gives them.

    Two rows of different classes that are each other's nearest are a link: of the two those are left out that are not
    of the rarest class. both: also those. learner: any of this kind, with its options. This clears borders and hardly
    evens out classes. By imbalanced-learn. Raises InputError for one class, MissingExtra without the library.
    """
    least("tomek", targets)
    sampler = library("tomek", "under_sampling").TomekLinks(sampling_strategy="all" if both else "auto")
    return resampled("tomek", sampler, learner, features, targets, rng)
