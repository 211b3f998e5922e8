"""Methods on frozen features: only the head learns, in steps, from what was computed once. Seconds on a laptop."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ..core.images import Images
from ..core.spec import Spec, parse
from . import ways
from .budget import MEMBER
from .climb import Climb
from .known import Known, copied
from .recipes import steps_of
from .rung import Rung
from .rungs import FOLDS, Best, advise, fitting, rated, rung_of, trained


def features(up: Climb, name: str) -> "Best | None":
    """A method that learns a head on features, judged by every learning picture out of fold; None where the time is
    too short."""
    data, n = up.stood.data, len(up.stood.learn)
    steps = replace(steps_of(up.recipe, name, n, up.where.torch.type, "features"), workers=0)
    shell = str(Spec("tail", (), (("cut", "all"),)))
    images, hashes = data.images.take(up.rows), data.facts["hash"][up.rows]
    feed = known(up, images, hashes, data.features[up.rows], up.rows)

    pool = cache(lambda: unlabelled(up))

    def rung(steps: Any) -> Rung:
        return rung_of(up, name, steps, feed.of, (), shell, pool)

    seconds = paced(up, rung(steps))
    steps = rated(up, name, rung(steps), seconds)
    witnesses = 0 if up.sure or up.stood.data.siblings is not None else FOLDS
    epoch, fittings = (1 + witnesses * (FOLDS - 1) / FOLDS) * n * seconds, MEMBER * (1 + witnesses)
    wanted = up.plan.decide(f"{name} epochs", lambda: fitting(steps.epochs, up.left - fittings, epoch))
    if wanted < min(1, steps.epochs):
        up.log.say(f"{parse(name)[0].name}: not begun; there is no time for an epoch on features. Give more --minutes")
        return None
    steps = replace(steps, epochs=float(wanted))
    advise(up, name, steps)
    up.log.say(f"{name}: a head on frozen features, {wanted:g} epochs at {1 / seconds:,.0f} pictures/s")
    return trained(up, rung(steps), witnesses, False, wanted * epoch)


def known(up: Climb, images: Images, hashes: np.ndarray, plain: np.ndarray, rows: np.ndarray) -> Known:
    """The feed of these pictures' features (n, width), and of as many copies as the recipe asks for."""
    data, recipe = up.stood.data, up.recipe

    def make(spec: Any, count: int) -> np.ndarray:
        return copied(data, images, hashes, spec, count, recipe, up.log)

    views = plain[None]
    if recipe.views:
        views = np.concatenate([views, make(recipe.augment, recipe.views)])
    return Known(images.labels, rows, hashes, views, make)


def unlabelled(up: Climb) -> Known:
    """The feed of the pool's pictures that may teach; their rows come after all others."""
    pool = ways.lent(up)
    rows = np.flatnonzero(pool.why == "")
    plain = pool.features[rows]
    return known(up, pool.images.take(rows), pool.hashes[rows], plain, len(up.stood.data.images) + rows)


def paced(up: Climb, rung: Rung) -> float:
    """Seconds of a picture in a step of this rung, measured once for the run."""
    return float(up.plan.decide(f"{rung.name} pace", rung.pace))
