"""asymmetric: labels become the class they are taken for (Patrini et al. 2017, arXiv:1609.03683)."""

import csv
from pathlib import Path

import numpy as np

from linne.core.errors import InputError, OptionError, nearest
from linne.core.images import Images

from ._copy import drawn, planted, thumbnails


def asymmetric(
    images: Images, rng: np.random.Generator, *, share: float = 0.4, pairs: str = "", confusion: str = ""
) -> Images:
    """The same pictures, `share` (0 to 1) of the labels of each class that is mistaken given the other one's.

    pairs: "cat>dog,deer>horse" names who is taken for whom; other classes stay. confusion: a CSV of counts instead,
    a row a true class (its name first) and a column a guess (its name on top): each class goes to the one it is most
    often taken for, and stays where it never is. With neither, every class goes to the one that its pictures are most
    often taken for by the nearest mean of 8 x 8 thumbnails. The column "planted" says "asymmetric" in the changed rows.
    Raises OptionError for both, for names that are no classes, and InputError where no label would change.
    """
    if pairs and confusion:
        raise OptionError("plant asymmetric: pairs and confusion both say who is taken for whom. Give one.")
    target = _named(pairs, images) if pairs else _most(_counts(images, confusion))
    labels = images.labels.copy()
    rows = []
    for own, other in target.items():
        those = np.flatnonzero(images.labels == own)
        if round(share * len(those)) or not 0 < share <= 1:
            rows.append(drawn(those, share, "asymmetric", rng))
            labels[rows[-1]] = other
    if not rows:
        raise InputError("plant asymmetric: no label would change. Give pairs, or a larger share.")
    return planted(images, np.sort(np.concatenate(rows)), "asymmetric", labels=labels)


def _named(pairs: str, images: Images) -> dict[int, int]:
    found = {}
    for pair in pairs.split(","):
        names = [name.strip() for name in pair.split(">")]
        if len(names) != 2 or names[0] == names[1]:
            raise OptionError(f"plant asymmetric: {pair.strip()!r} is no pair. Write 'cat>dog,deer>horse'.")
        own, other = (_place(name, images) for name in names)
        found[own] = other
    return found


def _place(name: str, images: Images) -> int:
    if name not in images.classes:
        raise OptionError(f"plant asymmetric: there is no class {name!r}. {nearest(name, images.classes)}")
    return images.classes.index(name)


def _most(counts: np.ndarray) -> dict[int, int]:
    """{class: the other one with the largest count}, of those with any."""
    off = counts * (1 - np.eye(len(counts)))
    return {own: int(off[own].argmax()) for own in range(len(off)) if off[own].any()}


def _counts(images: Images, file: str) -> np.ndarray:
    """(K, K) how often each class (row) is taken for each."""
    return _read(images, file) if file else _by_thumbnails(images)


def _read(images: Images, file: str) -> np.ndarray:
    try:
        table = list(csv.reader(Path(file).read_text(encoding="utf-8").splitlines()))
        counts = np.zeros((len(images.classes),) * 2)
        columns = [_place(name, images) for name in table[0][1:]]
        for name, *row in table[1:]:
            counts[_place(name, images), columns] = [float(cell) for cell in row]
    except (OSError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise InputError(f"plant asymmetric: {file} is no table of counts with names of classes: {error}.") from error
    return counts


def _by_thumbnails(images: Images) -> np.ndarray:
    known = np.flatnonzero(images.labels >= 0)
    points, labels, classes = thumbnails(images.take(known)), images.labels[known], len(images.classes)
    there = np.unique(labels)
    means = np.stack([points[labels == k].mean(0) for k in there])
    far = ((points[:, None] - means) ** 2).sum(2)
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels, there[far.argmin(1)]), 1)
    apart = ((means[:, None] - means) ** 2).sum(2)
    near = np.where(np.eye(len(there), dtype=bool), 0, 1 / (1 + apart))
    counts[np.ix_(there, there)] += near / 2  # decides where nothing is mistaken, and between as many
    return counts
