"""What generated pictures are worth, by real ones that the generator never saw: their class, likeness, copies, gain.

Everything is seen at the generator's side and through the frozen network, except by the classifier that is to gain.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.images import Images
from ..core.intervals import wilson
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..core.rng import rng
from .compare import compare
from .copying import Learned, Near, copying
from .data import Data
from .drawing import Canvas, drawn
from .extra import Stage, crossed
from .frechet import frechet, inside, jackknife
from .log import Log
from .look import Looker, look
from .probe import probe
from .pseudo import verdict

MOST = 2000
"""Held-out pictures by which likeness is measured, at most."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Rows of a Data. learn: the generator learned from them. aside: real pictures to judge it by. every: those that a
    training learns from. given: aside are the validation pictures, else a part of `every`. few: no split was given,
    and a training by itself would deal none."""

    learn: np.ndarray
    aside: np.ndarray
    every: np.ndarray
    given: bool
    few: bool = False


class Eye:
    """Features of pictures (n, S, S, C) uint8 in the network of a Data."""

    def __init__(self, data: Data, log: Log) -> None:
        self.looker = Looker(data.network, data.geometry, log, runtime=data.runtime, facts=False)

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(n, width) float32."""
        return look(Images.of(list(pixels)), self.looker)[1]


def appraise(
    data: Data, parts: Parts, method: Any, known: dict[str, Canvas], made: Canvas, recipe: Recipe, log: Log
) -> tuple[dict[str, Any], Near]:
    """(figures, JSON-ready; where the pictures that were made lie among the learned ones).

    known: "learn" and "aside" as the generator sees them; made: what is written.
    """
    eye, images = Eye(data, log), data.images
    log.say("looking at what was drawn")
    seen = {name: eye(one.pixels) for name, one in known.items()} | {"made": eye(made.pixels)}
    learned = Learned.of(seen["learn"], images.group[parts.learn])
    near, held = learned.near(seen["made"]), learned.near(seen["aside"])
    return {
        "asked": asked(data, parts, seen, made.labels, recipe),
        "likeness": likeness(data, parts, method, known, seen, eye, recipe.seed) | {"network": data.network.name},
        "copies": copying(near.share, held.share, images.group[parts.aside], learned.limit()),
        "gain": gain(data, parts, seen["made"], made.labels, recipe),
    }, near


def asked(data: Data, parts: Parts, seen: dict[str, np.ndarray], labels: np.ndarray, recipe: Recipe) -> dict[str, Any]:
    """Share of drawn pictures that a classifier of all real learning ones calls what they were asked to be; and its
    accuracy out of fold, at the same side."""
    rows = parts.learn if parts.given else np.concatenate([parts.learn, parts.aside])
    features = seen["learn"] if parts.given else np.concatenate([seen["learn"], seen["aside"]])
    head = probe(features, data.images.take(rows), metric=recipe.metric, folds=recipe.inner_folds, seed=recipe.seed)
    right = head.logits(seen["made"]).argmax(1) == labels
    each = [
        {"class": name, **wilson(right[labels == k]).as_dict()} for k, name in enumerate(data.images.classes)
        if (labels == k).any()
    ]  # fmt: skip
    real = wilson(head.oof.right, head.oof.group)
    return {"share": wilson(right).as_dict(), "real": real.as_dict(), "classes": each}


def likeness(
    data: Data, parts: Parts, method: Any, known: dict[str, Canvas], seen: dict[str, np.ndarray], eye: Eye, seed: int
) -> dict[str, Any]:  # fmt: skip
    """Frechet distance, precision and recall of pictures drawn anew, as many of each class as held-out real ones, and
    the distance of a Gaussian a class in pixels."""
    some = np.sort(rng(seed, "likeness").permutation(len(parts.aside))[:MOST])
    real, labels = seen["aside"][some], known["aside"].labels[some]
    group = data.images.group[parts.aside[some]]
    ours = eye(drawn(method, labels, seed, "likeness"))
    cloud = eye(gaussian(known["learn"], labels, rng(seed, "gaussian")))

    def apart(kind: np.ndarray, rows: np.ndarray, others: np.ndarray) -> float:
        return frechet(real[rows], kind[others])

    found = {name: jackknife(lambda a, b, kind=kind: apart(kind, a, b), labels, group)
             for name, kind in (("frechet", ours), ("gaussian", cloud))}  # fmt: skip
    found["nearer"] = jackknife(lambda a, b: apart(cloud, a, b) - apart(ours, a, b), labels, group)
    found["precision"], found["recall"] = wilson(inside(ours, real)), wilson(inside(real, ours), group)
    return {name: one.as_dict() for name, one in found.items()}


def gaussian(known: Canvas, labels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """(m, S, S, C) uint8: each of its class's Gaussian, with the mean and covariance of the class's pixels.

    A centred picture's sum with standard normal weights has that covariance, however few pictures there are.
    """
    out = np.empty((len(labels), *known.pixels.shape[1:]), np.uint8)
    for label in np.unique(labels):
        rows = known.pixels[known.labels == label].reshape((known.labels == label).sum(), -1).astype(np.float64)
        mean, own = rows.mean(0), np.flatnonzero(labels == label)
        weights = draw.standard_normal((len(own), len(rows))) / max(len(rows) - 1, 1) ** 0.5
        made = np.clip(np.round(mean + weights @ (rows - mean)), 0, 255)
        out[own] = made.reshape(len(own), *known.pixels.shape[1:])
    return out


def gain(data: Data, parts: Parts, features: np.ndarray, labels: np.ndarray, recipe: Recipe) -> dict[str, Any]:
    """What a training gains by these pictures, as `linne train --extra` measures it."""
    with_them, without = both(data, parts, features, labels, recipe)
    found = compare(with_them, without, metric=recipe.metric, seed=recipe.seed)
    return found | {"verdict": verdict(found), "judges": len(without)}


def both(
    data: Data, parts: Parts, features: np.ndarray, labels: np.ndarray, recipe: Recipe
) -> tuple[Predictions, Predictions]:
    """(with, without) drawn pictures: of the real ones that were put aside, by heads that had not learned them."""
    images, every = data.images, parts.every
    judge = parts.aside if parts.given else parts.aside[:0]
    stage = Stage(
        data.features[every], images.take(every), ~np.isin(every, parts.learn), features, labels,
        data.features[judge], images.take(judge), recipe.metric, recipe.inner_folds, recipe.seed,
    )  # fmt: skip
    return crossed(stage, stage.part(np.arange(len(every))).plain())
