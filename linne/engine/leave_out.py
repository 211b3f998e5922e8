"""Few labels: class means, ridge, a cosine head and the plain probe compared by leave-one-out, and the best one taken.

About one picture of every class is left out at a time, whole groups, each way is fitted to the others and says what
these are. By the recipe's metric the best one is taken, where it beats the usual one by more than a standard error.
What is reported comes from elsewhere: from a cross-validation whose every fold makes the whole choice anew, without the
pictures that it judges. Augmented copies are averaged with their picture's own features into one row. Where each class
has one group of pictures nothing can be left out, and DEFAULT is taken.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.deal import deal, per_class
from ..core.errors import OptionError
from ..core.images import Images
from ..core.lookup import find, offer
from ..core.predictions import Predictions, log_softmax, placed
from ..core.rng import Where, rng
from ..core.spec import parse
from . import classic
from .probe import JUDGES, Probe, notes_of, strangers
from .solve import Design, path
from .task import Aim, Task, heat, logits

WAYS = ("prototypes", "prototypes(power=0.5)", "ridge", "cosine")
"""Classic tricks that are compared, after them the probe at STRENGTHS."""
STRENGTHS = (1.0, 0.1, 0.01)
SCARCE = 3
"""Labels of the usual class up to which DEFAULT is the usual way, from then on USUAL."""
DEFAULT, USUAL = "prototypes", "cosine"
"""Clothing, 10 draws: with 1, 2, 5, 10, 20 labels a class prototypes are within 0.0, 0.0, 0.3, 0.5, 1.4 points of the
best way's mean, cosine 0.6, 0.4, 0.1, 0.0, 0.2; the plain best by leave-one-out lost 1.2 points at 2 labels."""
TURNS = 20
"""Times that each way is fitted without some pictures: as many as the usual class has labels, at most so many."""
LEAST = 10
"""Times that they are at least: with two labels a class these are dealt in halves five times."""
CLOSED = 4_000
"""Pictures up to which closed forms are used, which hold the products of all pairs."""
SMALL = 250
"""Up to so many pictures the choice is judged by two deals of folds, else by one."""


@dataclass(frozen=True)
class Choice:
    """The way taken. compared: of each {"way", "figure", "log_loss", "gain" over the usual one and its standard
    "error"} on the pictures left out; temperature: of theirs. parts: in how many a class was cut; usual: the prior."""

    way: str
    compared: list[dict[str, Any]]
    temperature: float
    parts: int
    usual: str = DEFAULT


def learnt(
    features: np.ndarray, images: Images, *, metric: Any = "accuracy", folds: int = 5, seed: int = 0,
    judge: "tuple[np.ndarray, np.ndarray] | None" = None, copies: "np.ndarray | None" = None,
) -> Probe:  # fmt: skip
    """Choose a way, fit it to all pictures, and its temperature; arguments and errors as in `probe.probe`.

    Raises OptionError for pictures that weigh differently.
    """
    if images.weight is not None and len(np.unique(images.weight)) > 1:
        raise OptionError("method='few' lets every picture count the same, but these have weights. Take 'probe'.")
    shown = features if copies is None else np.mean([features, *copies], axis=0)
    task, aim = Task.of(shown, images, folds, seed, alone=True), Aim.of(metric)
    plain = np.asarray(features)[task.place]
    chosen = _chosen(task, plain, aim, seed)
    head = _head(task, chosen)
    oof = task.predictions(_judged(task, plain, aim, min(folds, _turns(task)), seed))
    judges = None if judge is None else strangers(*judge, task)
    warm, source = chosen.temperature, f"{int(task.able.sum()):,} learning pictures, each left out in turn"
    if judges is not None and judge is not None and len(judges) >= JUDGES:
        warm = heat(replace(judges, logits=head.logits(judge[0])[judges.rows]))
        source = f"{len(judges):,} validation pictures"
    elif not task.able.any():
        source = "no picture: each class is one group of pictures"
    notes = (told(chosen, int(task.able.sum())), *notes_of(task, task.folds))
    return replace(head, temperature=warm, calibrated_on=source, notes=notes,
                   oof=replace(oof, logits=oof.logits * warm, temperature=warm))  # fmt: skip


def honest(oof: Predictions, learn: np.ndarray) -> Predictions:
    """A head's out-of-fold predictions, whose rows are among `learn`, as places in it and divided by no temperature."""
    return replace(oof, rows=np.searchsorted(learn, oof.rows), logits=oof.logits / oof.temperature, temperature=1.0)


def told(choice: Choice, able: int) -> str:
    """What was compared, in words."""
    if not able:
        return (
            f"{choice.way} was taken unseen: each class is a single group of pictures, so that none can be left out to "
            "compare by; with one label a class it was the best one that was measured."
        )
    shown = ", ".join(f"{one['way']} {one['figure']:.3f} ({one['gain']:+.3f})" for one in choice.compared)
    return (
        f"{choice.way} was chosen among {len(choice.compared)} ways by what each said of {able:,} learning pictures, "
        f"one of {choice.parts} of each class left out at a time; {choice.usual} stays unless another one gains more "
        f"than a standard error: {shown}. These figures chose; they are no promise."
    )


def _judged(task: Task, plain: np.ndarray, aim: Aim, folds: int, seed: int) -> np.ndarray:
    """(n, K) log probabilities of each picture where the choice, the fit and the temperature had no part of it."""
    deals = [task.dealt(folds, "nested", seed, repeat) for repeat in range(1 + (len(task) < SMALL))]
    return log_softmax(np.mean([_deal(dealt, plain, aim, seed) for dealt in deals], axis=0))


def _deal(task: Task, plain: np.ndarray, aim: Aim, seed: int) -> np.ndarray:
    out = np.empty((len(task), len(task.classes)))
    for fold in range(task.folds):
        own, others = (np.flatnonzero((task.fold == fold) == side) for side in (True, False))
        part = task.take(others)
        if len(np.unique(part.labels)) < 2:
            out[own] = placed(np.zeros((len(own), 1)), part.labels[:1], len(task.classes))
            continue
        chosen = _chosen(part, plain[others], aim, seed, fold)
        out[own] = log_softmax(_head(part, chosen).logits(plain[own]) / chosen.temperature)
    return out


def _chosen(task: Task, plain: np.ndarray, aim: Aim, *where: Where) -> Choice:
    """The best way by pictures that are left out in turn, the usual one where none is clearly better."""
    judges = np.flatnonzero(task.able)
    usual = DEFAULT if _turns(task) <= SCARCE else USUAL
    if not len(judges):
        return Choice(DEFAULT, [], 1.0, 0)
    deals = _deals(task, *where)
    seen: dict[str, list[Predictions]] = {}
    for parts in deals:
        for way, scores in _said(task, plain, parts).items():
            seen.setdefault(way, []).append(task.predictions(scores).take(judges))
    heats = {way: float(np.exp(np.mean([np.log(heat(one)) for one in each]))) for way, each in seen.items()}
    warm = {way: [replace(one, logits=one.logits / heats[way]) for one in each] for way, each in seen.items()}
    worth = {way: turned(aim, each, [parts[judges] for parts in deals]) for way, each in warm.items()}
    found, best, most = [], usual, 0.0
    for way, each in warm.items():
        told = [aim.score(one)[0] for one in each]
        means = {name: float(np.mean([one[name] for one in told])) for name in ("figure", "log_loss")}
        gain, error = gained(worth[way], worth[usual])
        found.append({"way": way, **means, "gain": gain, "error": error})
        if gain > error and gain > most:
            best, most = way, gain
    return Choice(best, found, heats[best], int(deals[0].max()) + 1, usual)


def turned(aim: Aim, each: list[Predictions], deals: list[np.ndarray]) -> list[np.ndarray]:
    """Of each deal (1 + parts,): how good the predictions are, and how good without each part."""
    out = []
    for one, parts in zip(each, deals, strict=True):
        kept = [np.ones(len(parts), bool), *(parts != part for part in np.unique(parts))]
        out.append(np.array([aim.score(one.take(np.flatnonzero(some)))[1] for some in kept]))
    return out


def gained(mine: list[np.ndarray], other: list[np.ndarray]) -> tuple[float, float]:
    """(how much better one way is, its standard error by a jackknife over the parts left out), means over deals."""
    with np.errstate(invalid="ignore"):
        gaps = [first - second for first, second in zip(mine, other, strict=True)]
    spreads = [(len(gap) - 2) / (len(gap) - 1) * np.sum((gap[1:] - gap[1:].mean()) ** 2) for gap in gaps]
    gain = float(np.nan_to_num(np.mean([gap[0] for gap in gaps])))
    return gain, float(np.sqrt(np.nan_to_num(np.mean(spreads))))


def _deals(task: Task, *where: Where) -> list[np.ndarray]:
    """Who is left out together, (n,) each: about one picture of each class at a time, several times where that is
    few times; a class that lost one picture alone would be guessed less for that, and right answers be called wrong."""
    parts = _turns(task)
    times = max(1, LEAST // parts)
    return [deal(task.labels, task.group, [1] * parts, rng(*where, "left out", time)) for time in range(times)]


def _turns(task: Task) -> int:
    """How many labels the usual class has that has several, 2 to TURNS."""
    counts = per_class(task.labels, task.group, len(task.classes))
    return int(np.clip(np.median(counts[counts > 1]), 2, TURNS)) if (counts > 1).any() else 2


def _said(task: Task, plain: np.ndarray, parts: np.ndarray) -> dict[str, np.ndarray]:
    """(n, K) scores of each picture, as its plain features show it, by each way fitted without its part."""
    classes, held = len(task.classes), range(int(parts.max()) + 1)
    alike = len(task) <= CLOSED and np.array_equal(plain, task.features)
    out = {way: np.empty((len(task), classes)) for way in WAYS}
    for way in WAYS:
        trick, options = find("classic", parse(way)[0].name), dict(parse(way)[0].options)
        quick = getattr(trick, "left_out", None)
        if quick is not None and alike:
            out[way] = classic.spread(quick(task.features, task.labels, parts, **options), classes)
            continue
        for part in held:
            own, others = (np.flatnonzero((parts == part) == side) for side in (True, False))
            learner = classic.fit(task.take(others), way, rng(0))
            out[way][own] = classic.scores(learner, plain[own], classes)
    return out | _probed(task, plain, parts)


def _probed(task: Task, plain: np.ndarray, parts: np.ndarray) -> dict[str, np.ndarray]:
    """The same of the probe at each strength, all parts in one batch of problems."""
    design, held = Design.of(task.features), np.arange(int(parts.max()) + 1)
    weights = task.weights(parts != held[:, None])
    out = {}
    solutions = path(design, task.targets, len(task.classes), weights, STRENGTHS)
    for strength, solved in zip(STRENGTHS, solutions, strict=True):
        weight, bias = design.raw(solved)
        scores = np.empty((len(task), len(task.classes)))
        for part in held:
            own = np.flatnonzero(parts == part)
            scores[own] = logits(plain[own], weight[part], bias[part])
        out[f"probe(strength={strength:g})"] = scores
    return out


def _head(task: Task, choice: Choice) -> Probe:
    """The chosen way fitted to these pictures, not calibrated yet."""
    spec = parse(choice.way)[0]
    if spec.name != "probe":
        learner: Any = offer(find("classic", spec), features=task.features, targets=task.targets, rng=rng(0))
        return classic.headed(learner.arrays(), task, choice.way, learner)
    strength = float(dict(spec.options)["strength"])
    design = Design.of(task.features)
    tried = [one for one in STRENGTHS if one >= strength]
    *_, solved = path(design, task.targets, len(task.classes), task.weights(np.ones((1, len(task)), bool)), tried)
    weight, bias = design.raw(solved[0])
    blank = task.predictions(np.zeros((len(task), len(task.classes))))
    none = np.zeros(len(task), bool)
    return Probe(weight, bias, task.classes, strength, choice.temperature, blank, [], none, "")
