"""How a run's features serve identities that it never saw: one look at each picture, near-duplicates, figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..core.groups import group_of, merge
from ..core.images import Images
from ..core.intervals import Interval, paired
from ..core.lookup import find, offer
from ..core.retrieval import MOST, Likeness, figures, recall
from ..core.rng import rng
from ..core.run import Run
from ..core.twins import groups_of
from .data import as_text
from .infer import model_of
from .log import Log
from .look import Looker, look
from .own import hashes_of


@dataclass(frozen=True, eq=False)
class Recognised:
    """Figures by name; `likeness` of the pictures that they are of; `notes` on what was left out."""

    figures: dict[str, Interval]
    likeness: Likeness
    notes: list[str]

    @property
    def pictures(self) -> int:
        """How many."""
        return len(self.likeness)

    @property
    def identities(self) -> int:
        """How many."""
        return len(np.unique(self.likeness.labels))

    def gain(self, other: "Recognised") -> Interval:
        """recall@1 less another's on the same pictures, with identities as groups. Raises InputError for others."""
        if len(self.likeness) != len(other.likeness) or (self.likeness.labels != other.likeness.labels).any():
            raise InputError("Two figures of recognition are compared on the same pictures only.")
        ours, theirs = recall(self.likeness), recall(other.likeness)
        asked = np.isfinite(ours)
        return paired(ours[asked] > 0, theirs[asked] > 0, self.likeness.labels[asked].astype(str))


def recognised(run: Run, images: Images, far: float, log: Log, *, group: str = "") -> Recognised:
    """Judge the features of a run's network on identities that it did not learn.

    far: the share of strangers that may pass. group: as Recipe's. Identities that the run learned from are left out by
    the content of their pictures: one picture of theirs that it learned takes all of them away. Raises InputError where
    fewer than two identities are left, OptionError for a rate outside 0 to 1.
    """
    if images.targets is not None:
        raise InputError(
            f"{images.came_from} has several labels a picture, and an identity is one. Give one a picture."
        )
    model = model_of(run)
    facts, features = look(images, Looker(model.network, model.geometry, log))
    notes: list[str] = []
    marks = hashes_of(run, "train", "validation")
    learned = np.array([value.tobytes().hex() in marks for value in facts["hash"]], bool) & (images.labels >= 0)
    strange = ~np.isin(images.labels, np.unique(images.labels[learned])) & (images.labels >= 0)
    if learned.any():
        count = len(np.unique(images.labels[learned]))
        notes.append(f"{count} identities were left out: the run learned from pictures of theirs")
    rows = np.flatnonzero(strange & facts.readable)
    if unread := int((strange & ~facts.readable).sum()):
        notes.append(f"{unread} pictures cannot be read and take no part")
    rows = _drawn(images, rows, notes)
    if not len(rows):
        raise InputError(f"No labelled picture of {images.came_from} is left of identities that the run did not learn.")
    images, facts = images.take(rows), facts.take(rows)
    found: Any = offer(find("check", "duplicates"), images=images, facts=facts, features=features[rows])
    given = [group_of(images, group, facts)] if group else []
    whole = as_text(merge(images.group, *given, as_text(groups_of(found, len(rows)))))
    one = Likeness(features[rows], images.labels, whole)
    return Recognised(figures(one, far), one, notes)


def _drawn(images: Images, rows: np.ndarray, notes: list[str]) -> np.ndarray:
    """The rows of as many identities as are compared at once, the same ones every time."""
    if len(rows) <= MOST:
        return rows
    identities = rng(0, "recognition").permutation(np.unique(images.labels[rows]))
    sizes = np.bincount(images.labels[rows])[identities]
    kept = identities[np.cumsum(sizes) <= MOST]
    notes.append(f"{len(kept):,} of {len(identities):,} identities were drawn: {MOST:,} pictures are compared at once")
    return rows[np.isin(images.labels[rows], kept)]
