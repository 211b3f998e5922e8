"""A classical learner in the linear head's place: fitted on the same features, out of fold, calibrated, kept as arrays.

Nothing is chosen, so every out-of-fold prediction may fit the temperature; where there are enough pictures to judge by,
those do. A learner that is a weight and a bias becomes the network's head; the others lie in a file of their own.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import OptionError, RunError
from ..core.files import write
from ..core.images import Images
from ..core.lookup import find, offer
from ..core.predictions import NEVER, Predictions, log_softmax, placed
from ..core.rng import rng
from .probe import JUDGES, Probe, notes_of, strangers
from .task import Task

FILE = "classic.safetensors"
"""Where a run keeps a learner that is no linear head."""
HEAT = "temperature(most=10000)"
"""Naive Bayes counts every feature as news: on clothing its 1,280 want a temperature of 307, lda's 5, svm's 0.25."""
REPEATS = 2
"""Deals of a cross-validation that judges: every one fits folds x (folds + 1) learners."""
Learner = Callable[[np.ndarray], np.ndarray]


def learnt(
    features: np.ndarray, images: Images, spec: str, *, folds: int = 5, seed: int = 0,
    judge: "tuple[np.ndarray, np.ndarray] | None" = None, copies: "np.ndarray | None" = None,
) -> Probe:  # fmt: skip
    """Fit the classic trick that `spec` names, and its temperature; arguments and errors as in `probe.probe`.

    Raises OptionError for pictures that weigh differently and for a trick whose fit gives no arrays to be kept.
    """
    if images.weight is not None and len(np.unique(images.weight)) > 1:
        raise OptionError(f"classic={spec!r} lets every picture count the same, but these have weights. Drop one.")
    task = Task.of(features, images, folds, seed, copies)
    judges = None if judge is None else strangers(*judge, task)
    learner = fit(task, spec, rng(seed, "classic"))
    if not hasattr(learner, "arrays"):
        raise OptionError(f"classic {spec!r} gives no arrays(), so that a run's folder cannot hold what it learned.")
    oof = task.predictions(_out_of_fold(task, spec, seed))
    head = headed(learner.arrays(), task, spec, learner)
    if judges is not None and judge is not None and len(judges) >= JUDGES:
        own, source = replace(judges, logits=head.logits(judge[0])[judges.rows]), "validation pictures"
    else:
        own, source = oof.take(np.flatnonzero(task.able)), "learning pictures, each judged by one that had not seen it"
    temperature = _heat(own)
    return replace(
        head, temperature=temperature, oof=replace(oof, temperature=temperature),
        calibrated_on=f"{len(own):,} {source}", notes=notes_of(task, folds),
    )  # fmt: skip


def crossed(features: np.ndarray, images: Images, spec: str, *, folds: int = 5, seed: int = 0) -> Predictions:
    """Every picture by learners whose fit and temperature its fold had no part in; the mean of log probabilities over
    REPEATS deals, as `nested.nested` pools them."""
    task = Task.of(features, images, folds, seed)
    found = [
        _crossed(task.dealt(folds, "nested", seed, repeat), spec, folds, seed, repeat) for repeat in range(REPEATS)
    ]
    return task.predictions(np.mean(found, axis=0))


def _crossed(task: Task, spec: str, folds: int, seed: int, repeat: int) -> np.ndarray:
    """(n, K) log probabilities of one deal: the temperature is fitted by a cross-validation inside the other folds."""
    out = np.empty((len(task), len(task.classes)))
    for fold in range(task.folds):
        part = task.take(np.flatnonzero(task.fold != fold)).dealt(folds, "inner", seed, fold)
        seen = part.predictions(_out_of_fold(part, spec, seed, repeat, fold)).take(np.flatnonzero(part.able))
        own = np.flatnonzero(task.fold == fold)
        learner = fit(part, spec, rng(seed, "classic", "outer", repeat, fold))
        out[own] = scores(learner, task.features[own], len(task.classes)) / _heat(seen)
    return log_softmax(out)


def rebuilt(name: str, arrays: dict[str, np.ndarray]) -> Learner:
    """The learner of a trick's name and of what its `arrays()` were. Imports no scikit-learn."""
    trick: Any = find("classic", name)
    return trick.rebuilt(arrays)


def trick_of(head: Probe) -> str:
    """The trick whose learner it is, which another trick may have fitted (on rows of its own, say); "" for none."""
    return "" if head.learner is None else type(head.learner).__name__


def scores(learner: Learner, features: np.ndarray, classes: int) -> np.ndarray:
    """(m, classes) float64 of features (m, d), which count as float32 whoever asks; NaN where a row is not finite."""
    return spread(learner(np.asarray(features, np.float32)), classes)


def keep(folder: Path, head: Probe) -> None:
    """Write a learner into its run's folder."""
    from safetensors.numpy import save_file

    arrays = {name: np.ascontiguousarray(value) for name, value in _arrays(head).items()}
    write(folder / FILE, lambda aside: save_file(arrays, aside))


def load(folder: Path, name: str) -> Learner:
    """The learner of the trick `name` that `keep` wrote. Raises RunError where its file is missing or damaged."""
    from safetensors.numpy import load_file

    try:
        return rebuilt(name, load_file(folder / FILE))
    except Exception as error:
        raise RunError(f"{folder / FILE} is missing or damaged: {error}") from error


def packed(head: Probe) -> dict[str, np.ndarray]:
    """The learner's arrays under names of their own, beside those of a head; nothing for a linear one."""
    return {} if head.learner is None else {f"classic {name}": value for name, value in _arrays(head).items()}


def unpacked(head: Probe, found: dict[str, np.ndarray], spec: str, trick: str) -> Probe:
    """The head with the learner of `trick` that `packed` kept, where there was one."""
    own = {name.removeprefix("classic "): value for name, value in found.items() if name.startswith("classic ")}
    return replace(head, classic=spec, learner=rebuilt(trick, own) if own else None)


def _arrays(head: Probe) -> dict[str, np.ndarray]:
    learner: Any = head.learner
    return learner.arrays()


def _heat(predictions: Predictions) -> float:
    return float(find("calibrate", HEAT)(predictions)) if len(predictions) else 1.0


def _out_of_fold(task: Task, spec: str, seed: int, *where: int) -> np.ndarray:
    """(n, K) float64 scores of each picture by a learner that never saw its fold."""
    out = np.empty((len(task), len(task.classes)))
    for fold in range(task.folds):
        others, own = (np.flatnonzero((task.fold == fold) == side) for side in (False, True))
        learner = fit(task.take(others), spec, rng(seed, "classic", "fold", *where, fold))
        out[own] = scores(learner, task.features[own], len(task.classes))
    return out


def fit(task: Task, spec: str, draw: np.random.Generator) -> Any:
    """The trick fitted to these pictures and their copies; where one class alone is left, it is always said."""
    present = np.unique(task.targets)
    if len(present) < 2:
        return lambda rows: placed(np.zeros((len(rows), 1)), present, int(present[0]) + 1)
    return offer(find("classic", spec), features=task.features, targets=task.targets, rng=draw)


def spread(found: np.ndarray, classes: int) -> np.ndarray:
    """Scores over all classes, also those after the last that was learned."""
    return found if found.shape[1] == classes else placed(found, np.arange(found.shape[1]), classes)


def headed(arrays: dict[str, np.ndarray], task: Task, spec: str, learner: Learner) -> Probe:
    """The learner as a head that is not calibrated yet."""
    classes, width = len(task.classes), task.features.shape[1]
    weight, bias = np.zeros((classes, width), np.float32), np.full(classes, NEVER, np.float32)
    linear = set(arrays) == {"weight", "bias"}
    if linear:
        weight[: len(arrays["weight"])], bias[: len(arrays["bias"])] = arrays["weight"], arrays["bias"]
    blank = task.predictions(np.zeros((len(task), classes)))
    return Probe(weight, bias, task.classes, 0.0, 1.0, blank, [], np.zeros(len(task), bool), "", (), spec,
                 None if linear else learner)  # fmt: skip
