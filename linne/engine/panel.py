"""Several views of a picture, and several runs, as one answer; calibrated anew where that was asked for.

A view's or a run's word is its calibrated probabilities. Views are merged run by run, then the runs are fused. Runs on
one network with one preprocessing share every look: each picture is decoded and sent through it once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np

from ..core.ask import Ask
from ..core.errors import InputError, OptionError
from ..core.gaze import Gaze
from ..core.images import Images
from ..core.lookup import find, names, offer
from ..core.predictions import Predictions
from ..core.run import Run
from ..core.sights import Sights
from ..core.spec import parse
from . import own
from .glances import Glance, Glances
from .infer import Model, adjusted, model_of
from .log import Log
from .look import Seen
from .refine import Refined
from .soup import souped

WORDS = {"": "mean", "probabilities": "mean", "logits": "geometric", "votes": "votes"}
"""How views are merged, in words, to the fuser that does it."""
Calibrator = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Panel:
    """Models that answer together, in the first one's order of classes.

    gazes: each model's views. merges: how each model's views become one. fuse: how the models do. calibrate: log
    probabilities to probabilities, or None. notes: who fitted what, a sentence each.
    """

    models: tuple[Model, ...]
    gazes: tuple[Gaze, ...]
    merges: tuple[own.Fuser, ...]
    fuse: own.Fuser
    calibrate: "Calibrator | None" = None
    notes: tuple[str, ...] = ()
    temperature: float = 1.0
    fitted: str = ""
    """What a fitted fuse was fitted on, in words; "" where nothing was."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the answers."""
        return self.models[0].classes

    @property
    def sights(self) -> Sights:
        """What is to be made of a picture, where it is made elsewhere."""
        pairs = zip(self.models, self.gazes, strict=True)
        return Sights(tuple(dict.fromkeys((model.geometry, gaze.spec) for model, gaze in pairs)))

    def stream(self, images: Images, log: Log, runtime: str = "auto") -> Iterator[tuple[list[Seen], np.ndarray]]:
        """Chunks of pictures in order, with the log of their probabilities (m, K) float64; NaN where unreadable."""
        for part, views in self.views(images, log, runtime):
            fused = self.fuse([merge(each) for merge, each in zip(self.merges, views, strict=True)])
            if self.calibrate is not None:
                fused = replace(fused, logits=np.log(np.maximum(self.calibrate(fused.logits), 1e-300)))
            yield part, fused.logits

    def views(self, images: Images, log: Log, runtime: str = "auto") -> Iterator[tuple[list[Seen], list[Any]]]:
        """Chunks of pictures in order, with what each model says of each of its views: a list of Predictions."""
        places: dict[tuple[str, str], list[int]] = {}
        for number, model in enumerate(self.models):
            places.setdefault((model.network.id, model.geometry.key()), []).append(number)
        groups = list(places.values())
        lookers = [
            Glances(self.models[group[0]].network, self.models[group[0]].geometry, log, self.gazes[group[0]], runtime)
            for group in groups
        ]
        with log.track("predicted", len(images) * len(lookers)) as step:
            for parts in zip(*(looker.glances(images, step) for looker in lookers), strict=True):
                out: list[Any] = [None] * len(self.models)
                for part, group in zip(parts, groups, strict=True):
                    for number in group:
                        out[number] = self._said(number, part)
                yield list(parts[0]), out

    def _said(self, number: int, part: list[Glance]) -> list[Predictions]:
        """A model's word on each view of these pictures, its columns in the panel's order."""
        model, count = self.models[number], len(self.gazes[number].weights)
        features = np.full((len(part), count, model.network.width), np.nan)
        for place, seen in enumerate(part):
            for view, one in enumerate(seen.views):
                if one.features is not None:
                    features[place, view] = one.features
        columns = [model.classes.index(name) for name in self.classes]
        blank, rows = np.full(len(part), "", dtype=object), np.array([seen.row for seen in part])
        told = Predictions(np.zeros((len(part), len(columns))), np.full(len(part), -1), rows, self.classes, blank,
                           blank, model.temperature)  # fmt: skip
        return [replace(told, logits=model.logits(features[:, view])[:, columns]) for view in range(count)]


def panel(runs: Sequence[Run], ask: Ask, log: Log, images: "Images | None" = None) -> "Model | Panel | Refined":
    """What answers for these runs as asked: one run alone, seen plainly, is its model.

    images: labelled pictures to fit on what stored predictions cannot fit. Raises OptionError for what is not there or
    would have no effect, InputError where there are too few pictures to fit what must be fitted.
    """
    single(runs, ask)
    _sensible(runs, ask)
    models, brewed = [], []
    if _joins(ask.fuse):
        made, note = souped(runs, ask.fuse, images, log, ask.runtime)
        models, brewed, runs, ask = [made], [note], runs[:1], replace(ask, fuse="")
    models = models or [adjusted(model_of(run), run, ask.adjust) for run in runs]
    if len(models) == 1 and not ask.view and not ask.calibrate and not brewed:
        return Refined(models[0]) if ask.refine else models[0]
    gazes = [Gaze(ask.view, model.geometry.size) for model in models]
    merge = WORDS.get(ask.merge, ask.merge)
    if images is None and fits(merge):
        raise OptionError(
            f"--merge {merge} must be fitted on labelled pictures: linne evaluate does it where the run's validation "
            "pictures are among those it is given, and says the weights. Give these: --merge 'mean(weights=(...))'."
        )
    merges = [_weighted(merge, gaze) for gaze in gazes]
    fuse, notes, rows, fitted = _fuse(runs, models[0].classes, ask)
    calibrate = None
    if ask.calibrate:
        rows = rows or own.alone(runs[0])
        calibrate = offer(find("calibrate", ask.calibrate), predictions=rows[0])
        apart = "" if "had not seen it" in rows[1] else " that taught nothing"
        notes.append(f"probabilities were calibrated by {ask.calibrate}, fitted on {rows[1]}{apart}")
    told = tuple(brewed + notes)
    return Panel(tuple(models), tuple(gazes), tuple(merges), fuse, calibrate, told, fitted=fitted)


def single(runs: Sequence[Run], ask: Ask) -> None:
    """Raise OptionError for runs with several labels a picture, and for what is asked of these alone."""
    if any(run.several for run in runs):
        raise OptionError(
            f"{runs[0].path} and the others: runs with several labels a picture answer one by one. Name one, or "
            "the run whose folds they are."
        )
    if ask.threshold:
        raise OptionError(f"--threshold {ask.threshold}: {runs[0].path} says one label a picture, the most probable.")


def prepared(runs: Sequence[Run], images: Images, ask: Ask, log: Log) -> "Model | Panel | Refined":
    """`panel`, its merge of views fitted on labelled pictures where it must be; raises what both raise."""
    found = panel(runs, ask, log, images)
    if isinstance(found, Panel) and ask.merge and fits(WORDS.get(ask.merge, ask.merge)):
        return taught(found, runs, images, ask, log)
    return found


@dataclass(frozen=True, eq=False)
class Units:
    """A fuser of units, each the mean of the members at its places; what is a unit of its own stays as it is."""

    fuse: own.Fuser
    places: Sequence[Sequence[int]]

    def __call__(self, said: Sequence[Predictions]) -> Predictions:
        """The fused predictions of all members."""
        mean = find("fuse", "mean")()
        return self.fuse([mean([said[at] for at in each]) if len(each) > 1 else said[each[0]] for each in self.places])

    @property
    def weights(self) -> np.ndarray:
        """(members,) each one's own share of its unit's weight; (0, 0) where the fuser has none a unit."""
        found = getattr(self.fuse, "weights", np.zeros((0, 0)))
        if np.ndim(found) != 1:
            return np.zeros((0, 0))
        out = np.zeros(sum(map(len, self.places)))
        for weight, each in zip(found, self.places, strict=True):
            out[list(each)] = weight / len(each)
        return out


def weights(fuser: Any) -> list[float]:
    """The weights that a fuser has fitted, where it has one a member, else []."""
    found = getattr(fuser, "weights", np.zeros((0, 0)))
    return [float(weight) for weight in found] if np.ndim(found) == 1 else []


def learned(fuser: Any) -> str:
    """The same in words."""
    found = weights(fuser)
    return ", weights " + ", ".join(f"{weight:.3f}" for weight in found) if found else ""


def fits(spec: str) -> bool:
    """Whether a fuse trick must be fitted. Raises OptionError for none that can be used here."""
    if _joins(spec):
        able = ", ".join(name for name in names("fuse") if not _joins(name))
        raise OptionError(f"{spec} joins the weights of several runs, not answers. Here are: {able}.")
    return "predictions" in _wants(spec)


def _joins(spec: str) -> bool:
    """Whether a fuse trick joins weights; "" does not."""
    return bool(spec) and "weights" in _wants(spec)


def _wants(spec: str) -> set[str]:
    taken = signature(find("fuse", spec)).parameters.values()
    return {one.name for one in taken if one.kind is one.POSITIONAL_OR_KEYWORD}


def taught(panel: Panel, runs: Sequence[Run], images: Images, ask: Ask, log: Log) -> Panel:
    """The panel with merges of views fitted on those of these labelled pictures that are every run's validation.

    Raises InputError for fewer than LEAST of them.
    """
    spec = WORDS.get(ask.merge, ask.merge)
    held = set.intersection(*(own.hashes_of(run, "validation") for run in runs))
    table = runs[0].images()
    groups = dict(zip(table["hash"].to_pylist(), table["group"].to_pylist(), strict=True))
    kept: list[list[list[Predictions]]] = []
    for part, views in panel.views(images, log, ask.runtime):
        mine = [seen.hash.hex() in held and images.labels[seen.row] >= 0 for seen in part]
        some = [seen for seen, own in zip(part, mine, strict=True) if own]
        told = {"labels": np.array([images.labels[seen.row] for seen in some], np.int64),
                "group": np.array([groups[seen.hash.hex()] for seen in some], dtype=object)}  # fmt: skip
        kept.append([[replace(one.take(np.flatnonzero(mine)), **told) for one in each] for each in views])
    count = sum(len(part[0][0]) for part in kept)
    if count < own.LEAST:
        raise InputError(
            f"--merge {ask.merge} is fitted on validation pictures of the run that are among these: {count} are, and "
            f"{own.LEAST} are needed. Give the pictures that it was trained from, or --merge probabilities."
        )
    joined = [[_joined([part[run][view] for part in kept]) for view in range(len(gaze.weights))]
              for run, gaze in enumerate(panel.gazes)]  # fmt: skip
    merges = [own.fitter(spec)(each) for each in joined]
    said = "; ".join(f"{spec}{learned(merge)}" for merge in merges)
    note = f"views were merged by {said}, fitted on {count} validation pictures, which are left out here"
    return replace(panel, merges=tuple(merges), notes=(*panel.notes, note))


def _sensible(runs: Sequence[Run], ask: Ask) -> None:
    """Raise OptionError for what would have no effect, or cannot be fitted honestly."""
    if ask.refine and (len(runs) > 1 or ask.view or ask.calibrate):
        raise OptionError("--refine is for one run that sees each picture plainly, as it was calibrated. Drop it, or "
                          "the other runs, --view and --calibrate.")  # fmt: skip
    if ask.merge and not ask.view:
        raise OptionError(f"--merge {ask.merge} has no effect without --view: there is one look at each picture.")
    if ask.fuse and len(runs) == 1:
        raise OptionError(f"--fuse {ask.fuse} has no effect on one run. Name several: runs/a+runs/b.")
    if ask.calibrate and ask.view:
        raise OptionError("--calibrate is fitted on what the run said of plain pictures, and --view asks for others. "
                          "Give one of them.")  # fmt: skip
    if ask.adjust and (ask.calibrate or _joins(ask.fuse) or (ask.fuse and fits(ask.fuse))):
        raise OptionError("--adjust changes what --calibrate and a fitted --fuse were fitted on. Give one of them.")
    if ask.calibrate and _joins(ask.fuse):
        raise OptionError(f"--fuse {ask.fuse} makes a network of which no predictions are stored to calibrate on. "
                          "Leave out --calibrate: it has a temperature of its own.")  # fmt: skip


def _weighted(spec: str, gaze: Gaze) -> own.Fuser:
    """The merge of these views; of one that must be fitted the mean, until it is."""
    even, fitted, part = len(set(gaze.weights)) == 1, fits(spec), parse(spec)[0]
    if not even and (fitted or part.options or part.args):
        raise OptionError(f"--merge {spec} has weights, and so have the views. Give one of them.")
    trick = find("fuse", "mean" if fitted else spec)
    return trick() if even else trick(weights=gaze.weights)


def _fuse(runs: Sequence[Run], classes: tuple[str, ...], ask: Ask) -> tuple[own.Fuser, list[str], Any, str]:
    """(how runs are fused, notes, the fused predictions that a calibrator may be fitted on with words, or None, what
    the fuser was fitted on, "" where it was not)."""
    spec = ask.fuse or "mean"
    if not fits(spec):
        fuse = find("fuse", spec)()
        notes = [f"{len(runs)} runs were fused by {spec}"] if len(runs) > 1 else []
        if len(runs) == 1 or not ask.calibrate:
            return fuse, notes, None, ""
        parts, words = own.shared(runs, classes)
        return fuse, notes, (fuse(parts), words), ""
    units = own.units(runs)
    parts, words = own.shared([run for run, _ in units], classes)
    fuse = Units(own.fitter(spec)(parts), [places for _, places in units])
    plain = ", each seen plainly" if ask.view else ""
    notes = [f"{len(runs)} runs were fused by {spec}{learned(fuse)}, fitted on {words} that taught none of them{plain}"]
    return fuse, notes, (own.crossed(own.fitter(spec), parts), words) if ask.calibrate else None, words.rstrip(",")


def _joined(parts: Sequence[Predictions]) -> Predictions:
    """Chunks one after another."""
    columns = ("logits", "labels", "rows", "names", "group")
    return replace(parts[0], **{name: np.concatenate([getattr(one, name) for one in parts]) for name in columns})
