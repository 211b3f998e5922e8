"""Who is positive, who is of the pool: pictures as a person hands them in, brought together for engine/positive.py."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InputError, OptionError
from ..core.images import Images
from ..core.load import load
from ..core.recipe import Recipe
from .data import Data
from .log import Log
from .pool import TWIN, _refuse

NONE = "other", "none of these"
"""What the last class is called: the first that no class is."""
QUIET = ("one class", "class missing from split", "no class folder")
"""What listing finds wrong with labels, and is meant so here."""
CHOICE = "pu"


def chosen(images: Images, recipe: Recipe, log: Log) -> Recipe:
    """The recipe, its method `pu` where it leaves that open and there is a pool beside one class alone."""
    known = images.labels[np.isin(images.split, ("", "train")) & (images.labels >= 0)]
    if recipe.method != "auto" or not recipe.pool or len(np.unique(known)) != 1 or recipe.minutes:
        if recipe.prior != "auto" and not recipe.positive:
            raise OptionError(
                f"prior={recipe.prior!r} has no effect: these pictures have {len(np.unique(known))} classes, which are "
                "told from one another. Drop it, or give method='pu' to tell each from what is none of them."
            )
        return recipe
    name = images.classes[int(known[0])]
    log.say(f"every labelled picture is {name!r} and there is a pool: learned as positives and a pool (--method pu)")
    return replace(recipe, method=CHOICE)


def joined(images: Images, recipe: Recipe) -> Images:
    """Positives, test pictures and the pool as one, the pool's labels -1 and their names "pool NAME".

    Classes are those that learning pictures show, then one for "none of these", which all others are. A folder without
    folders is positives of its own name. Without a pool the pictures that have no label are it. Raises InputError where
    there is no positive or no pool, OptionError for weights.
    """
    if images.weight is not None and len(np.unique(images.weight)) > 1:
        raise OptionError(f"method={recipe.method!r} lets every picture count the same, but these have weights.")
    images = _named(images, recipe)
    learn = np.isin(images.split, ("", "train"))
    own = np.unique(images.labels[learn & (images.labels >= 0)])
    if not len(own):
        raise InputError(
            f"No learning picture of {images.came_from or 'the data'} has a label, so none is known to be positive. "
            "Put positives in a folder of their own, or give a table in which they have a label."
        )
    names = tuple(images.classes[k] for k in own)
    none = next(name for name in (*NONE, "none of these classes") if name not in names)
    place = np.full(len(images.classes) + 1, len(own))
    place[own], place[-1] = np.arange(len(own)), -1
    kept = tuple(found for found in images.findings if found.kind not in QUIET)
    found = replace(images, labels=place[images.labels], classes=(*names, none), findings=kept, weight=None)
    if not recipe.pool:
        if not (learn & (images.labels < 0)).any():
            raise InputError(
                f"Every picture of {images.came_from or 'the data'} has a label, and there is no pool of pictures that "
                "nobody has labelled. Give a folder of anything with --pool."
            )
        return found
    return _beside(found, _pool(recipe), bool((images.split != "").any()))


def prepared(data: Data, recipe: Recipe, log: Log) -> Data:
    """The same with pool pictures left out that show what a labelled one does; raises InputError where that judges."""
    images, free = data.images, data.images.labels < 0
    judges = np.isin(images.split, ("test", "validation")) & ~free
    pool = np.flatnonzero(free & ~judges & np.isin(images.split, ("", "train")))
    order = np.concatenate([np.flatnonzero(~free), pool])
    first = int((~free).sum())
    _refuse(replace(data, images=images.take(order[:first])), images.take(pool), data.twins[order],
            recipe if recipe.pool else replace(recipe, pool="(pictures without a label)"))  # fmt: skip
    by = {int(data.twins[row]): str(images.names[row]) for row in order[:first][::-1] if data.kept[row]}
    twins = [row for row in pool if data.kept[row] and int(data.twins[row]) in by]
    for row in twins:
        data.why[row] = f"{TWIN}{by[int(data.twins[row])]}"
    if twins:
        log.say(f"the pool: {len(twins):,} pictures are left out, twins of labelled ones")
    data.why[free & (images.split != "") & (images.split != "train") & (data.why == "")] = "no label"
    return data


def _named(images: Images, recipe: Recipe) -> Images:
    """The pictures, all of one class where they have none and a pool is beside them."""
    if (images.labels >= 0).any() or not recipe.pool or len(images.classes):
        return images
    name = (images.root.resolve().name if images.root else Path(images.came_from or "").stem) or "positive"
    return replace(images, labels=np.zeros(len(images), np.int64), classes=(name,))


def _pool(recipe: Recipe) -> Images:
    try:
        return load(recipe.pool)
    except InputError as error:
        raise InputError(f"The pool: {error}") from error


def _beside(own: Images, pool: Images, given: bool) -> Images:
    """Both as one; the pool learns where parts were given."""
    m = len(pool)
    names = np.array([f"pool {name}" for name in pool.names], dtype=object)
    split = np.full(m, "train" if given else "", dtype=object)
    group = np.array([f"pool {name}" if name else "" for name in pool.group], dtype=object)
    columns: dict[str, Any] = {
        name: np.concatenate([values.astype(object), np.full(m, "", object)]) for name, values in own.columns.items()
    }
    return replace(
        own, items=[*own.items, *pool.items], names=np.concatenate([own.names, names]),
        labels=np.concatenate([own.labels, np.full(m, -1)]), split=np.concatenate([own.split, split]),
        group=np.concatenate([own.group, group]), columns=columns,
    )  # fmt: skip
