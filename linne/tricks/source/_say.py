"""Findings that more than one source makes: about classes, splits and files that are no pictures."""

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from linne.core.finding import Finding, Severity
from linne.core.images import SPLITS, Images
from linne.core.names import printable

from ._files import looks_like_picture

WORDS = {
    **dict.fromkeys(("train", "training", "trn", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "validating", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "eval"), "test"),
}
SHOWN = 1000


def split_of(word: str) -> str:
    """ "train", "validation" or "test" for the words that people use for them in any casing, else ""."""
    return WORDS.get(word.strip().lower(), "")


def some(names: Sequence[str], most: int = 3) -> str:
    """The first few names in quotes, and how many there are beyond."""
    shown = ", ".join(repr(printable(name)) for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")


def count(n: int, one: str, many: str = "") -> str:
    """ "1 picture", "2,000 pictures"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def about_files(kind: str, severity: Severity, names: Sequence[str], why: str, fix: str) -> tuple[Finding, ...]:
    """A finding about files that are no rows; none without names. `why` follows the number of names."""
    if not names:
        return ()
    details = {"total": len(names)} if len(names) > SHOWN else {}
    files = tuple(printable(name) for name in names[:SHOWN])
    return (Finding((), kind, severity, why, fix, files=files, details=details),)


def about_strays(root: str, stray: Sequence[str]) -> tuple[Finding, ...]:
    """Files that are no pictures by name; those that are pictures inside are named on their own."""
    hidden_away = [name for name in stray[:SHOWN] if looks_like_picture(os.path.join(root, name))]
    inside = set(hidden_away)
    rest = [name for name in stray if name not in inside]
    kinds = Counter(os.path.splitext(name)[1].lower() or os.path.basename(name) for name in rest)
    told = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common(4))
    return about_files(
        "stray files",
        "low",
        rest,
        f"{count(len(rest), 'file')} left out, because the name is no picture's ({printable(told)}).",
        "Nothing to do; delete them to be rid of this note.",
    ) + about_files(
        "pictures by another name",
        "medium",
        hidden_away,
        f"{count(len(hidden_away), 'file')} left out that look like pictures inside, "
        f"but whose name does not end as one: {some(hidden_away)}.",
        "Give them the right ending (.jpg, .png, ...) if they should take part.",
    )


def about_classes(images: Images) -> tuple[Finding, ...]:
    """One class, casing twins, and classes that one of the given splits lacks."""
    return (*_one_class(images), *_twins(images), *_missing_from_split(images))


def _one_class(images: Images) -> Iterable[Finding]:
    if len(images.classes) == 1:
        yield Finding(
            (),
            "one class",
            "high",
            f"every labelled picture is {images.classes[0]!r}: there is nothing to tell apart.",
            "Give at least two classes, each in a folder of its own or by its own label.",
        )


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").replace("-", " ").split())


def _twins(images: Images) -> Iterable[Finding]:
    same = defaultdict(list)
    for label, name in enumerate(images.classes):
        same[_plain(name)].append(label)
    counts = images.counts()
    for labels in same.values():
        if len(labels) > 1:
            told = " and ".join(f"{images.classes[k]!r} ({counts[k]})" for k in labels)
            fewest = labels[int(np.argmin(counts[labels]))]
            yield Finding(
                tuple(np.flatnonzero(images.labels == fewest).tolist()),
                "casing twins",
                "high",
                f"{told} differ only in case, spaces or accents' spelling, and count as {len(labels)} classes.",
                "Give them one name if they are one class.",
                details={"classes": [images.classes[k] for k in labels], "counts": [int(counts[k]) for k in labels]},
            )


def _missing_from_split(images: Images) -> Iterable[Finding]:
    present = {
        name: set(np.unique(images.labels[images.split == name])) - {-1} for name in SPLITS if name in images.split
    }
    present = {name: labels for name, labels in present.items() if labels}
    every = set().union(*present.values()) if len(present) > 1 else set()
    for name, labels in present.items():
        lacking = [images.classes[k] for k in sorted(every - labels)]
        if lacking:
            yield Finding(
                tuple(np.flatnonzero(np.isin(images.labels, sorted(every - labels))).tolist()),
                "class missing from split",
                "high" if name == "train" else "medium",
                f"{name} has no picture of {some(lacking, 10)}, but another split has.",
                "Add pictures there, or take the class out everywhere."
                + (" A class that is never learned counts as wrong." if name == "train" else ""),
                details={"split": name, "classes": lacking},
            )
