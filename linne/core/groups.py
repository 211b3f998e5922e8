"""Groups: which pictures must stay on one side of a split, from a column, a pattern, folders or EXIF, and merged.

group_of(images, "patient")            a column of the table that the pictures came from
group_of(images, r"(vid\\d+)_\\d+")      a pattern over names: its first bracket, or all that it matches
group_of(images, "parent")             the folders below the class's own
group_of(images, "exif", facts)        one camera, less than ten minutes from one picture to the next
"""

import re
from pathlib import PurePosixPath

import numpy as np

from .deal import codes
from .errors import InputError, OptionError, nearest
from .facts import Facts
from .images import Images

BURST = 600.0
"""Seconds from one picture of a camera to the next at which a new group begins."""


def group_of(images: Images, spec: str, facts: Facts | None = None) -> np.ndarray:
    """(n,) str object: the group of each picture, "" where it stands alone (`said` counts them).

    spec: a column, else "parent", "exif" or "exif(minutes)", else a regular expression searched for in names.
    Raises OptionError for an unknown column or a broken pattern, InputError where all pictures, or none, share a group.
    """
    spec = spec.strip()
    exif = re.fullmatch(r"exif(?:\((\d+(?:\.\d+)?)\))?", spec)
    if spec in images.columns:
        groups = _words(images.columns[spec])
    elif spec == "parent":
        groups = _parents(images)
    elif exif:
        groups = _bursts(facts, 60 * float(exif[1]) if exif[1] else BURST)
    elif re.fullmatch(r"[\w \-]*", spec):
        allowed = [*images.columns, "parent", "exif"]
        raise OptionError(
            f"{images.came_from or 'the data'} has no column {spec!r} to group by. {nearest(spec, allowed)} "
            "A pattern over names holds a bracket or a special letter: '(vid[0-9]+)_'."
        )
    else:
        groups = _matches(images.names, spec)
    return _useful(groups, spec)


def said(groups: np.ndarray) -> str:
    """One sentence for a log: how many groups, the largest, and how many pictures stand alone."""
    _, counts = np.unique(codes(groups), return_counts=True)
    alone = int((counts == 1).sum())
    several = counts[counts > 1]
    largest = f", the largest of {several.max():,} pictures" if len(several) else ""
    return f"{len(several):,} groups of several pictures{largest}; {alone:,} pictures stand alone"


def merge(*groups: np.ndarray) -> np.ndarray:
    """(n,) int64: connected components over several groupings, numbered by their first picture.

    groups: each (n,) names ("" stands alone) or whole numbers. Pictures that any grouping joins share a component:
    minimum labels with root hooking and pointer jumping (Shiloach and Vishkin 1982), a few passes even for chains.
    """
    if not groups:
        raise InputError("merge needs at least one grouping.")
    if len({len(one) for one in groups}) != 1:
        raise InputError(f"groupings of different lengths: {', '.join(str(len(one)) for one in groups)}.")
    members = [codes(one) for one in groups]
    root = np.arange(len(members[0]))
    settled = False
    while not settled:
        before = root
        for member in members:
            least = np.full(member.max(initial=-1) + 1, len(root))
            np.minimum.at(least, member, root)
            parent = np.arange(len(root))
            np.minimum.at(parent, root, least[member])
            root = parent[root]
            while (parent[root] != root).any():
                root = parent[root]
        settled = bool((root == before).all())
    return np.unique(root, return_inverse=True)[1]


def written(components: np.ndarray) -> np.ndarray:
    """(n,) str object for `Images.group`: the component's number where it holds several pictures, else ""."""
    counts = np.bincount(components, minlength=1)
    out = np.full(len(components), "", dtype=object)
    several = counts[components] > 1
    out[several] = components[several].astype(str)
    return out


def _useful(groups: np.ndarray, spec: str) -> np.ndarray:
    if len(groups) > 1 and groups[0] and (groups == groups[0]).all():
        raise InputError(
            f"--group {spec!r} puts all {len(groups):,} pictures into one group ({groups[0]!r}): nothing is left to "
            "judge by. Name a finer column or pattern."
        )
    if len(groups) and not (groups != "").any():
        raise InputError(
            f"--group {spec!r} finds no group in any of {len(groups):,} pictures. Check it, or leave it out."
        )
    return groups


def _words(values: np.ndarray) -> np.ndarray:
    out = np.empty(len(values), dtype=object)
    out[:] = ["" if v is None or v != v else str(v).strip() for v in values.tolist()]
    return out


def _matches(names: np.ndarray, pattern: str) -> np.ndarray:
    try:
        find = re.compile(pattern).search
    except re.error as error:
        raise OptionError(f"--group {pattern!r} is not a regular expression: {error}.") from error
    out = np.empty(len(names), dtype=object)
    found = [find(str(name)) for name in names]
    out[:] = [(match[1] if match.re.groups else match[0]) or "" if match else "" for match in found]
    return out


def _parents(images: Images) -> np.ndarray:
    """The folders between the class's folder and the file; the file's whole folder where no folder is named so."""
    out = np.empty(len(images), dtype=object)
    for row, (name, label) in enumerate(zip(images.names, images.labels, strict=True)):
        folders = PurePosixPath(str(name)).parts[:-1]
        own = images.classes[label] if label >= 0 else None
        below = folders[len(folders) - folders[::-1].index(own) :] if own in folders else folders
        out[row] = "/".join(below)
    return out


def _bursts(facts: Facts | None, gap: float) -> np.ndarray:
    """Pictures of one camera in order of time; a pause of more than `gap` seconds begins a new group."""
    if facts is None:
        raise InputError("--group exif reads the pictures' EXIF times, which were not looked at here.")
    groups = np.full(len(facts), "", dtype=object)
    dated = np.flatnonzero(np.isfinite(facts["taken"]))
    cameras = np.unique(facts["camera"][dated], return_inverse=True)[1]
    taken = facts["taken"][dated]
    order = np.lexsort((taken, cameras))
    new = (np.diff(cameras[order], prepend=-1) != 0) | (np.diff(taken[order], prepend=-np.inf) > gap)
    groups[dated[order]] = np.char.add("burst ", np.cumsum(new).astype(str)).astype(object)
    return groups
