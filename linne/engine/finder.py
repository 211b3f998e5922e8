"""The learning rate range test: raise the rate until the loss explodes, take the steepest way down (Smith 2017,
arXiv:1506.01186, section 3.3; as in davidtvs/pytorch-lr-finder). Pure pieces, and the test itself on a copy."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ..core.errors import InputError, OptionError
from .settings import Diverged, Settings

STEPS = 40, 100
"""The least and the most steps of a test."""
FIRST, LAST = 10, 5
"""Points left out at the beginning, where the smoothed loss has not settled, and at the end, where it explodes."""


@dataclass(frozen=True)
class Found:
    """rate: the suggestion. rates, losses, smoothed: the curve, (n,) each, up to where it was stopped."""

    rate: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    diverged: bool


def rates(low: float, high: float, n: int = 100) -> list[float]:
    """`n` rates from low to high, each the same multiple of the one before: low (high / low)^(i / (n - 1)).

    Raises OptionError unless 0 < low < high and n > 1.
    """
    if not (0 < low < high < math.inf and n > 1):
        raise OptionError(f"A range of rates needs 0 < low < high and more than 1 step, got {low}, {high}, {n}.")
    return [low * (high / low) ** (at / (n - 1)) for at in range(n)]


def smooth(losses: Sequence[float], beta: float = 0.05) -> list[float]:
    """Running mean, the first loss as it is: L_i = beta * loss_i + (1 - beta) * L_(i-1); beta in (0, 1].

    1 smooths nothing; at .05 a single loss counts 5 %. Raises OptionError outside.
    """
    if not 0 < beta <= 1:
        raise OptionError(f"smooth(beta={beta}): the share of the newest loss, in (0, 1].")
    made: list[float] = []
    for loss in losses:
        made.append(beta * loss + (1 - beta) * made[-1] if made else float(loss))
    return made


def stop_at(losses: Sequence[float], factor: float = 5.0) -> int:
    """How many of the smoothed losses to keep: the first that is not finite is left out with all that follow; the
    first above `factor` times the least so far (of a positive least) is the last to stay."""
    best = math.inf
    for at, loss in enumerate(losses):
        if not math.isfinite(loss):
            return at
        best = min(best, loss)
        if best > 0 and loss > factor * best:
            return at + 1
    return len(losses)


def suggest(rates: Sequence[float], losses: Sequence[float]) -> float:
    """The rate at which the smoothed loss falls most steeply, per step and so per multiple of the rate.

    The first 10 and last 5 points take no part. Raises InputError below 17 points or where the loss falls nowhere.
    """
    if len(losses) < FIRST + LAST + 2 or len(rates) < len(losses):
        raise InputError(
            f"The range test has {len(losses)} points and needs {FIRST + LAST + 2}: the loss exploded too early. "
            "Begin at a lower rate or take more steps."
        )
    slopes = np.gradient(np.asarray(losses[FIRST:-LAST], float))
    steepest = int(slopes.argmin())
    if slopes[steepest] >= 0:
        raise InputError("The loss falls at none of the rates: the data or the network may be at fault, not the rate.")
    return float(rates[FIRST + steepest])


class _Watch:
    """A hook that notes the loss of each step and ends the test where it has exploded."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.stop = ""

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        self.losses.append(float(record["loss"]))
        if self.exploded:
            self.stop = "the loss exploded"

    @property
    def exploded(self) -> bool:
        whole = smooth(self.losses)
        return bool(whole) and stop_at([*whole, 0.0]) <= len(whole)


def ramp(step: int, steps: int, *, low: float) -> float:
    """The test's schedule: `rates` as multiples of the last, of which the first is `low`."""
    return low ** (1 - step / (steps - 1))


def find_rate(
    method: Any,
    feeds: Any,
    settings: Settings,
    low: float,
    high: float,
    n: int = 100,
    *,
    where: Any = None,
    log: Any = None,
) -> Found:
    """One step at each of `rates(low, high, n)`, by `loop.fit`, until the loss explodes; the suggestion and the curve.

    A copy of the method learns, and torch's generators stand afterwards where they stood, whatever happens: nothing of
    the test stays. Of several stages the longest is tested. A loss that is not finite counts as an explosion. Raises
    InputError where the curve suggests nothing, and whatever `fit` raises.
    """
    import torch

    from .loop import fit

    row = rates(low, high, n)
    twin, watch = copy.deepcopy(method), _Watch()
    if getattr(twin, "stages", None):
        twin.stages = [max(twin.stages, key=lambda stage: stage.share)]
    test = replace(settings, steps=n, rate=high, schedule=partial(ramp, low=low / high), warmup=0.0, budget=0.0,
                   every=1e9, keep="last")  # fmt: skip
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        try:
            fit(twin, feeds, test, where=where, log=log, hooks=[watch])
        except (FloatingPointError, Diverged):
            watch.losses.append(math.inf)
    whole = smooth(watch.losses)
    count = stop_at(whole)
    return Found(suggest(row, whole[:count]), tuple(row[:count]), tuple(watch.losses[:count]), tuple(whole[:count]),
                 watch.exploded)  # fmt: skip
