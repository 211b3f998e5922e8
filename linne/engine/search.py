"""A search for better settings: a race of networks, then trials of the recipe's fields, then one honest comparison.

Who looks at what: folds 0 and 1 of the learning pictures judge trials and so choose; fold 2 judges none, and says what
the choice is worth beside the start (Cawley and Talbot 2010, jmlr.org/papers/v11/cawley10a.html). Test pictures are
not opened where they were given, and never read. Nothing is lost when a process dies: trials, race, features and what
was measured are on disk, and the same command goes on.
"""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from ..core.errors import LinneError, OptionError, RunError
from ..core.files import plain, write, write_json
from ..core.images import Images
from ..core.predictions import Predictions
from ..core.recipe import SOLVED, Recipe
from . import folder
from .confirm import confirm, keep, outcome, path_of
from .course import quick
from .figures import figure, text
from .ground import CHOOSE, CONFIRM, Deadline, Ground, Late
from .ladder import SCRATCH
from .learners import learning
from .log import Log
from .plan import Plan
from .race import _pooled, field_of, front, race, reachable
from .space import Axis, axes, trains
from .study import FIRST, Study, library, seat, turn
from .task import Aim, heat

FORMAT = 1
RACE = 0.25
"""Share of the budget that the race may take."""
LEAST = 4.0
"""Seconds that a trial is thought to take while none was finished and nobody knows better."""
GRACE = 0.05
"""Share of the budget by which a trial may overrun its time; what is tried first is always finished."""
AMPLE = 2 * FIRST
"""Trials for which a budget is proposed where the one that was given allows fewer than FIRST."""
FINISH = 8.0
"""Seconds for the report."""
START, RACED = "start", "race"
"""What is tried first, as it is: the recipe that was given, and the same with the race's winner in it."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for. recipe: as `began` gives it. models: patterns, "" for no race. space: as written, "none" for
    the race alone. trials: the most of this process, 0 for as many as the time allows. command: makes it again."""

    recipe: Recipe
    models: str = ""
    space: str = ""
    minutes: float = 20.0
    trials: int = 0
    command: str = "linne search"


def search(pictures: Images, wanted: Wanted, place: Path, log: Log) -> dict[str, Any]:
    """Search until the time is used up, and write recipe.toml; what came of it, JSON-ready, as report.json holds it.

    Raises RunError for a folder that holds another search or other files, OptionError for a space that is none,
    InputError for pictures that cannot be learned from, MissingExtra without Optuna.
    """
    if wanted.space != "none":
        library()
    elif not wanted.models:
        raise OptionError("There is nothing to search: give --model 'efficientnet*,resnet*' to race, or a --space.")
    models = reachable(wanted.models) if wanted.models else []
    start = wanted.recipe
    claim(place, wanted)
    with seat(place) as (number, own):
        for left in own.glob("trial-*"):
            rmtree(left, ignore_errors=True)
        log.keep(own / "log.jsonl")
        quiet = Log(quiet=True)
        quiet.keep(own / "trials.jsonl")
        clock = Deadline(wanted.minutes)
        clock.keep(own / "clock.json")
        try:
            data = learning(pictures, start, log)
            with turn(place / "turns" / "images"):
                folder.write_images(place, data)
            ground = Ground(data, start, place, own, log, quiet, clock, wanted.minutes)
            with quick(Plan(own / "plan.json")):
                found = _searched(ground, wanted, models, number)
        except Exception:
            quiet.close()
            log.close()
            _undo(place, own)
            raise
        clock.note()
        quiet.close()
        return found


def began(settings: dict[str, Any], base: Recipe, space: str) -> Recipe:
    """The recipe that trials begin with: `settings` over `base`, with a method to train by, where the space has
    settings that need one. Raises OptionError for lr="find", which is a search of its own."""
    for name in ("pool", "extra", "tree"):
        if settings.get(name, getattr(base, name)):
            raise OptionError(f"{name} has no effect on a search, which tries settings without it. Train by what it "
                              "finds.")  # fmt: skip
    needed = space != "none" and trains(space)  # a word that is misspelt is met here
    alone = settings.get("method", base.method) in SOLVED and not settings.get("classic", base.classic)
    method = {"method": SCRATCH if settings.get("weights", base.weights) == "none" else "tail"}
    start = Recipe.of(settings | {"minutes": 0.0} | (method if alone and needed else {}), base)
    if start.lr == "find":
        raise OptionError("lr='find' has no effect here: a search tries rates itself. Name lr in --space, or drop it.")
    if start.folds:
        raise OptionError("folds has no effect on a search, which judges by folds of its own. Train by what it finds.")
    return start


def claim(place: Path, wanted: Wanted) -> None:
    """Make the folder, or go on in it. Raises RunError that names what is different, or for other files."""
    start = wanted.recipe
    for each in fields(Recipe):
        if callable(getattr(start, each.name)):
            raise OptionError(f"{each.name} is a function, and a search is kept in a file: give a trick by its name.")
    asked = {"format": FORMAT, "space": wanted.space, "models": wanted.models} | plain(asdict(start))
    asked["augment"] = start.augment_text()
    path = place / "search.json"
    if place.exists() and not place.is_dir():
        raise RunError(f"{place} is a file; --out is a folder.")
    with turn(place / "turns" / "begin"):
        if path.exists():
            try:
                before = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise RunError(f"{path} is damaged ({error}). Delete {place} to begin anew.") from error
            other = [name for name in asked if before.get(name) != asked[name]]
            if other:
                told = "; ".join(f"{name} = {before.get(name)!r} (now {asked[name]!r})" for name in other)
                raise RunError(
                    f"{place} holds a search with another {' and another '.join(other)}: {told}. Give those to go on "
                    "with it, or another --out."
                )
            return
        if any(one.name != "turns" for one in place.iterdir()):
            raise RunError(f"{place} holds other files and is no search. Give an empty or a new folder with --out.")
        write_json(path, asked)


def _undo(place: Path, own: Path) -> None:
    """Take back what a search began that came to nothing: no trial and no race was finished in it."""
    if not any((place / name).exists() for name in ("study.db", "race.json", "seat-1")):
        rmtree(place, ignore_errors=True)


def _searched(ground: Ground, wanted: Wanted, models: Sequence[str], number: int) -> dict[str, Any]:
    raced, base = _race(ground, wanted, models), ground.start
    if raced and raced["kept"]:
        base = replace(base, **raced["settings"])
    if wanted.space == "none":
        return _written(ground, wanted, raced, base, None, ())
    names = [row["settings"]["model"] for row in raced["runners"] if row["final"]] if raced else []
    space = axes(wanted.space, base, len(ground.fold), list(dict.fromkeys([base.model, *names])))
    study = Study(ground.place, number, ground.start.seed)
    ground.settle(ground.start)  # what cannot be is said before anything is tried
    first = [START, RACED] if base != ground.start else [START]
    _trials(ground, wanted, study, space, {START: ground.start, RACED: base}, first)
    return _written(ground, wanted, raced, base, study, space)


def _race(ground: Ground, wanted: Wanted, models: Sequence[str]) -> dict[str, Any]:
    """The race, run once; {} where none was asked for."""
    if not wanted.models:
        return {}
    path = ground.place / "race.json"
    with turn(ground.place / "turns" / "race"):
        if not path.exists():
            found = race(ground, field_of(ground.start, models), 60 * RACE * wanted.minutes)
            found["front"] = front([row for row in found["runners"] if row["final"]])
            write_json(path, found)
    found = json.loads(path.read_text(encoding="utf-8"))
    ground.log.say(f"race: {raced_said(found)}")
    return found


def raced_said(found: dict[str, Any]) -> str:
    """Who won the race and what that is worth."""
    own = f"{text(found['figure'])} on {found['confirm']:,} pictures that neither taught nor chose"
    if found["gain"] is None:
        return f"{found['winner']}, the start, stays first: {own}"
    word = "is gone on with" if found["kept"] else "the start is gone on with"
    return f"{found['winner']} comes first, {own}; beside the start {found['gain']['sentence']}; {word}"


def _trials(
    ground: Ground, wanted: Wanted, study: Study, space: Sequence[Axis], bases: dict[str, Recipe], first: Sequence[str]
) -> None:
    """Trials until the time is used up, but for what confirming takes; a failed one is said and is no end."""
    aim, done, begun = Aim.of(ground.start.metric), 0, time.monotonic()
    base = bases[first[-1]]
    guess = ground.foreseen(ground.settle(base))
    if guess and not wanted.trials:
        _foretold(ground, _seconds(study, guess))
    while not (wanted.trials and done >= wanted.trials):
        each = _seconds(study, guess)
        if done and ground.clock.left < each + confirming(each):
            break
        if not done and ground.clock.left < confirming(each) and _best(study) is not None:
            break
        trial, settings = study.ask(space, first)
        as_is = trial.user_attrs.get("as_is", "")
        ground.clock.grace = float("inf") if as_is else GRACE * ground.clock.limit - confirming(each)
        try:
            recipe = bases[as_is] if as_is else Recipe.of(settings, base)
            _tried(ground, study, trial, ground.settle(recipe), aim, bool(as_is))
        except Late:
            study.tell(trial, why="the time was used up")
            break
        except LinneError as error:
            study.tell(trial, why=str(error))
            if as_is == START:
                raise
        done += 1
        ground.clock.note()
        _progress(ground, study, trial.number, settings, 60 * done / (time.monotonic() - begun))


def _foretold(ground: Ground, each: float) -> None:
    """Say how many trials there is time for, and what would be enough where these are too few to learn from."""
    clock, after = ground.clock, confirming(each)
    count = max(1, int((clock.left - after) / each))
    said = f"time for about {count} trial{'s' * (count > 1)}"
    if clock.left < FIRST * each + after:
        enough = math.ceil((clock.seconds + AMPLE * each + after) / 60)
        said += f"; the first {FIRST} are drawn at random and later ones learn from them: --minutes {enough} is enough"
    ground.log.say(said)


def _tried(ground: Ground, study: Study, trial: Any, recipe: Recipe, aim: Aim, whole: bool) -> None:
    """One trial, fold by fold, given up where others were better by then; a whole one never is."""
    parts: list[Predictions] = []
    for fold in CHOOSE:
        parts.append(ground.judge(recipe, fold, f"trial-{trial.number}"))
        found = _pooled(parts)
        value = aim.score(replace(found, temperature=heat(found)))[1]
        if not np.isfinite(value):
            raise RunError(f"{ground.start.metric} is not defined on what was said of fold {fold}")
        trial.report(value, fold)
        if fold != CHOOSE[-1] and not whole and trial.should_prune():
            study.tell(trial)
            return
    trial.set_user_attr("recipe", recipe.toml())
    keep(ground.place / "outcomes" / f"trial-{trial.number:05d}.npz", found)
    study.tell(trial, value)


def _seconds(study: Study, guess: float) -> float:
    """What a whole trial took, the middle one of those that were finished; `guess` or LEAST before."""
    took = [one["seconds"] for one in study.trials() if one["state"] == "complete" and one["seconds"]]
    return float(np.median(took)) if took else guess or LEAST


def confirming(trial: float) -> float:
    """Seconds of the two fittings, of one fold each, that the end takes when a trial of two folds takes so many."""
    return 1.2 * trial + FINISH


def _best(study: Study) -> "dict[str, Any] | None":
    """The finished trial with the greatest value, the first of equals."""
    done = [one for one in study.trials() if one["state"] == "complete"]
    return max(done, key=lambda one: (one["value"], -one["number"])) if done else None


def _progress(ground: Ground, study: Study, number: int, settings: dict[str, Any], rate: float) -> None:
    """Say what a trial came to, the best so far, and how it goes on. rate: trials a minute of this process."""
    trials, best = study.trials(), _best(study)
    mine = next(one for one in trials if one["number"] == number)
    words = ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in settings.items()
    )
    came = {"complete": "done", "pruned": "given up"}.get(mine["state"], f"could not be: {mine['why']}")
    shown = ""
    if best is not None and (found := outcome(ground, path_of(ground, best))) is not None:
        metric = figure(found, metric=ground.start.metric, seed=ground.start.seed)
        shown = f"; best so far {text(metric)}, trial {best['number']}"
    count = sum(one["state"] == "complete" for one in trials)
    left = max(ground.clock.left, 0) / 60
    ground.log.say(
        f"trial {number} ({mine['as_is'] or words}) {came}{shown}; {count} of {len(trials)} done, {rate:.1f} a minute, "
        f"{left:.0f} min left"
    )


def _written(
    ground: Ground, wanted: Wanted, raced: dict[str, Any], base: Recipe, study: "Study | None", space: Sequence[Axis]
) -> dict[str, Any]:
    """Choose, confirm, write recipe.toml; what is reported."""
    best = _best(study) if study else None
    if study is not None and best is None:
        raise RunError(f"No trial was finished in {wanted.minutes:g} minutes. Give more --minutes to go on.")
    start = ground.settle(ground.start)
    chosen = start
    if study is None:
        chosen = ground.settle(base)
    elif best is not None and best["as_is"] != START:
        own = base if best["as_is"] else Recipe.of(best["settings"], base)
        chosen = ground.settle(own)
    ground.log.say(f"last: {'the start' if chosen == start else 'the best and the start'} on pictures that judged none")
    with turn(ground.place / "turns" / "confirm"):
        verdict = confirm(ground, chosen, start)
    final = chosen if verdict["kept"] else start
    found = {
        "format": FORMAT, "command": wanted.command, "metric": ground.start.metric, "n": len(ground.fold),
        "choose": len(ground.rows(*CHOOSE)), "confirm": len(ground.rows(CONFIRM)), "race": raced, "verdict": verdict,
        "space": [str(axis) for axis in space], "trials": study.trials() if study else [],
        "best": best["number"] if best else None, "importances": study.importances(space) if study else {},
        "seconds": round(ground.clock.seconds), "settings": _changes(start, final), "recipe": final.changed(),
        "classes": list(ground.data.images.classes), "came_from": ground.data.images.came_from,
    }  # fmt: skip
    if best is not None and (kept := outcome(ground, path_of(ground, best))) is not None:
        found["chose"] = figure(kept, metric=ground.start.metric, seed=ground.start.seed)
    head = [f"# {wanted.command}", f"# {verdict['sentence']}", f"# {verdict['figure_sentence']}"]
    write(ground.place / "recipe.toml", "\n".join([*head, final.toml()]))
    ground.log.say(f"{verdict['sentence']}: {ground.place / 'recipe.toml'}")
    return plain(found)


def _changes(start: Recipe, final: Recipe) -> dict[str, list[Any]]:
    """Settings that are not the start's: name to [before, now]."""
    pairs = ((each.name, getattr(start, each.name), getattr(final, each.name)) for each in fields(Recipe))
    return {name: [old, new] for name, old, new in pairs if old != new}
