"""A training that goes on after the first classifier: the ladder climbed, the winner judged once, as it will be run."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import OptionError
from ..core.files import write, write_json
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from . import either, fleet, folder, tuned_several
from .budget import Clock
from .climb import Climb
from .data import Data
from .figures import figure
from .first import Result, Stand, few, judged
from .log import Log
from .look import Looker, look
from .network import Network, resolve
from .plan import Plan
from .probe import JUDGES, Probe
from .task import heat

FEATURES = "runtime of features"
"""What the plan calls the runtime that features come from: heads that rungs begin with are solved for on them."""

ENDS = ("value", "low", "high")


def course(
    data: Data, recipe: Recipe, log: Log, path: Path, clock: Clock, dealt: Callable[[Data], Any],
    reading: Callable[[], Any],
) -> Result:  # fmt: skip
    """Probe, then every rung that the time allows, then the figures of the best on the test pictures, read once.

    The folder holds the best model so far at any time. Raises InputError as `first` does, OptionError where there are
    too few pictures to tell a later rung from the first.
    """
    either.usable(data)
    if few(data, recipe):
        raise OptionError(
            f"{int(data.kept.sum())} pictures are too few for a test set of their own, and so to tell a better "
            "classifier from the first. Drop --minutes and --method, add pictures, or give a split."
        )
    clock.keep(path / "ladder" / "clock.json")
    return onward(either.stand(data, recipe, log, dealt), path, log, clock, reading)


def onward(stood: Stand, path: Path, log: Log, clock: Clock, reading: Callable[[], Any]) -> Result:
    """The same from the first classifier on."""
    from . import device
    from .ladder import climb

    recipe, data = stood.recipe, stood.data
    hold(path, data.network, data, stood.head)
    found = figure(stood.head.oof, metric=recipe.metric, seed=recipe.seed)
    log.say(
        f"first classifier after {clock.seconds:.0f} s: {recipe.metric} {found['value']:.4f} [{found['low']:.4f}, "
        f"{found['high']:.4f}] on {len(stood.head.oof):,} learning pictures, each judged by heads that had not seen it",
        rung={"rung": "probe", "seconds": round(clock.seconds, 1)} | {end: found[end] for end in ENDS},
    )
    plan = Plan(path / "plan.json")
    plan.decide(FEATURES, lambda: data.runtime)
    up = Climb(stood, recipe, path, log, clock, plan, device.device(recipe.device, recipe.shard))
    with quick(plan):
        best = climb(up)
    log.say(_won(best))
    fleet.part(up.where)
    if best.file is None:
        parts = {"train": stood.head.oof}
        if len(stood.test):
            reading()
            parts["test"] = either.predict(data, stood.head, stood.test)
        if len(stood.judge):
            parts["validation"] = either.predict(data, stood.head, stood.judge)
        result = either.judged(stood, stood.head, parts, recipe, log)
    else:
        tuned = _tuned if data.images.targets is None else tuned_several.tuned
        result = tuned(up, best, reading)
    tested = {name.removesuffix(" rate"): found for name, found in plan.known.items() if name.endswith(" rate")}
    result.figures |= {"rung": best.name, "rungs": best.decisions, "curve": best.curve}
    result.figures |= {"rates": rates} if (rates := {k: one for k, one in tested.items() if "rates" in one}) else {}
    return result


def hold(path: Path, network: Network, data: Data, head: Probe) -> None:
    """The best model so far, as a run's folder holds it."""
    folder.write_model(path, network, data.geometry, head)
    write_json(path / "calibration.json", folder.calibration(head))


def _tuned(up: Climb, best: Any, reading: Callable[[], Any]) -> Result:
    """What the tuned network says of validation and test pictures, through the runtime that predict uses."""
    from safetensors.numpy import load_file

    stood, data = up.stood, up.stood.data
    known = best.ground == "features" and up.recipe.head == "auto"
    if known:  # the network is as it was
        network = replace(data.network, classes=len(data.images.classes))
    else:
        write(up.place / "model.safetensors", lambda aside: shutil.copyfile(best.file, aside))
        network = resolve(data.network.trained, str(up.place / "model.safetensors"), size=up.recipe.size)
    named = load_file(best.file)
    place = folder.head_place(named, network)
    weight = named[f"{place}.weight"]
    bias = named.get(f"{place}.bias", np.zeros(len(weight), np.float32))
    looker = Looker(network, data.geometry, up.log, runtime=up.recipe.runtime, facts=False)

    def say(rows: np.ndarray, temperature: float) -> Predictions:
        images = data.images.take(rows)
        seen = data.features[rows] if known else look(images, looker)[1]
        logits = seen @ weight.T.astype(np.float64) + bias
        return Predictions(logits, images.labels, rows, images.classes, images.names, images.group, temperature)

    judge = say(stood.judge, 1.0) if len(stood.judge) else None
    own = judge if judge is not None and len(judge) >= JUDGES else _learned(best, up, 1.0)
    temperature = heat(own)
    word = "validation pictures" if own is judge else "learning pictures that its witnesses had not learned"
    head = replace(
        stood.head, weight=weight, bias=bias, temperature=temperature, calibrated_on=f"{len(own):,} {word}",
        oof=_learned(best, up, temperature), notes=(*stood.head.notes, *best.notes),
    )  # fmt: skip
    if not known:
        folder.write_config(up.place, network, data.geometry, head, place)
    parts = {"train": head.oof}
    if len(stood.test):
        reading()
        parts["test"] = say(stood.test, temperature)
    if judge is not None:
        parts["validation"] = replace(judge, temperature=temperature)
    result = judged(stood, head, parts, up.recipe, up.log)
    result.network = None if known else network
    return result


def _learned(best: Any, up: Climb, temperature: float) -> Predictions:
    """Learning pictures as those saw them that had not learned them: the winner's witnesses, else probe heads."""
    seen = np.flatnonzero(np.isin(best.predictions.rows, up.stood.learn))
    return replace(best.predictions.take(seen), temperature=temperature) if len(seen) else up.stood.head.oof


def _won(best: Any) -> str:
    """Which rung won, and by how much."""
    gains = [one for one in best.decisions if one["kept"] and one["rung"] == best.name]
    if not gains:
        return "the first classifier stays: no later rung beat it, or there was no time for one"
    return f"{best.name} is kept, {gains[-1]['beside']} beside it: {gains[-1]['gain']['sentence']}"


@contextmanager
def quick(plan: Plan) -> Iterator[None]:
    """As many threads as when the run began; numbers too small to matter are zero, since they slow steps many times."""
    import torch

    torch.set_num_threads(plan.decide("threads", torch.get_num_threads))
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
