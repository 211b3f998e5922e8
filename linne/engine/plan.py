"""What is measured before a run and then fixed, and what the clock decided: `plan.json`, obeyed by every restart.

A measurement differs from one start to the next, so none may be made twice: it is written down before it has an
effect, and a resumed run, or one that is given `--plan`, reads it instead.
"""

import copy
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core.errors import RunError
from ..core.files import write_json

GAIN = 0.03
"""Share of a step's time that a faster way must save at least: less is noise."""
BEST = 0.45
"""Share of a step's time that compiling saved at most: 24 against 18 pictures/s on 2 cores, 1.8 times on GPUs."""
A_LAYER = 0.45
"""Seconds that compiling takes for each layer with weights: 45 of a core for EfficientNet-Lite0's 99, 118 at first."""
TIMES = 3
"""Calls of which the quickest is what something takes."""
COMPILERS = ("c++", "g++", "clang++", "cl")


class Plan:
    """Decisions by name, kept in a file where there is a place for one."""

    def __init__(self, path: "Path | None" = None, pinned: "str | Path | None" = None) -> None:
        self.path = path
        self.known: dict[str, Any] = {}
        for file in (pinned, path):
            if file is not None and Path(file).exists():
                self.known |= _read(Path(file))
        if pinned is not None and not Path(pinned).exists():
            raise RunError(f"There is no plan {pinned}. A finished run's is plan.json in its folder.")
        if pinned is not None and path is not None:  # whoever opens this run's plan next finds it there
            write_json(path, self.known)

    def decide(self, name: str, measure: Callable[[], Any]) -> Any:
        """What was decided about `name`; where nothing was, what `measure` finds, written down before it is used."""
        if name not in self.known:
            self.record(name, _agreed(measure()))
        return self.known[name]

    def record(self, name: str, value: Any) -> None:
        """Write a decision down."""
        self.known[name] = value
        if self.path is not None:
            write_json(self.path, self.known)

    def get(self, name: str, default: Any = None) -> Any:
        return self.known.get(name, default)


def _agreed(value: Any) -> Any:
    """The main process's measurement where several share a run."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return value
    from .device import agreed

    return agreed(value)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged ({error}). Delete it to measure again; the run may then differ.") from error
    if not isinstance(found, dict):
        raise RunError(f"{path} is no plan: expected an object of decisions by name.")
    return found


def timed(work: Callable[[], Any], wait: Callable[[], Any], times: int = 0) -> float:
    """Seconds that `work` takes: the least of TIMES calls, or so many, after one that warms up."""
    work()
    wait()
    took = []
    for _ in range(times or TIMES):
        begun = time.perf_counter()
        work()
        wait()
        took.append(time.perf_counter() - begun)
    return min(took)


def measure_format(module: Any, pictures: Any, where: Any, precision: str = "f32") -> tuple[bool, str, float]:
    """(whether channels_last is faster, what was measured, a step's seconds with the faster), of a copy in training.

    pictures: (B, C, H, W) float, as many as in a step. Whether it is depends on the network and the machine:
    depth-wise convolutions gain 2 times on a CPU, others may lose. `module` and torch's draws stay as they are.
    """
    took = {way: step_seconds(module, pictures, where, precision, way) for way in (False, True)}
    use = took[True] < (1 - GAIN) * took[False]
    rate = {way: len(pictures) / seconds for way, seconds in took.items()}
    return use, f"channels_last: {rate[True]:,.4g} pictures/s a pass, {rate[False]:,.4g} without", took[use]


def worth_compiling(
    module: Any, pictures: Any, where: Any, steps: int, precision: str = "f32", channels_last: bool = False,
    eager: "float | None" = None,
) -> tuple[bool, str, float]:  # fmt: skip
    """(whether torch.compile pays for itself within `steps`, why, a step's seconds then), pictures (B, C, H, W).

    eager: a step's seconds without, measured where not given.

    Nothing is compiled where even the best gain known is less than compiling costs, or no C++ compiler is there. A
    compiled copy is timed otherwise; inductor keeps what it made on disk, but loading it is charged as if it did not.
    """
    eager = eager or step_seconds(module, pictures, where, precision, channels_last)
    layers = sum(any(True for _ in part.parameters(False)) for part in module.modules())
    if steps * eager * BEST < 2 * A_LAYER * layers:  # once to measure, once to run
        return False, f"not compiled: {steps:,} steps of {eager:.3g} s are too few to make up for it", eager
    if not any(shutil.which(name) for name in (os.environ.get("CXX", ""), *COMPILERS) if name):
        return False, "not compiled: there is no C++ compiler here (g++ or clang++)", eager
    begun = time.perf_counter()
    try:
        compiled = step_seconds(module, pictures, where, precision, channels_last, compiled=True)
    except Exception as error:
        return False, f"not compiled: {(str(error).splitlines() or [type(error).__name__])[0]}", eager
    cost = time.perf_counter() - begun
    use = compiled < (1 - GAIN) * eager and steps * (eager - compiled) > cost
    word = "compiled" if use else "not compiled"
    why = f"{word}: {compiled:.3g} s a step for {eager:.3g} s, after {cost:.0f} s of compiling"
    return use, why, compiled if use else eager


def step_seconds(
    module: Any, pictures: Any, where: Any, precision: str, channels_last: bool, compiled: bool = False
) -> float:
    """Seconds of a forward and backward pass of a copy of `module` in training, the least of three."""
    import torch

    from .device import autocast

    with torch.random.fork_rng(range(torch.cuda.device_count()) if where.torch.type == "cuda" else []):
        form = torch.channels_last if channels_last else torch.contiguous_format
        twin = copy.deepcopy(module).to(where.torch, memory_format=form).train()
        held = pictures.to(where.torch).contiguous(memory_format=form)
        if compiled:
            twin.compile()

        def work() -> None:
            for parameter in twin.parameters():
                parameter.grad = None
            with autocast(where, precision):
                logits = twin(held)
            logits.float().square().mean().backward()

        return timed(work, torch.cuda.synchronize if where.torch.type == "cuda" else lambda: None)
