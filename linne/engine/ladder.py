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
from ..core.spec import Spec, parse
from . import finder, ways
from .advice import advice
from .budget import EVIDENCE, MEMBER, Tail, fit_tail
from .climb import Climb
from .compare import compare
from .first import predict
from .parameters import adaptive
from .recipes import Steps, reasons, steps_of
from .rung import WHOLE, Member, Rung, joined
from .task import heat

FOLDS = 3
SLACK = -0.01
"""The lower end of the gain's interval from which on the better estimate is kept."""
SCRATCH = "supervised"
"""The one rung above the first for a network whose weights are random: there is nothing to keep as it is."""
TESTING = 0.2
"""Share of the time left that a range test may take."""
FULL = 1.0
"""Epochs of full fine-tuning below which it is not begun."""


@dataclass(eq=False)
class Best:
    """The best rung so far. predictions: of pictures that it was judged on; file: its tensors, None for the probe;
    curve: of its fitting; decisions: of every rung, JSON-ready. beside: what the probe says of the same pictures where
    it learned from as many: out of five folds it would learn from more than a witness of three does."""

    name: str
    predictions: Predictions
    members: Sequence[Member] = ()
    file: "Path | None" = None
    curve: "list[dict[str, float]]" = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    beside: "Predictions | None" = None


def climb(up: Climb) -> Best:
    """Every rung that the time allows; the best of them."""
    best = Best("probe", _probe(up))
    alone = up.recipe.method != "auto"
    rungs = LADDER[1:] if up.stood.data.network.seed < 0 else (SCRATCH,)
    for name in (up.recipe.method,) if alone else rungs:
        made = tail(up) if parse(name)[0].name == "tail" else pictures(up, name, best.members)
        if made is None:
            break
        best = chosen(up, best, made, alone)
        up.clock.note()
    return best


def _probe(up: Climb) -> Predictions:
    """What the first classifier says of pictures that it had not learned: out of fold, and of validation."""
    parts = [up.stood.head.oof, predict(up.stood.data, up.stood.head, up.stood.judge)]
    return joined([(part.rows, part.logits) for part in parts], up.stood)


def chosen(up: Climb, best: Best, made: Best, alone: bool) -> Best:
    """The better of two rungs on pictures that neither had learned; the first where the second does not pay."""
    if up.sure:
        return made
    first = made.beside if best.file is None and made.beside is not None else best.predictions
    shared = np.intersect1d(first.rows, made.predictions.rows)
    both = (one.take(np.searchsorted(one.rows, shared)) for one in (first, made.predictions))
    before, after = (replace(one, temperature=heat(one)) for one in both)
    found = compare(after, before, metric=up.recipe.metric, seed=up.recipe.seed)
    keep = alone or (found["value"] > 0 and found["low"] > SLACK)
    word = "it was asked for" if alone else "kept" if keep else f"{best.name} stays"
    on = f"on {len(after):,} pictures that neither had learned"
    told = {"rung": made.name, "seconds": round(up.clock.seconds, 1), "kept": bool(keep), "gain": found}
    up.log.say(f"{made.name} beside {best.name} {on}: {found['sentence']}; {word}", rung=told)
    decision = {"rung": made.name, "beside": best.name, "kept": keep, "n": len(after), "gain": found}
    winner = made if keep else best
    winner.decisions = [*best.decisions, decision]
    return winner


def tail(up: Climb) -> "Best | None":
    """The tail on activations computed once; None where the time is too short."""
    n, recipe = len(up.stood.learn), up.recipe
    given = dict(parse(recipe.method)[0].options) if recipe.method != "auto" else {}
    steps = steps_of(recipe, "tail", n, up.where.torch.type)
    wanted = steps.epochs
    epochs = (wanted, wanted, wanted) if recipe.epochs else (wanted / 4, wanted, 2 * wanted)
    room, judged = ways.room(), len(up.stood.judge)
    trunk = ways.choose_cut(up, steps, epochs, (FOLDS, judged), str(given.pop("cut", "")))
    plain = ways.activations(up, trunk, up.stood.learn, 1)
    way = ways.measured(up, trunk, plain, steps)
    given |= {"cut": way.trunk.cut, "products": way.products}
    if way.products:
        given["size"] = up.stood.data.geometry.size
    steps = replace(steps, method=str(Spec("tail", (), tuple(given.items()))), workers=1)
    steps = rated(up, "tail", _rung(up, "tail", steps, plain.of), way.train)
    found = up.plan.decide("tail", lambda: _planned(up, fit_tail([way], n, up.left, room, epochs, FOLDS, judged)))
    if found is None:
        least = fit_tail([way], n, float("inf"), room, (epochs[0], epochs[0], epochs[0]), FOLDS, n)
        needs = _time(least.seconds if least else 0)
        up.log.say(f"tail: not begun; the least takes about {needs}, and {_time(up.left)} are left")
        return None
    plan = Tail(**found)
    advise(up, "tail", replace(steps, epochs=plan.epochs))
    up.log.say(f"tail: {_told(plan, trunk.after, judged)}; about {_time(plan.seconds)}", plan=found)
    feed = ways.activations(up, trunk, up.stood.learn, plan.views, plan.kept)
    feed.compute()
    judges = ways.activations(up, trunk, up.stood.judge, 1)
    judges.compute()
    up.clock.note()
    rung = _rung(up, "tail", replace(steps, epochs=plan.epochs), lambda rows: feed.of(rows) or judges.of(rows))
    return trained(up, rung, plan.witnesses, plan.held, plan.seconds)


def pictures(up: Climb, name: str, start: Sequence[Member]) -> "Best | None":
    """A method that learns from pictures, in new views every epoch; None where the time is too short."""

    def shown(rows: np.ndarray) -> Any:
        return ways.shown(up, rows)

    n, judged, part = len(up.stood.learn), len(up.stood.judge), (FOLDS - 1) / FOLDS
    needed = judged < EVIDENCE and not start and not up.sure  # somebody must judge it, or say how sure it may be
    held = needed and up.clock.limit < float("inf")
    witnesses = 1 if needed and not held else sum(member.fold != WHOLE for member in start)
    share = part if held else 1 + witnesses * part
    steps = steps_of(up.recipe, name, n, up.where.torch.type)
    guess, _ = ways.picture_seconds(up, steps, None)
    possible = share * n * guess / 4 < up.left or "pictures cost" in up.plan.known
    seconds, steps = ways.picture_seconds(up, steps, share * n * steps.epochs if possible else None)
    if possible:
        steps = rated(up, name, _rung(up, parse(name)[0].name, steps, shown), seconds)
    epoch, fittings = share * n * seconds, MEMBER * (1 + witnesses)
    wanted = up.plan.decide(f"{name} epochs", lambda: _fitting(steps.epochs, up.left - fittings, epoch))
    if wanted < FULL:
        needs = f"an epoch at {1 / seconds:,.0f} pictures/s takes about {_time(epoch)}, {steps.epochs:g} are usual"
        up.log.say(f"{name}: not begun; {needs}, and {_time(up.left)} are left")
        return None
    advise(up, name, replace(steps, epochs=float(wanted)))
    up.log.say(f"{name}: {wanted:g} epochs at {1 / seconds:,.0f} pictures/s; about {_time(wanted * epoch)}")
    rung = _rung(up, parse(name)[0].name, replace(steps, epochs=float(wanted)), shown, start)
    return trained(up, rung, witnesses, held, wanted * epoch)


def trained(up: Climb, rung: Rung, witnesses: int, held: bool, whole: float) -> Best:
    """What is kept and its witnesses, as many as the clock allows; the one that judges itself where `held`."""
    each = whole / (1 + witnesses)
    asked: list[int | str] = [0] if held else [WHOLE, *range(witnesses)]
    if not held and witnesses and len(up.stood.judge) < EVIDENCE and not up.sure:
        asked = [0, WHOLE, *range(1, witnesses)]  # without a witness nothing could be kept
    members: list[Member] = []
    for fold in asked:
        if members and not up.plan.decide(f"{rung.name}-{fold} begins", lambda: bool(up.left > 0.8 * each)):
            up.log.say(f"{rung.name}: the time does not reach for more than {len(members)} of {len(asked)} fittings")
            break
        members.append(rung.member(fold, up.left))
    kept = next((member for member in members if member.fold == WHOLE), members[0])
    said = joined([(member.rows, member.logits) for member in members], up.stood)
    beside = joined([(member.rows, rung.below(member.fold)) for member in members], up.stood)
    return Best(rung.name, said, members, kept.file, kept.curve, beside=beside)


def advise(up: Climb, name: str, steps: Steps) -> None:
    """Say why what the recipe leaves open is done so, and where it goes against experience."""
    from .norms import estimating

    network, images = up.stood.data.network, up.stood.data.images
    counts = np.bincount(images.labels[up.stood.learn], minlength=len(images.classes))
    for line in reasons(up.recipe, steps, len(up.stood.learn), counts, up.where.torch.type):
        up.log.say(f"{name}: {line}")
    words = isinstance(steps.optimizer, str) and adaptive(steps.optimizer)
    batched = parse(name)[0].name != "tail" and estimating(network.module().train())
    for line in advice(up.recipe, steps, network.seed < 0, words, batched):
        up.log.say(f"{name}: {line}")


def rated(up: Climb, name: str, rung: Rung, seconds: float) -> Steps:
    """The rung's steps with the rate that a range test finds, where the recipe asks for one and the time allows it.

    seconds: a picture's, in a step.
    """
    steps = rung.steps
    if up.recipe.lr != "find":
        return steps
    each, (least, most) = steps.batch * seconds, finder.STEPS
    count = int(min(most, TESTING * up.left / each))
    found = up.plan.decide(f"{name} rate", lambda: rung.found_rate(count) if count >= least else {"rate": steps.rate})
    where = f"by a range test of {len(found['rates'])} steps" if "rates" in found else "its own: no time for a test"
    up.log.say(f"{name}: rate {found['rate']:.3g}, {where}", **found)
    return replace(steps, rate=found["rate"])


def _fitting(wanted: float, left: float, epoch: float) -> float:
    """Epochs that fit, at most those wanted: whole ones."""
    return wanted if left >= wanted * epoch else left // epoch


def _told(plan: Tail, after: float, judged: int) -> str:
    """A plan in words."""
    who = [f"{judged:,} validation pictures"] * bool(judged and not plan.held)
    if plan.held or plan.witnesses:
        count = max(plan.witnesses, 1)
        who.append(f"{count} of {plan.folds} folds that {'it' if plan.held else 'a witness each'} never sees")
    return (
        f"what comes after {plan.cut}, {after:.0%} of the network's work, learns for {plan.epochs:g} epochs from "
        f"{plan.views} views; judged by {' and '.join(who)}"
    )


def _rung(up: Climb, name: str, steps: Steps, feed: Any, start: Sequence[Member] = ()) -> Rung:
    recipe = up.recipe
    return Rung(name, steps, FOLDS, up.stood, up.place / "ladder", up.plan, up.log, up.clock, feed, recipe.seed,
                recipe.metric, up.where, start, recipe.init)  # fmt: skip


def _planned(up: Climb, plan: "Tail | None") -> "dict[str, Any] | None":
    """A plan, JSON-ready. A rung that was asked for proves nothing: one witness at most says how sure it may be."""
    if plan is None:
        return None
    most = FOLDS if up.recipe.method == "auto" else int(len(up.stood.judge) < EVIDENCE and not up.sure)
    return asdict(replace(plan, witnesses=min(plan.witnesses, most)))


def _time(seconds: float) -> str:
    """Seconds in words."""
    for most, unit, one in ((120, "s", 1), (7200, "min", 60)):
        if seconds < most:
            return f"{max(seconds, 0) / one:.0f} {unit}"
    return f"{seconds / 3600:.1f} h"
