"""What training verbs share: learning from pictures that were looked at, and everything that a run's folder keeps."""

import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import signature
from pathlib import Path
from shutil import rmtree
from typing import Any

from ..core.errors import LinneError, OptionError
from ..core.recipe import Recipe
from ..core.run import Run, count_reads
from ..engine.log import Log
from ._paged import paged

IN_MEMORY = "PICTURES"
"""What a command calls pictures that it cannot name."""


def flags(settings: Mapping[str, Any]) -> list[str]:
    """Settings as a command's words."""
    return [
        f"--{name.replace('_', '-')}" + ("" if value is True else f" {shlex.quote(str(value))}")
        for name, value in settings.items()
    ]


def differing(verb: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a verb's options that are not what they are when left out, as a command writes them."""
    usual = {name: one.default for name, one in signature(verb).parameters.items()}
    changed = {name: value for name, value in given.items() if value != usual[name]}
    return {name: f"{value:g}" if isinstance(value, float) else value for name, value in changed.items()}


def made(data: Any, recipe: Recipe, path: Path, command: str, begun: float, log: Log) -> int:
    """Learn, judge, and write the run's folder to its last file; how many pictures learned. begun: of its clock."""
    from ..engine import figures_tree, folder, promise, retention, tree, unknown
    from ..engine.budget import Clock

    known = tree.begun(recipe, data.images.classes, path, log)
    if recipe.folds:
        result, members = _folded(data, recipe, path, command, log)
    else:
        result, members = _learn(data, recipe, log, path, Clock(recipe.minutes, begun)), ()
    if result.data.overlay:
        result.figures["overlay"] = result.data.overlay.figures(result.data.images.split)
    if result.data.added:
        result.figures["added"] = retention.told(result, recipe.metric, recipe.seed, count_reads(path))
    if data.images.targets is None:
        strange = None if members else unknown.chosen(data, result, recipe, log)
        result.figures |= unknown.figures(strange) | {"promises": promise.promises(result, recipe)}
        result.figures |= figures_tree.figures(known, result, recipe)
        unknown.keep(path, strange)
        promise.keep(path, result.figures["promises"])
    _write(path, data, result, members, log)
    paged(path, result, recipe, command, log)
    folder.finish(path, result, time.monotonic() - begun)
    rmtree(path / "ladder", ignore_errors=True)
    return len(result.learn)


def _learn(data: Any, recipe: Recipe, log: Log, path: Path, clock: Any) -> Any:
    """The first classifier, or the best that the recipe's time and method come to."""
    from ..engine import added, folder
    from ..engine.course import course
    from ..engine.either import first
    from ..engine.positive import course as positive

    def dealt(known: Any) -> None:
        folder.write_images(path, known)

    def reading() -> None:
        folder.note_read(path, "the final classifier, once")

    if data.added:
        return added.course(data, recipe, log, dealt, reading)
    if recipe.positive:
        return positive(data, recipe, log, dealt, reading, path, clock)
    if recipe.trains:
        return course(data, recipe, log, path, clock, dealt, reading)
    return first(data, recipe, log, dealt, reading)


def _folded(data: Any, recipe: Recipe, path: Path, command: str, log: Log) -> tuple[Any, tuple[str, ...]]:
    """A run for each fold, in folders of the run's own, then what they come to together."""
    from ..engine import fleet, folder, folds, folds_several

    several = data.images.targets is not None
    fold = (folds_several if several else folds).deal(data, recipe)
    folder.write_images(path, data)
    settings, places = folds.settings(recipe), [path / f"fold-{k}" for k in range(recipe.folds)]
    if shlex.split(command)[2] != IN_MEMORY:
        left = [k for k, place in enumerate(places) if not (place / "DONE.json").exists()]
        fleet.folds(command, left, recipe.trains, log)
    for k, place in enumerate(places):
        log.say(f"fold {k + 1} of {len(places)}: {(fold == k).sum():,} of {(fold >= 0).sum():,} pictures judge")
        if not (place / "DONE.json").exists():
            known = [Run(one) for one in places[:k]] if recipe.method != "auto" and not several else []
            _member(folds.part(data, fold, k, known), settings, place, f"{command}  # fold {k}", log)
    runs, names = [Run(place) for place in places], tuple(place.name for place in places)
    reading = lambda: folder.note_read(path, "the mean of all folds, once")  # noqa: E731
    if several:
        stood = folds_several.stood(data, fold, runs, recipe)
        result = folds_several.fused(stood, runs, reading, log)
        return folds_several.summary(stood, result, runs, recipe, fold, log), names
    stood = folds.stood(data, fold, runs, recipe, log)
    if recipe.fit_all:
        result = _all(stood, folds.chosen(runs, recipe), path, log)
    else:
        result = folds.fused(stood, runs, reading, log)
    members = () if recipe.fit_all else names
    return folds.summary(stood, result, runs, recipe, log), members


def one_fold(pictures: Any, recipe: Recipe, path: Path, command: str, number: int) -> None:
    """The run of one fold alone, for a process that another one waits for."""
    from ..engine import folds, folds_several
    from ..engine.data import examine
    from ..engine.pool import gather
    from ..engine.settled import settled

    log, several = Log(quiet=True), pictures.targets is not None
    recipe = settled(recipe, len(pictures.classes)) if several else recipe
    data = examine(pictures, recipe, log, several=True)
    data.pool = gather(data, recipe, log) if recipe.pool else None
    fold = (folds_several if several else folds).deal(data, recipe)
    _member(folds.part(data, fold, number), folds.settings(recipe), path / f"fold-{number}",
            f"{command}  # fold {number}", log)  # fmt: skip


def _member(data: Any, recipe: Recipe, place: Path, command: str, log: Log) -> None:
    """One fold's run, with a log of its own."""
    from ..engine import folder

    begun, own = time.monotonic(), Log(log.quiet, log.stream)
    with folder.alone(place):
        folder.begin(place, recipe, command)
        own.keep(place / "log.jsonl")
        try:
            made(data, recipe, place, command, begun, own)
        except LinneError as error:
            folder.undo(place, isinstance(error, OptionError))
            raise
        finally:
            own.close()


def _all(stood: Any, recipe: Recipe, path: Path, log: Log) -> Any:
    """The classifier of all pictures, by the settings that the folds chose."""
    from ..engine.budget import Clock
    from ..engine.course import onward
    from ..engine.first import judged

    chosen = ", ".join(f"{name} {value}" for name, value in recipe.changed().items()) or "the defaults"
    log.say(f"all {len(stood.learn):,} pictures: {chosen}")
    stood = replace(stood, recipe=recipe)
    if recipe.trains:
        return onward(stood, path, log, Clock(0), lambda: None)
    return judged(stood, stood.head, {"train": stood.head.oof}, recipe, log)


def _write(path: Path, data: Any, result: Any, members: tuple[str, ...], log: Log) -> None:
    """Everything that a run keeps but its first files, its page and its last. members: the runs whose mean it is."""
    from ..engine import folder, reference

    if members:
        folder.write_members(path, data.images.classes, members, data.images.targets is not None)
    elif result.network is None:
        folder.write_model(path, data.network, data.geometry, result.head)
    folder.write_results(path, result)
    if not members:
        reference.keep(path, result, log)
