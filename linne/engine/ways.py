"""What the rungs could do here and what it would cost: where to cut, how fast steps and views are, on real pictures."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache as once
from typing import Any

import numpy as np

from ..core.errors import OptionError
from ..core.lookup import find
from . import cache
from .assemble import built
from .budget import Way, fit_tail
from .choose import _bf16
from .climb import Climb, trunk_seconds
from .data import Pool
from .loader import occurrences
from .plan import measure_format, timed, worth_compiling
from .recipes import Steps
from .small import Pixels
from .trunk import Activations, Trunk, cut_at, cuts
from .views import Shown, Views

HEAVIEST = 64 * 1024
"""Bytes of a picture's view beyond which a cut is not considered."""
MOST = 0.62
"""Share of the multiplications after a cut beyond which computing the rest once is worth little."""
REFERENCE = 0.35
"""The cut that is timed before one is chosen: the one with about this share after it."""
BESIDE = 1.15
"""A step's seconds beside those of its passes: the optimizer, the average, the loader."""
POOLED = 3
"""Views of each picture of the pool that a tail learns from."""
FEW = 16
"""Pictures by which forms of a step are told apart: a whole batch of 64 would take 7 GB."""
SLOWER = 15.0
"""How much longer a step on a CPU takes than a pass through the runtime: 18 against 290 pictures/s measured."""


def room() -> int:
    """Bytes of the cache that activations may take."""
    return int(0.8 * cache.limit(cache.home()))


def candidates(found: list[Trunk]) -> list[Trunk]:
    """Cuts worth considering, from the earliest on: the last of each shape, light enough to keep. At least one."""
    last = list({trunk.shape: trunk for trunk in found}.values())
    return [one for one in last if one.bytes <= HEAVIEST and 0 < one.after <= MOST] or last[-1:]


def choose_cut(
    up: Climb, steps: Steps, epochs: tuple[float, float, float], who: tuple[int, int], given: str = ""
) -> Trunk:
    """Where to cut: as given, or the cut that promises most in the time, by one cut's measured steps.

    who: folds, and pictures that judge besides them. The cheapest cut is taken where none fits.
    """
    data = up.stood.data

    def measure() -> dict[str, Any]:
        if given:
            return _cut(cut_at(data.network, data.geometry.size, given))
        found = candidates(cuts(data.network, data.geometry.size))
        middle = min(found, key=lambda trunk: abs(trunk.after - REFERENCE))
        seconds, products = train_seconds(up, middle, steps.batch)
        each = trunk_seconds(data.network, data.geometry.size, up.recipe.runtime)
        ways = [Way(one, seconds * one.after / middle.after, each, products) for one in found]
        tail = fit_tail(ways, len(up.stood.learn), up.left, room(), epochs, *who)
        taken = next((one for one in found if tail and one.cut == tail.cut), found[-1])
        costs = {"train": seconds * taken.after / middle.after, "products": products}
        return _cut(taken) | costs

    known = up.plan.decide("cut", measure)
    return Trunk(data.network, known["cut"], tuple(known["shape"]), known["after"])


def _cut(trunk: Trunk) -> dict[str, Any]:
    return {"cut": trunk.cut, "shape": list(trunk.shape), "after": trunk.after}


def measured(up: Climb, trunk: Trunk, feed: Activations, steps: Steps) -> Way:
    """What this cut costs: the plain view of every picture is computed now, and the tail's steps are timed."""

    def measure() -> dict[str, Any]:
        feed.reopen()  # the runtime is chosen and ready before the clock runs
        begun = time.monotonic()
        made = feed.compute([0])
        took = (time.monotonic() - begun) / max(made, 1)
        guess = trunk_seconds(up.stood.data.network, up.stood.data.geometry.size, up.recipe.runtime)
        cut = up.plan.known["cut"]
        steps_cost = (cut["train"], cut["products"]) if "train" in cut else train_seconds(up, trunk, steps.batch)
        return {"train": steps_cost[0], "products": steps_cost[1], "trunked": took if made >= 256 else guess}

    known = up.plan.decide("tail costs", measure)
    up.plan.decide("runtime of activations", lambda: feed.looker.runtime)  # one for all views, and every restart
    return Way(trunk, known["train"], known["trunked"], known["products"])


def train_seconds(up: Climb, trunk: Trunk, batch: int) -> tuple[float, str]:
    """(seconds a picture of a step of the tail after this cut, the form of its layers that is fastest)."""
    data, took, here = up.stood.data, {}, up.where.torch
    forms = ("",) if here.type != "cpu" else ("", "bf16" if _bf16() else "f32")
    for products in forms:
        net = built(data.network, len(data.images.classes))
        size = {"size": data.geometry.size} if products else {}
        tail = find("method", "tail")(net, None, here, cut=trunk.cut, products=products, **size)
        took[products] = _step(tail.model.to(here), trunk.shape, batch, up.where)
    best = min(took, key=lambda form: took[form])
    return BESIDE * took[best] / batch, best


def _step(model: Any, shape: tuple[int, ...], batch: int, where: Any) -> float:
    import torch

    model.eval()
    x = torch.randn(batch, *shape, generator=torch.Generator().manual_seed(0)).to(where.torch)

    def work() -> None:
        for parameter in model.parameters():
            parameter.grad = None
        model(x).square().mean().backward()

    return timed(work, torch.cuda.synchronize if where.torch.type == "cuda" else lambda: None, 2)


def activations(up: Climb, trunk: Trunk, rows: np.ndarray, count: int, kept: int = -1) -> Activations:
    """These rows of the images up to the cut, in so many views."""
    data = up.stood.data
    images, hashes = data.images.take(rows), data.facts["hash"][rows]
    runtime = up.plan.get("runtime of activations") or up.recipe.runtime
    feed = Activations(trunk, images, hashes, views(up), count, up.log, kept=kept, runtime=runtime)
    feed.rows = rows
    return feed


def lent(up: Climb) -> Pool:
    """The pool that a method's stream shows. Raises OptionError without one."""
    if up.stood.data.pool is None:
        raise OptionError(
            f"method={up.recipe.method!r} learns from pictures without labels besides. Give pool='unlabelled/', say."
        )
    return up.stood.data.pool


def unlabelled(up: Climb, trunk: "Trunk | None") -> "Callable[[], Any] | None":
    """What makes the feed of the pool's pictures: their activations up to a cut, or without one they themselves."""
    if up.stood.data.pool is None:
        return None

    @once
    def feed() -> Any:
        pool, data = lent(up), up.stood.data
        at = np.flatnonzero(pool.why == "")
        images, hashes, rows = pool.images.take(at), pool.hashes[at], len(data.images) + at
        if trunk is None:
            scale = data.network.mean, data.network.std
            return Shown(images.items, images.labels, rows, hashes, occurrences(hashes), views(up), scale)
        runtime = up.plan.get("runtime of activations") or up.recipe.runtime
        made = Activations(trunk, images, hashes, views(up), POOLED, up.log, runtime=runtime)
        made.rows = rows
        made.compute()
        return made

    return feed


def views(up: Climb) -> Views:
    """How learning pictures are shown."""
    return Views(up.stood.data.geometry, up.recipe.seed, up.recipe.augment)


def shown(up: Climb, rows: np.ndarray) -> "Shown | Pixels":
    """These rows' pictures themselves, in new views every epoch; small ones from memory, whole batches at a time."""
    data = up.stood.data
    images, hashes = data.images.take(rows), data.facts["hash"][rows]
    scale = data.network.mean, data.network.std
    if up.pixels is None:
        turns = occurrences(hashes)
        return Shown(images.items, images.labels, rows, hashes, turns, views(up), scale, images.targets)
    at = np.searchsorted(up.rows, rows)
    return Pixels(up.pixels, images.labels, rows, hashes, scale, up.small, at, images.targets)


def picture_seconds(up: Climb, steps: Steps, shown: "float | None") -> tuple[float, Steps]:
    """(seconds a picture of a step of the whole network, the steps in the form that is fastest here).

    shown: pictures that would be learned from, to see whether compiling pays; None: a guess by the runtime's rate.
    """
    data = up.stood.data
    side, channels = data.geometry.size, len(data.network.mean)
    if shown is None:
        return SLOWER * trunk_seconds(data.network, side, up.recipe.runtime), steps

    def measure() -> dict[str, Any]:
        import torch

        net = built(data.network, len(data.images.classes))
        x = torch.randn(min(FEW, steps.batch), channels, side, side)
        last, why, eager = measure_format(net, x, up.where, steps.precision)
        up.log.say(why)
        count = int(min(shown / len(x), up.left / eager))
        if steps.mix_at != "input":
            return {"seconds": BESIDE * eager / len(x), "channels_last": last, "compile": False}
        use, why, seconds = worth_compiling(net, x, up.where, count, steps.precision, last, eager)
        up.log.say(why)
        return {"seconds": BESIDE * seconds / len(x), "channels_last": last, "compile": use}

    known = up.plan.decide("pictures cost", measure)
    return known["seconds"], replace(steps, channels_last=known["channels_last"], compile=known["compile"])
