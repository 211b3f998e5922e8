"""symmetry: whether mirrored or turned pictures keep their class, and occur (Lin et al. 2020, arXiv:2006.09512).

Grey thumbnails are compared by where their edges run and by their colours, over small parts of the picture. If 6s
turned by half a turn are added as 6s, the nearest of a 9 are such 6s: nearest neighbours with the changed pictures
beside the plain ones say which classes a symmetry exchanges. Where a picture can be told from its own changed copy,
out of fold and by a linear model of their difference, pictures so changed do not occur here.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from linne.core.facts import Facts
from linne.core.finding import Finding, Severity
from linne.core.images import Images
from linne.core.intervals import Interval, clusters, paired, wilson

from ._rows import learnable, some
from ._space import BLOCK, axes
from ._words import count, listed

Change = Callable[[np.ndarray], np.ndarray]
SYMMETRIES: dict[str, tuple[Change, tuple[int, ...]]] = {
    "mirror": (lambda a: a[:, :, ::-1], (1, 0, 2, 3)),
    "upside down": (lambda a: a[:, ::-1], (0, 1, 3, 2)),
    "half turn": (lambda a: a[:, ::-1, ::-1], (1, 0, 3, 2)),
    "quarter turn": (lambda a: np.rot90(a, 1, (1, 2)), (2, 3, 1, 0)),
    "quarter turn back": (lambda a: np.rot90(a, -1, (1, 2)), (3, 2, 0, 1)),
}
"""What is done to (n, H, W, ...), and where each of the four channels of `edges` comes from."""
NEAR, FOLDS, AXES = 5, 5, 64
PSEUDO = 1.0
"""Strength of the linear model: as one more picture that differs in no direction of its own."""
FEWEST = 50
PARTS = 8
"""The thumbnail's parts along a side in which edges are counted."""


def symmetry(
    images: Images, facts: Facts, rng: np.random.Generator, *, swapped: float = 0.1, natural: float = 0.65,
    most: int = 1500,
) -> list[Finding]:  # fmt: skip
    """A finding "symmetry" (low) with a table, and "symmetry changes classes" for each symmetry that exchanges some.

    details["table"]: a row for each of mirror, upside down, half turn, quarter turn and quarter turn back: "verdict"
    ("changes classes", "natural": such pictures occur, "foreign": they do not, but keep their class), "told" (share of
    pictures that are told from their changed copy, 0.5 where the data have this symmetry) and "gain" (accuracy of five
    neighbours with changed pictures among them less without) with their ends, and "pairs" (class, called, value, low).

    swapped: share of a class (0 to 1) that changed pictures of another must win, by the lower bound for all classes at
    once. natural: the largest "told" at which such pictures occur. most: pictures used, drawn by group. A mirror that
    exchanges classes is of medium severity, since training mirrors pictures unless told otherwise; the rest is low. []
    with fewer than 50 learning pictures or two classes.
    """
    rows = learnable(images, facts)
    rows = some(rows, clusters(images.group[rows], len(rows)), most, rng)
    labels = images.labels[rows]
    if len(np.unique(clusters(images.group[rows], len(rows)))) < FEWEST or len(np.unique(labels)) < 2:
        return []
    shape, colours = edges(np.asarray(facts.thumbs[rows])), np.asarray(facts.small[rows])
    parts = [(shape, colours)]
    parts += [(change(shape)[..., order], change(colours)) for change, order in SYMMETRIES.values()]
    points = _directions([np.concatenate(block) for block in zip(*parts, strict=True)], rng)
    points = points.reshape(len(parts), len(rows), -1)
    group = clusters(images.group[rows], len(rows))
    fold = rng.permutation(int(group.max()) + 1)[group] % FOLDS
    plain = _closest(points[0], points[0], group)
    table = [
        {"symmetry": name, "verdict": "", "told": _told(other - points[0], fold, group)}
        | _measured(plain, _closest(points[0], other, group), labels, group, swapped)
        for name, other in zip(SYMMETRIES, points[1:], strict=True)
    ]
    for row in table:
        told = row["told"]
        row |= {"told": round(told.value, 4), "told low": round(told.low, 4), "told high": round(told.high, 4)}
        row["verdict"] = "changes classes" if row["pairs"] else "natural" if told.value <= natural else "foreign"
        row["pairs"] = [one | {side: images.classes[one[side]] for side in ("class", "called")} for one in row["pairs"]]
    return [*_changing(table, images, rows), _table(table, len(rows))]


def edges(thumbs: np.ndarray) -> np.ndarray:
    """(n, 8, 8, 4) float32: how much luma rises to the right, the left, the bottom and the top in each part.

    thumbs: (n, S, S) uint8, S a multiple of 8. Roots, since a few strong edges would drown the rest. Mirroring or
    turning a thumbnail does to the result what SYMMETRIES says, exactly.
    """
    padded = np.pad(np.asarray(thumbs, np.int16), ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    n, side = len(thumbs), thumbs.shape[1] // PARTS
    found = [
        np.maximum(step, 0).reshape(n, PARTS, side, PARTS, side).sum((2, 4), dtype=np.float32)
        for step in (across, -across, down, -down)
    ]
    return np.sqrt(np.stack(found, 3))


def _directions(blocks: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """(m, w) float32 unit vectors of blocks (m, ...), which count alike; what varies more in a block counts more."""
    found = []
    for block in blocks:
        flat = block.reshape(len(block), -1).astype(np.float32)
        flat -= flat.mean(0)
        found.append(flat / max(float(np.sqrt(np.square(flat).mean() * flat.shape[1])), 1e-6))
    points = np.concatenate(found, axis=1)
    points = points @ axes(points, AXES, rng)[0]
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)


def _closest(points: np.ndarray, others: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((n, 5) rows of `others`, the nearest first, (n, 5) cosines), of other groups; -inf where there are no more."""
    rows, near = np.empty((len(points), NEAR), np.int64), np.empty((len(points), NEAR), np.float32)
    for start in range(0, len(points), BLOCK):
        own = slice(start, start + BLOCK)
        cosine = points[own] @ others.T
        cosine[group[own, None] == group] = -np.inf
        best = np.argpartition(-cosine, NEAR - 1, axis=1)[:, :NEAR]
        found = np.take_along_axis(cosine, best, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        rows[own], near[own] = (np.take_along_axis(part, order, axis=1) for part in (best, found))
    return rows, near


def _measured(
    plain: tuple[np.ndarray, np.ndarray], changed: tuple[np.ndarray, np.ndarray], labels: np.ndarray,
    group: np.ndarray, swapped: float,
) -> dict[str, Any]:  # fmt: skip
    """What a picture's nearest say, plain ones alone and with the changed ones among them."""
    rows, near = (np.concatenate(part, axis=1) for part in zip(plain, changed, strict=True))
    order = np.argsort(-near, axis=1, kind="stable")[:, :NEAR]
    seen = plain[0], np.take_along_axis(rows, order, axis=1), changed[0]
    called = [_voted(labels[one]) for one in seen]
    word = np.array([str(one) for one in group], dtype=object)
    pairs = [pair for label in np.unique(labels) for pair in _pairs(int(label), labels, called, word, swapped)]
    gain = paired(called[1] == labels, called[0] == labels, word)
    told = {"gain": round(gain.value, 4), "gain low": round(gain.low, 4), "gain high": round(gain.high, 4)}
    return told | {"pairs": sorted(pairs, key=lambda one: -one["value"])}


def _told(apart: np.ndarray, fold: np.ndarray, group: np.ndarray) -> Interval:
    """How many pictures are told from their changed copies by (n, d) differences, out of fold: ridge without a
    constant, so that the two ways to take a difference are treated alike."""
    right = np.zeros(len(apart), bool)
    for one in range(FOLDS):
        known = apart[fold != one].astype(float)
        square = known.T @ known + PSEUDO * np.trace(known.T @ known) / len(known) * np.eye(known.shape[1])
        right[fold == one] = apart[fold == one] @ np.linalg.solve(square, known.sum(0)) > 0
    return wilson(right, np.array([str(one) for one in group], dtype=object))


def _voted(labels: np.ndarray) -> np.ndarray:
    """(n,) the commonest of each row's labels (n, 5); the nearest one's where it is among the commonest."""
    votes = np.zeros((len(labels), int(labels.max()) + 1), np.float32)
    np.add.at(votes, (np.arange(len(labels))[:, None], labels), 1)
    votes[np.arange(len(labels)), labels[:, 0]] += 0.5
    return votes.argmax(1)


def _pairs(
    label: int, labels: np.ndarray, called: list[np.ndarray], group: np.ndarray, swapped: float
) -> list[dict[str, Any]]:
    """The class that this one's pictures look like, once changed ones of it stand beside them; [] where there is none.

    called: (n,) by the nearest plain pictures, by those and changed ones, and by changed ones alone, among which that
    class must be ahead of the picture's own: what is merely unlike all plain pictures is as near to one as to another.
    """
    own, level = labels == label, 1 - 0.05 / len(np.unique(labels))
    counts = np.bincount(called[2][own], minlength=int(labels.max()) + 1)
    counts[label] = -1
    other = int(counts.argmax())
    before, after, alone = (one[own] == other for one in called)
    ahead = paired(alone, called[2][own] == label, group[own], level)
    taken = paired(after, before, group[own], level)
    if ahead.low <= 0 or taken.low <= swapped:
        return []
    return [{"class": label, "called": other, "value": taken.value, "low": taken.low}]


def _changing(table: list[dict[str, Any]], images: Images, rows: np.ndarray) -> list[Finding]:
    found = []
    for row in table:
        if not row["pairs"]:
            continue
        words = "; ".join(
            f"{100 * one['value']:.0f} % of {one['class']!r} look like {one['called']!r}" for one in row["pairs"][:3]
        )
        names = sorted({one[side] for one in row["pairs"] for side in ("class", "called")})
        concerned = np.isin(images.labels[rows], [images.classes.index(name) for name in names])
        severity: Severity = "medium" if row["symmetry"] == "mirror" else "low"
        more = f" and {len(row['pairs']) - 3} more" if len(row["pairs"]) > 3 else ""
        found.append(
            Finding(
                tuple(rows[concerned].tolist()),
                "symmetry changes classes",
                severity,
                f"{row['symmetry'].capitalize()}: {words}{more}, where pictures changed so stand beside them.",
                _fix(row["symmetry"]),
                details={"symmetry": row["symmetry"], "classes": names, "pairs": row["pairs"]},
            )
        )
    return found


def _fix(name: str) -> str:
    if name == "mirror":
        return "Do not mirror these pictures: give --augment auto, or a chain without flip, symmetry and plain."
    if name == "upside down":
        return "Leave flip(vertical=true) and symmetry out of --augment."
    return "Leave rotate90, symmetry and rotations that far out of --augment."


def _table(table: list[dict[str, Any]], n: int) -> Finding:
    by: dict[str, list[str]] = {}
    for row in table:
        by.setdefault(row["verdict"], []).append(row["symmetry"])
    kinds = {"natural": "occurring as they are", "foreign": "not occurring, but of the same class",
             "changes classes": "of another class"}  # fmt: skip
    words = "; ".join(f"{said}: {listed(by[verdict])}" for verdict, said in kinds.items() if verdict in by)
    why = f"Pictures changed by a symmetry, told by their neighbours among {count(n, 'thumbnail')}: {words}."
    return Finding((), "symmetry", "low", why, "Nothing to do; --augment auto goes by this.", details={"table": table})
