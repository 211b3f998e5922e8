"""The learning rate range test: raise the rate until the loss explodes, take the steepest way down (Smith 2017,
arXiv:1506.01186, section 3.3; as in davidtvs/pytorch-lr-finder). Pure pieces, and one function that cleans up."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.errors import InputError, OptionError
from .settings import Diverged

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


def find_rate(
    run_step: Callable[[float], float],
    rates: Sequence[float],
    snapshot: Callable[[], Any],
    restore: Callable[[Any], None],
    *,
    beta: float = 0.05,
    factor: float = 5.0,
) -> Found:
    """One step at each rate until the loss explodes; the suggestion and the curve.

    `snapshot()` gives all that steps touch (weights, buffers, optimizer, scaler, torch's generator), `restore` puts it
    back, whatever happens in between. An overflow (FloatingPointError) or a loss that is not finite (Diverged) counts
    as an explosion. Raises InputError where the curve suggests nothing, and whatever else `run_step` raises.
    """
    kept = snapshot()
    losses: list[float] = []
    try:
        for rate in rates:
            try:
                losses.append(float(run_step(rate)))
            except (FloatingPointError, Diverged):
                losses.append(math.inf)
            if stop_at([*smooth(losses, beta), 0.0], factor) <= len(losses):
                break
    finally:
        restore(kept)
    whole = smooth(losses, beta)
    count = stop_at(whole, factor)
    diverged = stop_at([*whole, 0.0], factor) <= len(losses)
    return Found(
        suggest(rates, whole[:count]), tuple(rates[:count]), tuple(losses[:count]), tuple(whole[:count]), diverged
    )
