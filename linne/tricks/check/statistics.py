"""statistics: counts, sizes, light and colour per class and per split, and where splits or classes clearly differ.

A difference is told when P(a value here exceeds one elsewhere) (Mann & Whitney 1947; Vargha & Delaney 2000) is further
from one half than `effect`, and so even after Holm's correction over everything that was compared.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from linne.core.facts import Facts
from linne.core.finding import Finding
from linne.core.images import SPLITS, Images
from linne.core.intervals import clusters, holm

from ._robust import area, steps
from ._words import count

FEW = 10
"""Parts smaller than this are described but not compared."""
Part = tuple[str, str, np.ndarray]
"""("split" or "class", name, (n,) bool)."""


def statistics(images: Images, facts: Facts, *, effect: float = 0.21, level: float = 0.01) -> list[Finding]:
    """One finding "statistics" with the table, and "splits differ", "classes differ" where they do; all low.

    effect: distance from one half, 0 to 0.5 (0.21 is Vargha and Delaney's "large"). level: of Holm's correction.
    details["table"]: a row per part with "n" and medians; details["differences"]: part, fact, probability, p.
    """
    read = facts.readable
    if not read.any():
        return []
    values = measures(facts)
    parts = list(_parts(images))
    table = [{"of": of, "name": name} | _describe(values, facts, held) for of, name, held in parts]
    groups = clusters(images.group, len(images))
    found = [
        Finding(
            (),
            "statistics",
            "low",
            f"{count(int(read.sum()), 'picture')} of {count(len(images.classes), 'class', 'classes')}: median "
            f"{np.median(values['width'][read]):.0f} x {np.median(values['height'][read]):.0f} pixels, brightness "
            f"{np.median(values['brightness'][read]):.2f}, {np.median(values['bytes'][read]) / 1000:.0f} kB.",
            "Nothing to do.",
            details={"table": table},
        )
    ]
    for of, kind, fix in (
        (
            "split",
            "splits differ",
            "Deal the splits anew, or find out what sets them apart: figures may not carry over.",
        ),
        ("class", "classes differ", "See the check 'shortcuts': a classifier may learn this instead of what is shown."),
    ):
        chosen = [part for part in parts if part[0] == of]
        found += _differing(chosen, values, read, groups, (effect, level), (kind, fix))
    return found


def measures(facts: Facts) -> dict[str, np.ndarray]:
    """What is described and compared, each (n,) float64, NaN where the picture could not be read."""
    names = ("width", "height", "bytes", "brightness", "contrast", "sharpness", "saturation")
    out = {name: np.where(facts.readable, facts[name].astype(float), np.nan) for name in names}
    out |= {name: facts["colour"][:, place].astype(float) for place, name in enumerate(("red", "green", "blue"))}
    return out | {"aspect": out["width"] / np.where(out["height"] > 0, out["height"], np.nan)}


def _parts(images: Images) -> Iterator[Part]:
    for split in (*SPLITS, ""):
        held = images.split == split
        if held.any() and not held.all():
            yield "split", split or "none", held
    for label, name in enumerate(images.classes):
        yield "class", name, images.labels == label


def _describe(values: dict[str, np.ndarray], facts: Facts, held: np.ndarray) -> dict[str, Any]:
    read = held & facts.readable
    medians = {name: float(np.median(each[read])) if read.any() else None for name, each in values.items()}
    return {"n": int(held.sum()), "unreadable": int((held & ~read).sum())} | {
        name: None if value is None or np.isnan(value) else float(f"{value:.4g}") for name, value in medians.items()
    }


def _differing(
    parts: list[Part],
    values: dict[str, np.ndarray],
    read: np.ndarray,
    groups: np.ndarray,
    limits: tuple[float, float],
    words: tuple[str, str],
) -> list[Finding]:
    """At most one finding: every part against the rest, in every measure."""
    from scipy.special import ndtr

    effect, level = limits
    ordered = {fact: steps(each[read]) for fact, each in values.items()}
    tried = [
        (name, fact, *area(each, held[read], groups[read]))
        for _, name, held in parts
        if min((held & read).sum(), (~held & read).sum()) >= FEW
        for fact, each in ordered.items()
    ]
    if not tried:
        return []
    beyond = np.array([abs(value - 0.5) - effect for _, _, value, _ in tried])
    error = np.array([max(one[3], 1e-9) for one in tried])
    p = holm(ndtr(-beyond / error))
    kept = [place for place in np.argsort(-beyond) if p[place] < level]
    if not kept:
        return []
    differences = [
        {"part": tried[k][0], "measure": tried[k][1], "probability": round(tried[k][2], 4), "p": float(p[k])}
        for k in kept
    ]
    words_of = {True: "more", False: "less"}
    told = "; ".join(
        f"{one['part']!r} has {words_of[one['probability'] > 0.5]} {one['measure']} ({one['probability']:.2f})"
        for one in differences[:3]
    )
    told = f"Unlike the others: {told}. In brackets the chance that a picture of it has more than one of the others."
    details = {"differences": differences, "compared": len(tried)}
    return [Finding((), words[0], "low", told, words[1], details=details)]
