"""Positives and a pool: who they are, a classifier of them without a single negative, and what it is worth.

Who looks at what: the prior is estimated, and method and strength are chosen, by scores out of fold of the learning
positives and the learning part of the pool, which fit the calibration too. Test pictures were given, or are a fifth of
either; they are read once. Where they hold negatives the figures are of labels, else they are proxies and say so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.deal import deal, per_class
from ..core.errors import InputError
from ..core.finding import Finding
from ..core.images import Images
from ..core.intervals import Interval
from ..core.lookup import declared
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..core.resample import bootstrap
from ..core.rng import rng
from ..core.shares import shares_of
from ..core.spec import parse
from . import proxy
from .data import Data, check
from .figures import headline
from .first import Result, Stand, judged, leaked, predict
from .log import Log
from .memo import arrays, digest
from .prior import prior as estimated
from .probe import Probe, probe
from .whole import STRENGTHS, Axes, fitted

JUDGED = 50
"""Groups of positives from which on a fifth is kept to judge; fewer are judged out of fold, and nothing is chosen."""
PART = 0.2
MOST = 20_000
"""At most so many of the pool learn, drawn at random."""
LEAST = 5, 20
"""Positives of a class, and pictures of a pool, below which there is nothing to estimate from."""
MEANT = "no label", "empty classes", "one class", "class missing from split"
"""Findings that are no fault here."""
TELLING = 10.0, 3.16, 1.0, 0.316
"""Strengths of the classifier that tells positives from the pool."""


@dataclass(eq=False)
class Material:
    """What learns. rows (n,) of the images: positives and the pool's; labels (n,) 0 to K - 1, -1 the pool; turned
    (n, r) features; fold (n,); priors: of each class."""

    data: Data
    rows: np.ndarray
    labels: np.ndarray
    axes: Axes
    turned: np.ndarray
    fold: np.ndarray
    seed: int
    priors: list[Interval] = field(default_factory=list)

    @property
    def prior(self) -> np.ndarray:
        """(K,) shares of the pool."""
        return np.array([one.value for one in self.priors])

    def fit(self, method: str, strength: float, learn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(weight (r, K), bias (K,)) from these places (n,) bool."""
        own, free = learn & (self.labels >= 0), learn & (self.labels < 0)
        parts = self.turned[own], self.labels[own], self.turned[free], self.prior, strength, self.seed

        def solve() -> dict[str, np.ndarray]:
            return dict(zip("wb", fitted(method, *parts), strict=True))

        found = arrays("positive", digest(method, *parts), solve)
        return found["w"], found["b"]

    def held_out(self, method: str, strength: float) -> np.ndarray:
        """(n, K + 1) logits of everybody by heads that had not learned their fold."""
        out = np.zeros((len(self.rows), len(self.priors) + 1))
        for k in range(int(self.fold.max()) + 1):
            weight, bias = self.fit(method, strength, self.fold != k)
            out[self.fold == k, :-1] = self.turned[self.fold == k] @ weight + bias
        return out

    def predictions(self, logits: np.ndarray, heat: float = 1.0) -> Predictions:
        """These logits with what is known of the pictures."""
        images = self.data.images
        return Predictions(logits, self.labels, self.rows, images.classes, images.names[self.rows],
                           images.group[self.rows], heat)  # fmt: skip


def course(
    data: Data, recipe: Recipe, log: Log, dealt: Callable[[Data], Any] = lambda data: None,
    reading: Callable[[], Any] = lambda: None, path: "Path | None" = None, clock: Any = None,
) -> Result:  # fmt: skip
    """Learn, calibrate, judge. data: what `pu.joined` gave, examined. path, clock: of a run that goes on to pictures.

    Raises InputError where nothing can be learned, OptionError for a prior of other classes or a metric that needs
    negatives.
    """
    metric, real = proxy.named(recipe.metric), _labelled(data)
    few = _deal(data, recipe)
    dealt(data)
    made = material(data, recipe, log)
    priors(made, recipe, log)
    method, strength, logits, tried = chosen(made, recipe, metric, few, log)
    known = {"method": method, "tried": tried, "real": real, "few": few}
    if recipe.ground == "pictures" and path is not None:
        from .whole_network import tuned

        head, network = tuned(made, recipe, method, strength, log, path, clock)
    else:
        head, network = _solved(made, method, strength, logits), None
    head = replace(head, notes=(_sentence(made, recipe, method, real),))
    if not few:
        reading()
    rows = np.flatnonzero(_judges(data))
    if network is not None:
        judge = network.said(head.oof.rows if few else rows, head)
    else:
        judge = _crossed(made, logits, head.temperature) if few else predict(data, head, rows)
    result = _result(made, head, judge, recipe, known, log)
    result.network = network and network.network
    return result


def _solved(made: Material, method: str, strength: float, logits: np.ndarray) -> Probe:
    """The head of all learning pictures on features. logits: of everybody out of fold, which calibrate it."""
    shift, heat = proxy.calibrated(logits, made.labels, made.prior)
    weight, bias = made.axes.raw(*made.fit(method, strength, np.ones(len(made.rows), bool)))
    return headed(made, weight, bias, shift, made.predictions(logits + shift, heat), strength)


def headed(
    made: Material, weight: np.ndarray, bias: np.ndarray, shift: np.ndarray, oof: Predictions, strength: float
) -> Probe:
    """A head of weight (K, d), bias (K,) and one class that scores 0, shifted (K + 1,); oof: what calibrated it."""
    on = f"the prior, and {len(oof):,} positives and pictures of the pool that it had not learned"
    whole, free = np.vstack([weight, 0 * weight[:1]]), np.append(bias, 0) + shift
    return Probe(whole, free.astype(np.float32), made.data.images.classes, strength, oof.temperature, oof, [],
                 np.ones(len(oof), bool), on)  # fmt: skip


def material(data: Data, recipe: Recipe, log: Log) -> Material:
    """The learning pictures, their features turned, dealt to folds."""
    images = data.images
    learn = data.kept & (images.split == "train")
    pool = np.flatnonzero(learn & (images.labels < 0))
    if len(pool) > MOST:
        pool = np.sort(rng(recipe.seed, "pool").choice(pool, MOST, replace=False))
        log.say(f"{MOST:,} pictures of the pool learn, drawn at random")
    rows = np.sort(np.concatenate([np.flatnonzero(learn & (images.labels >= 0)), pool]))
    labels, group = images.labels[rows], images.group[rows]
    fold = deal(labels, group, [1] * min(recipe.inner_folds, _groups(images, rows)), rng(recipe.seed, "positive"))
    axes = Axes.of(data.features[rows])
    return Material(data, rows, labels, axes, axes.turned(data.features[rows]), fold, recipe.seed)


def _groups(images: Images, rows: np.ndarray) -> int:
    """The fewest groups that any class has among these rows; at least 2."""
    counts = per_class(images.labels[rows], images.group[rows], len(images.classes) - 1)
    return max(2, int(counts.min()))


def _labelled(data: Data) -> bool:
    """Whether test pictures came with labels, of which some are of none of the classes."""
    images = data.images
    return bool(((images.split == "test") & (images.labels == len(images.classes) - 1) & data.kept).any())


def _judges(data: Data) -> np.ndarray:
    """(n,) bool: who judges: labelled test pictures, or those kept of positives and of the pool."""
    held = data.kept & (data.images.split == "test")
    return held & (data.images.labels >= 0) if _labelled(data) else held


def _deal(data: Data, recipe: Recipe) -> bool:
    """Fill the split: as given, else a fifth of both judges; True where positives are too few for that."""
    images = data.images
    kept = data.kept
    labels, count = images.labels, len(images.classes) - 1
    _enough(images, kept & np.isin(images.split, ("", "train")))
    if (images.split != "").any():
        split = np.where(images.split == "", "train", images.split).astype(object)
        data.images = replace(images, split=split)
        return not (kept & (split == "test") & (labels >= 0)).any()
    split = np.full(len(images), "", dtype=object)
    rows = np.flatnonzero(kept)
    few = int(per_class(labels[rows], images.group[rows], count).min()) < JUDGED
    part = np.zeros(len(rows), int)
    if not few:
        part = deal(labels[rows], images.group[rows], [1 - PART, PART], rng(recipe.seed, "positive", "split"))
    split[rows] = np.where(part == 1, "test", "train")
    data.images = replace(images, split=split)
    return few


def _enough(images: Images, learn: np.ndarray) -> None:
    """Raise InputError for classes of too few positives, and a pool of too few pictures."""
    counts = np.bincount(images.labels[learn & (images.labels >= 0)], minlength=len(images.classes))[:-1]
    free = int((learn & (images.labels < 0)).sum())
    if counts.min() < LEAST[0]:
        name = images.classes[int(counts.argmin())]
        raise InputError(f"{name!r} has {counts.min()} pictures to learn from; at least {LEAST[0]} are needed.")
    if free < LEAST[1]:
        raise InputError(
            f"The pool has {free} pictures without a label to learn from, after twins are left out; at least "
            f"{LEAST[1]} are needed. Give a folder of anything with --pool."
        )


def priors(made: Material, recipe: Recipe, log: Log) -> None:
    """Fill the priors, given or estimated; raises InputError where positives cannot be told from the pool."""
    names = made.data.images.classes[:-1]
    given = shares_of(recipe.prior, names)
    for k, name in enumerate(names):
        places = np.flatnonzero((made.labels == k) | (made.labels < 0))
        scores, known, group = _told(made, k, places)
        _informative(scores, known, group, name, recipe.seed)
        found = estimated(scores, known, group, recipe.seed)
        if given is not None:
            value = float(given[k])
            found = Interval(value, value, value, 0, "given")
        made.priors.append(found)
        log.say(f"prior of {name}: {found.text()} of the pool, {found.method}", prior=found.as_dict())
    total = float(made.prior.sum())
    if total >= 1:
        log.say(f"the priors come to {total:.2f}: they are scaled to 0.98, since a picture is of one class at most")
        made.priors = [replace(one, value=one.value * 0.98 / total) for one in made.priors]


def _told(made: Material, k: int, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(scores, known (m,) bool, group) of a class's positives and the pool, by heads that had not seen them."""
    images = made.data.images.take(made.rows[places])
    binary = replace(images, labels=np.where(made.labels[places] == k, 0, 1), classes=("positive", "pool"))
    features = made.data.features[made.rows[places]]

    def tell() -> dict[str, np.ndarray]:
        asked: dict[str, Any] = {"metric": "log_loss", "strengths": TELLING, "seed": made.seed}
        found = probe(features, binary, folds=int(made.fold.max()) + 1, **asked).oof
        return {"logits": found.logits, "rows": found.rows}

    found = arrays("positive", digest("told", features, binary.labels, binary.group, made.seed, made.fold), tell)
    own = found["rows"]
    return found["logits"][:, 0] - found["logits"][:, 1], binary.labels[own] == 0, binary.group[own]


def _informative(scores: np.ndarray, known: np.ndarray, group: np.ndarray, name: str, seed: int) -> None:
    """Raise InputError where a classifier tells the positives from the pool no better than chance."""

    def auc(weights: "np.ndarray | None" = None) -> Any:
        given = np.ones((1, len(scores))) if weights is None else np.atleast_2d(weights)
        return np.squeeze(proxy.ranked(scores, known, ~known, given))

    found = bootstrap({"auc": auc}, group, len(scores), resamples=500, seed=seed, bounds={"auc": (0.0, 1.0)})["auc"]
    if found.value <= 0.5 or found.low <= 0.5:  # a perfect one has no interval
        raise InputError(
            f"Pictures of {name!r} look like those of the pool: a classifier puts them above the pool's with AUC "
            f"{found.text(percent=False)}, and 0.5 is chance. Nothing can be learned: either nearly all of the pool is "
            f"{name!r}, or these features do not show what it is. Give another pool, more pictures, or another --model."
        )


def candidates(recipe: Recipe) -> tuple[str, ...]:
    """The methods that are compared: those that `pu` names, else the recipe's alone."""
    return tuple(declared("method", parse(recipe.method)[0].name, "among", ()) or (recipe.method,))


def chosen(
    made: Material, recipe: Recipe, metric: str, few: bool, log: Log
) -> tuple[str, float, np.ndarray, list[dict[str, Any]]]:
    """(method, strength, logits out of fold, what was tried): the greatest proxy of all methods at the middle strength,
    then of that method's others; the first method at that strength where positives are too few to choose."""
    methods, (strong, middle, weak) = candidates(recipe), STRENGTHS
    tried: list[dict[str, Any]] = []
    best: tuple[float, str, float, np.ndarray] = (-np.inf, "", 0.0, np.zeros(0))

    def tries(method: str, strength: float) -> None:
        nonlocal best
        logits = made.held_out(method, strength)
        shift, heat = proxy.calibrated(logits, made.labels, made.prior)
        figure = proxy.worth(made.predictions(logits + shift, heat), made.prior, metric)
        tried.append({"method": method, "strength": strength, "figure": figure})
        log.say(f"{method}, strength {strength:g}: proxy {metric} {figure:.4f} out of fold", **tried[-1])
        best = (figure, method, strength, logits) if figure > best[0] + 1e-9 else best

    for method in methods[:1] if few else methods:
        tries(method, middle)
    for strength in () if few else (strong, weak):
        tries(best[1], strength)
    if len(tried) > 1:
        log.say(f"{best[1]} with strength {best[2]:g} is kept: the greatest proxy {metric} of {len(tried)}")
    return *best[1:], tried


def _crossed(made: Material, logits: np.ndarray, heat: float) -> Predictions:
    """What was said out of fold, each fold calibrated by the others."""
    out = np.empty_like(logits)
    for k in range(int(made.fold.max()) + 1):
        own = made.fold == k
        shift, warm = proxy.calibrated(logits[~own], made.labels[~own], made.prior)
        out[own] = (logits[own] + shift) * (heat / warm)
    return made.predictions(out, heat)


def _result(made: Material, head: Probe, judge: Predictions, recipe: Recipe, about: dict[str, Any], log: Log) -> Result:
    """The figures and the checks."""
    data, metric = made.data, recipe.metric
    told = {
        "method": about["method"], "tried": about["tried"], "given": recipe.prior != "auto", "proxy": not about["real"],
        "prior": {name: one.as_dict() for name, one in zip(data.images.classes, made.priors, strict=False)},
        "sentence": head.notes[0],
    }  # fmt: skip
    parts = {"train": head.oof} if about["few"] else {"train": head.oof, "test": judge}
    log.say(head.notes[0], positive=told)
    own = proxy.figures(head.oof, made.priors, metric, recipe.seed, "")["headline"]
    learn = made.rows
    if about["real"]:
        labelled = replace(head, oof=head.oof.take(np.flatnonzero(head.oof.labels >= 0)))
        none = np.zeros(0, np.int64)
        stood = Stand(data, labelled, learn, none, judge.rows, leaked(data), recipe)
        result = judged(stood, labelled, {"train": labelled.oof, "test": judge}, recipe, log)
        result.head, result.predictions = head, parts
        result.figures |= {"oof": own, "positive": told}
        result.findings = _meant(result.findings)
        return result
    known = int((judge.labels >= 0).sum())
    who = f"pictures, {known:,} known positives and {len(judge) - known:,} of the pool; no negative is known"
    found = proxy.figures(judge, made.priors, metric, recipe.seed, who)
    found |= {"oof": own, "path": [], "positive": told}
    log.say(headline(found))
    how = "positives and pictures of the pool that " + (
        "each was judged out of fold by heads that had not learned them: too few positives for a test set"
        if about["few"] else "neither learned nor chose; no negative is known, so figures are proxies"
    )  # fmt: skip
    result = Result(data, head, learn, {"train": judge} if about["few"] else parts, found, how)
    result.findings = _meant(check(data, recipe, None))
    return result


def _meant(found: list[Finding]) -> list[Finding]:
    """Without what is no fault here: pictures without a label, and a class that has none."""
    return [one for one in found if one.kind not in MEANT]


def _sentence(made: Material, recipe: Recipe, method: str, real: bool) -> str:
    """What was learned from what, for a log, a report and a page."""
    names, counts = made.data.images.classes, np.bincount(made.labels[made.labels >= 0], minlength=len(made.priors))
    how = "as given" if recipe.prior != "auto" else "estimated without a negative"
    each = "; ".join(
        f"{n:,} are {name!r}, and so is {one.text()} of the pool"
        for n, name, one in zip(counts, names, made.priors, strict=False)
    )
    end = "" if real else " No negative is known: figures are proxies, as right as the prior is."
    return (
        f"Learned by {method} from {(made.labels < 0).sum():,} pictures of a pool and positives: {each} ({how}).{end}"
    )
