"""None of these: a run's score of how strange a picture is, chosen by itself, and what it lets pass.

Who looks at what: learning pictures fit the score. Strangers are classes left out of the head and pictures made
strange; half of them, beside half of the own pictures, choose among the scores, the other half says what the chosen one
is worth. Which share of own pictures a threshold keeps comes from pictures that the network and the score never saw:
validation pictures, else learning pictures out of fold. Test pictures only say how many were kept.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.conformal import least, quantile, spread
from ..core.deal import deal
from ..core.errors import InputError, LinneError, OptionError, RunError
from ..core.files import write, write_json
from ..core.intervals import Interval, clusters, wilson
from ..core.lookup import find
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..core.rng import rng
from ..core.run import Run
from ..core.spec import parse
from .data import Data
from .first import Result, predict
from .log import Log
from .look import Looker, look
from .rivals import CHOOSE, JUDGE, KEPT, Compared, Rows, Trial, asks, candidates, compared, far, fitted, near
from .strangers import EACH as MADE
from .strangers import KINDS, strangers

TABLE, ARRAYS = "unknown.json", "unknown.safetensors"
FORMAT = 1
LEAST, FEW = 15, 30
"""Own pictures below which there is no score; and below which in the half that chooses the usual one is taken."""
USUAL = "vim", "energy"
"""The usual score, with features and without: the best on clothing, whichever classes were left out."""
OWN = 50
"""Validation pictures from which on they, and not learning pictures, say what is kept."""
CHOSEN_ON, EACH = 900, 6
"""Pictures that the scores are compared on, and of each class at least."""
MOST, SEEN = 3000, 1000
"""Pictures that the chosen score learns from; and where the network learned too, which must look at them again."""
FOLDS = 5
SHARES = (0.9, 0.95, 0.99)
"""Kept shares whose thresholds are written down; any other is worked out from the own pictures' scores."""


@dataclass(eq=False)
class Unknown:
    """score: logits and features to strangeness. own (n,): of own pictures that it never saw, group (n,) numbers.

    told: JSON-ready, what it is worth and on what. why: why there is no score, "" where there is one.
    """

    spec: str = ""
    score: Any = None
    own: np.ndarray = field(default_factory=lambda: np.zeros(0))
    group: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    told: "dict[str, Any] | None" = None
    why: str = ""

    def threshold(self, kept: float) -> float:
        """The strangeness up to which a picture is own, so that this share of own ones is kept. Raises OptionError for
        a share that is none, InputError where the own pictures are too few for it."""
        if not 0 < kept < 1:
            raise OptionError(f"--unknown {kept:g} is not allowed; it is the share of own pictures kept, e.g. 0.95.")
        groups = self.groups
        if groups < least(kept):
            able = max((share for share in (0.5, 0.8, 0.9, 0.95, 0.99) if groups >= least(share)), default=0)
            raise InputError(
                f"--unknown {kept:g} needs {least(kept)} groups of own pictures that the score never saw, and the run "
                f"has {groups}." + (f" Ask for --unknown {able:g} or less." if able else "")
            )
        return quantile(self.own, kept, self.group.astype(str))

    @property
    def groups(self) -> int:
        """Groups of own pictures."""
        return len(np.unique(self.group))


@dataclass(frozen=True, eq=False)
class Ground:
    """What there is to learn and to choose from. learn: rows that fit scores; judge: own rows that the network never
    learned; the same object where learning pictures are both. own: rows that say what is kept, None for judge. words:
    which these are. note: what to know of it, ""."""

    learn: Rows
    judge: Rows
    own: "Rows | None"
    words: str
    note: str = ""


def chosen(data: Data, result: Result, recipe: Recipe, log: Log) -> "Unknown | None":
    """The score that the recipe asks for, or the one that tells strangers best; None where none is wanted."""
    if recipe.unknown == "none" or recipe.positive:
        return None
    try:
        found = _chosen(data, result, recipe)
    except InputError as error:
        found = Unknown(why=str(error))
    log.say(f"none of these: {found.why or _sentence(found)}")
    return found


def _chosen(data: Data, result: Result, recipe: Recipe) -> Unknown:
    ground = grounds(data, result, recipe)
    judges = ground.own or ground.judge
    if min(len(judges), len(ground.judge)) < LEAST:
        raise InputError(f"{len(judges)} own pictures are too few to tell strangers by; {LEAST} are needed")
    network, runtime = result.network or data.network, data.runtime if result.network is None else recipe.runtime
    seen, kinds = strangers(data, network, runtime, ground.learn.said.rows, recipe.seed)
    head = result.head
    blank = np.full(len(seen), "", dtype=object)
    said = Predictions(head.logits(seen), np.full(len(seen), -1), np.arange(len(seen)), head.classes, blank, blank,
                       head.temperature)  # fmt: skip
    has = ground.learn.features is not None and ground.judge.features is not None
    some = _sampled(ground, len(head.classes), recipe.seed)
    trials = near(some.learn, some.judge, head, recipe.seed)
    made = far(some.learn, some.judge, Rows(said, seen if has else None), kinds, head, recipe.seed)
    specs = candidates(has) if recipe.unknown == "auto" else [_allowed(recipe.unknown, has)]
    rivals = list(compared(trials, made, specs))
    best = _best(rivals, made)
    found = _final(best.spec, ground, head, recipe.seed)
    found.told = _told(found, best, rivals, ground) | _kept(found, data, result, recipe)
    return found


def looks(recipe: Recipe, learn: int, judge: int) -> int:
    """How many pictures a network that learned looks at for this, of so many learning and validation pictures."""
    if recipe.unknown == "none" or recipe.positive:
        return 0
    return len(KINDS) * MADE + (min(learn, SEEN) if judge >= OWN else 0)


def _best(rivals: "list[Compared]", made: Trial) -> Compared:
    """The one that tells strangers best; where too few own pictures choose, the usual one that beats chance."""
    usual = [one for one in rivals if one.spec in USUAL and one.worth() > 0.5]
    return max((usual[-1:] if (made.own_half == CHOOSE).sum() < FEW else []) or rivals, key=Compared.worth)


def _allowed(spec: str, has: bool) -> str:
    """The score. Raises InputError where it needs features of pictures that the network never learned."""
    if not has and "features" in asks(spec):
        raise InputError(
            f"{spec} goes by features, and those of pictures that the trained network never learned are needed: give "
            "50 validation pictures or more, e.g. --split 'grouped(validation=.1)'"
        )
    return spec


def grounds(data: Data, result: Result, recipe: Recipe) -> Ground:
    """Who fits, who chooses and who says what is kept, for a frozen network and for one that learned."""
    held = result.predictions.get("validation")
    held = None if held is None else held.take(np.flatnonzero(held.read & (held.labels >= 0)))
    held = held if held is not None and len(held) >= OWN else None
    oof = result.head.oof
    oof = oof.take(np.flatnonzero(oof.read & (oof.labels >= 0)))
    words = "learning pictures, each judged out of fold" if held is None else "validation pictures"
    if result.network is None:
        learn = Rows(oof, data.features[oof.rows])
        own = None if held is None else Rows(held, data.features[held.rows])
        return Ground(learn, learn, own, words)
    if held is None:
        note = "the network learned from every picture but those of other folds, so that logits alone could be compared"
        rows = Rows(oof)
        return Ground(rows, rows, None, words, note)
    looker = Looker(result.network, data.geometry, Log(quiet=True), runtime=recipe.runtime, facts=False)
    rows = result.learn[_some(data.images.labels[result.learn], data.images.group[result.learn], SEEN, recipe.seed)]
    learn = Rows(predict(replace(data, features=(seen := _seen(data, looker, rows))), result.head, rows), seen[rows])
    judge = Rows(held, _seen(data, looker, held.rows)[held.rows])
    note = "the network had learned the classes that were left out of its head, so that strangers like them are harder"
    return Ground(learn, judge, None, words, note)


def _seen(data: Data, looker: Looker, rows: np.ndarray) -> np.ndarray:
    """(n, width) float32 of all rows, NaN but of these."""
    out = np.full((len(data.images), looker.network.width), np.nan, np.float32)
    out[rows] = look(data.images.take(rows), looker)[1]
    return out


def _some(labels: np.ndarray, group: np.ndarray, most: int, seed: int) -> np.ndarray:
    """About so many places, whole groups, every class in its share."""
    if len(labels) <= most:
        return np.arange(len(labels))
    return np.flatnonzero(deal(labels, group, [most, len(labels) - most], rng(seed, "unknown sample")) == 0)


def _sampled(ground: Ground, classes: int, seed: int) -> Ground:
    """The ground with as many rows as scores are compared on."""
    most = max(CHOSEN_ON, EACH * classes)
    learn, judge = (
        rows.take(_some(rows.said.labels, rows.said.group, most, seed)) for rows in (ground.learn, ground.judge)
    )
    return replace(ground, learn=learn, judge=learn if ground.judge is ground.learn else judge)


def _final(spec: str, ground: Ground, head: Any, seed: int) -> Unknown:
    """The score fitted to all learning rows, and what it says of own rows that it never saw."""

    def fit(rows: Rows) -> Any:
        linear = head.learner is None
        return fitted(spec, rows, head.weight if linear else None, head.bias if linear else None)

    learn, crossed = ground.learn, ground.own is None and ground.judge is ground.learn and "features" in asks(spec)
    learn = learn.take(_some(learn.said.labels, learn.said.group, MOST, seed))
    own = learn if crossed else ground.own or ground.judge
    score = fit(learn)
    found = np.empty(len(own))
    if not crossed:
        found = score(own.said.logits, own.features)
    fold = deal(own.said.labels, own.said.group, [1] * FOLDS, rng(seed, "unknown folds"))
    for number in range(FOLDS) if crossed else ():
        others, mine = (np.flatnonzero((fold == number) == side) for side in (False, True))
        found[mine] = fit(own.take(others))(own.said.logits[mine], own.take(mine).features)
    return Unknown(spec, score, found, clusters(own.said.group, len(own)))


def _told(found: Unknown, best: Compared, rivals: "list[Compared]", ground: Ground) -> dict[str, Any]:
    """What a report says of it, JSON-ready."""
    table = []
    for one in rivals:
        left, made = one.areas(JUDGE)
        table.append({"score": one.spec, "near": left.value, "far": made.value, "chose by": one.worth()})
    notes = [ground.note] if ground.note else []
    if (few := int((best.far.trial.own_half == CHOOSE).sum())) < FEW and len(rivals) > 1:
        taken = "the usual one is taken" if best.spec in USUAL else "the usual ones fail on them, the best is taken"
        notes.append(f"{few} own pictures are too few to choose a score by: {taken}")
    if not best.near:
        count = len(ground.judge.said.classes)
        notes.append(f"{count} classes are too few to leave some out: made strangers alone chose, and are easier")
    return best.told() | {
        "score": found.spec, "compared": table, "own": ground.words, "pictures": len(found.own),
        "groups": found.groups, "notes": notes, "asked": KEPT,
        "thresholds": [_threshold(found, share) for share in SHARES if found.groups >= least(share)],
    }  # fmt: skip


def _threshold(found: Unknown, share: float) -> dict[str, float]:
    """A threshold, and between which shares of new own pictures it keeps, 95 % of the time."""
    low, high = spread(share, found.groups)
    return {"kept": share, "threshold": found.threshold(share), "low": low, "high": high}


def _kept(found: Unknown, data: Data, result: Result, recipe: Recipe) -> dict[str, Any]:
    """How many test pictures are kept at KEPT, where there are some, JSON-ready."""
    test = result.predictions.get("test")
    test = None if test is None else test.take(np.flatnonzero(test.read & (test.labels >= 0)))
    if test is None or not len(test) or found.groups < least(KEPT):
        return {}
    features = None
    if "features" in asks(found.spec):
        features = data.features[test.rows]
        if result.network is not None:
            looker = Looker(result.network, data.geometry, Log(quiet=True), runtime=recipe.runtime, facts=False)
            features = _seen(data, looker, test.rows)[test.rows]
    inside = found.score(test.logits, features) <= found.threshold(KEPT)
    return {"tested": wilson(inside, test.group).as_dict()}


def _sentence(found: Unknown) -> str:
    """What was chosen and what it is worth, for the log."""
    told = found.told or {}
    said = []
    for name, words in (("near", "classes left out"), ("far", "made strangers")):
        one = told[name]["auroc"]
        if one["value"] is not None:
            said.append(f"{_text(one)} from {words}")
    return f"{found.spec} tells own pictures by an AUROC of {' and '.join(said)}"


def _text(one: dict[str, Any]) -> str:
    ends = (np.nan if one[end] is None else one[end] for end in ("value", "low", "high"))
    return Interval(*ends, n=0, method="").text(percent=False)


def figures(found: "Unknown | None") -> dict[str, Any]:
    """What a run's figures hold of it: {"unknown": ...}, nothing where none was wanted."""
    return {} if found is None else {"unknown": {"why": found.why} if found.why else found.told}


def keep(path: Path, found: "Unknown | None") -> None:
    """Write it into a run's folder; nothing where none was wanted."""
    if found is None:
        return
    if found.why:
        write_json(path / TABLE, {"format": FORMAT, "why": found.why})
        return
    from safetensors.numpy import save_file

    arrays = {f"score {name}": np.ascontiguousarray(value) for name, value in found.score.arrays().items()}
    arrays |= {"own": found.own.astype(np.float64), "group": found.group.astype(np.int64)}
    write(path / ARRAYS, lambda aside: save_file(arrays, aside))
    write_json(path / TABLE, {"format": FORMAT, "score": found.spec, **(found.told or {})})


def load(run: Run) -> Unknown:
    """What `keep` wrote, without fitting anything. Raises RunError where the run holds none, with the reason."""
    from safetensors.numpy import load_file

    if not (run.path / TABLE).exists():
        raise RunError(f"{run.path} holds no score for --unknown: {_lacking(run)}")
    told = run.json(TABLE)
    if told.get("why"):
        raise RunError(f"{run.path} holds no score for --unknown: {told['why']}.")
    try:
        arrays = load_file(run.path / ARRAYS)
        own, group = arrays.pop("own"), arrays.pop("group")
        trick: Any = find("unknown", parse(told["score"])[0].name)
        score = trick.rebuilt({name.removeprefix("score "): value for name, value in arrays.items()})
    except LinneError:
        raise
    except Exception as error:
        raise RunError(f"{run.path / ARRAYS} is missing or damaged: {error}") from error
    return Unknown(told["score"], score, own, group, told)


def _lacking(run: Run) -> str:
    if run.recipe.positive:
        return "it was trained on positives and a pool, where nothing is known of other classes."
    if run.recipe.unknown == "none":
        return "it was trained with unknown='none'. Train again without that."
    return "it was made by an earlier Linne, or is a fold of a run. Train again."
