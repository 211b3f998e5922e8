"""The ladder: probe, then tail, then full fine-tuning; each is kept only where it beats the one before.

A rung is kept when its gain on pictures that it never saw is positive and the lower end of the gain's interval is above
-1 point; it is called better only where the interval excludes none. What the clock decides, and what is measured, is
written into plan.json before it acts, so that the same command goes on to the same bytes.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.predictions import Predictions
from ..core.recipe import LADDER
from . import ways
from .budget import MEMBER, Tail, fit_tail
from .climb import Climb
from .compare import compare
from .recipes import Steps, steps_of
from .rung import Member, Rung, average, said
from .task import heat

FOLDS = 3
SLACK = -0.01
"""The lower end of the gain's interval from which on the better estimate is kept."""
FULL = 1.0
"""Epochs of full fine-tuning below which it is not begun."""


@dataclass(eq=False)
class Best:
    """The best rung so far. predictions: of learning pictures that its members never saw; file: its tensors, None for
    the probe; decisions: of every rung, JSON-ready."""

    name: str
    predictions: Predictions
    members: Sequence[Member] = ()
    file: "Path | None" = None
    decisions: list[dict[str, Any]] = field(default_factory=list)


def climb(up: Climb) -> Best:
    """Every rung that the time allows; the best of them."""
    best = Best("probe", up.stood.head.oof)
    alone = up.recipe.method != "auto"
    for name in (up.recipe.method,) if alone else LADDER[1:]:
        made = tail(up) if name == "tail" else pictures(up, name, best.members)
        if made is None:
            break
        best = chosen(up, best, made, alone)
        up.clock.note()
    return best


def chosen(up: Climb, best: Best, made: Best, alone: bool) -> Best:
    """The better of two rungs on pictures that neither had learned; the first where the second does not pay."""
    shared = np.flatnonzero(np.isin(best.predictions.rows, made.predictions.rows))
    before, after = (replace(one, temperature=heat(one)) for one in (best.predictions.take(shared), made.predictions))
    found = compare(after, before, metric=up.recipe.metric, seed=up.recipe.seed)
    keep = alone or (found["value"] > 0 and found["low"] > SLACK)
    word = "it was asked for" if alone else "kept" if keep else f"{best.name} stays"
    on = f"on {len(after):,} pictures that neither had learned"
    up.log.say(f"{made.name} beside {best.name} {on}: {found['sentence']}; {word}")
    decision = {"rung": made.name, "beside": best.name, "kept": keep, "n": len(after), "gain": found}
    winner = made if keep else best
    winner.decisions = [*best.decisions, decision]
    return winner


def tail(up: Climb) -> "Best | None":
    """The tail on activations computed once; None where the time is too short."""
    n, recipe = len(up.stood.learn), up.recipe
    steps = steps_of(recipe, "tail", n)
    wanted = steps.epochs
    epochs = (wanted, wanted, wanted) if recipe.epochs else (max(3.0, wanted / 3), wanted, 1.5 * wanted)
    trunk = ways.choose_cut(up, steps, epochs, FOLDS)
    way = ways.measured(up, trunk, ways.activations(up, trunk, 1), steps)
    room = ways.room()
    found = up.plan.decide("tail", lambda: _plain(fit_tail([way], n, up.left, room, epochs, FOLDS)))
    if found is None:
        least = fit_tail([way], n, float("inf"), room, (epochs[0], epochs[0], epochs[0]), 1)
        needs = _time(least.seconds if least else 0)
        up.log.say(f"tail: not begun; the least takes about {needs}, and {_time(up.left)} are left")
        return None
    plan = Tail(**found)
    up.log.say(
        f"tail: what comes after {plan.cut}, {trunk.after:.0%} of the network's work, learns for {plan.epochs:g} "
        f"epochs from {plan.views} views, {plan.members} times without one of {plan.folds} folds; about {_time(plan.seconds)}",
        plan=found,
    )
    feed = ways.activations(up, trunk, plan.views, plan.kept)
    feed.compute()
    up.clock.note()
    side = f", size={up.stood.data.geometry.size}" if plan.products else ""
    method = f"tail(cut={plan.cut!r}, products={plan.products!r}{side})"
    steps = replace(steps, method=method, epochs=plan.epochs, workers=1)
    return trained(up, _rung(up, "tail", steps, feed.part, ()), plan.members, plan.seconds / plan.members)


def pictures(up: Climb, name: str, start: Sequence[Member]) -> "Best | None":
    """A method that learns from pictures, in new views every epoch; None where the time is too short."""
    n, members, share = len(up.stood.learn), max(1, len(start)), (FOLDS - 1) / FOLDS
    steps = steps_of(up.recipe, name, n)
    guess, _ = ways.picture_seconds(up, steps, worth=False)
    possible = members * share * n * guess / 4 < up.left or "pictures cost" in up.plan.known
    seconds, last = ways.picture_seconds(up, steps, worth=possible)
    epoch = members * share * n * seconds
    left = up.left - members * MEMBER
    fits = up.plan.decide(f"{name} epochs", lambda: steps.epochs if left > steps.epochs * epoch else left // epoch)
    if fits < FULL:
        needs = f"an epoch at {1 / seconds:,.0f} pictures/s takes about {_time(epoch)}, {steps.epochs:g} are usual"
        up.log.say(f"{name}: not begun; {needs}, and {_time(up.left)} are left")
        return None
    up.log.say(
        f"{name}: {fits:g} epochs at {1 / seconds:,.0f} pictures/s, {members} times without one of {FOLDS} folds; "
        f"about {_time(fits * epoch)}"
    )
    steps = replace(steps, epochs=float(fits), channels_last=last)
    rung = _rung(up, name.partition("(")[0], steps, ways.shown(up).part, start)
    return trained(up, rung, members, fits * epoch / members)


def trained(up: Climb, rung: Rung, count: int, each: float) -> Best:
    """A rung's members, as many as the clock allows and at least one, and their average."""
    members = [rung.member(0, up.left)]
    for number in range(1, count):
        if not up.plan.decide(f"{rung.name}-{number} begins", lambda: bool(up.left > 0.9 * each)):
            up.log.say(f"{rung.name}: {number} of {count} members; the time does not reach for another")
            break
        members.append(rung.member(number, up.left))
    file = rung.place / f"{rung.name}.safetensors"
    average(members, file)
    return Best(rung.name, said(members, up.stood), members, file)


def _rung(up: Climb, name: str, steps: Steps, feed: Any, start: Sequence[Member]) -> Rung:
    recipe = up.recipe
    return Rung(name, steps, FOLDS, up.stood, up.place / "ladder", up.plan, up.log, up.clock, feed, recipe.seed,
                recipe.metric, up.where, start)  # fmt: skip


def _plain(plan: "Tail | None") -> "dict[str, Any] | None":
    return asdict(plan) if plan else None


def _time(seconds: float) -> str:
    """Seconds in words."""
    for most, unit, one in ((120, "s", 1), (7200, "min", 60)):
        if seconds < most:
            return f"{max(seconds, 0) / one:.0f} {unit}"
    return f"{seconds / 3600:.1f} h"
