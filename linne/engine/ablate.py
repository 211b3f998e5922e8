"""Which tricks help on these pictures: each added to the plain recipe, then each left out of the full one.

All trials share activations, folds, order and draws (engine/trials.py); core/evidence says what a table may claim.
Everything that was fitted is kept in the folder, so the same command goes on where it was stopped.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from ..core.errors import OptionError, RunError
from ..core.evidence import Evidence, Round, Table, weights
from ..core.files import write, write_json
from ..core.images import Images
from ..core.predictions import Predictions
from ..core.recipe import TRAINING, Recipe
from .budget import Clock
from .climb import Climb
from .course import quick
from .figures import figure
from .learners import learning, stand
from .log import Log
from .plan import Plan
from .rung import joined
from .settings import Diverged
from .task import heat
from .trials import FOLDS, Said, Trials, worth
from .variants import Variant, together, variants, without

EPOCHS = 4.0
ROUNDS = FOLDS, 6
"""At least, so that every picture is judged once, and at most."""
SHARE = 0.9
"""Of the time that is planned with: the rest is for what no trial showed."""
NEXT = 10.0
"""Minutes of the recipe that is kept: its tricks have no effect on the first classifier."""
PLAIN, FULL = "plain", "everything together"


@dataclass(frozen=True)
class Line:
    """A trick in a table. seconds, bytes: of a fit as a multiple of the one beside; 0 where nobody knows."""

    name: str
    found: Evidence
    seconds: float
    bytes: float


@dataclass
class Ablation:
    """What came of it: JSON-ready by `asdict`.

    base: the plain recipe's figure out of fold. added, spared: lines, best first; spared against the full
    recipe, whose tricks are `full`. left_out: tricks that were not tried or not put in, and why. kept: tricks that
    earned their place; recipe: with them. facts: cut, folds, rounds, pictures, epochs, metric.
    """

    base: dict[str, Any]
    added: list[Line]
    spared: list[Line]
    full: list[str]
    left_out: dict[str, str]
    kept: list[str]
    recipe: Recipe
    facts: dict[str, Any] = field(default_factory=dict)


class Kept:
    """Trials by name and round, fitted once and then read from the folder `fits`."""

    def __init__(self, trials: Trials, place: Path) -> None:
        self.trials, self.place = trials, place / "fits"
        self.book: dict[str, list[float]] = {}
        if (self.place / "costs.json").exists():
            self.book = json.loads((self.place / "costs.json").read_text(encoding="utf-8"))

    def said(self, name: str, recipe: Recipe, number: int) -> Said:
        """The trial of this name in this round."""
        key = f"{name} {number}"
        if key in self.book:
            seconds, most, at = self.book[key]
            with np.load(self.place / f"{int(at)}.npz") as file:
                return Said(file["rows"], file["logits"], seconds, int(most))
        found = self.trials.said(recipe, number)

        def saved(aside: Path) -> None:
            with open(aside, "wb") as file:
                np.savez(file, rows=found.rows, logits=found.logits)

        write(self.place / f"{len(self.book)}.npz", saved)
        self.book[key] = [round(found.seconds, 3), found.bytes, len(self.book)]
        write_json(self.place / "costs.json", self.book)
        self.trials.up.clock.note()
        return found


IGNORED = (
    "folds", "fit_all", "pool", "pool_precision", "extra", "classic", "check", "devices", "shard", "copies",
    "synchronise", "tree",
)  # fmt: skip
"""Settings of a training that trials have no use for."""


def asked(text: str, recipe: Recipe) -> tuple[Recipe, list[Variant]]:
    """(the plain recipe, the tricks of a text): with random parts where the tricks vary pictures, to have what they add
    to. Raises OptionError for a setting without effect here, and what `variants` raises."""
    ignored = [name for name in IGNORED if name in recipe.changed()]
    if ignored:
        raise OptionError(f"{ignored[0]}={getattr(recipe, ignored[0])!r} has no effect on an ablation. Drop it.")
    recipe = replace(recipe, check="none")
    found = variants(text, recipe)
    if not recipe.augment and any(one.field == "augment" for one in found):
        recipe = replace(recipe, augment="plain")
        found = variants(text, recipe)
    return recipe, found


def run(
    images: Images, recipe: Recipe, tricks: Sequence[Variant], place: Path, begun: float, log: Log, every: bool = False
) -> Ablation:
    """From the pictures to both tables. begun: of the clock; every: as `ablate` has it.

    Raises what `learning` raises, and what `ablate` does.
    """
    from . import device

    stood = stand(learning(images, recipe, log), recipe, log)
    clock = Clock(recipe.minutes, begun)
    clock.keep(place / "clock.json")
    plan = Plan(place / "plan.json")
    up = Climb(stood, stood.recipe, place, log, clock, plan, device.device(recipe.device))
    with quick(plan):
        return ablate(up, tricks, every)


def ablate(up: Climb, tricks: Sequence[Variant], every: bool = False) -> Ablation:
    """Both tables, as far as the time reaches. every: leave out a trick that cannot be fitted here.

    Raises OptionError for one otherwise, and where there is no time.
    """
    trials, base, unfit = Trials(up, EPOCHS), up.recipe, dict[str, str]()
    for one in tricks:
        try:
            trials.tried(one.on(base))
        except OptionError as error:
            if not every:
                raise OptionError(f"The trick {one.name!r} cannot be compared here: {error}") from error
            unfit[one.name] = str(error)
    tricks = [one for one in tricks if one.name not in unfit]
    kept = Kept(trials, up.place)
    added, late = _compared(kept, base, {one.name: one.on(base) for one in tricks}, PLAIN, "adding one")
    ranked = sorted(added, key=lambda line: -line.found.value)
    by_name = {one.name: one for one in tricks}
    good = [by_name[line.name] for line in ranked if line.found.verdict != "hurts"]
    full, inside, out = together(base, good)
    out = unfit | late | {line.name: "it hurts" for line in ranked if line.found.verdict == "hurts"} | out
    spared: list[Line] = []
    if len(inside) > 1 and up.left > 0:
        others = {one.name: without(base, inside, one) for one in inside}
        spared, missed = _compared(kept, full, others, FULL, "leaving one out", turned=True)
        out |= {name: f"{why} in the second table" for name, why in missed.items()}
    earned = _earned(ranked, spared)
    recipe, chosen, _ = together(base, [by_name[name] for name in earned])
    return Ablation(
        _base(kept, base), ranked, spared, [one.name for one in inside], out, [one.name for one in chosen], recipe,
        _facts(trials, added),
    )  # fmt: skip


def _earned(added: Sequence[Line], spared: Sequence[Line]) -> list[str]:
    """Tricks that help where they are added or left out, and hurt in neither table; best first."""
    told = {line.name: {line.found.verdict} for line in added}
    for line in spared:
        told[line.name].add(line.found.verdict)
    return [line.name for line in added if "helps" in told[line.name] and "hurts" not in told[line.name]]


def _compared(
    kept: Kept, beside: Recipe, recipes: dict[str, Recipe], name: str, title: str, *, turned: bool = False
) -> tuple[list[Line], dict[str, str]]:
    """A table of recipes against one, and those that the time did not reach; turned: what is lost without a trick."""
    up = kept.trials.up
    plan = up.plan.decide(title, lambda: _plan(kept, beside, recipes, name))
    late = dict.fromkeys(list(recipes)[plan["tricks"] :], "there was no time for it")
    recipes = dict(list(recipes.items())[: plan["tricks"]])
    table = Table(up.stood.data.images.group, plan["rounds"])
    costs: dict[str, list[tuple[float, float]]] = {}
    for number in range(plan["rounds"] if recipes else 0):
        if number and not up.plan.decide(f"{title}, round {number}", lambda: bool(up.left > 0)):
            table.planned = number  # the clock, which knows nothing of gains, set the end
            break
        names = table.open() if number else list(recipes)
        if not names:
            break
        plain, gains = kept.said(name, beside, number), dict[str, Round]()
        for one in names:
            up.log.say(f"{title}, round {number + 1} of {plan['rounds']}: {one}")
            try:
                found = kept.said(f"{name} without {one}" if turned else one, recipes[one], number)
            except Diverged as error:
                up.log.say(f"{one}: {error}")
                late[one] = "its loss was not finite"
                table.drop(one)
            else:
                gains[one] = _gain(kept, found, plain, -1 if turned else 1)
                costs.setdefault(one, []).append(_cost(found, plain))
        table.add(gains)
    return [Line(one, each, *np.median(costs[one], axis=0).tolist()) for one, each in table.evidence().items()], late


def _plan(kept: Kept, beside: Recipe, recipes: dict[str, Recipe], name: str) -> dict[str, int]:
    """How many tricks, the first ones, and rounds the time is enough for, by what the first trial takes."""
    up, (least, most) = kept.trials.up, ROUNDS
    each, left = kept.said(name, beside, 0).seconds, SHARE * up.left
    if left == float("inf"):
        return {"tricks": len(recipes), "rounds": most}
    seen, costs = {beside.augment_text()}, list[float]()
    for one in recipes.values():
        costs.append(0.0 if one.augment_text() in seen else kept.trials.views(one))
        seen.add(one.augment_text())
    tricks = 0
    while tricks < len(costs) and sum(costs[: tricks + 1]) + (tricks + 2) * least * each <= left:
        tricks += 1
    if not tricks and name == PLAIN:
        needs = (costs[0] + 2 * least * each) / SHARE
        raise OptionError(
            f"A trial takes {each:.0f} s, {least} rounds with one trick about {needs / 60:.1f} minutes, and "
            f"there are {max(up.left, 0) / 60:.1f} left. Give more --minutes or fewer --epochs."
        )
    fits = (left - sum(costs[:tricks])) / each
    return {"tricks": tricks, "rounds": int(min(most, fits // (tricks + 1))) if tricks else 0}


def _gain(kept: Kept, found: Said, plain: Said, sign: int) -> Round:
    """What each judged picture gained."""
    stood, metric = kept.trials.up.stood, kept.trials.up.recipe.metric
    weight = weights(stood.data.images.labels[stood.learn], metric, len(stood.data.images.classes))
    own = weight[np.searchsorted(stood.learn, found.rows)]
    each = [worth(predictions(kept.trials.up, one), metric, own) for one in (found, plain)]
    return Round(found.rows, sign * (each[0] - each[1]))


def predictions(up: Climb, said: Said) -> Predictions:
    """What a trial says of its pictures, at its own temperature."""
    known = joined([(said.rows, said.logits)], up.stood)
    return replace(known, temperature=heat(known))


def _cost(found: Said, plain: Said) -> tuple[float, float]:
    """(seconds, bytes) as multiples of the plain fit's."""
    return found.seconds / plain.seconds, found.bytes / plain.bytes if plain.bytes else 0.0


def _base(kept: Kept, base: Recipe) -> dict[str, Any]:
    """The plain recipe's own figure out of fold, each picture judged once, as far as rounds were fitted."""
    up = kept.trials.up
    rounds = [number for number in range(FOLDS) if f"{PLAIN} {number}" in kept.book]
    each = [predictions(up, kept.said(PLAIN, base, number)) for number in rounds]
    known = joined([(one.rows, one.logits / one.temperature) for one in each], up.stood)
    return figure(known, metric=up.recipe.metric, seed=up.recipe.seed)


def _facts(trials: Trials, added: Sequence[Line]) -> dict[str, Any]:
    up = trials.up
    return {
        "network": up.stood.data.network.name, "cut": trials.trunk.cut, "work after it": trials.trunk.after,
        "epochs": trials.epochs, "folds": FOLDS, "pictures": len(up.stood.learn), "metric": up.recipe.metric,
        "rounds": max((line.found.rounds for line in added), default=0),
    }  # fmt: skip


def begin(place: Path, recipe: Recipe, tricks: Sequence[Variant], command: str) -> bool:
    """Note what is asked for; or True, to go on with the same. Raises RunError for a folder of something else, or
    finished."""
    path, asked = place / "ablation.json", {"recipe": recipe.toml(), "tricks": [one.name for one in tricks]}
    if not path.exists():
        if any(one.name not in (".lock",) for one in place.iterdir()):
            raise RunError(f"{place} holds other files and is no ablation. Give an empty or a new folder with --out.")
        write_json(path, asked | {"command": command})
        return False
    before = json.loads(path.read_text(encoding="utf-8"))
    if "result" in before:
        raise RunError(f"{place} holds a finished ablation: see {place / 'ablation.html'}. Give another --out.")
    for name, value in asked.items():
        if before.get(name) != value:
            raise RunError(f"{place} holds an unfinished ablation of another {name}. Give the same, or another --out.")
    return True


def undo(place: Path) -> None:
    """Take back what was begun by a command that cannot be, so that the corrected one can take its place."""
    for name in ("ablation.json", "plan.json", "clock.json"):
        (place / name).unlink(missing_ok=True)
    rmtree(place / "fits", ignore_errors=True)
    with suppress(OSError):
        place.rmdir()


def finish(place: Path, found: Ablation, own: Recipe, command: str) -> dict[str, Any]:
    """Write the result and the recipe that keeps what earned its place, the user's `own` where nothing did; the result,
    JSON-ready."""
    recipe = found.recipe if found.kept else own
    trains = any(name in recipe.changed() for name in (*TRAINING, "method"))
    recipe = replace(recipe, check="all", minutes=NEXT if trains or found.kept else 0.0)
    told = asdict(found) | {"recipe": recipe.changed(), "command": command}
    path = place / "ablation.json"
    rows = f"{found.facts['pictures']:,} learning pictures, out of fold, {found.facts['rounds']} rounds"
    kept = ", ".join(found.kept) or "nothing"
    lines = [f"# {command}", f"# kept: {kept}; judged on {rows}; the test set was not read"]
    settings = [line for line in recipe.toml().splitlines() if line.split(" = ")[0] in recipe.changed()]
    write(place / "recipe.toml", "\n".join([*lines, *settings]) + "\n")
    write_json(path, json.loads(path.read_text(encoding="utf-8")) | {"result": told})
    return told
