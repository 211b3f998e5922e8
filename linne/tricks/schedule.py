"""Schedules: where the run is, to a multiple of the peak rate. Pure functions: nothing is counted, nothing saved.

The loop offers progress (0..1 of the run after its warm-up), history (the validation figures so far, higher is better),
step, steps (after the warm-up) and epochs (the run's length, a fraction where steps cut one short).
"""

import math
from collections.abc import Sequence

from linne.core.errors import OptionError

warms = ("one_cycle",)
"""Schedules that warm up themselves: the run's own warm-up is 0 with them."""


def constant(progress: float) -> float:
    """constant: the peak rate throughout."""
    return 1.0


def linear(progress: float, *, end: float = 0.0) -> float:
    """linear: a straight line from the peak to `end` (a multiple of the peak, at least 0)."""
    _least("linear", end=end)
    return 1 + (end - 1) * progress


def cosine(progress: float, *, end: float = 0.0) -> float:
    """cosine: half a cosine from the peak to `end` (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5).

    end + (1 - end) (1 + cos(pi progress)) / 2; `end` is a multiple of the peak, at least 0.
    """
    _least("cosine", end=end)
    return end + (1 - end) * (1 + math.cos(math.pi * progress)) / 2


def step(progress: float, *, every: float = 1 / 3, factor: float = 0.1) -> float:
    """step: times `factor` after each share `every` of the run (He et al. 2016, arXiv:1512.03385, section 3.4).

    `every` in (0, 1): 30 epochs of 90 are 1/3. `factor` in (0, 1).
    """
    if not (0 < every < 1 and 0 < factor < 1):
        raise OptionError(f"step(every={every}, factor={factor}): a share of the run and a factor, both in (0, 1).")
    return factor ** math.floor(progress / every + 1e-9)


def multistep(progress: float, *, at: Sequence[float] = (0.5, 0.75), factor: float = 0.1) -> float:
    """multistep: times `factor` at each of the shares `at` of the run (Zagoruyko & Komodakis 2016, arXiv:1605.07146).

    Epochs 60, 120 and 160 of 200 are `at=(.3,.6,.8)`: ascending, in (0, 1). `factor` in (0, 1).
    """
    places = tuple(at) if isinstance(at, Sequence) else (at,)
    rising = all(low < high for low, high in zip((0, *places), (*places, 1), strict=True))
    if not (places and rising and 0 < factor < 1):
        raise OptionError(f"multistep(at={at}, factor={factor}): ascending shares of the run and a factor, in (0, 1).")
    return factor ** sum(progress >= place - 1e-9 for place in places)


def restarts(step: int, steps: int, epochs: float, *, first: float = 10, multiple: int = 2, end: float = 0.0) -> float:
    """restarts: cosines that begin again at the peak (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5).

    The `first` cycle has that many epochs, each next one `multiple` (a whole number from 1) times as many; `end` is the
    multiple of the peak at a cycle's end. A cycle ends where the next begins: found by adding cycles up, since the
    logarithm in the usual code is 4.999999999999999 for the 121st epoch of first=1, multiple=3.
    """
    if not (first > 0 and isinstance(multiple, int) and multiple >= 1):
        raise OptionError(f"restarts(first={first}, multiple={multiple}): first > 0 epochs, multiple 1, 2, 3, ...")
    _least("restarts", end=end)
    place, long = step * epochs / steps, first
    if multiple == 1:
        place %= long
    while place >= long:
        place, long = place - long, long * multiple
    return cosine(place / long, end=end)


def one_cycle(progress: float, *, up: float = 0.3, start: float = 0.04, end: float = 4e-6) -> float:
    """one_cycle: up to the peak and down to almost nothing (Smith & Topin 2018, arXiv:1708.07120; fastai's cosines).

    From `start` to 1 over the share `up` of the run, then to `end`: multiples of the peak, at least 0, as torch's
    OneCycleLR by default (1/25 and 1/250,000). `up` in (0, 1). It warms up itself.
    """
    if not 0 < up < 1:
        raise OptionError(f"one_cycle(up={up}): a share of the run, in (0, 1).")
    _least("one_cycle", start=start, end=end)
    if progress < up:
        return start + (1 - start) * (1 - math.cos(math.pi * progress / up)) / 2
    return cosine((progress - up) / (1 - up), end=end)


def flat_cosine(progress: float, *, flat: float = 0.72, end: float = 0.0) -> float:
    """flat_cosine: the peak for a share of the run, then half a cosine (Wright 2019, Ranger's advice: 72-75 %).

    `flat`: that share, in (0, 1). `end` is a multiple of the peak, at least 0.
    """
    if not 0 < flat < 1:
        raise OptionError(f"flat_cosine(flat={flat}): a share of the run, in (0, 1).")
    return cosine(max(0.0, (progress - flat) / (1 - flat)), end=end)


def plateau(
    history: Sequence[float],
    *,
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    cooldown: int = 0,
    end: float = 0.0,
) -> float:
    """plateau: times `factor` when the validation figure has not risen for a while (torch's ReduceLROnPlateau).

    After more than `patience` evaluations in a row without one above the best by `threshold` (in the figure's own
    units), then `cooldown` evaluations that do not count; never below `end`. Played again from the history each time.
    A figure that is not a number has not risen. `factor` in (0, 1), the counts whole and at least 0.
    """
    whole = all(isinstance(count, int) and count >= 0 for count in (patience, cooldown))
    if not (0 < factor < 1 and whole and threshold >= 0):
        raise OptionError(
            f"plateau(factor={factor}, patience={patience}, threshold={threshold}, cooldown={cooldown}): "
            "factor in (0, 1), patience and cooldown whole, none below 0."
        )
    _least("plateau", end=end)
    best, bad, rest, rate = -math.inf, 0, 0, 1.0
    for figure in history:
        better = figure > best + threshold
        best = figure if better else best
        bad = 0 if better or rest else bad + 1
        rest = max(rest - 1, 0)
        if bad > patience:
            rate, bad, rest = max(rate * factor, end), 0, cooldown
    return rate


def polynomial(progress: float, *, power: float = 2.0, end: float = 0.0) -> float:
    """polynomial: end + (1 - end) (1 - progress)^power (Chen et al. 2017, arXiv:1606.00915, section 4.1, power .9).

    `power` > 0; 1 is linear. `end` is a multiple of the peak, at least 0.
    """
    if power <= 0:
        raise OptionError(f"polynomial(power={power}): it is positive.")
    _least("polynomial", end=end)
    return end + (1 - end) * (1 - progress) ** power


def exponential(progress: float, *, end: float = 0.01) -> float:
    """exponential: the same factor every step, from the peak to `end` of it: end^progress. `end` in (0, 1)."""
    if not 0 < end < 1:
        raise OptionError(f"exponential(end={end}): a multiple of the peak, in (0, 1).")
    return end**progress


def _least(name: str, **given: float) -> None:
    for option, value in given.items():
        if not 0 <= value < 1:
            raise OptionError(f"{name}({option}={value}): a multiple of the peak rate, at least 0 and below 1.")
