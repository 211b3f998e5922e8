"""The ladder: probe, then tail, then full fine-tuning; each is kept only where it beats the one before.

A rung is kept when its gain on pictures that it never saw is positive and the lower end of the gain's interval is above
-1 point; it is called better only where the interval excludes none. What the clock decides, and what is measured, is
written into plan.json before it acts, so that the same command goes on to the same bytes.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ..core.lookup import declared
from ..core.predictions import Predictions
from ..core.recipe import LADDER
from ..core.spec import Spec, parse
from . import either, heads, ways
from .budget import EVIDENCE, MEMBER, Tail, fit_tail
from .climb import Climb
from .compare import compare
from .recipes import steps_of
from .rung import WHOLE, Member, joined
from .rungs import FOLDS, Best, advise, fitting, rated, rung_of, trained

SLACK = -0.01
"""The lower end of the gain's interval from which on the better estimate is kept."""
SCRATCH = "supervised"
"""The one rung above the first for a network whose weights are random: there is nothing to keep as it is."""
FULL = 1.0
"""Epochs of full fine-tuning below which it is not begun."""


def climb(up: Climb) -> Best:
    """Every rung that the time allows; the best of them."""
    best = Best("probe", _probe(up))
    alone = up.recipe.method != "auto"
    rungs = LADDER[1:] if up.stood.data.network.seed < 0 else (SCRATCH,)
    for name in (up.recipe.method,) if alone else rungs:
        stands = ground(up, name)
        if stands == "pictures":
            made = pictures(up, name, best.members)
        else:
            made = tail(up, name) if stands == "trunk" else heads.features(up, name)
        if made is None:
            break
        best = chosen(up, best, made, alone)
        up.clock.note()
    return best


def ground(up: Climb, name: str) -> str:
    """What a method learns from: as the recipe says, else its own way, which random weights and a GPU need not take."""
    own = parse(name)[0].name
    if own == "tail":
        return "trunk"
    if (asked := parse(up.recipe.ground)[0].name) != "auto":
        return asked
    kept = up.stood.data.network.seed < 0 and up.where.torch.type == "cpu"
    return declared("method", own, "ground", "pictures") if kept else "pictures"


def _probe(up: Climb) -> Predictions:
    """What the first classifier says of pictures that it had not learned: out of fold, and of validation."""
    parts = [up.stood.head.oof, either.predict(up.stood.data, up.stood.head, up.stood.judge)]
    return joined([(part.rows, part.logits) for part in parts], up.stood)


def chosen(up: Climb, best: Best, made: Best, alone: bool) -> Best:
    """The better of two rungs on pictures that neither had learned; the first where the second does not pay."""
    if up.sure:
        return made
    first = made.beside if best.file is None and made.beside is not None else best.predictions
    shared = np.intersect1d(first.rows, made.predictions.rows)
    both = (one.take(np.searchsorted(one.rows, shared)) for one in (first, made.predictions))
    before, after = (either.warmed(one) for one in both)
    found = compare(after, before, metric=up.recipe.metric, seed=up.recipe.seed)
    keep = alone or (found["value"] > 0 and found["low"] is not None and found["low"] > SLACK)
    word = "it was asked for" if alone else "kept" if keep else f"{best.name} stays"
    on = f"on {len(after):,} pictures that neither had learned"
    told = {"rung": made.name, "seconds": round(up.clock.seconds, 1), "kept": bool(keep), "gain": found}
    up.log.say(f"{made.name} beside {best.name} {on}: {found['sentence']}; {word}", rung=told)
    decision = {"rung": made.name, "beside": best.name, "kept": keep, "asked": alone, "n": len(after), "gain": found}
    winner = made if keep else best
    winner.decisions = [*best.decisions, decision]
    return winner


def tail(up: Climb, name: str = "tail") -> "Best | None":
    """The tail, or another method that learns what comes after a cut, on activations computed once; None where the
    time is too short."""
    n, recipe = len(up.stood.learn), up.recipe
    spec, cut = parse(name)[0], parse(recipe.ground)[0].args
    own = spec.name == "tail"
    given: dict[str, Any] = dict(spec.options) if own else {"cut": cut[0]} if cut else {}
    steps = steps_of(recipe, name, n, up.where.torch.type, "" if own else "trunk")
    wanted = steps.epochs
    epochs = (wanted, wanted, wanted) if recipe.epochs else (wanted / 4, wanted, 2 * wanted)
    room, judged = ways.room(), up.judged
    trunk = ways.choose_cut(up, steps, epochs, (FOLDS, judged), str(given.pop("cut", "")))
    plain = ways.activations(up, trunk, up.stood.learn, 1)
    way = ways.measured(up, trunk, plain, steps)
    products = "" if declared("method", spec.name, "twice", False) else way.products
    given |= {"cut": way.trunk.cut, "products": products}
    if products:
        given["size"] = up.stood.data.geometry.size
    shell = str(Spec("tail", (), tuple(given.items())))
    steps = replace(steps, method=shell if own else name, workers=1)
    shell, pool = "" if own else shell, ways.unlabelled(up, trunk)
    if not own:
        way = replace(way, train=heads.paced(up, rung_of(up, name, steps, plain.of, (), shell, pool)))
    steps = rated(up, spec.name, rung_of(up, name, steps, plain.of, (), shell, pool), way.train)
    found = up.plan.decide("tail", lambda: _planned(up, fit_tail([way], n, up.left, room, epochs, FOLDS, judged)))
    if found is None:
        least = fit_tail([way], n, float("inf"), room, (epochs[0], epochs[0], epochs[0]), FOLDS, n)
        needs = _time(least.seconds if least else 0)
        up.log.say(f"{spec.name}: not begun; the least takes about {needs}, and {_time(up.left)} are left")
        return None
    plan = Tail(**found)
    advise(up, spec.name, replace(steps, epochs=plan.epochs))
    up.log.say(f"{spec.name}: {_told(plan, trunk.after, up)}; about {_time(plan.seconds)}", plan=found)
    feed = ways.activations(up, trunk, up.stood.learn, plan.views, plan.kept)
    feed.compute()
    judges = ways.activations(up, trunk, up.stood.judge, 1)
    judges.compute()
    up.clock.note()
    steps = replace(steps, epochs=plan.epochs)
    rung = rung_of(up, name, steps, lambda rows: feed.of(rows) or judges.of(rows), (), shell, pool)
    return trained(up, rung, plan.witnesses, plan.held, plan.seconds)


def pictures(up: Climb, name: str, start: Sequence[Member]) -> "Best | None":
    """A method that learns from pictures, in new views every epoch; None where the time is too short."""

    def shown(rows: np.ndarray) -> Any:
        return ways.shown(up, rows)

    n, judged, part = len(up.stood.learn), up.judged, (FOLDS - 1) / FOLDS
    needed = judged < EVIDENCE and not start and not up.sure  # somebody must judge it, or say how sure it may be
    held = needed and up.clock.limit < float("inf")
    witnesses = 1 if needed and not held else sum(member.fold != WHOLE for member in start)
    share = part if held else 1 + witnesses * part
    steps = steps_of(up.recipe, name, n, up.where.torch.type)
    guess, _ = ways.picture_seconds(up, steps, None)
    possible = share * n * guess / 4 < up.left or "pictures cost" in up.plan.known
    seconds, steps = ways.picture_seconds(up, steps, share * n * steps.epochs if possible else None)
    if possible:
        steps = rated(up, name, rung_of(up, name, steps, shown), seconds)
    epoch, fittings = share * n * seconds, MEMBER * (1 + witnesses)
    wanted = up.plan.decide(f"{name} epochs", lambda: fitting(steps.epochs, up.left - fittings, epoch))
    if wanted < FULL:
        needs = f"an epoch at {1 / seconds:,.0f} pictures/s takes about {_time(epoch)}, {steps.epochs:g} are usual"
        up.log.say(f"{name}: not begun; {needs}, and {_time(up.left)} are left")
        return None
    advise(up, name, replace(steps, epochs=float(wanted)))
    up.log.say(f"{name}: {wanted:g} epochs at {1 / seconds:,.0f} pictures/s; about {_time(wanted * epoch)}")
    rung = rung_of(up, name, replace(steps, epochs=float(wanted)), shown, start, "", ways.unlabelled(up, None))
    return trained(up, rung, witnesses, held, wanted * epoch)


def _told(plan: Tail, after: float, up: Climb) -> str:
    """A plan in words."""
    judged = len(up.stood.judge)
    who = [f"{judged:,} validation pictures"] * bool(judged and not plan.held)
    if up.judged > judged:
        who.append("other folds' classifiers")
    if plan.held or plan.witnesses:
        count = max(plan.witnesses, 1)
        who.append(f"{count} of {plan.folds} folds that {'it' if plan.held else 'a witness each'} never sees")
    return (
        f"what comes after {plan.cut}, {after:.0%} of the network's work, learns for {plan.epochs:g} epochs from "
        f"{plan.views} views; judged by {' and '.join(who)}"
    )


def _planned(up: Climb, plan: "Tail | None") -> "dict[str, Any] | None":
    """A plan, JSON-ready. A rung that was asked for proves nothing: one witness at most says how sure it may be."""
    if plan is None:
        return None
    most = FOLDS if up.recipe.method == "auto" else int(up.judged < EVIDENCE and not up.sure)
    return asdict(replace(plan, witnesses=min(plan.witnesses, most)))


def _time(seconds: float) -> str:
    """Seconds in words."""
    for most, unit, one in ((120, "s", 1), (7200, "min", 60)):
        if seconds < most:
            return f"{max(seconds, 0) / one:.0f} {unit}"
    return f"{seconds / 3600:.1f} h"
