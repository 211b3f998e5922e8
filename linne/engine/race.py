"""A race of networks, sides and fits on frozen features: which one to begin with, in minutes, before anything is tuned.

Each runner is a linear head on cached features. Heads learn from the pictures that choose, and the choice goes by what
they say of these out of fold; the pictures that confirm neither learn nor choose, and say what the winner is worth
(Varma and Simon 2006, doi:10.1186/1471-2105-7-91). Where time is short the field is halved by three (successive
halving, Jamieson and Talwalkar 2016, arXiv:1502.07943): all run on a ninth of the pictures, the best third on three
times as many, three at least.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

import numpy as np

from ..core.deal import deal
from ..core.errors import InputError, OptionError, nearest
from ..core.intervals import holm, quantile
from ..core.predictions import Predictions
from ..core.recipe import FITS, Recipe
from ..core.rng import rng
from ..core.zoo import entries, look_up, whereabouts
from .choose import PROBE, choose
from .compare import compare
from .data import geometry_of
from .figures import figure
from .first import predict
from .ground import CHOOSE, CONFIRM, Ground
from .look import Looker, look
from .network import of, tensors
from .probe import Probe, probe
from .task import Aim, heat

STEP = 32
"""Sides are multiples of this: networks halve their maps five times."""
SCALES = (0.8, 1.3)
"""A smaller and a larger side than the network's own."""
THIRDS = (1 / 9, 1 / 3, 1.0)
KEPT = 3
"""Runners that go on at least, beside the start."""
PASSES = 5
LEAST = 200
"""Pictures that a heat has at least: on fewer than these a third of the field could not be told from chance."""
SLACK = -0.01
"""As the ladder's: the lower end of the gain's interval from which on the better estimate is kept."""


@dataclass(eq=False)
class Runner:
    """A network at a side and with a fit. cost: ms a picture, of the network alone. parameters: of the network.

    out: what its head says, out of fold, of pictures that choose (rows of the learning pictures); n: how many.
    """

    recipe: Recipe
    cost: float = 0.0
    parameters: int = 0
    n: int = 0
    worth: float = -np.inf
    out: "Predictions | None" = None
    head: "Probe | None" = None
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a person reads."""
        entry = look_up(self.recipe.model)[0]
        side = self.recipe.size or (entry.size if entry else of(self.recipe).size)
        return f"{self.recipe.model} {side} px {self.recipe.resize}"


def reachable(patterns: str) -> list[str]:
    """Names of networks whose weights are here and that one of these patterns names, with or without timm's 'tf_'.

    Raises OptionError where there is none, with what would bring those that are elsewhere.
    """
    words, known = [word.strip() for word in patterns.split(",") if word.strip()], entries()
    named = [name for name in known for word in words if fnmatchcase(name, word) or fnmatchcase(_bare(name), word)]
    if not named:
        raise OptionError(f"No network is called {patterns!r}. {nearest(patterns, known)}")
    where = {name: whereabouts(known[name], next(iter(known[name].weights), None)) for name in dict.fromkeys(named)}
    here = [name for name, place in where.items() if place.startswith("here")]
    if here:
        return here
    ways = [place.removeprefix("reachable: ") for place in where.values() if place.startswith("reachable")]
    fix = f"Bring some with: {ways[0]}" if ways else "Bring some with: linne train ... --weights hub (downloads)"
    raise OptionError(f"Of {len(where):,} networks that {patterns!r} names none has its weights here. {fix}")


def _bare(name: str) -> str:
    return name.removeprefix("tf_")


def field_of(start: Recipe, models: Sequence[str]) -> list[Recipe]:
    """The start first, then each network at its own side, a smaller and a larger one, with every fit.

    What is nearest to how a network was trained comes first: it is raced also where there is little time.
    """
    found = []
    for model in dict.fromkeys([start.model, *models]):
        entry = look_up(model)[0]
        own = entry.size if entry else of(replace(start, model=model, size=0)).size
        sides = [0] if entry is None or entry.sized else [0, *(STEP * max(1, round(own * k / STEP)) for k in SCALES)]
        for side in sides:
            for fit in FITS:
                one = replace(start, model=model, size=0 if side == own else side, resize=fit)
                found.append((int(one.size > 0) + int(fit != FITS[0]), one))
    ordered = [start, *(one for _, one in sorted(found, key=lambda pair: pair[0]))]
    out: dict[Any, Recipe] = {}
    for one in ordered:
        out.setdefault(_key(one), one)
    return list(out.values())


def _key(recipe: Recipe) -> tuple[Any, ...]:
    entry = look_up(recipe.model)[0]
    side = 0 if entry is not None and recipe.size == entry.size else recipe.size
    return recipe.model, side, recipe.resize


def race(ground: Ground, recipes: Sequence[Recipe], seconds: float) -> dict[str, Any]:
    """Run them all, the first being the one that the others are compared with; JSON-ready, winner and all.

    seconds: the time for it; where that is too short for every runner on every picture, the field is cut to a third,
    twice. Raises InputError where no head can be learned.
    """
    begun, aim, rows = time.monotonic(), Aim.of(ground.start.metric), ground.rows(*CHOOSE)
    heats = _heats(len(rows))
    runners = left = _heat(ground, [Runner(one) for one in recipes], _part(ground, rows, heats[0]), begun + seconds / 2)
    for share in heats[1:]:
        used = time.monotonic() - begun
        if used + used * len(left) / (len(runners) * heats[0]) < seconds:
            share = 1.0
        else:
            best = sorted(left[1:], key=lambda one: -one.worth)[: max(KEPT, len(left) // 3)]
            ground.log.say(f"race: {len(best)} of {len(left) - 1} go on beside {left[0].name}")
            left = [left[0], *best]
        _heat(ground, left, _part(ground, rows, share))
        if share == 1.0:
            break
    return _verdict(ground, runners, left, aim)


def _heat(ground: Ground, runners: list[Runner], rows: np.ndarray, until: float = np.inf) -> list[Runner]:
    """Each of them on these rows; those alone that had time to begin, but two at least."""
    aim, metric = Aim.of(ground.start.metric), ground.start.metric
    for place, one in enumerate(runners):
        if place >= 2 and time.monotonic() > until:
            ground.log.say(f"race: no time for {len(runners) - place} of {len(runners)}; give more --minutes")
            return runners[:place]
        _run(ground, one, rows, aim)
        shown = _said(figure(_warm(one.out), metric=metric, seed=ground.start.seed))
        cost = f"{one.cost:.1f} ms a picture, {one.parameters / 1e6:.1f} M parameters"
        ground.log.say(f"race: {one.name}: {shown} on {one.n:,} pictures, {cost}")
    return runners


def _heats(n: int) -> list[float]:
    return [share for share in THIRDS if share * n >= LEAST or share == 1.0]


def _part(ground: Ground, rows: np.ndarray, share: float) -> np.ndarray:
    """A share of the rows, whole groups; a smaller share is part of a larger one."""
    images = ground.data.images.take(rows)
    parts = deal(images.labels, images.group, [1] * 9, rng(ground.start.seed, "race"))
    return rows[parts < round(9 * share)]


def _run(ground: Ground, one: Runner, rows: np.ndarray, aim: Aim) -> None:
    """Look at these rows, solve for the head, and say what it says of them out of fold."""
    network = of(one.recipe)
    geometry = geometry_of(network, one.recipe)
    looker = Looker(network, geometry, ground.quiet, runtime=one.recipe.runtime, facts=False)
    looker.many = len(ground.fold)  # few pictures alone would go through a slow runtime, whose ms nobody will see
    images = ground.data.images.take(rows)
    features = look(images, looker)[1]
    key = "cost", network.id, geometry.size  # whatever the fit: the least of all that were measured
    one.cost = ground.known[key] = min(_cost(looker, images), ground.known.get(key, np.inf))
    one.parameters = one.parameters or sum(value.size for value in tensors(network).values())
    metric, seed = one.recipe.metric, one.recipe.seed
    one.head = probe(features, images, metric=metric, folds=one.recipe.inner_folds, seed=seed)
    one.out = replace(one.head.oof, rows=rows[one.head.oof.rows])
    one.n, one.worth = len(rows), aim.score(_warm(one.out))[1]


def _cost(looker: Looker, images: Any) -> float:
    """ms a picture through the network, the least of some passes."""
    looker._open(images.take(np.arange(min(len(images), 4 * PROBE))))
    samples = list(islice(looker._samples(images), PROBE))
    if not samples:
        raise InputError("None of the pictures of the race can be read.")
    size = looker.geometry.size
    runner, looker.runtime = choose(looker.network, size, looker.runtime, looker.many, samples, looker.log)
    took = []
    for _ in range(PASSES):
        begun = time.perf_counter()
        for _ in runner(samples):
            pass
        took.append(time.perf_counter() - begun)
    return 1000 * min(took) / len(samples)


def _warm(found: "Predictions | None") -> Predictions:
    """At their own temperature, so that likelihoods may be compared."""
    if found is None:
        raise InputError("The race was not run.")
    return replace(found, temperature=heat(found))


def _verdict(ground: Ground, runners: list[Runner], left: list[Runner], aim: Aim) -> dict[str, Any]:
    """Every runner beside the start, the winner by the pictures that choose, and its worth on those that confirm."""
    start, metric, seed = runners[0], ground.start.metric, ground.start.seed
    for one in runners:
        network = of(one.recipe)
        one.cost = ground.known["cost", network.id, geometry_of(network, one.recipe).size]
    winner = max(left, key=lambda one: one.worth)
    finals = left[1:]
    gains = [compare(*_shared(one, start), metric=metric, seed=seed) for one in finals]
    corrected = holm(np.array([p_of(one) for one in gains])) if gains else np.zeros(0)
    for one, gain, p in zip(finals, gains, corrected, strict=True):
        one.told = {"gain": gain, "p": float(p)}
    found: dict[str, Any] = {
        "runners": [_row(one, metric, seed, one in left) for one in runners],
        "winner": winner.name,
    }
    found["settings"] = {name: getattr(winner.recipe, name) for name in ("model", "size", "resize")}
    found |= {"n": len(ground.rows(*CHOOSE)), "confirm": len(ground.rows(CONFIRM)), "kept": False, "gain": None}
    mine = _confirmed(ground, winner)
    found["figure"] = figure(mine, metric=metric, seed=seed)
    if winner is not start:
        crossed = compare(*_crossed(ground, left, start, aim), metric=metric, seed=seed)
        found["crossed"] = crossed
        found["kept"] = bool(crossed["value"] > 0 and crossed["low"] > SLACK)
        found["gain"] = compare(mine, _confirmed(ground, start), metric=metric, seed=seed)
    return found


def p_of(gain: dict[str, Any]) -> float:
    """Two-sided p of a paired comparison: McNemar's where it has one, else the normal one of its interval."""
    from scipy.special import ndtr

    if gain["p"] is not None:
        return float(gain["p"])
    half = (gain["high"] - gain["low"]) / 2
    return float(2 * ndtr(-abs(gain["value"]) * quantile(0.95) / half)) if half > 0 else 1.0


def _shared(one: Runner, other: Runner) -> tuple[Predictions, Predictions]:
    """Both on the pictures that both ran on."""
    first, second = _warm(one.out), _warm(other.out)
    rows = np.intersect1d(first.rows, second.rows)
    return first.take(_places(first, rows)), second.take(_places(second, rows))


def _places(found: Predictions, rows: np.ndarray) -> np.ndarray:
    order = np.argsort(found.rows)
    return order[np.searchsorted(found.rows, rows, sorter=order)]


def _crossed(ground: Ground, left: list[Runner], start: Runner, aim: Aim) -> tuple[Predictions, Predictions]:
    """What choosing is worth: each fold as the runner says it that the other fold would choose, beside the start."""
    parts: list[tuple[Predictions, Predictions]] = []
    for fold in CHOOSE:
        rows = [(one, *_shared(one, start)) for one in left]
        own, others = ground.rows(fold), ground.rows(*(set(CHOOSE) - {fold}))
        best = max(rows, key=lambda one: aim.score(one[1].take(np.flatnonzero(np.isin(one[1].rows, others))))[1])
        parts.append(tuple(one.take(np.flatnonzero(np.isin(one.rows, own))) for one in best[1:]))  # type: ignore[arg-type]
    return _pooled([mine for mine, _ in parts]), _pooled([its for _, its in parts])


def _pooled(parts: Sequence[Predictions]) -> Predictions:
    """Several predictions as one; each at its own temperature."""
    names = ("labels", "rows", "names", "group")
    joined = {name: np.concatenate([getattr(one, name) for one in parts]) for name in names}
    logits = np.concatenate([one.logits / one.temperature for one in parts])
    return replace(parts[0], logits=logits, temperature=1.0, **joined)


def _confirmed(ground: Ground, one: Runner) -> Predictions:
    """What a runner's head says of pictures that neither taught nor chose it."""
    data = ground.seen(one.recipe)
    return predict(data, one.head, ground.rows(CONFIRM))  # type: ignore[arg-type]


def _row(one: Runner, metric: str, seed: int, final: bool) -> dict[str, Any]:
    """A runner as a line of the table."""
    shown = figure(_warm(one.out), metric=metric, seed=seed)
    settings = {name: getattr(one.recipe, name) for name in ("model", "size", "resize")}
    about = {"name": one.name, "settings": settings, "cost": round(one.cost, 3), "parameters": one.parameters}
    return about | {"n": one.n, "figure": shown, "final": final, "p": None, "gain": None} | one.told


def _said(shown: dict[str, Any]) -> str:
    return f"{shown['value']:.4f} [{shown['low']:.4f}, {shown['high']:.4f}]"


def front(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Names of the runners than which none is both cheaper and better, cheapest first. Of one heat only."""
    best, out = -np.inf, []
    for row in sorted(rows, key=lambda one: (one["cost"], -one["figure"]["value"])):
        sign = 1 if row["figure"].get("greater", True) else -1
        if sign * row["figure"]["value"] > best:
            best = sign * row["figure"]["value"]
            out.append(row["name"])
    return out
