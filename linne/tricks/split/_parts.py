"""What the split tricks share: groups enough for every part, and the classes that are too small for it."""

import numpy as np

from linne.core.deal import codes, per_class
from linne.core.errors import InputError
from linne.core.finding import Finding
from linne.core.images import Images


def enough(images: Images, parts: int, what: str) -> None:
    """Raises InputError where there are fewer groups than parts."""
    groups = int(codes(images.group).max(initial=-1)) + 1
    if groups < parts:
        raise InputError(
            f"{len(images):,} pictures in {groups} groups cannot be dealt to {parts} {what}: a group stays whole. "
            f"Ask for at most {groups}, group less coarsely, or add pictures."
        )


def thin(images: Images, parts: int, what: str) -> tuple[Finding, ...]:
    """One finding that names the classes with fewer groups than parts, or none."""
    groups = per_class(images.labels, images.group, len(images.classes))
    few = np.flatnonzero((groups > 0) & (groups < parts))
    if not len(few):
        return ()
    listed = ", ".join(f"{images.classes[c]} ({groups[c]})" for c in few[:10]) + (", ..." if len(few) > 10 else "")
    return (
        Finding(
            rows=tuple(np.flatnonzero(np.isin(images.labels, few)).tolist()),
            kind="class too small to split",
            severity="medium",
            why=f"{len(few)} classes have fewer groups of pictures than the {parts} {what}: {listed}.",
            fix=f"Add pictures until each class has at least {parts} independent ones; until then "
            "its figures miss a part or rest on very little.",
            details={"classes": [images.classes[c] for c in few], "groups": groups[few].tolist()},
        ),
    )
