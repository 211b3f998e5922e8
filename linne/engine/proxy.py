"""Figures where positives and a pool are known and no negative is: proxies, and probabilities that fit the prior.

A pool is prior parts positive, so what a classifier does to negatives follows from what it does to the pool and to
positives. Proxy accuracy and AUC (arXiv:2509.24228, which calls accuracy plus the prior so) estimate without bias what
labels would say; they vary more, and are as right as the prior is.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..core.errors import OptionError
from ..core.intervals import Interval, clusters, nothing, wilson
from ..core.predictions import Predictions, softmax
from ..core.resample import bootstrap

METRICS = ("accuracy", "balanced_accuracy", "auc")
SLOPES = np.exp(np.linspace(-3, 5, 41))
"""Slopes that are tried, for scores of standard deviation 1."""
ROUNDS = 60


def named(metric: Any) -> str:
    """The metric, where its proxy is known. Raises OptionError for another."""
    if metric not in METRICS:
        raise OptionError(f"metric={metric!r} needs negatives, and none is known. Allowed: {', '.join(METRICS)}.")
    return str(metric)


def calibrated(logits: np.ndarray, labels: np.ndarray, prior: np.ndarray) -> tuple[np.ndarray, float]:
    """(shift (K + 1,), temperature): softmax((logits + shift) / temperature) are probabilities, without a negative.

    logits: (n, K + 1), of pictures that were not learned from. labels: (n,) 0 to K - 1, -1 the pool. prior: (K,). The
    pool's mean probability of each class is its prior, exactly; the temperature has the least log loss, estimated as
    the non-negative risk of Kiryo et al. 2017 (arXiv:1703.00593) from positives, the pool and the prior.
    """
    scores = logits - logits[:, -1:]
    spread = max(float(scores[labels < 0, :-1].std()), 1e-9)
    best = (np.inf, np.zeros(len(prior) + 1), spread)
    for slope in SLOPES / spread:
        shift = _matching(slope * scores[labels < 0], prior)
        paid = _risk(slope * scores + shift, labels, prior)
        if paid < best[0] - 1e-12:
            best = paid, shift / slope, 1 / slope
    return best[1], float(best[2])


def _matching(free: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """(K + 1,) shifts of the pool's logits (m, K + 1) after which its mean probabilities are the prior; the last is 0.

    The least of a convex function whose gradient is their difference, by Newton's method with halved steps.
    """
    shift = np.zeros(len(prior) + 1)

    def height(at: np.ndarray) -> float:
        moved = free + at
        top = moved.max(axis=1)
        return float((top + np.log(np.exp(moved - top[:, None]).sum(axis=1))).mean() - prior @ at[:-1])

    now = height(shift)
    for _ in range(ROUNDS):
        said = softmax(free + shift)[:, :-1]
        gap = said.mean(0) - prior
        if np.abs(gap).max() < 1e-9:
            break
        bend = np.diag(said.mean(0)) - said.T @ said / len(said)
        step, length = np.append(np.linalg.solve(bend + 1e-9 * np.eye(len(prior)), gap), 0), 1.0
        slope = float(gap @ step[:-1])
        while (then := height(shift - length * step)) > now - 1e-4 * length * slope and length > 1e-12:
            length /= 2
        shift, now = shift - length * step, then
    return shift


def _risk(logits: np.ndarray, labels: np.ndarray, prior: np.ndarray) -> float:
    """Log loss of positives, and of the rest as the pool's less the positives', at least 0."""
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    right, rest = 0.0, float((total - logits[:, -1])[labels < 0].mean())
    for k, share in enumerate(prior):
        own = labels == k
        right += share * float((total - logits[:, k])[own].mean())
        rest -= share * float((total - logits[:, -1])[own].mean())
    return right + max(rest, 0.0)


def measures(known: Predictions, prior: np.ndarray) -> dict[str, Callable[..., Any]]:
    """Proxies by METRICS' names, each a figure of row weights (see core.resample); of ranks: the mean over classes.

    They may lie above 1 or below 0, since they are unbiased.

    known: the last class is "none of these", labels -1 are the pool's.
    """
    parts = [known.labels == k for k in range(len(prior))] + [known.labels < 0]
    hit, none = known.guesses[:, None] == np.arange(len(prior)), (known.guesses == len(prior)) | ~known.read

    def rates(weights: "np.ndarray | None") -> tuple[np.ndarray, ...]:
        w = np.ones((1, len(known))) if weights is None else np.atleast_2d(weights)
        own = np.stack([_mean(w, hit[:, k], part) for k, part in enumerate(parts[:-1])])
        lost = np.stack([_mean(w, none, part) for part in parts[:-1]])
        return own, lost, _mean(w, none, parts[-1])

    def accuracy(weights: "np.ndarray | None" = None) -> Any:
        own, lost, left = rates(weights)
        return np.squeeze(prior @ (own - lost) + left)

    def balanced(weights: "np.ndarray | None" = None) -> Any:
        own, lost, left = rates(weights)
        rest = (left - prior @ lost) / max(1 - prior.sum(), 1e-9)
        return np.squeeze((own.sum(0) + rest) / (len(prior) + 1))

    def auc(weights: "np.ndarray | None" = None) -> Any:
        w = np.ones((1, len(known))) if weights is None else np.atleast_2d(weights)
        found = []
        for k, share in enumerate(prior):
            score = np.nan_to_num(known.logits[:, k] - known.logits[:, -1], nan=-1e9)
            found.append((ranked(score, parts[k], parts[-1], w) - share / 2) / (1 - share))
        return np.squeeze(np.mean(found, axis=0))

    return {"accuracy": accuracy, "balanced_accuracy": balanced, "auc": auc}


def ranked(score: np.ndarray, above: np.ndarray, below: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B,) the chance that a row of `above` scores more than one of `below`, half for ties; weights (B, n)."""
    _, place = np.unique(score, return_inverse=True)
    order = np.argsort(place, kind="stable")
    start = np.searchsorted(place[order], np.arange(place.max() + 1))
    up, down = (np.add.reduceat((weights * part)[:, order], start, axis=1) for part in (above, below))
    less = np.cumsum(down, axis=1) - down / 2
    total = up.sum(1) * down.sum(1)
    return np.divide((up * less).sum(1), total, out=np.full(len(weights), np.nan), where=total > 0)


def worth(known: Predictions, prior: np.ndarray, metric: str) -> float:
    """One proxy, greater is better."""
    return float(measures(known, prior)[metric]())


def figures(known: Predictions, priors: "list[Interval]", metric: str, seed: int, who: str) -> dict[str, Any]:
    """What a run's figures hold where no negative is known: proxies with intervals, recall of positives.

    A proxy's interval is the pictures' and the prior's together, as the root of their squares. priors: of each class;
    one that was given has no width. Other arguments as `measures` takes them.
    """
    prior = np.array([one.value for one in priors])
    shown = {f"proxy_{name}": one | {"percent": name != "auc", "greater": True, "spec": f"proxy_{name}"}
             for name, one in _intervals(known, prior, priors, seed).items()}  # fmt: skip
    head = shown[f"proxy_{metric}"]
    points = 50 * ((head["high"] or 0) - (head["low"] or 0))
    base = int(np.append(prior, 1 - prior.sum()).argmax())
    sentence = f"These pictures and what is known of the prior can only resolve ±{points:.1f} points."
    labelled, matrix = known.labels >= 0, np.zeros((len(prior) + 1,) * 2, int)
    read = labelled & known.read
    np.add.at(matrix, (known.labels[read], known.guesses[read]), 1)
    return {
        "metric": f"proxy_{metric}", "level": 0.95, "n": len(known),
        "groups": int(clusters(known.group, len(known)).max()) + 1,
        "unlabelled": int((~labelled).sum()), "unreadable": int((~known.read).sum()), "classes": list(known.classes),
        "headline": head, "figures": shown, "per_class": _per_class(known, prior), "confusion": matrix.tolist(),
        "reliability": [], "baseline": {"class": known.classes[base], "value": float(max(*prior, 1 - prior.sum()))},
        "resolution": {"points": points, "sentence": sentence}, "who": who,
    }  # fmt: skip


def _intervals(known: Predictions, prior: np.ndarray, priors: "list[Interval]", seed: int) -> dict[str, Any]:
    """Each proxy by name, JSON-ready."""
    drawn = bootstrap(measures(known, prior), known.group, len(known), seed=seed, cost=2)
    out = {}
    for name, one in drawn.items():
        below = above = 0.0
        for k, each in enumerate(priors):
            for end in (each.low, each.high):
                moved = prior.copy()
                moved[k] = np.clip(end if np.isfinite(end) else each.value, 1e-9, 1 - 1e-9)
                gap = worth(known, moved, name) - one.value
                below, above = (below + min(gap, 0) ** 2, above + max(gap, 0) ** 2)
        low = one.value - np.hypot(one.value - one.low, below**0.5)
        high = one.value + np.hypot(one.high - one.value, above**0.5)
        method = f"proxy, {one.method}" + (" and the prior's interval" if below or above else "")
        ends = {
            "value": float(np.clip(one.value, 0, 1)),
            "low": float(np.clip(low, 0, 1)),
            "high": float(np.clip(high, 0, 1)),
        }
        out[name] = replace(one, method=method, **ends).as_dict()
    return out


def _per_class(known: Predictions, prior: np.ndarray) -> list[dict[str, Any]]:
    """A row a class: recall is of known positives; precision and F1 are the proxies, whose intervals nobody knows."""
    rows, free = [], known.labels < 0
    for k, name in enumerate(known.classes):
        own, named_so = known.labels == k, known.guesses == k
        recall = wilson(named_so[own], known.group[own])
        called = float(named_so[free].mean()) if free.any() else 0.0
        known_class = k < len(prior) and own.any()
        right = float(prior[k]) * recall.value if known_class else np.nan
        precision = min(1.0, right / called) if called and known_class else np.nan
        f1 = 2 * right / (called + float(prior[k])) if called and known_class else np.nan
        shown = {"recall": recall, "precision": nothing(int((named_so & free).sum()), "a proxy", precision),
                 "f1": nothing(int(own.sum()), "a proxy", float(np.minimum(1.0, f1)))}  # fmt: skip
        counts = {"class": name, "n": int(own.sum()), "guessed": int(named_so.sum())}
        rows.append(counts | {part: one.as_dict() for part, one in shown.items()})
    return rows


def _mean(weights: np.ndarray, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(B,) weighted means (B, n) of values (n,) over rows (n,) bool; NaN where they weigh nothing."""
    total = weights[:, rows].sum(1)
    hits = weights[:, rows] @ values[rows].astype(float)
    return np.divide(hits, total, out=np.full(len(weights), np.nan), where=total > 0)
