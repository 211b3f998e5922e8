"""outliers: pictures unlike those of every class, by Mahalanobis distance in the network's features (Lee et al. 2018).

Distances to neighbours do not serve here: strangers that resemble one another are close together. Centres and axes are
fitted again without the furthest tenth (the concentration step of Rousseeuw & Van Driessen 1999), or strangers stretch
the axes that should tell them: of 52 strangers among 3,000 pictures of clothing the first 52 held 56 % without that,
83 % with it, and 4 % by neighbours. Without labels, or with one scale for all classes, the hats would be strange.
"""

import numpy as np

from linne.core.facts import Facts
from linne.core.finding import Finding
from linne.core.images import Images

from ._robust import centre
from ._space import axes, sample, standardised
from ._words import share

FEWEST = 50
SHRINK = 0.1
"""Share of the mean variance in every axis' variance (Ledoit & Wolf 2004), so that weak axes do not decide alone."""


def outliers(
    images: Images,
    facts: Facts,
    features: np.ndarray | None,
    rng: np.random.Generator,
    *,
    width: int = 64,
    spread: float = 4.5,
) -> list[Finding]:
    """One finding, "outlier", of low severity; its rows are the furthest pictures, details["scores"] how far.

    width: principal axes. spread: how many robust standard deviations the log distance must lie above the median.
    [] without features or with fewer than 50 pictures.
    """
    if features is None:
        return []
    rows = np.flatnonzero(facts.readable & np.isfinite(features).all(1))
    if len(rows) < FEWEST:
        return []
    score = distance(features[rows], images.labels[rows], width, rng)
    order = np.argsort(-score, kind="stable")
    order = order[score[order] > spread]
    if not len(order):
        return []
    return [
        Finding(
            tuple(rows[order].tolist()),
            "outlier",
            "low",
            f"{share(len(order), len(rows))} unlike all others, up to {score[order[0]]:.1f} robust deviations off; "
            f"the furthest is {images.names[rows[order[0]]]}.",
            "Look at them; delete those that show none of your classes.",
            details={"scores": [round(float(x), 3) for x in score[order]]},
        )
    ]


def distance(
    features: np.ndarray, labels: np.ndarray, width: int, rng: np.random.Generator, rounds: int = 3
) -> np.ndarray:
    """(n,) how many robust deviations the log squared distance to the nearest class lies above its own class' median.

    features: (n, d). labels: (n,), -1 where unknown; classes of fewer than 5 kept pictures have no centre.
    """
    reference = sample(len(features), rng)
    points = standardised(features, reference)
    points = points @ axes(points[reference], min(width, len(features) // 5), rng)[0]
    kept, squares = reference, np.zeros(len(points))
    for _ in range(rounds if points.shape[1] else 0):
        middles, own = _middles(points[kept], labels[kept])
        spread = np.cov((points[kept] - own).T.astype(float)).reshape(points.shape[1], -1)
        spread = (1 - SHRINK) * spread + SHRINK * np.trace(spread) / len(spread) * np.eye(len(spread))
        squares = _nearest(points, middles, np.linalg.inv(spread))
        kept = reference[squares[reference] <= np.quantile(squares[reference], 0.9)]
    far = _usual(np.log(np.maximum(squares, 1e-12)), labels)
    return far / max(centre(far)[1], 1e-12)


def _usual(logs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) log distances less what is usual in their class: its median, drawn to that of all as by 20 more pictures."""
    middle, _ = centre(logs)
    out = logs - middle
    for label in np.unique(labels[labels >= 0]):
        held = labels == label
        out[held] -= held.sum() / (held.sum() + 20) * np.median(out[held])
    return out


def _middles(points: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((classes, w) means of the classes that have five pictures, (n, w) each picture's own or that of all)."""
    own = np.broadcast_to(points.mean(0), points.shape).copy()
    means = []
    for label in np.flatnonzero(np.bincount(labels[labels >= 0], minlength=1) >= 5):
        held = labels == label
        means.append(points[held].mean(0))
        own[held] = means[-1]
    return np.stack(means or [own[0]]), own


def _nearest(points: np.ndarray, middles: np.ndarray, metric: np.ndarray) -> np.ndarray:
    """(n,) squared distance to the nearest of the middles under the metric (w, w)."""
    root = np.linalg.cholesky(metric)
    x, centres = points @ root, middles @ root
    return np.maximum(((x**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * x @ centres.T).min(1), 0)
