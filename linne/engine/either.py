"""One label a picture, or several: what differs between them where training goes the same way."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..core import deal
from ..core.deal_several import deal_several
from ..core.images import Images
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..core.several import Several
from . import first as one
from . import several
from .data import Data
from .first import Result, Stand
from .log import Log
from .probe import Probe, probe
from .task import heat


def first(
    data: Data,
    recipe: Recipe,
    log: Log,
    dealt: Callable[[Data], Any] = lambda data: None,
    reading: Callable[[], Any] = lambda: None,
) -> Result:
    """Split, learn, calibrate, judge, check. `dealt` is called once it is known who is kept and who judges, `reading`
    just before the test rows are read.

    Raises InputError where there is nothing to learn: no labels, one class, one picture a class.
    """
    usable(data)
    if one.few(data, recipe):
        return (one if data.images.targets is None else several).cross_validated(data, recipe, log, dealt)
    stood = stand(data, recipe, log, dealt)
    reading()
    parts = {"train": stood.head.oof, "test": predict(data, stood.head, stood.test)}
    if len(stood.judge):
        parts["validation"] = predict(data, stood.head, stood.judge)
    return judged(stood, stood.head, parts, recipe, log)


def stand(data: Data, recipe: Recipe, log: Log, dealt: Callable[[Data], Any]) -> Stand:
    """Split and learn the first classifier; no test row is read."""
    own = one.stand if data.images.targets is None else several.stand
    return own(data, recipe, log, dealt)


def usable(data: Data) -> None:
    """Leave out what cannot teach; raise InputError where nothing could be learned from the rest."""
    (one.usable if data.images.targets is None else several.usable)(data)


def dealt(images: Images, shares: Sequence[float], draw: np.random.Generator) -> np.ndarray:
    """(n,) the part of each picture; whole groups, every class in its share."""
    if images.targets is None:
        return deal.deal(images.labels, images.group, shares, draw)
    return deal_several(images.targets, images.group, shares, draw)


def said(images: Images, rows: np.ndarray, logits: np.ndarray) -> Predictions:
    """These scores (m, K) of rows (m,) of `images`, of any scale; of several labels a metric is taken once they are
    `warmed`."""
    if images.targets is not None:
        return several.predictions(images, rows, logits, images.targets[rows], np.full(logits.shape[1], 0.5))
    return Predictions(logits, images.labels[rows], rows, images.classes, images.names[rows], images.group[rows])


def warmed(said: Predictions) -> Predictions:
    """The same as probabilities; what is fitted to that end is, of several labels, fitted for each picture by others
    where it decides what is said of it."""
    return several.fair(said) if isinstance(said, Several) else replace(said, temperature=heat(said))


def solved(features: np.ndarray, images: Images, strength: float, metric: Any, seed: int) -> Probe:
    """The first classifier of these pictures (n, d) at one strength; its rows are places in `images`."""
    if images.targets is None:
        return probe(features, images, metric=metric, folds=2, strengths=(strength,), seed=seed)
    recipe = Recipe.of({"metric": metric, "inner_folds": 2, "seed": seed})
    heads = several.fit(features, images, recipe, strengths=(strength,))
    return several.probe_of(heads, images, np.arange(len(images)))


def predict(data: Data, head: Probe, rows: np.ndarray) -> Predictions:
    """What a first classifier says of these rows; NaN where one could not be read."""
    return (one.predict if data.images.targets is None else several.predict)(data, head, rows)


def judged(stood: Stand, head: Probe, parts: dict[str, Any], recipe: Recipe, log: Log) -> Result:
    """A classifier by its predictions of each part."""
    return (one.judged if stood.data.images.targets is None else several.judged)(stood, head, parts, recipe, log)
