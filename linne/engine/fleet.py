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
from typing import Any

from ..core.errors import RunError
from ..core.recipe import Recipe
from ..core.run import Run


def several() -> bool:
    """Whether this process is one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def wanted(recipe: Recipe) -> bool:
    """Whether processes are asked for that nobody has started yet."""
    return recipe.devices > 1 and "WORLD_SIZE" not in os.environ


def launch(command: str, path: Path, recipe: Recipe) -> Run:
    """Run a `linne train` command in as many processes; its run. Raises RunError where one of them fails for good."""
    from . import device

    code = device.launch(recipe.devices, shlex.split(command)[1:])
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
