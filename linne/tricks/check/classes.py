"""classes: names that are one class in two spellings, and classes that one of the given splits lacks."""

import unicodedata
from collections import defaultdict

import numpy as np

from linne.core.finding import Finding
from linne.core.images import SPLITS, Images

from ._words import listed


def classes(images: Images) -> list[Finding]:
    """Findings "casing twins" and "class missing from split" for Images however they came about.

    What the source found already (the same kinds in `images.findings`) is not said twice.
    """
    said = {found.kind for found in images.findings}
    return [found for found in (*_twins(images), *_missing(images)) if found.kind not in said]


def plain(name: str) -> str:
    """The name without what people overlook: case, full-width and composed letters, spaces, hyphens, underscores.

    Unicode TR15 (NFKC) and default case folding.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.replace("_", " ").replace("-", " ").split())


def _twins(images: Images) -> list[Finding]:
    same = defaultdict(list)
    for label, name in enumerate(images.classes):
        same[plain(name)].append(label)
    counts = images.counts()
    found = []
    for labels in same.values():
        if len(labels) < 2:
            continue
        order = sorted(labels, key=lambda label: counts[label])
        names = [images.classes[label] for label in order[::-1]]
        fewer = np.flatnonzero(np.isin(images.labels, order[:-1]))
        found.append(
            Finding(
                tuple(fewer.tolist()),
                "casing twins",
                "high",
                f"{listed(names)} count as {len(names)} classes but differ only in case, spaces or spelling.",
                f"Give them one name, say {names[0]!r}, if they are one class.",
                details={"classes": names, "counts": [int(counts[label]) for label in order[::-1]]},
            )
        )
    return found


def _missing(images: Images) -> list[Finding]:
    there = {
        split: np.bincount(images.labels[(images.split == split) & (images.labels >= 0)], minlength=len(images.classes))
        for split in SPLITS
    }
    there = {split: counts > 0 for split, counts in there.items() if counts.any()}
    if len(there) < 2:
        return []
    found, every = [], np.any(list(there.values()), axis=0)
    for split, held in there.items():
        lacking = np.flatnonzero(every & ~held)
        if not len(lacking):
            continue
        names = [images.classes[label] for label in lacking]
        found.append(
            Finding(
                tuple(np.flatnonzero(np.isin(images.labels, lacking)).tolist()),
                "class missing from split",
                "high" if split == "train" else "medium",
                f"{split} has no picture of {listed(names)}, but another split has.",
                "Add pictures there, or take the class out everywhere: what is never learned is never right."
                if split == "train"
                else "Add pictures there, or take the class out everywhere: nothing is known of it there.",
                details={"split": split, "classes": names},
            )
        )
    return found
