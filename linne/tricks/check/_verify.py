"""Which candidates are the same picture again: thumbnails aligned from coarse to fine, then their detail compared."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from linne.core.intervals import quantile

from ._align import BLOCK, agreement, align, band, blur, even, identity, shrink
from ._hash import nearest

STEPS = {16: 5, 32: 3, 64: 3}
"""Gauss-Newton steps at each side of the pyramid; at a pair's last side as many again on its finest detail."""
COARSE, FINE = (1.0, 4.0), (0.7, 2.0)
"""Bands of detail to align by and to judge by: the deviations of two blurs, in pixels of the side."""
LIKE = {16: 0.92, 32: 0.9}
"""Correlation from which a pair goes on to the next side; planted twins of clothing have 0.96 and 0.95 (lowest 1 %)."""
NATIVE = (24, 48)
"""Pictures with a shorter side below these pixels are compared at 16 and 32 pixels only: there is nothing finer."""
RICH = 1280
"""Detailed pixels from which a pair counts as photographs; the fewer, the closer twins must agree."""
SUREST = 0.98
"""The highest correlation that is ever asked for, however alike all pictures look."""


def verify(thumbs: np.ndarray, sides: np.ndarray, found: np.ndarray, agree: float) -> tuple[np.ndarray, np.ndarray]:
    """(places in `found` of the verified, their scores).

    thumbs: (n, 64, 64) uint8. sides: (n,) the shorter side of each picture. found: (m, 3) rows a, b, b mirrored.
    Twins: the detail between blurs of 0.7 and 2 pixels, each place over its own strength, correlates with at least
    `agree` where they overlap, the grey levels with 1 - (1 - agree) / 4, and the map hardly shears or stretches.
    Poor pairs (line drawings, small pictures) must agree more: distances to 1 shrink with the square root of detail.
    """
    judged, evidence = [], []
    places, maps = np.arange(len(found)), identity(len(found))
    short = np.minimum(sides[found[:, 0]], sides[found[:, 1]])
    last = np.array(list(STEPS))[np.searchsorted(NATIVE, short, side="right")]
    for side in STEPS:
        ends = last[places] == side
        mine, moved = places[ends], maps[ends]
        judged.append(mine)
        evidence.append(_compare(thumbs, found[mine], moved, side))
        places, maps = places[~ends], maps[~ends]
        if len(places):
            places, maps = _coarse(thumbs, found, places, maps, side)
    judged, evidence = np.concatenate(judged), np.concatenate(evidence)
    good = _same(evidence, found[judged, :2], agree)
    order = np.argsort(judged[good])
    return judged[good][order], evidence[good, 0][order]


def _coarse(
    thumbs: np.ndarray, found: np.ndarray, places: np.ndarray, maps: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """(places, maps) of those that still look like twins after alignment at this side."""
    keep = np.zeros(len(places), bool)

    def block(part: slice) -> None:
        still, moving = (band(picture, side, *COARSE) for picture in _two(thumbs, found[places[part]]))
        maps[part] = align(still, moving, maps[part], STEPS[side])
        keep[part] = agreement(still, moving, maps[part])[0] >= LIKE[side]

    _each_block(block, len(places), side)
    return places[keep], maps[keep]


def _compare(thumbs: np.ndarray, found: np.ndarray, maps: np.ndarray, side: int) -> np.ndarray:
    """(m, 5): correlation of detail, pixels that have any, correlation of grey levels, shear, stretch or shift."""
    out = np.empty((len(found), 5))
    soft = blur(side, 0.7) @ shrink(thumbs.shape[-1], side)

    def block(part: slice) -> None:
        still, moving = _two(thumbs, found[part])
        best = align(band(still, side, *COARSE), band(moving, side, *COARSE), maps[part], STEPS[side])
        first, second = band(still, side, *FINE), band(moving, side, *FINE)
        best = align(first, second, best, STEPS[side])
        score, detail = agreement(even(first, 2.0, 0.7), even(second, 2.0, 0.7), best)
        grey, _ = agreement(soft @ still @ soft.T, soft @ moving @ soft.T, best)
        moves = np.abs(best - np.eye(2, 3))
        shear = np.maximum(moves[:, 0, 1], moves[:, 1, 0])
        stretch = np.max([moves[:, 0, 0], moves[:, 1, 1], moves[:, 0, 2], moves[:, 1, 2]], axis=0)
        out[part] = np.column_stack([score, detail, grey, shear, stretch])

    _each_block(block, len(found), side)
    return out


def _same(evidence: np.ndarray, pairs: np.ndarray, agree: float) -> np.ndarray:
    """(m,) bool: which pairs of `_compare` are twins; pairs: (m, 2) their rows."""
    score, detail, grey, shear, stretch = evidence.T
    rich = np.sqrt(np.minimum(1, detail / RICH))
    bar = 1 - (1 - agree) * rich
    poor = rich < 1
    bar[poor] = np.maximum(bar[poor], _look_alikes(score[poor], pairs[poor]))
    return (score >= bar) & (grey >= 1 - (1 - agree) / 4 * rich) & (shear <= 0.12 * rich) & (stretch <= 0.3 * rich)


def _look_alikes(score: np.ndarray, pairs: np.ndarray) -> float:
    """The correlation that fewer than one pair would reach if all were look-alikes; 0 where there are few of them.

    Look-alikes are the pairs that are none of their pictures' best three. Where they are as common as pictures, the
    pictures all look alike (digits, garments at 28 pixels). Fisher transforms of all are taken as normal.
    """
    worse = ~nearest(pairs, -score, 3)
    if worse.sum() < max(50, len(np.unique(pairs))):
        return 0.0
    levels = np.array([0.5, 0.95])
    middle, high = np.quantile(np.arctanh(np.clip(score[worse], -0.999, 0.999)), levels)
    at = [quantile(2 * float(level) - 1) for level in (*levels * worse.mean(), 1 - 1 / len(score))]
    return min(SUREST, float(np.tanh(middle + (high - middle) * (at[2] - at[0]) / (at[1] - at[0]))))


def _two(thumbs: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both pictures of each pair, float32, the second mirrored where it says so."""
    still, moving = (np.asarray(thumbs[found[:, side]], np.float32) for side in (0, 1))
    flip = found[:, 2] == 1
    moving[flip] = moving[flip, :, ::-1]
    return still, moving


def _each_block(work: Callable[[slice], None], count: int, side: int) -> None:
    """Work on slices of `count` pairs, as many at once as there are cores; numpy lets go of the interpreter's lock."""
    step = BLOCK // (side * side)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(work, [slice(start, start + step) for start in range(0, count, step)]))
