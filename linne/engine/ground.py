"""What the trials of a search share: the learning pictures alone, their folds, features and trunk activations.

Folds CHOOSE judge every trial and so make the choice; fold CONFIRM judges no trial, and says at the end what the
choice is worth. A trial that trains learns from the two other folds each time; one that only solves for a head learns
from the folds that choose.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from ..core.deal import deal
from ..core.predictions import Predictions
from ..core.recipe import FEW_LABELS, Recipe
from ..core.rng import rng
from ..core.spec import Spec, parse
from . import first, ways
from .augments import settled
from .budget import MEMBER, Clock
from .climb import Climb
from .data import Data, geometry_of
from .first import Stand
from .ladder import FOLDS
from .log import Log
from .look import Looker, look
from .network import of
from .plan import Plan
from .probe import Probe
from .recipes import Steps, steps_of
from .rung import Rung, joined
from .study import turn
from .trunk import Trunk, cut_at, cuts

CHOOSE, CONFIRM = (0, 1), 2
VIEWS = 4
"""Views of a picture that tails learn from in trials, at most: each costs every new network, side and fit a pass."""
TRIALS = 24
"""The cut is the earliest whose tail lets so many whole trials into the budget."""
DEEP = 0.4
"""As in budget.py: more of the network's work after the cut is not known to bring more."""


class Late(Exception):
    """The time of a search is used up in the midst of a trial."""


class Deadline(Clock):
    """A clock that ends a fitting, by Late, so many seconds after its limit."""

    grace = 0.0

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        super().on_step(loop, record)
        if self.left < -self.grace:
            raise Late


@dataclass(eq=False)
class Ground:
    """data: the learning pictures as the start sees them. place: the search's folder; seat: this process's in it.

    minutes: the budget, by which tails are cut. quiet: what trials say goes there.
    """

    data: Data
    start: Recipe
    place: Path
    seat: Path
    log: Log
    quiet: Log
    clock: Deadline
    minutes: float
    known: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        images = self.data.images
        self.fold = deal(images.labels, images.group, [1] * FOLDS, rng(self.start.seed, "ladder"))

    def rows(self, *folds: int) -> np.ndarray:
        """Rows of the learning pictures in these folds."""
        return np.flatnonzero(np.isin(self.fold, folds))

    def once(self, what: Any, make: Any) -> Any:
        """What `make` gives, made once in this process."""
        if what not in self.known:
            self.known[what] = make()
        return self.known[what]

    def seen(self, recipe: Recipe) -> Data:
        """The pictures through the recipe's network, at its side and fit; groups stay as they are."""
        network = of(recipe)
        geometry = geometry_of(network, recipe)

        def make() -> Data:
            if (network.id, geometry) == (self.data.network.id, self.data.geometry):
                return replace(self.data, network=network)
            looker = Looker(network, geometry, self.quiet, runtime=recipe.runtime, facts=False)
            with turn(self.place / "turns" / "features"):
                features = look(self.data.images, looker)[1]
            return replace(self.data, network=network, geometry=geometry, features=features, ran=looker.ran,
                           runtime=looker.runtime)  # fmt: skip

        return self.once(("seen", network.id, network.head, geometry), make)

    def head(self, recipe: Recipe) -> Probe:
        """The first classifier of the pictures that choose."""
        rows, data = self.rows(*CHOOSE), self.seen(recipe)
        plain = (
            recipe.classic,
            recipe.method == FEW_LABELS,
            recipe.metric,
            recipe.inner_folds,
            recipe.augment_text(),
            recipe.views,
        )
        key = ("head", data.network.id, data.geometry, plain)
        return self.once(key, lambda: first._learn(data, recipe, rows, rows[:0], self.quiet))

    def settle(self, recipe: Recipe) -> Recipe:
        """The recipe with what it leaves to the time: where a tail is cut, the number of epochs."""
        method = recipe.method
        if not recipe.trains:
            return recipe
        if _name(method) == "tail":
            spec = parse(method)[0]
            given = {name: value for name, value in spec.options if name != "cut"}
            method = str(Spec("tail", (), (("cut", self.cut(recipe)["cut"]), *given.items())))
        epochs = recipe.epochs or steps_of(replace(recipe, method=method), _name(method), len(self.fold)).epochs
        return replace(recipe, method=method, minutes=0.0, epochs=float(f"{epochs:.4g}"))

    def judge(self, recipe: Recipe, fold: int, folder: str) -> Predictions:
        """What the settled recipe says of a fold that it did not learn, calibrated on nothing."""
        if not recipe.trains:
            head = self.head(recipe)
            if fold == CONFIRM:
                return first.predict(self.seen(recipe), head, self.rows(CONFIRM))
            return head.oof.take(np.flatnonzero(np.isin(head.oof.rows, self.rows(fold))))
        place = self.seat / folder
        try:
            rung = self.rung(recipe, place)
            member = rung.member(fold, float("inf"))
            return joined([(member.rows, member.logits)], rung.stood)
        finally:
            rmtree(place, ignore_errors=True)

    def rung(self, recipe: Recipe, place: Path) -> Rung:
        """The method of a settled recipe, ready to be fitted."""
        from . import device

        data, every = self.seen(recipe), np.arange(len(self.fold))
        recipe = settled(data, every, recipe, self.quiet)
        nobody = every[:0]
        stood = Stand(data, self.head(replace(recipe, augment="", copies=0)), every, nobody, nobody, every < 0, recipe)
        where = self.once("device", lambda: device.device(recipe.device, recipe.shard))
        up = Climb(stood, recipe, place, self.quiet, self.clock, Plan(), where)
        name = _name(recipe.method)
        steps = steps_of(recipe, recipe.method, len(every), where.torch.type)
        steps, feed = self._tail(up, steps) if name == "tail" else (steps, lambda rows: ways.shown(up, rows))
        return Rung(name, steps, FOLDS, stood, place, Plan(), self.quiet, self.clock, feed, recipe.seed, recipe.metric,
                    where, (), recipe.init)  # fmt: skip

    def _tail(self, up: Climb, steps: Steps) -> tuple[Steps, Any]:
        """The tail's steps in the form that is fastest here, and its feed of activations, computed once."""
        data, costs = up.stood.data, self.cut(up.recipe)
        trunk = Trunk(data.network, costs["cut"], tuple(costs["shape"]), costs["after"])
        options = dict(parse(up.recipe.method)[0].options) | {"cut": trunk.cut, "products": costs["products"]}
        if costs["products"]:
            options["size"] = data.geometry.size
        count = max(1, min(VIEWS, round(steps.epochs)))

        def make() -> Any:
            with turn(self.place / "turns" / "views"):
                feed = ways.activations(up, trunk, up.stood.learn, count, min(count, self._kept(trunk)))
                feed.compute()
            return feed

        key = "feed", data.network.id, data.geometry, trunk.cut, up.recipe.augment_text(), count
        feed = self.once(key, make)
        return replace(steps, method=str(Spec("tail", (), tuple(options.items()))), workers=1), feed.of

    def _kept(self, trunk: Trunk) -> int:
        return ways.room() // max(len(self.fold) * trunk.bytes, 1)

    def cut(self, recipe: Recipe) -> dict[str, Any]:
        """Where the recipe's tail is cut and what a step costs, measured once for all trials and processes.

        Raises OptionError for a part that the network does not have.
        """
        data, given = self.seen(recipe), ""
        if _name(recipe.method) == "tail":
            given = str(dict(parse(recipe.method)[0].options).get("cut", ""))
        name = f"cut of {data.network.id} {data.geometry.size} {given}"
        with turn(self.place / "turns" / "plan"):
            plan = self.once("plan", lambda: Plan(self.place / "plan.json"))
            if name not in plan.known:
                plan = self.known["plan"] = Plan(self.place / "plan.json")
            found = plan.decide(name, lambda: self._measure(recipe, data, given))
            if not given:  # by its name it is the same
                plan.decide(f"{name}{found['cut']}", lambda: found)
            return found

    def foreseen(self, recipe: Recipe) -> float:
        """Seconds that a whole trial of a settled tail should take, by its measured steps; 0 where nobody knows."""
        return float(self.cut(recipe).get("seconds", 0)) if recipe.trains and _name(recipe.method) == "tail" else 0.0

    def _measure(self, recipe: Recipe, data: Data, given: str) -> dict[str, Any]:
        from . import device

        where = self.once("device", lambda: device.device(recipe.device, recipe.shard))
        every = np.arange(len(self.fold))
        steps = steps_of(recipe, "tail", len(every), where.torch.type)
        size = data.geometry.size
        able = [cut_at(data.network, size, given)] if given else ways.candidates(cuts(data.network, size))
        middle = min(able, key=lambda one: abs(one.after - ways.REFERENCE))
        stood = Stand(data, None, every, every[:0], every[:0], every < 0, recipe)  # type: ignore[arg-type]
        up = Climb(stood, recipe, self.seat, self.quiet, self.clock, Plan(), where)
        seconds, products = ways.train_seconds(up, middle, steps.batch)
        shown = len(CHOOSE) * (FOLDS - 1) / FOLDS * len(every) * steps.epochs

        def cost(one: Trunk) -> float:
            return shown * seconds * one.after / middle.after + len(CHOOSE) * MEMBER

        fits = [one for one in able if one.after <= DEEP and cost(one) <= 60 * self.minutes / TRIALS]
        taken = max(fits, key=lambda one: one.after) if fits else able[-1]
        self.log.say(
            f"{data.network.name} at {data.geometry.size} px: what comes after {taken.cut}, {taken.after:.0%} of its "
            f"work, learns; a whole trial takes about {cost(taken):.0f} s"
        )
        told = {"cut": taken.cut, "shape": list(taken.shape), "after": taken.after, "products": products}
        return told | {"seconds": round(cost(taken), 1)}


def _name(method: str) -> str:
    """A method's name without its options."""
    return parse(method)[0].name
