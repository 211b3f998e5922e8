"""groups: pictures that belong together by what pixels need not show: runs in file names, folders, EXIF times.

A proposal is one value of `--group`. It is made when it divides every class into several groups of several pictures;
beside it stands what a quick linear model reaches when groups may, and may not, be on both sides of a split.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from linne.core.errors import LinneError
from linne.core.facts import Facts
from linne.core.finding import Finding
from linne.core.groups import group_of, merge
from linne.core.images import Images
from linne.core.intervals import Interval, clusters, paired, wilson

from ._linear import FOLDS, folds, scores, standard
from ._names import blocks, patterns
from ._rows import learnable, some
from ._space import directions, sample
from ._words import count

FEWEST, SEVERAL, LARGEST = 5, 3, 0.5
"""Groups in all, groups in the median class, and the share of all pictures that the largest group may have."""
STRENGTH = {"features": 1.0, "8x8 colours": 100.0}
"""Of the ridge model, on unit vectors and on standardised colours."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """spec: the value of --group. codes: (n,) the groups by number. proof: worth telling only where it matters."""

    spec: str
    codes: np.ndarray
    proof: bool


def groups(
    images: Images,
    facts: Facts,
    features: np.ndarray | None,
    rng: np.random.Generator,
    *,
    high: float = 0.03,
    most: int = 10_000,
) -> list[Finding]:
    """Findings "possible groups", the one that matters most first; each names the exact option in `fix`.

    high: lower bound of the accuracy lost by keeping groups together (0 to 1) above which it is of high severity; above
    0 it is medium, else low. Runs of numbers in names are told only above 0. details: "option", "random" and "grouped"
    [accuracy, low, high], "difference" [value, low, high], "groups" (rows of the largest 20), "by". most: pictures
    that the accuracies are measured on.
    """
    rows = learnable(images, facts)
    found = [(one, _trial(images, facts, features, one, rows, most, rng)) for one in _proposals(images, facts)]
    found = [(one, trial) for one, trial in found if not one.proof or (trial is not None and trial.gap.low > 0)]
    found.sort(key=lambda pair: 0.0 if pair[1] is None else -pair[1].gap.value)
    runs = [pair for pair in found if pair[0].proof][:1]
    return [_finding(images, *pair, high) for pair in found if not pair[0].proof or pair in runs]


def _proposals(images: Images, facts: Facts) -> Iterator[Proposal]:
    """Every consistent proposal; of patterns over names only the first, and nothing within groups proposed already."""
    seen: list[np.ndarray] = []
    for specs, proof in (
        (["parent"], False),
        (["exif"], False),
        (patterns(images.names), False),
        (blocks(images.names), True),
    ):
        for spec in specs:
            exact, *shorter = [spec] if isinstance(spec, str) else spec
            codes = _codes(images, facts, exact)
            if codes is None or not _consistent(images, codes) or any(_within(codes, old) for old in seen):
                continue
            seen.append(codes)
            same = [s for s in shorter if (other := _codes(images, facts, s)) is not None and (other == codes).all()]
            yield Proposal(same[0] if same else exact, codes, proof)
            if not proof:
                break


def _codes(images: Images, facts: Facts, spec: str) -> np.ndarray | None:
    try:
        return clusters(group_of(images, spec, facts), len(images))
    except LinneError:
        return None


def _within(codes: np.ndarray, old: np.ndarray) -> bool:
    """Whether every group lies in one of the old groups."""
    return len(np.unique(np.stack([codes, old]), axis=1).T) == codes.max() + 1


def _consistent(images: Images, codes: np.ndarray) -> bool:
    """Several groups of several pictures in the median class, none with most pictures, and something new."""
    sizes = np.bincount(codes)
    known = images.labels >= 0
    pairs = np.unique(images.labels[known] * len(sizes) + codes[known]) // len(sizes)
    per_class = np.bincount(pairs, minlength=len(images.classes))[images.counts() >= 2 * SEVERAL]
    return (
        len(sizes) >= FEWEST
        and sizes.max() <= LARGEST * len(codes)
        and (sizes[codes] > 1).mean() >= 0.5
        and len(per_class) > 0
        and float(np.median(per_class)) >= SEVERAL
        and merge(images.group, codes).max() < merge(images.group).max()
    )


@dataclass(frozen=True, eq=False)
class Trial:
    """What a quick model reaches. gap: random minus grouped, on the same pictures. by: what it looked at."""

    random: Interval
    grouped: Interval
    gap: Interval
    by: str


def _trial(
    images: Images,
    facts: Facts,
    features: np.ndarray | None,
    one: Proposal,
    rows: np.ndarray,
    most: int,
    rng: np.random.Generator,
) -> Trial | None:
    """None where there are too few pictures, classes or groups to try."""
    together = merge(images.group, one.codes)
    rows = some(rows, np.unique(together[rows], return_inverse=True)[1], most, rng)
    if features is not None:
        rows = rows[np.isfinite(features[rows]).all(1)]
    classes, labels = np.unique(images.labels[rows], return_inverse=True)
    if len(classes) < 2 or len(rows) < 10 * FOLDS or len(np.unique(together[rows])) < 2 * FOLDS:
        return None
    if features is None:
        by, x = "8x8 colours", standard(np.asarray(facts.small[rows]).reshape(len(rows), -1))
    else:
        by, x = "features", directions(features[rows], sample(len(rows), rng), rng, 256)
    right = []
    for group in (clusters(images.group[rows], len(rows)), together[rows]):
        found = scores(x, labels, folds(labels, group, rng), len(classes), STRENGTH[by])
        right.append(found.argmax(1) == labels)
    group = together[rows].astype(str)
    return Trial(wilson(right[0], group), wilson(right[1], group), paired(right[0], right[1], group), by)


def _finding(images: Images, one: Proposal, trial: Trial | None, high: float) -> Finding:
    sizes = np.bincount(one.codes)
    several = np.flatnonzero(sizes > 1)
    largest = several[np.argsort(-sizes[several], kind="stable")][:20]
    option = f"--group {one.spec}" if one.spec in ("parent", "exif") else f"--group '{one.spec}'"
    why = (
        f"{count(len(several), 'group')} of several pictures, {np.median(sizes[several]):.0f} in the median one, by "
        f"{'folder' if one.spec == 'parent' else 'EXIF time and camera' if one.spec == 'exif' else 'file name'}."
    )
    details = {"option": option, "groups": [np.flatnonzero(one.codes == code).tolist() for code in largest]}
    severity = "low"
    if trial is not None:
        why += (
            f" A quick model of {trial.by} is right {trial.random.text()} when groups may be on both sides of a split, "
            f"{trial.grouped.text()} when not: {_points(trial.gap)}."
        )
        severity = "high" if trial.gap.low > high else "medium" if trial.gap.low > 0 else "low"
        details |= {name: _three(getattr(trial, name)) for name in ("random", "grouped")}
        details |= {"difference": _three(trial.gap), "by": trial.by}
    rows = np.flatnonzero((sizes > 1)[one.codes])
    fix = f"If pictures of one group show the same thing, say {option}: it then stays on one side of every split."
    return Finding(tuple(rows.tolist()), "possible groups", severity, why, fix, details=details)


def _three(found: Interval) -> list[float]:
    return [found.value, found.low, found.high]


def _points(gap: Interval) -> str:
    value, low, high = (100 * x for x in _three(gap))
    return f"{value:.1f} points [{low:.1f}, {high:.1f}] would come from knowing the group"
