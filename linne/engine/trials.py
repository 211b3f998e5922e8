"""Trials: what recipes say of pictures that they had not learned, on activations that all of them share.

Every trial fits the network's last part, from a cut on, without one fold of the learning pictures, and is judged by
it. The folds are dealt once; a round's trials have the same fold, order and draws. No test picture is looked at.
"""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.deal import deal
from ..core.errors import OptionError
from ..core.predictions import Predictions, log_softmax
from ..core.recipe import Recipe
from ..core.rng import rng
from ..core.spec import Spec, parse
from . import ways
from .climb import Climb, trunk_seconds
from .log import Log
from .network import of
from .recipes import steps_of
from .rung import Rung, looking
from .trunk import Activations, Trunk, cut_at, cuts

FOLDS = 3
LEAST = 0.1
"""Share of the network's work after the cut at least: with less there is little for a trick to act on."""
QUIET = Log(quiet=True)
"""A trial says nothing of its own: what it begins with is the same for all."""
METRICS = ("accuracy", "balanced_accuracy", "log_loss")
"""What a picture has a worth of its own in."""


@dataclass(frozen=True)
class Said:
    """A trial. rows (m,) of the images that it had not learned, logits (m, K); seconds; bytes: the most in use."""

    rows: np.ndarray
    logits: np.ndarray
    seconds: float
    bytes: int


@dataclass(eq=False)
class Trial(Rung):
    """A rung whose folds and heads are those of all trials, whatever its seed."""

    dealt: Any = None
    heads: dict[Any, Any] = field(default_factory=dict)

    @property
    def fold(self) -> np.ndarray:
        """(n,) the fold of each learning picture."""
        return self.dealt

    def _solved(self, learns: np.ndarray) -> Any:
        key = learns.tobytes()
        if key not in self.heads:
            self.heads[key] = super()._solved(learns)
        return self.heads[key]

    def said(self, number: int, steps: "int | None" = None) -> "tuple[np.ndarray, np.ndarray, int]":
        """(rows, logits, most bytes in use) of a fit without this fold; steps: of them alone, to see that it works."""
        from .loop import fit

        learn = self.stood.learn
        learns, rows = learn[self.dealt != number], learn[self.dealt == number]
        if steps:
            learns, rows = learns[: steps * self.steps.batch], rows[:1]
        method, memory = self._begin(number, learn[self.dealt != number])[1], Memory()
        settings = replace(self._settings(len(learns)), **({"steps": steps} if steps else {}))
        fitted = fit(method, {"train": self.feed(learns)}, settings, where=self.where, hooks=[*self.hooks(), memory])
        return rows, self._logits(fitted.module, rows), memory.most


class Memory:
    """A hook that notes the most bytes in use after a step: of the GPU, else of this process; 0 where nobody knows."""

    most = 0

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        """Look."""
        import torch

        if loop.where.torch.type == "cuda":
            self.most = torch.cuda.max_memory_allocated()
        elif Path("/proc/self/statm").exists():
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.most = max(self.most, 4096 * pages)


class Trials:
    """Everything that trials share. epochs: of each; cut: after which part they learn, the cheapest that has work left.

    Raises OptionError for a recipe that no trial can be fitted by (`check`), and for a cut that is not there.
    """

    def __init__(self, up: Climb, epochs: float) -> None:
        self.up, self.epochs, recipe = up, recipe_epochs(up.recipe, epochs), up.recipe
        check(recipe, up.stood.data.network.seed >= 0)
        images = up.stood.data.images.take(up.stood.learn)
        self.fold = deal(images.labels, images.group, [1] * FOLDS, rng(recipe.seed, "trials"))
        self.trunk = self._cut()
        self._feeds: dict[str, Activations] = {}
        self._heads: dict[Any, Any] = {}
        self.products = up.plan.decide("products", lambda: ways.train_seconds(up, self.trunk, 64)[1])

    def _cut(self) -> Trunk:
        network, size = self.up.stood.data.network, self.up.stood.data.geometry.size
        if asked := _options(self.up.recipe).get("cut"):
            return cut_at(network, size, asked)
        found = ways.candidates(cuts(network, size))
        enough = [one for one in found if one.after >= LEAST] or found
        name = self.up.plan.decide("trials cut", lambda: enough[-1].cut)
        return cut_at(network, size, name)

    def feed(self, recipe: Recipe) -> Activations:
        """The learning pictures' activations in this recipe's views, computed now where they are not yet."""
        text = recipe.augment_text()
        if text not in self._feeds:
            count = max(2, round(self.epochs))
            feed = ways.activations(self._climb(recipe), self.trunk, self.up.stood.learn, count)
            feed.compute()
            self._feeds[text] = feed
        return self._feeds[text]

    def tried(self, recipe: Recipe) -> None:
        """See in a step that the recipe can be fitted, before hours go by. Raises what the fit and `check` raise."""
        check(recipe, self.up.stood.data.network.seed >= 0)
        trial = self._trial(recipe, 0, self._glimpse(recipe))
        trial.said(0, 1)

    def said(self, recipe: Recipe, number: int) -> Said:
        """The recipe's trial of this round: judged by the fold `number` modulo FOLDS."""
        trial, begun = self._trial(recipe, number, self.feed(recipe)), time.monotonic()
        rows, logits, most = trial.said(number % FOLDS)
        return Said(rows, logits, time.monotonic() - begun, most)

    def _glimpse(self, recipe: Recipe) -> Activations:
        """The few pictures that one step and one answer take, computed when they are asked for."""
        learn, batch = self.up.stood.learn, steps_of(recipe, "tail", len(self.fold), self.up.where.torch.type).batch
        rows = np.sort(np.concatenate([learn[self.fold != 0][:batch], learn[self.fold == 0][:1]]))
        return ways.activations(self._climb(recipe), self.trunk, rows, 2, 0)

    def views(self, recipe: Recipe) -> float:
        """Seconds that this recipe's views will take, 0 where they are there."""
        if recipe.augment_text() in self._feeds:
            return 0.0
        data = self.up.stood.data
        each = trunk_seconds(data.network, data.geometry.size, self.up.recipe.runtime)
        return len(self.fold) * each * max(1, round(self.epochs) - 1)

    def _climb(self, recipe: Recipe) -> Climb:
        return replace(self.up, recipe=replace(self.up.recipe, augment=recipe.augment))

    def _trial(self, recipe: Recipe, number: int, feed: Activations) -> Trial:
        up, data = self.up, self.up.stood.data
        given = {"products": self.products} | _options(recipe) | {"cut": self.trunk.cut}
        given |= {"size": data.geometry.size} if given["products"] else {}
        spec = str(Spec("tail", (), tuple(given.items())))
        steps = replace(steps_of(recipe, "tail", len(self.fold), up.where.torch.type), method=spec, workers=1)
        stood = up.stood
        if recipe.head != up.recipe.head:
            stood = replace(stood, data=replace(data, network=of(recipe)))
        return Trial(
            "trial", replace(steps, epochs=self.epochs), FOLDS, stood, up.place, up.plan, QUIET, up.clock,
            feed.of, up.recipe.seed + number, recipe.metric, up.where, (), recipe.init, dealt=self.fold,
            heads=self._heads,
        )  # fmt: skip


def _options(recipe: Recipe) -> dict[str, Any]:
    """The options that the recipe gives the tail."""
    return dict(parse(recipe.method)[0].options) if recipe.method != "auto" else {}


def recipe_epochs(recipe: Recipe, usual: float) -> float:
    """The recipe's own number of epochs, else the usual one of trials."""
    return recipe.epochs or usual


def check(recipe: Recipe, random: bool) -> None:
    """Raise OptionError for what trials cannot be fitted with."""
    if recipe.method != "auto" and parse(recipe.method)[0].name != "tail":
        raise OptionError(
            f"method={recipe.method!r}: tricks are compared on the network's last part (method=tail), where each fit "
            "takes seconds. Drop it; what helps there can then be trained as you like."
        )
    if recipe.lr == "find":
        raise OptionError(
            "lr=find: a range test has no place in trials, which all begin alike. Give a rate, or drop it."
        )
    if looking(steps_of(recipe, "tail", 1)):
        raise OptionError(
            "The hook stop and the schedule plateau go by figures of pictures that are put aside, which trials have "
            "none of. Drop them; what helps here can then be trained with them."
        )
    if random:
        raise OptionError("weights='none': tricks are compared on a trained network's last part. Drop it.")
    if recipe.metric not in METRICS:
        raise OptionError(f"metric={recipe.metric!r} is no mean over pictures. Take one of {', '.join(METRICS)}.")


def worth(said: Predictions, metric: str, weight: np.ndarray) -> np.ndarray:
    """(m,) what each picture adds to the metric, greater is better: right or not, times weight (m,), or log p."""
    if metric == "log_loss":
        return np.take_along_axis(log_softmax(said.logits / said.temperature), said.labels[:, None], 1)[:, 0]
    return said.right * weight
