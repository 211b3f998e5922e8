"""The main job: pictures in, a first classifier out, with figures from pictures that neither learned nor chose.

Training rows learn, and choose the head's strength by grouped cross-validation. Validation rows, where some were given,
fit the temperature; else a share of the out-of-fold rows that did not choose does. Test rows are read once, at the end.
Given splits are never dealt again: a test picture with a verified twin among the others is left out of the headline.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..core.applied import added
from ..core.errors import InputError
from ..core.files import plain
from ..core.finding import Finding
from ..core.images import Images
from ..core.intervals import wilson
from ..core.lookup import find, offer
from ..core.predictions import Predictions
from ..core.recipe import FEW_LABELS, Recipe
from ..core.rng import rng
from ..core.spec import Spec, chain
from . import classic, extra, leave_out, pool
from .augments import settled
from .data import Data, check
from .figures import figure, figures, headline
from .known import copied
from .log import Log
from .memo import arrays, digest
from .network import Network
from .probe import Probe, nested, probe

FEW = 250
"""With fewer usable pictures a test set would resolve nothing: repeated grouped cross-validation judges instead."""
BASELINE = 1.0
"""The only strength on features of random weights: choosing one for 520 classes of 8,320 drawings took 9 minutes."""


@dataclass(eq=False)
class Result:
    """What a training came to. figures: JSON-ready. findings: most severe first. how: who judged, in words.

    network: the tuned one, where the network's own weights learned too.
    """

    data: Data
    head: Probe
    learn: np.ndarray
    predictions: dict[str, Predictions]
    figures: dict[str, Any]
    how: str
    findings: list[Finding] = field(default_factory=list)
    leak: str = ""
    network: Network | None = None


@dataclass(eq=False)
class Stand:
    """Where a training stands before its test rows are read: who learns, who judges, and the first classifier.

    learn, judge, test: rows of `data.images`; judge (validation) may be none. leaked: (n,) bool. recipe: with what it
    left to the pictures.
    """

    data: Data
    head: Probe
    learn: np.ndarray
    judge: np.ndarray
    test: np.ndarray
    leaked: np.ndarray
    recipe: Recipe


def few(data: Data, recipe: Recipe) -> bool:
    """Whether there are too few pictures for a test set, and none was given."""
    return recipe.split == "auto" and not (data.images.split != "").any() and int(data.kept.sum()) < FEW


def stand(data: Data, recipe: Recipe, log: Log, dealt: Callable[[Data], Any] = lambda data: None) -> Stand:
    """Split and learn the first classifier; no test row is read. Raises InputError where none is left to judge by."""
    given = bool((data.images.split != "").any())
    data.images = deal(data, recipe, given)
    extra.permit(data)
    data.findings += [found for found in data.images.findings if found not in data.findings]
    dealt(data)
    split, kept = data.images.split, data.kept
    twinned = leaked(data) if given else np.zeros(len(split), bool)
    learn = np.flatnonzero(kept & (split == "train"))
    judge = np.flatnonzero(kept & (split == "validation") & ~twinned)
    test = np.flatnonzero((data.images.labels >= 0) & (split == "test"))
    if not len(test):  # train and validation alone: nothing chose on validation, so it judges
        test, judge = np.flatnonzero((data.images.labels >= 0) & (split == "validation")), judge[:0]
    if not len(test):
        raise InputError(
            "The split leaves no labelled picture to judge by. Name one part 'test', or use --split grouped."
        )
    if given:
        _taught(data.images, learn, test)
    recipe = settled(data, learn, recipe, log)
    head = pool.teach(data, recipe, learn, judge, _learn(data, recipe, learn, judge, log), log)
    head = extra.teach(data, recipe, learn, judge, head, log)
    return Stand(data, head, learn, judge, test, twinned, recipe)


def whole(data: Data, recipe: Recipe, log: Log, learn: np.ndarray, known: Predictions) -> Stand:
    """These pictures learn and none judges: `known` is what was said out of fold, and calibrates."""
    none = np.zeros(0, np.int64)
    recipe = settled(data, learn, recipe, log)
    head = pool.again(data, recipe, learn, _learn(data, recipe, learn, none, log), log)
    on = f"{len(known):,} pictures, out of fold"
    head = replace(head, oof=known, temperature=known.temperature, calibrated_on=on)
    return Stand(data, head, learn, none, none, np.zeros(len(data.images), bool), recipe)


def _taught(images: Images, learn: np.ndarray, test: np.ndarray) -> None:
    """Raise InputError for a class that test pictures show and no learning picture does: it could never be said."""
    asked, known = (np.bincount(images.labels[rows], minlength=len(images.classes)) for rows in (test, learn))
    absent = [k for k in np.flatnonzero(asked) if not known[k]]
    if absent:
        first = f"{images.classes[absent[0]]!r} has {asked[absent[0]]} test pictures and none to learn from"
        more = f", and so have {len(absent) - 1} more classes" if len(absent) > 1 else ""
        raise InputError(f"{first}{more}. Move some of them to the learning part, or leave the class out of the test.")


def judged(stood: Stand, head: Probe, parts: dict[str, Predictions], recipe: Recipe, log: Log) -> Result:
    """A classifier by its predictions of "train" (of rows that it did not learn), "test" and perhaps "validation"."""
    if "test" not in parts:  # folds judge
        return Result(stood.data, head, stood.learn, parts, {}, "")
    found, leak = _judge(parts["test"], stood.leaked[stood.test], recipe, log)
    found["oof"] = figure(head.oof, metric=recipe.metric, seed=recipe.seed)
    found |= {"path": head.path} | pool.shown(stood.data.pool) | extra.shown(stood.data.extra)
    how = "test pictures that neither learned nor chose"
    result = Result(stood.data, head, stood.learn, parts, found, how, leak=leak)
    result.findings = check(stood.data, recipe, _together(parts))
    return result


def foreseen(data: Data, recipe: Recipe, log: Log) -> Predictions | None:
    """Every labelled picture as a head saw it that it did not teach, for checks alone; None where none can be."""
    try:
        usable(data)
    except InputError as error:
        log.say(f"checks that need a classifier are left out: {error}")
        return None
    split = data.images.split
    given = (split == "train").any()
    learn = np.flatnonzero(data.kept & (split == "train")) if given else np.flatnonzero(data.kept)
    head = _learn(data, recipe, learn, learn[:0], log)
    others = np.flatnonzero((data.images.labels >= 0) & np.isin(split, ("validation", "test"))) if given else learn[:0]
    return _together({"train": head.oof, "others": predict(data, head, others)})


def usable(data: Data) -> None:
    """Leave out by name what has no label; raise InputError where nothing could be learned from the rest."""
    labels, source = data.images.labels, data.images.came_from or "the data"
    data.why[(labels < 0) & (data.why == "")] = "no label"
    counts = np.bincount(labels[data.kept], minlength=len(data.images.classes))
    present = [name for name, count in zip(data.images.classes, counts, strict=True) if count]
    if not data.kept.any():
        raise InputError(
            f"No picture of {source} has a label. Put the pictures in a folder per class, or give a table "
            "with a label column. Where all of them show one thing, give a pool of anything and --method pu."
        )
    if len(present) < 2:
        raise InputError(
            f"All {counts.sum()} labelled pictures of {source} are {present[0]!r}: a classifier needs at "
            "least two classes, each a folder of its own. Where only this is known, give pictures of "
            "anything beside it: --pool anything/ --method pu."
        )
    if (counts > 1).sum() < 2:
        raise InputError(
            f"{source} has one picture for {int((counts == 1).sum())} of its {len(present)} classes: "
            "nothing would be left to judge by. Add pictures: at least two a class, better thirty."
        )


def deal(data: Data, recipe: Recipe, given: bool) -> Images:
    """The pictures with their split filled: as given, or dealt among the kept ones by the recipe's split. Those that an
    overlay adds from a pool were chosen, for being hard: they learn, unless their group judges."""
    if given:
        return as_given(data.images, recipe)
    spec = "grouped" if recipe.split == "auto" else recipe.split
    more = added(data.images) & data.kept
    rows = np.flatnonzero(data.kept & ~more)
    dealt = offer(find("split", spec), images=data.images.take(rows), rng=rng(recipe.seed, "split"))
    split = np.full(len(data.images), "", dtype=object)
    split[rows] = dealt.split
    side = dict(zip(data.images.group[rows], dealt.split, strict=True)) | {"": "train"}
    split[more] = [side.get(group, "train") for group in data.images.group[more]]
    moved = [replace(found, rows=tuple(rows[list(found.rows)])) for found in dealt.findings]
    return replace(data.images, split=split, findings=data.images.findings + tuple(moved))


def as_given(images: Images, recipe: Recipe) -> Images:
    """The pictures with the split that they came with. Raises InputError where the recipe asks for another."""
    spec = "given" if recipe.split == "auto" else recipe.split
    if parse_name(spec) != "given":
        raise InputError(
            f"The pictures came with a split, which is never dealt again, and --split asks for {spec!r}. "
            "Drop --split, or give a folder without train and test parts."
        )
    return offer(find("split", spec), images=images, rng=rng(recipe.seed, "split"))


def parse_name(spec: Any) -> str:
    """The name of a trick given as text or as a callable."""
    part = chain(spec)[0]
    return part.name if isinstance(part, Spec) else getattr(part, "__name__", "")


def predict(data: Data, head: Probe, rows: np.ndarray) -> Predictions:
    """The head's predictions of these rows; NaN logits where a picture could not be read."""
    images, seen = data.images, data.features[rows]
    if head.learner is None:
        logits = seen.astype(np.float64) @ head.weight.T.astype(np.float64) + head.bias
    else:
        logits = head.logits(seen)
    return Predictions(
        logits, images.labels[rows], rows, images.classes, images.names[rows], images.group[rows], head.temperature
    )


def _learn(data: Data, recipe: Recipe, learn: np.ndarray, judge: np.ndarray, log: Log) -> Probe:
    images, copies = data.images, _copies(data, recipe, learn, log)
    given, labels = data.features[learn], images.labels
    key = digest(
        given, labels[learn], images.group[learn], *images.classes, images.weight, data.features[judge], labels[judge],
        copies, recipe.metric, recipe.inner_folds, recipe.seed, recipe.classic, recipe.method == FEW_LABELS,
        data.network.seed >= 0,
    )  # fmt: skip

    def compute() -> dict[str, np.ndarray]:
        asked: dict[str, Any] = {"folds": recipe.inner_folds, "seed": recipe.seed, "copies": copies}
        asked["judge"] = (data.features[judge], labels[judge]) if len(judge) else None
        if recipe.classic:
            return packed(classic.learnt(given, images.take(learn), recipe.classic, **asked))
        if recipe.method == FEW_LABELS:
            return packed(leave_out.learnt(given, images.take(learn), metric=recipe.metric, **asked))
        strengths = (BASELINE,) if data.network.seed >= 0 else None
        return packed(probe(given, images.take(learn), metric=recipe.metric, strengths=strengths, **asked))

    found = arrays("heads", key, compute) if isinstance(recipe.metric, str) else compute()
    head = unpacked(found, images, learn)
    how = f"head: strength {head.strength:g} chosen by {recipe.inner_folds}-fold cross-validation"
    how = how.split(" chosen")[0] if recipe.method == FEW_LABELS or len(head.path) == 1 else how
    log.say(
        f"{head.classic or how} on {len(learn):,} pictures, temperature {head.temperature:.3f} on {head.calibrated_on}"
    )
    for note in head.notes:
        log.say(note)
    return head


def packed(head: Probe) -> dict[str, np.ndarray]:
    """A head as plain arrays, to be kept."""
    words = {"strength": head.strength, "temperature": head.temperature, "path": head.path, "notes": head.notes,
             "calibrated_on": head.calibrated_on, "classic": head.classic, "trick": classic.trick_of(head)}  # fmt: skip
    return {"weight": head.weight, "bias": head.bias, "logits": head.oof.logits, "rows": head.oof.rows,
            "chose": head.chose, "words": np.array(json.dumps(plain(words))), **classic.packed(head)}  # fmt: skip


def unpacked(found: dict[str, np.ndarray], images: Images, learn: np.ndarray) -> Probe:
    """The head that `packed` kept; its out-of-fold rows are rows of `images`."""
    words = json.loads(str(found["words"]))
    rows = learn[found["rows"]]
    oof = Predictions(found["logits"], images.labels[rows], rows, images.classes, images.names[rows],
                      images.group[rows], words["temperature"])  # fmt: skip
    head = Probe(found["weight"], found["bias"], images.classes, words["strength"], words["temperature"], oof,
                 words["path"], found["chose"], words["calibrated_on"], tuple(words["notes"]))  # fmt: skip
    return classic.unpacked(head, found, words["classic"], words["trick"]) if words["classic"] else head


def _copies(data: Data, recipe: Recipe, learn: np.ndarray, log: Log) -> np.ndarray | None:
    """Features of augmented copies of the learning rows, (views, n, width), or None."""
    if not recipe.views:
        return None
    hashes = data.facts["hash"][learn]
    return copied(data, data.images.take(learn), hashes, recipe.augment, recipe.views, recipe, log)


def leaked(data: Data) -> np.ndarray:
    """(n,) bool: judging rows with a verified twin in a part that comes before: train, then validation, then test."""
    split, twins, kept = data.images.split, data.twins, data.kept
    out = np.zeros(len(split), bool)
    for part, before in (("validation", ("train",)), ("test", ("train", "validation"))):
        seen = np.unique(twins[np.isin(split, before) & kept])
        out |= (split == part) & np.isin(twins, seen)
    return out


def _judge(test: Predictions, leaked: np.ndarray, recipe: Recipe, log: Log) -> tuple[dict[str, Any], str]:
    """The figures of the test rows, read once; with and without leaked ones where there are some."""
    if leaked.all():
        raise InputError(
            "Every test picture has a verified twin among the learning ones: nothing is left to judge by. "
            "Give other test pictures, or one folder without a split."
        )
    honest = test.take(np.flatnonzero(~leaked))
    found = figures(honest, metric=recipe.metric, seed=recipe.seed)
    log.say(headline(found))
    if not leaked.any():
        return found, ""
    whole = {"headline": figure(test, metric=recipe.metric, seed=recipe.seed), "metric": recipe.metric, "n": len(test)}
    found["with_twins"] = whole["headline"] | {"n": len(test)}
    points = _points(test, leaked)
    found["leakage"] = {"pictures": int(leaked.sum()), "points": points.as_dict()}
    leak = (
        f"{int(leaked.sum())} of {len(test)} test pictures have a verified twin among the learning ones and are left "
        f"out; with them: {headline(whole)}; leakage is worth {100 * points.value:+.1f} points "
        f"[{100 * points.low:+.1f}, {100 * points.high:+.1f}]"
    )
    log.say(leak)
    return found, leak


def _points(test: Predictions, leaked: np.ndarray) -> Any:
    """Accuracy with the leaked pictures minus accuracy without them, with its interval.

    With share s leaked, the difference is s (accuracy of leaked - accuracy of honest): two independent sets of rows.
    """
    share = leaked.mean()
    twins = wilson(test.right[leaked], test.group[leaked])
    others = wilson(test.right[~leaked], test.group[~leaked])
    value = share * (twins.value - others.value)
    low = value - share * np.hypot(twins.value - twins.low, others.high - others.value)
    high = value + share * np.hypot(twins.high - twins.value, others.value - others.low)
    return replace(twins, value=float(value), low=float(low), high=float(high), n=len(leaked), method="Newcombe 1998")


def cross_validated(data: Data, recipe: Recipe, log: Log, dealt: Callable[[Data], None]) -> Result:
    """Too few pictures for a test set: every picture is judged by heads that it did not teach, several times over."""
    extra.permit(data, few=True)
    learn = np.flatnonzero(data.kept)
    split = np.full(len(data.images), "", dtype=object)
    split[learn] = "train"
    data.images = replace(data.images, split=split)
    dealt(data)
    log.say(f"{len(learn)} pictures are too few for a test set: judged by repeated grouped cross-validation instead")
    head = _learn(data, settled(data, learn, recipe, log), learn, learn[:0], log)
    head, honest = pool.teach(data, recipe, learn, learn[:0], head, log), pool.honest(data, recipe, learn)
    images = data.images.take(learn)
    features, asked = data.features[learn], dict[str, Any](folds=recipe.inner_folds, seed=recipe.seed)
    if honest is not None:
        judged = honest
    elif recipe.method == FEW_LABELS:
        judged = leave_out.honest(head.oof, learn)
    elif recipe.classic:
        judged = classic.crossed(features, images, recipe.classic, **asked)
    else:
        judged = nested(features, images, metric=recipe.metric, **asked).pooled
    judged = replace(judged, rows=learn[judged.rows])
    judged = judged.take(np.flatnonzero(~added(data.images)[judged.rows]))
    found = figures(judged, metric=recipe.metric, seed=recipe.seed)
    found |= {"path": head.path, "who": "pictures, cross-validated"} | pool.shown(data.pool)
    sentence = found["resolution"]["sentence"].replace("This test set", "This set of pictures")
    found["resolution"]["sentence"] = sentence
    log.say(headline(found))
    how = "repeated grouped cross-validation: too few pictures for a test set of their own"
    heat = head.temperature  # what is stored is divided by it when it is read
    kept = replace(judged, logits=judged.logits * (heat / judged.temperature), temperature=heat)
    result = Result(data, head, learn, {"train": kept}, found, how)
    result.findings = check(data, recipe, judged)
    return result


def _together(parts: dict[str, Predictions]) -> Predictions:
    """Every labelled picture as a head saw it that it did not teach."""
    every = list(parts.values())
    base = every[0]
    joined = {
        name: np.concatenate([getattr(one, name) for one in every])
        for name in ("logits", "labels", "rows", "names", "group")
    }
    return replace(base, **joined, temperature=every[-1].temperature)
