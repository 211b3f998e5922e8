"""The learning pictures alone, for what compares recipes: whoever judges or tests in a training is not opened."""

from dataclasses import replace

import numpy as np

from ..core.errors import InputError, OptionError
from ..core.images import Images
from ..core.lookup import find, offer
from ..core.recipe import Recipe
from ..core.rng import rng
from . import first
from .augments import settled
from .data import Data, examine
from .first import Stand
from .log import Log


def learning(pictures: Images, recipe: Recipe, log: Log) -> Data:
    """The learning pictures and nothing else, looked at: as `linne train` would deal them.

    Pictures of given validation and test parts are dropped before any is opened. Raises what training would raise for
    pictures that cannot be learned from, and OptionError where there are too few for a test set.
    """
    given, elsewhere = bool((pictures.split != "").any()), set[str]()
    if given:
        if recipe.split != "auto" and first.parse_name(recipe.split) != "given":
            raise InputError(
                f"The pictures came with a split, which is never dealt again, and --split asks for {recipe.split!r}."
                " Drop --split, or give a folder without train and test parts."
            )
        offer(find("split", "given"), images=pictures, rng=rng(recipe.seed, "split"))
        hidden = int((pictures.split != "train").sum())
        elsewhere = set(pictures.names[pictures.split != "train"].tolist())
        pictures = pictures.take(pictures.split == "train")
        log.say(f"{hidden:,} pictures of other parts are not opened: {len(pictures):,} learning pictures choose")
    data = examine(pictures, recipe, log, elsewhere=elsewhere)
    first.usable(data)
    if not given:
        if first.few(data, recipe):
            raise OptionError(
                f"{int(data.kept.sum())} pictures are too few for a test set of their own, and so to tell one recipe "
                "from another. Add pictures, or give a split."
            )
        data.images = first.deal(data, recipe, False)
    rows = np.flatnonzero(data.kept & (data.images.split == "train"))
    return replace(
        data, images=data.images.take(rows), facts=data.facts.take(rows), features=data.features[rows],
        why=data.why[rows], twins=data.twins[rows],
    )  # fmt: skip


def stand(data: Data, recipe: Recipe, log: Log) -> Stand:
    """Where what compares recipes stands: every picture of `learning` learns, and none judges or tests."""
    every = np.arange(len(data.images))
    recipe = settled(data, every, recipe, log)
    head = first._learn(data, recipe, every, every[:0], log)
    return Stand(data, head, every, every[:0], every[:0], every < 0, recipe)
