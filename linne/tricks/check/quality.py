"""quality: pictures too dark, too bright, blurred or nearly empty, and those of an odd size or aspect.

Each limit has two parts: an absolute one, and one relative to the data set's own median and spread, so that neither a
set of X-rays nor one of 32-pixel pictures is all faults. A picture is named once, under the first fault that it has.
"""

from dataclasses import dataclass

import numpy as np

from linne.core.facts import Facts
from linne.core.finding import Finding, Severity
from linne.core.images import Images

from ._robust import centre
from ._words import share


@dataclass(frozen=True)
class Fault:
    """bad: (n,) bool. far: (n,) how bad, larger is worse. shown: (n,) the figure that is told, of which `unit` says
    what it is. limit: what `shown` was compared with."""

    kind: str
    severity: Severity
    bad: np.ndarray
    far: np.ndarray
    shown: np.ndarray
    limit: float
    unit: str
    fix: str


LOOK = "Look at them; delete those that show nothing, keep those that your pictures will look like in use."


def quality(
    images: Images,
    facts: Facts,
    *,
    dark: float = 0.25,
    bright: float = 0.8,
    sharp: float = 20.0,
    empty: float = 0.02,
    spread: float = 3.0,
    ratio: float = 4.0,
) -> list[Finding]:
    """One finding per fault: "dark", "bright", "nearly empty", "blurred" (medium), "odd size", "odd aspect" (low).

    dark: a picture whose brightest hundredth is below this luma (0 to 1). bright: mean luma above which a picture
    without dark parts is too bright. sharp: variance of the Laplacian (luma 0 to 255 at 224 px) below which it is
    blurred. empty: standard deviation of luma (0 to 1) below which it shows next to nothing. spread: how many robust
    standard deviations from the median a picture must also lie; not asked of empty ones. ratio: a side, or an aspect,
    this many times larger or smaller than the median is odd.
    """
    read = facts.readable & (facts["width"] > 0) & (facts["height"] > 0)
    if not read.any():
        return []
    table = facts.table[read]
    faults = (_dark(table, dark, spread), _bright(table, bright, spread), _empty(table, empty))
    named = np.zeros(len(table), bool)
    found = []
    for fault in (*faults, _blurred(table, sharp, spread)):
        found += _finding(images, np.flatnonzero(read), fault, fault.bad & ~named)
        named |= fault.bad
    for fault in (_size(table, ratio, spread), _aspect(table, ratio, spread)):
        found += _finding(images, np.flatnonzero(read), fault, fault.bad)
    return found


def _finding(images: Images, rows: np.ndarray, fault: Fault, bad: np.ndarray) -> list[Finding]:
    if not bad.any():
        return []
    order = np.flatnonzero(bad)
    order = order[np.argsort(-fault.far[order], kind="stable")]
    worst = order[0]
    return [
        Finding(
            tuple(rows[order].tolist()),
            fault.kind,
            fault.severity,
            f"{share(len(order), len(rows))}: {fault.unit} beyond {fault.limit:.3g} (median "
            f"{np.median(fault.shown):.3g}); the worst, {images.names[rows[worst]]}, has {fault.shown[worst]:.3g}.",
            fault.fix,
            details={"limit": float(fault.limit), "scores": [round(float(x), 5) for x in fault.shown[order]]},
        )
    ]


def _dark(table: np.ndarray, limit: float, spread: float) -> Fault:
    top = table["p99"].astype(float)
    middle, scale = centre(top)
    limit = min(limit, middle - spread * scale)
    return Fault("dark", "medium", top < limit, -top, top, limit, "brightest hundredth (luma 0 to 1)", LOOK)


def _empty(table: np.ndarray, limit: float) -> Fault:
    flat = table["contrast"].astype(float)
    return Fault("nearly empty", "medium", flat < limit, -flat, flat, limit, "standard deviation of luma", LOOK)


def _bright(table: np.ndarray, limit: float, spread: float) -> Fault:
    """Bright without dark parts; or brighter than most and burnt out, which its few grey levels tell.

    p01 > 0.1 spares things photographed on white.
    """
    mean, few = table["brightness"].astype(float), table["entropy"].astype(float)
    middle, scale = centre(mean)
    levels, wide = centre(few)
    limit = max(limit, middle + spread * scale)
    burnt = (mean > middle + scale) & (few < min(5.5, levels - (spread + 1) * wide)) & (table["p99"] > 0.98)
    veiled = (mean > limit) & (table["p01"] > 0.1)
    return Fault("bright", "medium", veiled | burnt, mean, mean, limit, "mean luma (or burnt out)", LOOK)


def _blurred(table: np.ndarray, limit: float, spread: float) -> Fault:
    sharp = table["sharpness"].astype(float)
    middle, scale = centre(np.log(sharp + 1))
    limit = min(limit, float(np.exp(middle - spread * scale) - 1))
    unit = "variance of the Laplacian"
    return Fault("blurred", "medium", sharp < limit, -sharp, sharp, limit, unit, LOOK)


def _size(table: np.ndarray, ratio: float, spread: float) -> Fault:
    side = np.sqrt(table["width"].astype(float) * table["height"])
    fix = "Check that they are whole pictures, not thumbnails or scans; size alone can tell classes apart."
    bad, far, limit = _odd(side, ratio, spread)
    return Fault("odd size", "low", bad, far, side, limit, "side of a square of as many pixels, above or below", fix)


def _aspect(table: np.ndarray, ratio: float, spread: float) -> Fault:
    wide = table["width"] / table["height"]
    fix = "Cut them to what they should show; a centre crop sees little of them."
    bad, far, limit = _odd(wide, ratio, spread)
    return Fault("odd aspect", "low", bad, far, wide, limit, "width over height, above or below", fix)


def _odd(values: np.ndarray, ratio: float, spread: float) -> tuple[np.ndarray, np.ndarray, float]:
    """(more than `ratio` times and `spread` robust deviations from the median, how far, that many times the median)."""
    logs = np.log(values)
    middle, scale = centre(logs)
    far = np.abs(logs - middle)
    bound = max(np.log(ratio), spread * scale)
    return far > bound, far, float(np.exp(middle + bound))
