"""A run in several processes: who starts them, whose turn it is, and when they part. Alone, all of this does nothing.

`linne train ... --devices 2` starts the same command again under torchrun; so may anybody (`torchrun -m linne train`).
The first process writes the run's folder and measures; the others take their part in every step, and leave after the
last one.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..core.errors import OptionError, RunError
from ..core.lookup import find
from ..core.recipe import Recipe
from ..core.run import Run
from ..core.spec import chain
from .log import Log
from .plan import Plan

FOLD = "LINNE_FOLD"
"""Which fold alone a process fits that another one started."""
CORES = 8
"""Of a CPU that a fold has to itself at least: two folds side by side on fewer take as long as one after the other."""


def several() -> bool:
    """Whether this process is one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def wanted(recipe: Recipe) -> bool:
    """Whether processes are asked for that nobody has started yet."""
    return recipe.devices > 1 and "WORLD_SIZE" not in os.environ


def ready(recipe: Recipe, plan: "str | Path | None" = None) -> None:
    """See before any picture is read that what training is to happen on is here, and that every setting of it counts.

    Raises OptionError, MissingExtra for a hook's, RunError for a plan that cannot be read. Imports torch where more
    than the first classifier is asked for, and not otherwise.
    """
    if not recipe.trains:
        if plan is not None:
            raise OptionError("plan has no effect on the first classifier, for which nothing is measured. Drop it.")
        return
    from . import device

    Plan(None, plan)
    for hook in chain(recipe.hook):
        find("hook", hook)()
    where = device.device(recipe.device, recipe.shard and not wanted(recipe))
    if recipe.synchronise and where.alone and not wanted(recipe):
        raise OptionError("synchronise has no effect on one process. Give --devices 2 or more, or drop it.")


def launch(command: str, path: Path, recipe: Recipe) -> Run:
    """Run a `linne train` command in as many processes; its run. Raises RunError where one of them fails for good."""
    from . import device

    with TemporaryDirectory() as aside:
        fault = Path(aside) / "fault"
        code = device.launch(recipe.devices, shlex.split(command)[1:], fault)
        if fault.exists():
            raise RunError(fault.read_text(encoding="utf-8"))
    if code:
        raise RunError(f"A process of {path} failed ({code}), see above. The same command goes on from where it was.")
    return Run(path)


@contextmanager
def turn(recipe: Recipe) -> Iterator[None]:
    """The first process goes through this before the others, who then find its files and caches."""
    if not several():
        yield
        return
    from . import device

    with device.first(device.device(recipe.device)):
        yield


def part(where: Any) -> None:
    """The first process goes on alone; the others have done their part and end here."""
    if where.alone:
        return
    from . import device

    device.together(where)
    device.leave()
    if not where.main:
        raise SystemExit(0)


def fold() -> "int | None":
    """The fold that this process was started for; None where it is nobody's helper."""
    return int(os.environ[FOLD]) if FOLD in os.environ else None


def abreast(trains: bool) -> list[dict[str, str]]:
    """The environment of each process that may fit a fold at the same time: a GPU each, or CORES of a large CPU."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if trains:
        import torch

        if (gpus := torch.cuda.device_count()) > 1:
            return [{"CUDA_VISIBLE_DEVICES": str(gpu)} for gpu in range(gpus)]
    return [{"OMP_NUM_THREADS": str(CORES)}] * (cores // CORES)


def folds(command: str, left: Sequence[int], trains: bool, log: Log) -> None:
    """Fit these folds of a `linne train` command, as many at a time as the machine allows; nothing where that is one.

    A fold whose process fails is left to the caller, who meets the same error and says it.
    """
    seats = abreast(trains)
    if min(len(seats), len(left)) < 2:
        return
    log.say(f"{len(left)} folds, {min(len(seats), len(left))} at a time; each has a log in its own folder")
    waiting, running = list(left), {}
    words = [sys.executable, "-m", "linne", *shlex.split(command)[1:], "--quiet"]
    try:
        while waiting or running:
            for seat, environment in enumerate(seats):
                if seat not in running and waiting:
                    own = {**os.environ, **environment, FOLD: str(waiting.pop(0))}
                    running[seat] = subprocess.Popen(
                        words, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                    )
            seat = next(iter(running))
            try:
                running[seat].wait(0.2)
            except subprocess.TimeoutExpired:
                running[seat] = running.pop(seat)  # the next one's turn to be looked at
            else:
                del running[seat]
    finally:
        for process in running.values():
            process.terminate()
