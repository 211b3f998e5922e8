"""unreadable: pictures that cannot be read, are cut off, misnamed, or are read by way of a conversion."""

from collections import Counter

import numpy as np

from linne.core.facts import Facts
from linne.core.finding import Finding
from linne.core.images import Images

from ._words import count, listed, share

DEEP = (b"I", b"I;16", b"I;16B", b"I;16L", b"I;16N", b"F")
GREY = (b"1", b"L", b"LA", b"La")


def unreadable(images: Images, facts: Facts, *, most: float = 0.05) -> list[Finding]:
    """Findings "unreadable", "truncated", "wrong extension", and one of low severity per conversion.

    most: the share of unreadable pictures (0 to 1) above which the finding is of high severity.
    """
    read = facts.readable
    return [*_unread(images, facts, np.flatnonzero(~read), most), *_cut(facts, read), *_misnamed(facts, read)] + [
        Finding(
            tuple(np.flatnonzero(held).tolist()), kind, "low", f"{share(int(held.sum()), len(facts))}: {what}.", fix
        )
        for kind, held, what, fix in _converted(facts, read)
        if held.any()
    ]


def _unread(images: Images, facts: Facts, rows: np.ndarray, most: float) -> list[Finding]:
    if not len(rows):
        return []
    reasons = [facts.reason(row) for row in rows]
    common = Counter(reasons).most_common()
    told = "; ".join(f"{n} {reason!r}" for reason, n in common[:3]) + ("; ..." if len(common) > 3 else "")
    high = len(rows) > most * len(facts)
    return [
        Finding(
            tuple(rows.tolist()),
            "unreadable",
            "high" if high else "medium",
            f"{share(len(rows), len(facts))} cannot be read: {told}. {listed(images.names[rows].tolist(), 3)}.",
            "Replace or delete them; they neither learn nor judge, and count as wrong where they are judged.",
            details={"reasons": reasons, "counts": dict(common)},
        )
    ]


def _cut(facts: Facts, read: np.ndarray) -> list[Finding]:
    missing = np.where(read, facts["missing_share"], 0)
    rows = np.flatnonzero(missing > 0)
    rows = rows[np.argsort(-missing[rows], kind="stable")]
    if not len(rows):
        return []
    return [
        Finding(
            tuple(rows.tolist()),
            "truncated",
            "medium",
            f"{count(len(rows), 'picture')} cut off or damaged, up to {100 * missing.max():.1f} % of one missing; "
            "used, with what is missing in grey.",
            "Copy them again from where they came from.",
            details={"missing_share": [round(float(x), 4) for x in missing[rows]]},
        )
    ]


def _misnamed(facts: Facts, read: np.ndarray) -> list[Finding]:
    rows = np.flatnonzero(facts["suffix_wrong"] & read)
    if not len(rows):
        return []
    inside = Counter(bytes(facts["format"][row]).decode() for row in rows)
    told = ", ".join(f"{n} {name}" for name, n in inside.most_common())
    why = f"{count(len(rows), 'picture')} named as another format than they are (inside: {told}); read all the same."
    return [
        Finding(tuple(rows.tolist()), "wrong extension", "low", why, "Rename them; other programs may refuse them.")
    ]


def _converted(facts: Facts, read: np.ndarray) -> list[tuple[str, np.ndarray, str, str]]:
    """(kind, (n,) bool, what was done, what to do)."""
    mode = facts["mode"]
    grey = read & np.isin(mode, GREY)
    mixed = grey.any() and (read & ~grey).any()
    return [
        ("transparent", read & facts["alpha"], "transparent parts were laid on white", "Nothing, if white suits them."),
        ("animated", read & (facts["frames"] > 1), "only the first frame or page is used", "Save other frames apart."),
        ("deep", read & np.isin(mode, DEEP), "16 bits or more, scaled to 8", "Nothing, if 256 levels are enough."),
        ("CMYK", read & (mode == b"CMYK"), "printing colours, converted to sRGB", "Nothing to do."),
        ("rotated", read & (facts["orientation"] > 1), "turned upright as their EXIF says", "Nothing to do."),
        (
            "grey among colour",
            grey if mixed else np.zeros_like(grey),
            "grey, among pictures in colour",
            "Check that colour does not tell the classes apart; see the check 'shortcuts'.",
        ),
    ]
