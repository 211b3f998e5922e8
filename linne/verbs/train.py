"""linne train: pictures in, an honest classifier out."""

import shlex
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.errors import LinneError, OptionError
from ..core.files import write_json
from ..core.load import load
from ..core.recipe import Recipe
from ..core.run import Run
from ..engine.log import Log
from ._added import added, alone
from ._made import IN_MEMORY, flags, made, one_fold
from ._paged import tried


def train(
    images: Any,
    *,
    out: str | Path | None = None,
    recipe: str | Path | Recipe | None = None,
    strict: bool = False,
    plan: str | Path | None = None,
    add_to: str | Path | Run | None = None,
    log: Log | None = None,
    **settings: Any,
) -> Run:
    """Train a classifier on labelled pictures and judge it on pictures that it never saw.

    The first one takes seconds; with --minutes it goes on, and keeps only what measurably beats it.

    The same command with the same --out goes on where a stopped one was.

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    out
        The run's folder; the first free of runs/NAME, runs/NAME-2, ... when not given.
    recipe
        A TOML file of settings; flags go over it.
    strict
        Exit with 1 when test pictures have a twin among the learning ones, or a finding is of high severity.
    plan
        Another run's plan.json: what it measured and decided is not measured again.
    add_to
        A finished run that the pictures' classes are added to, in seconds: its network, settings and split stay, its
        head is solved for anew into another run, and old classes are compared with before.
    """
    from ..engine import fleet, folder, origin

    begun, log = time.monotonic(), log or Log(quiet=True)
    if add_to is not None:
        alone({"recipe": recipe, "plan": plan})
        return _gated(added(images, Run(add_to), out, settings, log), strict)
    chosen = recipe if isinstance(recipe, Recipe) else Recipe.load(recipe) if recipe else Recipe()
    chosen = Recipe.of(settings, chosen)
    why = origin.origin(recipe, chosen)
    fleet.ready(chosen, plan)
    pictures = load(images)
    path = folder.place(out, pictures)
    command = _command(images, path, chosen, plan)
    if (number := fleet.fold()) is not None:
        one_fold(pictures, chosen, path, command, number)
        return Run(path / f"fold-{number}")
    if fleet.wanted(chosen):
        return _gated(_told(fleet.launch(command, path, chosen), why, log), strict)
    with folder.alone(path):
        _run(pictures, path, chosen, command, begun, plan, log, why)
    return _gated(Run(path), strict)


def _run(
    pictures: Any, path: Path, recipe: Recipe, command: str, begun: float, plan: "str | Path | None", log: Log, why: Any
) -> None:
    """Everything from the pictures to the run's last file; nothing is left of it where they turn out unusable."""
    from ..engine import extra, fleet, folder, origin, tree
    from ..engine.course import FEATURES
    from ..engine.data import examine
    from ..engine.outlook import outlook
    from ..engine.plan import Plan
    from ..engine.pool import gather
    from ..engine.pu import chosen, joined, prepared
    from ..engine.settled import settled, single

    with fleet.turn(recipe):
        resumed = folder.begin(path, recipe, command)
        if why:
            write_json(path / origin.NAME, why)
    log.keep(path / "log.jsonl")
    try:
        if resumed:
            log.say(f"going on with the unfinished run {path}")
        before = Plan(path / "plan.json", plan).get(FEATURES, recipe.runtime)
        if pictures.targets is None:
            single(recipe)
        else:
            recipe = settled(recipe, len(pictures.classes))
        recipe = chosen(pictures, recipe, log)
        pictures = joined(pictures, recipe) if recipe.positive else pictures
        if recipe.tree and not recipe.overlay:  # an overlay may name more classes
            tree.given(recipe.tree, pictures.classes)
        with fleet.turn(recipe):
            data = examine(pictures, replace(recipe, runtime=before), log, several=True)
            data.extra = extra.gather(data, recipe, log) if recipe.extra else None
            if recipe.positive:
                data = prepared(data, recipe, log)
            elif recipe.pool:
                data.pool = gather(data, recipe, log)
        learned = made(data, recipe, path, command, begun, log)
        if not recipe.trains and data.images.targets is None and (further := outlook(data, recipe, learned)):
            log.say(further)
        log.say(f"done in {time.monotonic() - begun:.1f} s: {path}")
    except LinneError as error:
        log.close()
        if not resumed:
            folder.undo(path, isinstance(error, OptionError))
        raise
    finally:
        log.close()


def _told(run: Run, why: Any, log: Log) -> Run:
    """The run of processes that were handed its settings alone, with a report that says where these come from."""
    from ..engine import origin
    from .report import report

    if why:
        write_json(run.path / origin.NAME, why)
        tried(run.path, "report.html", lambda: report(run), log)
    return run


def _gated(run: Run, strict: bool) -> Run:
    """The run with its gate closed where it was asked for and something is wrong."""
    leak = run.figures.get("leak", "")
    high = [found["why"] for found in run.findings if found["severity"] == "high"]
    old = run.figures.get("added", {}).get("old", {"worse": False})
    worse = [old["sentence"]] if old["worse"] else []
    if strict and (wrong := [*filter(None, [leak]), *high, *worse]):
        run.gate = f"--strict: {wrong[0]}"
    return run


def _command(images: Any, path: Path, recipe: Recipe, plan: str | Path | None) -> str:
    """The command that makes this run again."""
    given = images if isinstance(images, (str, Path)) else IN_MEMORY
    pinned = ["--plan", shlex.quote(str(plan))] if plan is not None else []
    words = [*flags(recipe.changed()), *pinned, "--out", shlex.quote(str(path))]
    return " ".join(["linne train", shlex.quote(str(given)), *words])
