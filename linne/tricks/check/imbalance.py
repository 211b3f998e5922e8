"""imbalance: uneven classes, and classes with too few pictures to learn from or to judge by."""

import numpy as np

from linne.core.deal import per_class
from linne.core.finding import Finding, Severity
from linne.core.images import Images

from ._words import count, listed


def imbalance(images: Images, *, uneven: float = 3.0, severe: float = 20.0, few: int = 10) -> list[Finding]:
    """Findings "imbalance" (low, medium above `severe`), "single pictures" (high), "few pictures" (medium), "no label".

    uneven, severe: the largest class over the smallest. few: independent pictures (groups) that a class needs. Classes
    without any picture are "empty classes".
    """
    counts, groups = images.counts(), per_class(images.labels, images.group, len(images.classes))
    there = counts > 0
    return [
        *_uneven(images, counts, there, uneven, severe),
        *_few(images, groups, (groups == 1) & there, "single pictures", "high", "a single independent picture each"),
        *_few(images, groups, (groups > 1) & (groups < few), "few pictures", "medium", f"fewer than {few} each"),
        *_empty(images, there),
        *_bare(images),
    ]


def _uneven(images: Images, counts: np.ndarray, there: np.ndarray, uneven: float, severe: float) -> list[Finding]:
    if there.sum() < 2:
        return []
    order = np.argsort(-counts)[: there.sum()]
    most, least = order[0], order[-1]
    ratio = counts[most] / counts[least]
    if ratio < uneven:
        return []
    table = [{"class": images.classes[k], "n": int(counts[k])} for k in order]
    return [
        Finding(
            (),
            "imbalance",
            "medium" if ratio >= severe else "low",
            f"{images.classes[most]!r} has {count(int(counts[most]), 'picture')}, {images.classes[least]!r} "
            f"{counts[least]:,}: {ratio:.1f} times fewer. Always saying {images.classes[most]!r} would be right "
            f"{100 * counts[most] / counts.sum():.0f} % of the time.",
            "Judge by metric=balanced_accuracy or macro_f1 if rare classes matter as much; add pictures of the rare.",
            details={"ratio": float(ratio), "table": table},
        )
    ]


def _few(
    images: Images, groups: np.ndarray, held: np.ndarray, kind: str, severity: Severity, what: str
) -> list[Finding]:
    labels = np.flatnonzero(held)
    if not len(labels):
        return []
    labels = labels[np.argsort(groups[labels], kind="stable")]
    names = [images.classes[k] for k in labels]
    return [
        Finding(
            tuple(np.flatnonzero(np.isin(images.labels, labels)).tolist()),
            kind,
            severity,
            f"{count(len(labels), 'class', 'classes')} with {what}: {listed(names)}.",
            "Add pictures, or merge classes; a class is learned from one picture and judged by another."
            if kind == "single pictures"
            else "Add pictures; until then the figures of these classes rest on very little.",
            details={"classes": names, "independent": groups[labels].tolist()},
        )
    ]


def _empty(images: Images, there: np.ndarray) -> list[Finding]:
    names = [images.classes[k] for k in np.flatnonzero(~there)]
    if not names or any(found.kind == "empty classes" for found in images.findings):
        return []
    why = f"{count(len(names), 'class', 'classes')} without a picture: {listed(names)}."
    fix = "Add pictures, or take the names out of the list of classes."
    return [Finding((), "empty classes", "medium", why, fix, details={"classes": names})]


def _bare(images: Images) -> list[Finding]:
    rows = np.flatnonzero(images.labels < 0)
    if not len(rows) or len(rows) == len(images) or any(found.kind == "no class folder" for found in images.findings):
        return []
    why = f"{count(len(rows), 'picture')} without a label: they neither teach nor judge."
    return [Finding(tuple(rows.tolist()), "no label", "medium", why, "Give them a label, or leave them out.")]
