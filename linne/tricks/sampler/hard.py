"""hard: rows that were answered worst are drawn more often (Loshchilov & Hutter 2016, arXiv:1511.06343)."""

import numpy as np

from ...core.errors import OptionError

against = {"mix": "a mixed picture's loss says nothing of one row. Drop one of the two."}


def hard(
    labels: np.ndarray, rng: np.random.Generator, losses: np.ndarray, progress: float, *, ratio: float = 100.0
) -> np.ndarray:
    """(n,) places with replacement; of rows by falling loss, row i of n has a chance in proportion to s^(-i / n).

    losses: (n,) what each row's loss was when it was last learned from; one that never was (NaN) comes before all
    others, in random order. The hardest is s times as likely as the easiest; s falls from `ratio` at the run's start
    to 1, all alike, at its end: s = ratio^(1 - progress) (section 3 of the paper). Wrong labels are hard, too: look at
    `linne check` first. Raises OptionError for a ratio that is not above 1.
    """
    if not 1 < ratio < np.inf:
        raise OptionError(f"hard: ratio is a number above 1, which gives shuffle's chances, got {ratio!r}.")
    tied = rng.permutation(len(labels))
    falling = tied[np.argsort(-np.where(np.isnan(losses), np.inf, losses)[tied], kind="stable")]
    chances = (ratio ** (1 - progress)) ** (-np.arange(len(labels)) / len(labels))
    return falling[rng.choice(len(labels), len(labels), p=chances / chances.sum())]
