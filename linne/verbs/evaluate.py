"""linne evaluate: the same figures on other labelled pictures."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.ask import Ask
from ..core.errors import InputError, nearest
from ..core.images import Images
from ..core.load import load
from ..core.overlay import Overlay
from ..core.predictions import Predictions
from ..core.run import Run
from ..core.taxonomy import Taxonomy
from ..engine.log import Log
from . import _bundle
from ._made import IN_MEMORY, flags
from ._several import alone
from ._several import judged as several
from .predict import deciding

OPTIONS = Ask


class Figures(dict[str, Any]):
    """Figures with their intervals; `gate` is "" as nothing was asked to be passed."""

    gate = ""

    def text(self) -> str:
        """For a terminal."""
        from ..engine.figures import table
        from ..engine.figures_several import table as several
        from ..engine.figures_tree import lines

        if "per_label" in self:
            return "\n".join([*self["notes"], "", several(dict(self))]).strip()
        branches = ["", *lines(self["tree"])] if "tree" in self else []
        return "\n".join([*self["notes"], "", table(self), *branches]).strip()

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return dict(self)


def evaluate(
    run: str | Path | Run | Sequence[Any],
    images: Any,
    *,
    metric: str = "",
    overlay: str = "",
    log: Log | None = None,
    **how: Any,
) -> Figures:
    """Judge a trained run on other labelled pictures: every figure with its interval.

    Pictures that a run learned from are left out, and said; reading its test pictures again is counted. Several runs
    answer together, matched by the names of their classes; with --fuse, their reports show what came of it.

    Parameters
    ----------
    run
        A finished run's folder or a bundle; several runs one after another (runs/fold-*), as runs/a+runs/b, or the
        folder of runs.
    images
        Labelled pictures: a folder with a folder per class, a table or a named set; classes by the run's names.
    metric
        The headline; the run's own metric when not given. See: linne list metric.
    overlay
        Decisions about labels to judge by, a CSV that linne check --overlay begins.
    """
    from ..engine.infer import predictions
    from ..engine.members import members
    from ..engine.notes import fused
    from ..engine.panel import prepared

    ask, log = Ask.of(how, "linne evaluate"), log or Log(quiet=True)
    if (bundle := _bundle.alone(run)) is not None:
        return Figures(_bundle.judged(bundle, load(images), ask, (metric, overlay), log))
    runs, pictures = members(run), load(images)
    if (own := alone(run, runs)) is not None:
        return Figures(several(own, pictures, ask, (metric, overlay), log))
    if pictures.targets is not None:
        raise InputError(f"{pictures.came_from} has several labels a picture, and {runs[0].path} says one.")
    decide, parts = deciding(runs, ask), list[Any]()
    each = (lambda part, logits: parts.append(decide(part, logits))) if decide else (lambda part, logits: None)
    pictures = by_name(pictures, runs[0].classes, decide.tree if decide else None)
    model = prepared(runs, pictures, ask, log)
    if decide:
        decide.temperature = model.temperature
    found, hashes, _ = predictions(model, pictures, log, ask.runtime, each)
    told, notes = _told(runs, model, (pictures, found, hashes), (ask, metric, overlay), (decide, parts))
    if len(runs) == 1 or not ask.fuse:
        return Figures(told, notes=notes)
    source = str(images) if isinstance(images, (str, Path)) else IN_MEMORY
    ensemble = _ensemble(runs, model, source, {"metric": metric, "overlay": overlay} | how)
    return Figures(told, notes=[*notes, fused(told, runs, ensemble)], ensemble=ensemble)


def _told(
    runs: Sequence[Run], model: Any, seen: tuple[Images, Predictions, Any], asked: tuple[Ask, str, str],
    deciding: tuple[Any, list[Any]],
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """(the figures, what is to be said of them). seen: pictures, predictions, hashes; asked: with metric and overlay;
    deciding: what decided, and its decisions chunk by chunk."""
    from ..engine.figures import figures
    from ..engine.figures_tree import branched

    (pictures, found, hashes), (ask, metric, overlay), (decide, parts) = seen, asked, deciding
    marks = [value.tobytes().hex() for value in hashes]
    judged, notes = _judging(runs, pictures, found, marks, overlay)
    adjusted = f"logits were adjusted by {ask.adjust:g} times the log of each class's share"
    notes = [*([adjusted] if ask.adjust else []), *getattr(model, "notes", ()), *notes]
    told = figures(judged, metric=metric or runs[0].recipe.metric)
    if decide and decide.tree:
        told["tree"] = branched(decide.tree, judged)
    if decide and ask.decides:
        told["decided"] = came_to = _came_to(decide, parts, judged)
        notes += [*decide.notes, *came_to["sentences"]]
    return told, notes


def _judging(
    runs: Sequence[Run], pictures: Images, found: Predictions, marks: list[str], overlay: str
) -> tuple[Predictions, list[str]]:
    """(predictions of the pictures that no run learned from, labelled as the overlay decides; what is to be said of
    them). marks: each picture's hash as hex. Raises InputError where none is left."""
    from ..engine.overlay import judged
    from ..engine.own import hashes_of

    learned = set[str]().union(*(hashes_of(one, "train", "validation") for one in runs))
    known = np.array([mark in learned for mark in marks], dtype=bool)
    words = [found.classes[label] if label >= 0 else "" for label in found.labels]
    right, notes = judged(Overlay.read(overlay), found, pictures.names, words, marks) if overlay else (found, [])
    left = right.take(np.flatnonzero(~known[right.rows] & (right.labels >= 0)))
    who = "the run" if len(runs) == 1 else "one of the runs"
    _some(left, pictures, int(known.sum()), who)
    if known.any():
        notes = [
            *notes,
            f"{int(known.sum())} pictures were left out: {who} learned from them or was calibrated on them",
        ]
    judging = [mark for mark, out in zip(marks, known, strict=True) if not out]
    return left, [*notes, *(note for one in runs if (note := read_again(one, judging, pictures, len(runs) > 1)))]


def _came_to(decide: Any, parts: Sequence[Any], judged: Predictions) -> dict[str, Any]:
    """What decisions on chunks of pictures came to on those of them that judge."""
    from ..engine import decided
    from ..engine.figures_tree import came_to

    joined = type(parts[0]).joined(parts).take(judged.rows)
    told = decided.judged(joined, judged, decide.way, decide.asked)
    return told | came_to(decide.tree, joined.node, judged, told) if decide.least or decide.branches else told


def _some(judged: Any, pictures: Images, known: int, who: str) -> None:
    """Raise InputError where no picture is left that may judge."""
    if not len(judged):
        raise InputError(
            f"No labelled picture of {pictures.came_from} is left to judge by: {known} of {len(pictures)} are pictures "
            f"that {who} learned from or was calibrated on. Give others, that it has not seen."
        )


def _ensemble(runs: Sequence[Run], model: Any, source: str, how: dict[str, Any]) -> dict[str, Any]:
    """Who was fused and how, JSON-ready, with the command."""
    from ..engine.panel import weights

    paths = [str(one.path) for one in runs]
    given = flags({name: value for name, value in how.items() if value})
    return {
        "fuse": how["fuse"], "runs": paths, "weights": weights(getattr(model, "fuse", None)), "source": source,
        "fitted": getattr(model, "fitted", ""),
        "command": " ".join(["linne evaluate", *map(shlex.quote, [*paths, source]), *given]),
    }  # fmt: skip


def read_again(run: Run, marks: list[str], pictures: Images, named: bool) -> str:
    """Count that the run's test pictures were read, where some are among these; what to say of it, else ""."""
    from ..engine.folder import note_read
    from ..engine.own import hashes_of
    from ..engine.runs import counted

    tested = hashes_of(run, "test")
    again = sum(mark in tested for mark in marks)
    if not again:
        return ""
    count, able = counted(run, f"evaluate on {pictures.came_from}", note_read)
    whose = str(run.path) if named else "the run"
    return (
        f"{again} of these are {whose}'s own test pictures, read {count} times by now: "
        "a choice made after looking needs new pictures"
    ) + ("" if able else f"; {run.path} cannot be written and does not count it")


def by_name(pictures: Images, classes: tuple[str, ...], tree: "Taxonomy | None" = None) -> Images:
    """The pictures with labels by the run's class names; raises InputError for a class that the run does not know."""
    foreign = [name for name in pictures.classes if name not in classes]
    if tree and (inner := [name for name in foreign if name in tree.place]):
        held = [classes[leaf] for leaf in np.flatnonzero(tree.member[:, tree.place[inner[0]]])]
        raise InputError(
            f"{pictures.came_from} has the class {inner[0]!r}, a branch of the taxonomy. To judge by them they need "
            f"the class itself: {', '.join(held[:10])}{', ...' if len(held) > 10 else ''}."
        )
    if foreign:
        raise InputError(
            f"{pictures.came_from} has the class {foreign[0]!r}, which the run does not know. "
            f"{nearest(foreign[0], classes)}"
        )
    place = np.array([*(classes.index(name) for name in pictures.classes), -1], dtype=np.int64)
    return replace(pictures, labels=place[pictures.labels], classes=classes)
