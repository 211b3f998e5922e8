"""linne episodes: how a run's features serve classes that it never learned, a few pictures of each at a time."""

from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..core.load import load
from ..core.run import Run
from ..engine.log import Log


class Told(dict[str, Any]):
    """The figure as a dict; `line` is the same in words."""

    line = ""

    def text(self) -> str:
        """For a terminal."""
        return "\n".join([*(f"note: {note}" for note in self["notes"]), self.line])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return dict(self)


def episodes(
    run: str | Path | Run,
    images: Any,
    *,
    ways: int = 5,
    shots: int = 1,
    queries: int = 15,
    count: int = 600,
    learner: str = "prototypes",
    log: Log | None = None,
) -> Told:
    """Judge a run's features on N-way K-shot episodes: new classes, a few labelled pictures of each, the rest named.

    Classes may be any, known to the run or not. Pictures that the run learned from are left out, and said.

    Parameters
    ----------
    run
        A finished run's folder, whose network gives the features.
    images
        Labelled pictures: a folder with a folder per class, a table or a named set.
    ways
        Classes of an episode.
    shots
        Labelled pictures of each class to learn from.
    queries
        Further pictures of each class to be named; fewer where the smallest class has fewer.
    count
        Episodes; 600 is usual.
    learner
        What is fitted to an episode's labelled pictures: a trick of linne list classic.
    """
    from ..engine import episodes as engine
    from ..engine.infer import features
    from ..engine.own import hashes_of

    asked = engine.Asked(ways, shots, queries, count)
    pictures, log = load(images), log or Log(quiet=True)
    run = run if isinstance(run, Run) else Run(Path(run))
    found, hashes, read = features(run, pictures, log)
    learned = hashes_of(run, "train", "validation")
    known = np.array([value.tobytes().hex() in learned for value in hashes], bool)
    notes = [f"{int(known.sum())} pictures were left out: the run learned from them or was calibrated on them"]
    notes = notes if known.any() else []
    if (unread := int((~read).sum())) > 0:
        notes.append(f"{unread} pictures cannot be read and take no part")
    rows = np.flatnonzero(~known & read & (pictures.labels >= 0))
    if not len(rows):
        raise InputError(f"No labelled picture of {pictures.came_from} is left that the run did not learn from.")
    one = engine.episodes(found[rows], pictures.labels[rows], pictures.group[rows], asked=asked, learner=learner)
    if one.queries < queries:
        notes.append(f"the smallest class leaves {one.queries} pictures to name, not {queries}")
    told = Told(one.as_dict(), notes=notes)
    told.line = one.text()
    return told
