"""mislabelled: suspected wrong labels by confident learning (Northcutt et al. 2021, arXiv:1911.00068).

Out-of-fold probabilities are multiplied with the labels of the nearest neighbours where features are known: of 307 ones
flipped in clothing 88 % are then among the first 307 suspects instead of 87 %, and 83 % instead of 76 % where the
classifier overfits (bench/mislabelled.py, bench/LOG.md).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from linne.core.applied import marked
from linne.core.finding import Finding
from linne.core.images import Images
from linne.core.intervals import Interval, clusters, paired, wilson
from linne.core.overlay import NONE, joined
from linne.core.predictions import Predictions
from linne.core.resample import Measure, bootstrap
from linne.core.rng import rng
from linne.core.several import Several

from ._space import directions, nearest, sample
from ._words import count

several = True
"""It takes predictions of several labels too."""
FEWEST = 5
"""A class with fewer pictures than this has no threshold of its own, and takes no part."""
TINY = 0.05
"""What a class that no neighbour has still counts, so that neighbours alone rule nothing out."""
SURE = np.log(100)
HEAT = 0.1
"""Neighbours weigh exp(cosine / HEAT)."""
MANY = 0.15
"""A share of wrong labels from which on a loss that trusts labels less gained in bench/noisy.py (20 %: 3.5 points)."""
ROBUST = " Until then --method supervised --ground features --loss nce_rce learns around so many (docs/noise.md)."


def mislabelled(
    images: Images,
    features: np.ndarray | None,
    predictions: Predictions | None,
    seed: int,
    *,
    neighbours: int = 30,
    high: float = 0.05,
) -> list[Finding]:
    """One finding, "wrong label": its rows are the most suspected, as many as the estimated number of wrong labels; or
    "labels without information", of high severity, where out-of-fold predictions do not agree with labels more often
    than those of other pictures would (more noise than signal, or a column that does not belong to the pictures).

    details: "given" and "suggested" (class per row), "scores" (log of the given class's probability over the suggested
    one's, per row; ascending), "noise_rate" [value, low, high] (95 %, over groups), "noise_rate_of"
    {class: the same of the labels that name it}, "sure" [share, low, high] of labels contradicted 100 to 1, and
    "per_split" {split: [suspects, labels]}. neighbours: 0 goes without features. Labels that
    an overlay confirmed, corrected or could not settle are named no more; those that it gave to pictures without any
    are, until somebody looks a second time. high: share (0 to 1) that the lower
    bound of "sure" must exceed for high severity; the noise rate does not decide, since classes that are hard to tell
    apart raise it too. [] without predictions.

    Of pictures with several labels each label is asked about by itself, without neighbours: a picture is suspected for
    the answers (has it, has it not) that are contradicted, "given" and "suggested" are all its labels before and after,
    joined as an overlay writes them, and "noise_rate" is of answers.
    """
    if isinstance(predictions, Several):
        return each_label(images, predictions, seed, high)
    looked = None if predictions is None else believed(predictions, features, neighbours, seed)
    if looked is None:
        return []
    known, classes, labels, p = looked
    if signal(p, labels, known.group).low <= 0:
        return [_empty(p, labels, known.group)]
    rates = dict(zip(["", *classes], noise_rates(p, labels, known.group, seed), strict=True))
    score, suggested = suspicion(p, labels)
    held = np.argsort(score, kind="stable")[: round(rates[""].value * len(known))]
    held = held[(score[held] < 0) & ~asked(images)[known.rows[held]]]
    if not len(held):
        return []
    return [_finding(images, known, held, score, [classes[k] for k in suggested[held]], rates, high)]


def asked(images: Images) -> np.ndarray:
    """(n,) bool: whom an overlay has decided on already; a first label is an answer, and may be a slip of the hand."""
    return ~np.isin(marked(images).astype(str), ("", "labelled"))


def believed(
    predictions: Predictions, features: np.ndarray | None, neighbours: int, seed: int
) -> tuple[Predictions, list[str], np.ndarray, np.ndarray] | None:
    """(the predictions that are looked at, K class names, labels (n,) into them, probabilities (n, K)), or None where
    fewer than two classes have enough pictures."""
    usable = np.flatnonzero((predictions.labels >= 0) & predictions.read)
    counts = np.bincount(predictions.labels[usable], minlength=len(predictions.classes))
    kept = np.flatnonzero(counts >= FEWEST)
    if len(kept) < 2:
        return None
    known = predictions.take(usable[np.isin(predictions.labels[usable], kept)])
    labels = np.searchsorted(kept, known.labels)
    p = known.probabilities[:, kept]
    if features is not None and neighbours:
        p = p * (votes(features[known.rows], labels, known.group, len(kept), neighbours, seed) + TINY)
    return known, [known.classes[label] for label in kept], labels, p / p.sum(1, keepdims=True)


def _finding(
    images: Images,
    known: Predictions,
    held: np.ndarray,
    score: np.ndarray,
    suggested: list[str],
    rates: dict[str, Interval],
    high: float,
) -> Finding:
    given = [known.classes[label] for label in known.labels[held]]
    sure = wilson(score < -SURE, known.group)
    rate, worst = rates[""], max(rates, key=lambda name: rates[name].low if name else -1.0)
    more = f" Of those called {worst!r}: {rates[worst].text()}." if rates[worst].low > rate.value else ""
    first = f"{images.names[known.rows[held[0]]]} is called {given[0]!r}, looks like {suggested[0]!r}"
    return Finding(
        tuple(known.rows[held].tolist()),
        "wrong label",
        "high" if sure.low > high else "medium",
        f"{count(len(held), 'label')} of {len(known):,} may be wrong: {rate.text()} are wrong or open to doubt, "
        f"{sure.text()} contradicted 100 to 1.{more} The surest: {first}.",
        "Look at them from the first on, and correct those that are wrong: linne check --overlay fixes.csv lists them "
        "to decide on; suggestions are in the details." + (ROBUST if sure.low > high and rate.low > MANY else ""),
        details={
            "given": given,
            "suggested": suggested,
            "scores": [round(float(x), 4) for x in score[held]],
            "noise_rate": [rate.value, rate.low, rate.high],
            "noise_rate_of": {name: [one.value, one.low, one.high] for name, one in rates.items() if name},
            "sure": [sure.value, sure.low, sure.high],
            "per_split": _per_split(images.split[known.rows], images.split[known.rows[held]]),
        },
    )


def each_label(images: Images, said: Several, seed: int, high: float) -> list[Finding]:
    """The finding where pictures have several labels: confident learning with two classes, has it and has it not, for
    every label that out-of-fold probabilities know something of and FEWEST pictures have, and have not."""
    known = said.take(np.flatnonzero(said.read & said.labelled))
    p, answers = known.probabilities, known.targets
    score, twos = np.full(p.shape, np.inf), list[tuple[np.ndarray, np.ndarray, np.ndarray]]()
    for k in range(p.shape[1]):
        rows = np.flatnonzero(answers[:, k] >= 0)
        two, own = np.stack([1 - p[rows, k], p[rows, k]], axis=1), answers[rows, k].astype(np.int64)
        if np.bincount(own, minlength=2).min() < FEWEST or signal(two, own, known.group[rows]).low <= 0:
            continue
        doubt = suspicion(two, own)[0]
        held = np.argsort(doubt, kind="stable")[: round(joint(two, own).noise * len(rows))]
        held = held[doubt[held] < 0]
        score[rows[held], k] = doubt[held]
        twos.append((rows, two, own))
    worst = score.min(1, initial=np.inf)
    order = np.argsort(worst, kind="stable")
    order = order[np.isfinite(worst[order]) & ~asked(images)[known.rows[order]]]
    if not len(order):
        return []
    rate = _rate_of_answers(twos, known.group, seed)
    return [_finding_of_several(images, known, order, score, rate, high)]


def _rate_of_answers(twos: "list[tuple[np.ndarray, np.ndarray, np.ndarray]]", group: np.ndarray, seed: int) -> Interval:
    """The estimated share of wrong answers, the mean over labels, with its 95 % interval over groups."""

    def measure(weights: "np.ndarray | None") -> Any:
        each = [None] if weights is None else list(weights)
        told = [np.mean([joint(two, own, one if one is None else one[rows]).noise for rows, two, own in twos])
                for one in each]  # fmt: skip
        return float(told[0]) if weights is None else np.array(told)

    found = bootstrap({"": measure}, group, len(group), resamples=200, seed=seed, bounds={"": (0.0, 1.0)}, cost=2 * len(twos))  # fmt: skip # noqa: E501
    return found[""]


def _finding_of_several(
    images: Images, known: Several, order: np.ndarray, score: np.ndarray, rate: Interval, high: float
) -> Finding:
    """What is suspected of several labels; order: (s,) places, the most suspected first. score: (n, K), inf where an
    answer is not suspected."""
    whole = known.targets if images.targets is None else images.targets[known.rows]
    every = known.classes if images.targets is None else images.classes  # a label too rare to be learned stays
    has, flips = whole[order] == 1, np.zeros((len(order), len(every)), bool)
    flips[:, [every.index(name) for name in known.classes]] = np.isfinite(score[order])
    given, suggested = ([joined(every[k] for k in np.flatnonzero(one)) for one in told] for told in (has, has ^ flips))
    sure = wilson(score.min(1) < -SURE, known.group)
    words = (given[0] or "none of the labels", suggested[0] or "none of the labels")
    first = "{} is called {!r}, looks like {!r}".format(images.names[known.rows[order[0]]], *words)
    return Finding(
        tuple(known.rows[order].tolist()),
        "wrong label",
        "high" if sure.low > high else "medium",
        f"{count(len(order), 'picture')} of {len(known):,} may have a wrong or missing label: {rate.text()} of the "
        f"answers are wrong or open to doubt, {sure.text()} of the pictures contradicted 100 to 1. The surest: "
        f"{first}.",
        "Look at them from the first on, and correct those that are wrong: linne check --overlay fixes.csv lists them "
        "to decide on; suggestions are in the details.",
        details={
            "given": given, "suggested": [one or NONE for one in suggested],
            "scores": [round(float(x), 4) for x in score[order].min(1)],
            "noise_rate": [rate.value, rate.low, rate.high], "noise_rate_of": {},
            "sure": [sure.value, sure.low, sure.high],
            "per_split": _per_split(images.split[known.rows], images.split[known.rows[order]]),
        },
    )  # fmt: skip


def signal(p: np.ndarray, labels: np.ndarray, group: np.ndarray) -> Interval:
    """How much more probability out-of-fold predictions (n, K) give a picture's own label than, on the mean, a label
    drawn from all (n,): 0 where labels have nothing to do with pictures, however uneven the classes are."""
    own = p[np.arange(len(p)), labels]
    return paired(own, p @ (np.bincount(labels, minlength=p.shape[1]) / len(labels)), group)


def _empty(p: np.ndarray, labels: np.ndarray, group: np.ndarray) -> Finding:
    """That labels do not follow from pictures. It is about the whole set, so it has no rows."""
    guess, classes = p.argmax(1), p.shape[1]
    right = wilson(guess == labels, group)
    often = [np.bincount(one, minlength=classes) / len(one) for one in (guess, labels)]
    chance = float(often[0] @ often[1])
    return Finding(
        (),
        "labels without information",
        "high",
        f"{right.text()} of {len(labels):,} labels are foretold out of fold, and {100 * chance:.1f} % would be by "
        "chance: these labels carry no information about the pictures that can be seen here.",
        "See whether labels belong to their pictures (a table that has slipped, a shuffled column). If they do, there "
        "are too few pictures or too much noise: have some labelled again before anything is trained.",
        details={"right": [right.value, right.low, right.high], "chance": chance},
    )


def _per_split(every: np.ndarray, held: np.ndarray) -> dict[str, list[int]]:
    """Split: [suspects, labels looked at]."""
    return {str(one or "none"): [int((held == one).sum()), int((every == one).sum())] for one in np.unique(every)}


def votes(features: np.ndarray, labels: np.ndarray, group: np.ndarray, classes: int, k: int, seed: int) -> np.ndarray:
    """(n, classes) share of the k nearest neighbours' weight that each class has; never of one's own group."""
    draw = rng(seed, "mislabelled")
    reference = sample(len(labels), draw)
    k = max(1, min(k, len(reference) // (2 * classes)))
    rows, near = nearest(directions(features, reference, draw), reference, k, clusters(group, len(labels)))
    weight = np.exp((near - near.max(1, keepdims=True)) / HEAT)
    out = np.zeros((len(labels), classes))
    np.add.at(out, (np.arange(len(labels))[:, None], labels[rows]), weight)
    return out / out.sum(1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Joint:
    """The confident joint. thresholds: (K,) mean self-confidence (eq. 2 and 3). share: (K, K) estimated share of all
    pictures with given label i and true label j, rows calibrated to the given counts (eq. 4)."""

    thresholds: np.ndarray
    share: np.ndarray

    @property
    def noise(self) -> float:
        """Estimated share of wrong labels: all that is off the diagonal."""
        return float(1 - np.trace(self.share))

    @property
    def shares(self) -> np.ndarray:
        """(1 + K,) that share, and the share of each given label's own; 0 of one that nobody is given."""
        given = self.share.sum(1)
        return np.r_[self.noise, 1 - np.where(given > 0, np.diag(self.share) / np.maximum(given, 1e-300), 1)]


def joint(p: np.ndarray, labels: np.ndarray, weight: np.ndarray | None = None) -> Joint:
    """The confident joint of out-of-fold probabilities (n, K) and given labels (n,), of pictures weighted (n,)."""
    n, classes = p.shape
    weight = np.ones(n) if weight is None else weight
    given = np.bincount(labels, weight, classes)
    own = np.bincount(labels, weight * p[np.arange(n), labels], classes)
    thresholds = np.where(given > 0, own / np.maximum(given, 1e-12), np.inf)
    confident = np.where(p >= thresholds, p, -1.0)
    guess = confident.argmax(1)
    sure = confident[np.arange(n), guess] >= 0
    counts = np.bincount(labels[sure] * classes + guess[sure], weight[sure], classes**2).reshape(classes, classes)
    counts[np.diag_indices(classes)] += np.where(counts.sum(1) > 0, 0, 1)  # nothing sure of a class: nothing moves
    return Joint(thresholds, counts / counts.sum(1, keepdims=True) * given[:, None] / weight.sum())


def noise_rates(
    p: np.ndarray, labels: np.ndarray, group: np.ndarray, seed: int, resamples: int = 500
) -> list[Interval]:
    """The estimated share of wrong labels, of all and then of those that name each of K classes, each with its 95 %
    interval over groups."""
    plain = joint(p, labels).shares
    held: list[Any] = [None, None]

    def shares(weights: np.ndarray) -> np.ndarray:
        if held[0] is not weights:
            held[:] = weights, np.array([joint(p, labels, one).shares for one in weights])
        return held[1]

    def measure(which: int) -> Measure:
        return lambda weights: float(plain[which]) if weights is None else shares(weights)[:, which]

    places = [str(which) for which in range(p.shape[1] + 1)]
    measures, bounds = {at: measure(int(at)) for at in places}, dict.fromkeys(places, (0.0, 1.0))
    found = bootstrap(measures, group, len(labels), resamples=resamples, seed=seed, bounds=bounds, cost=p.shape[1])
    return [found[at] for at in places]


def suspicion(p: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((n,) log p(given) - log p(best other), lower is more suspect; (n,) that best other class)."""
    places = np.arange(len(p))
    others = p.copy()
    others[places, labels] = -1
    best = others.argmax(1)
    logs = np.log(np.maximum(p, 1e-12))
    return logs[places, labels] - logs[places, best], best
