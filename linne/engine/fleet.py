"""A run in several processes: who starts them, whose turn it is, and when they part. Alone, all of this does nothing.

`linne train ... --devices 2` starts the same command again under torchrun; so may anybody (`torchrun -m linne train`).
The first process writes the run's folder and measures; the others take their part in every step, and leave after the
last one.
"""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..core.errors import OptionError, RunError
from ..core.lookup import find
from ..core.recipe import Recipe
from ..core.run import Run
from ..core.spec import chain
from .plan import Plan


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
