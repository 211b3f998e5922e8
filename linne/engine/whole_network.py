"""Positives and a pool, end to end: the network's own weights learn too, beginning with the head that features gave.

A fold is kept aside that neither head nor network learns from: it calibrates, and says what the network is worth beside
the head alone, by the same proxy.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.files import write
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from . import folder, proxy, ways
from .assemble import sign
from .climb import Climb
from .first import Stand
from .log import Log
from .look import Looker, look
from .network import Network, resolve
from .plan import Plan
from .positive import Material, headed
from .probe import Probe
from .recipes import steps_of
from .rung import WHOLE, Rung

ASIDE = 0
"""The fold that is kept aside."""


@dataclass(eq=False)
class Tuned:
    """A network that learned, run as predict runs it. weight (K + 1, width), bias (K + 1,): of its head as learned."""

    made: Material
    network: Network
    weight: np.ndarray
    bias: np.ndarray
    looker: Any

    def logits(self, rows: np.ndarray) -> np.ndarray:
        """(m, K + 1) of these rows of the images, of which the last is 0."""
        seen = look(self.made.data.images.take(rows), self.looker)[1]
        found = seen @ self.weight.T.astype(np.float64) + self.bias
        return found - found[:, -1:]

    def said(self, rows: np.ndarray, head: Probe) -> Predictions:
        """What it says of these rows, calibrated as `head` is."""
        images = self.made.data.images.take(rows)
        logits = self.logits(rows) + head.bias - self.bias + self.bias[-1]
        return Predictions(logits, images.labels, rows, images.classes, images.names, images.group, head.temperature)


def tuned(
    made: Material, recipe: Recipe, method: str, strength: float, log: Log, path: Path, clock: Any
) -> tuple[Probe, Tuned]:
    """Fit, calibrate, and write the network into the run's folder; a restart goes on from its checkpoints."""
    from . import device
    from .course import quick

    data, aside = made.data, made.fold == ASIDE
    clock.keep(path / "ladder" / "clock.json")
    weight, bias = made.axes.raw(*made.fit(method, strength, ~aside))
    held = made.rows[aside]
    before = made.data.features[held] @ weight.T.astype(np.float64) + bias
    features = Predictions(np.pad(before, ((0, 0), (0, 1))), made.labels[aside], held, data.images.classes,
                           data.images.names[held], data.images.group[held])  # fmt: skip
    start = headed(made, weight, bias, np.zeros(len(bias) + 1), features, strength)
    plan = Plan(path / "plan.json")
    where = device.device(recipe.device)
    with quick(plan):
        member = _rung(made, recipe, method, start, (log, path, clock, plan, where)).member(WHOLE, float("inf"))
    found = _opened(made, member.file, recipe, log)
    logits = found.logits(held)
    shift, heat = proxy.calibrated(logits, made.labels[aside], made.prior)
    after = replace(features, logits=logits + shift, temperature=heat)
    _beside(made, after, features, recipe, log)
    head = headed(
        made, found.weight[:-1] - found.weight[-1], (found.bias - found.bias[-1])[:-1], shift, after, strength
    )
    return head, _kept(found, head, member.file, path, recipe)


def _rung(made: Material, recipe: Recipe, method: str, start: Probe, run: tuple[Any, ...]) -> Rung:
    """The method over the whole network, all folds but the one aside learning."""
    log, path, clock, plan, where = run
    data, learns, none = made.data, made.fold != ASIDE, np.zeros(0, np.int64)
    own, free = (np.sort(made.rows[learns & part]) for part in (made.labels >= 0, made.labels < 0))
    stood = Stand(data, start, own, none, none, np.zeros(len(data.images), bool), recipe)
    up = Climb(stood, recipe, path, log, clock, plan, where)
    lent = Climb(replace(stood, learn=free), recipe, path, log, clock, plan, where)
    steps = replace(steps_of(recipe, "full", len(own), where.torch.type), method=method)
    each, steps = ways.picture_seconds(up, steps, steps.epochs * len(own))
    total = steps.epochs * len(own) * each * 3
    log.say(f"{method}: the whole network, {steps.epochs:.3g} epochs of the positives; about {total / 60:.0f} min")
    name = method.partition("(")[0]
    return Rung(name, steps, 2, stood, path / "ladder", plan, log, clock, lambda rows: ways.shown(up, rows),
                recipe.seed, recipe.metric, where, (), "auto", "", lambda: ways.shown(lent, free),
                made.prior)  # fmt: skip


def _opened(made: Material, file: Path, recipe: Recipe, log: Log) -> Tuned:
    """The network of a file, to be run as predict does."""
    from safetensors.numpy import load_file

    network = resolve(made.data.network.trained, str(file), size=recipe.size)
    named = load_file(file)
    place = folder.head_place(named, network)
    looker = Looker(network, made.data.geometry, log, runtime=recipe.runtime, facts=False)
    weight = named[f"{place}.weight"]
    return Tuned(made, network, weight, named.get(f"{place}.bias", np.zeros(len(weight), np.float32)), looker)


def _beside(made: Material, after: Predictions, features: Predictions, recipe: Recipe, log: Log) -> None:
    """Say what the network is worth beside the head on features, by the proxy of the pictures aside."""
    shift, heat = proxy.calibrated(features.logits, features.labels, made.prior)
    before = replace(features, logits=features.logits + shift, temperature=heat)
    one, two = (proxy.worth(said, made.prior, recipe.metric) for said in (before, after))
    log.say(f"proxy {recipe.metric} of {len(after):,} pictures kept aside: {two:.4f}, the head alone {one:.4f}")


def _kept(found: Tuned, head: Probe, file: Path, path: Path, recipe: Recipe) -> Tuned:
    """The network with its calibrated head in the run's folder, where predict looks for it."""
    from safetensors.numpy import load_file, save_file

    data, named = found.made.data, load_file(file)
    place = folder.head_place(named, found.network)
    named[f"{place}.weight"] = np.ascontiguousarray(head.weight.reshape(named[f"{place}.weight"].shape))
    named[f"{place}.bias"] = np.ascontiguousarray(head.bias)

    def signed(aside: Path) -> None:
        save_file(named, aside)
        sign(aside, data.network.trained, len(head.classes))

    write(path / "model.safetensors", signed)
    network = resolve(data.network.trained, str(path / "model.safetensors"), size=recipe.size)
    folder.write_config(path, network, data.geometry, head, place)
    return replace(found, network=network)
