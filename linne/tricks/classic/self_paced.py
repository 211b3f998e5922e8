"""self_paced: an ensemble on balanced shares, easy rows before hard ones (Liu et al. 2020, arXiv:1909.03500)."""

from typing import Any

import numpy as np

from ...core.predictions import softmax
from ._balance import NEVER, Scores, learned, least, positive


def self_paced(
    features: np.ndarray, targets: np.ndarray, rng: np.random.Generator, *, learners: int = 10, bins: int = 5,
    learner: Any = "logistic",
) -> Scores:  # fmt: skip
    """From features (n, d) and targets (n,) a callable: features (m, d) to log probabilities (m, K), their mean.

    Each learner sees as many rows of every class as the rarest has (algorithm 1, each common class by itself). A row's
    hardness is 1 minus what the learners so far, a first one on random rows included, give its label; a class's rows
    fall into bins of equal width between its easiest and hardest (as in the published code; the paper's run from 0 to
    1), and bin l gives a part of the rows in proportion to 1 / (h_l + tan(i pi / 2 n)), h_l its mean hardness: at first
    all bins contribute alike to the loss, in the end all have as many rows. What a small bin lacks the others give.

    learners: n, without the first; bins: both 1 or more. learner: any of this kind, with its options. Raises InputError
    for one class, OptionError for other values.
    """
    positive("self_paced", learners=learners, bins=bins)
    few = least("self_paced", targets)
    classes, hardness, found = int(targets.max()) + 1, np.zeros(len(targets)), []
    total = np.zeros(len(targets))
    for turn in range(learners + 1):
        angle = np.pi / 2 * turn / learners
        rows = [_drawn(np.flatnonzero(targets == k), hardness, few, bins, angle, rng) for k in np.unique(targets)]
        chosen = np.concatenate(rows)
        found.append(learned(learner, features[chosen], targets[chosen], rng))
        total += softmax(found[-1](features))[np.arange(len(targets)), targets]
        hardness = 1 - total / (turn + 1)

    def scores(features: np.ndarray) -> np.ndarray:
        out = np.zeros((len(features), classes))
        for one in found[1:]:
            said = softmax(one(features))
            out[:, : said.shape[1]] += said / learners
        return np.log(np.maximum(out, np.exp(NEVER)))

    return scores


def _drawn(
    rows: np.ndarray, hardness: np.ndarray, few: int, bins: int, angle: float, rng: np.random.Generator
) -> np.ndarray:
    """(few,) of these rows without replacement, by the bins of their hardness."""
    if len(rows) == few:
        return rows
    hard = hardness[rows]
    spread = float(np.ptp(hard))
    place = np.minimum(((hard - hard.min()) / (spread or 1) * bins).astype(int), bins - 1)
    sizes = np.bincount(place, minlength=bins)
    mean = np.bincount(place, hard, minlength=bins) / np.maximum(sizes, 1)
    weight = np.where(sizes > 0, 1 / np.maximum(mean * np.cos(angle) + np.sin(angle), 1e-12), 0)
    many = _quotas(few * weight / weight.sum(), sizes, few)
    return np.concatenate([rng.choice(rows[place == at], count, replace=False) for at, count in enumerate(many)])


def _quotas(wanted: np.ndarray, sizes: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers nearest `wanted` that sum to `total`, none above its size; the sizes hold as many."""
    many = np.minimum(np.floor(wanted).astype(int), sizes)
    while many.sum() < total:
        many[int(np.where(many < sizes, wanted - many, -np.inf).argmax())] += 1
    return many
