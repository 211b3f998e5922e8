"""linne curve: what more pictures would bring."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.load import load
from ..core.recipe import Recipe
from ..engine.log import Log
from ._shown import Shown, asked, shown

SETTINGS = ("model", "weights", "size", "resize", "runtime", "group", "split", "inner_folds", "seed", "overlay")


def curve(
    images: Any,
    *,
    more: int = 200,
    classes: str = "",
    html: Path | None = None,
    lang: str = "",
    log: Log | None = None,
    **settings: Any,
) -> Shown:
    """Say how accuracy grows with pictures, and what more of them would bring, in all and of each class.

    By linear heads on frozen features, learned and judged out of fold. Pictures that a training with the same settings
    would keep for testing are neither learned nor read.

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    more
        What so many more pictures would bring is said.
    classes
        Classes that get a curve of their own, e.g. 'rust,scab'; all; none; or, when not given, the weakest.
    html
        Write a page with the curves to this file.
    lang
        The language that the page shows first, en (when not given) or zh; it holds both.
    """
    from ..engine.data import examine
    from ..engine.foresee import foresee
    from ..web import curved

    asked(html, lang)
    log = log or Log(quiet=True)
    recipe = Recipe.of(settings, source="linne curve", allowed=SETTINGS)
    data = examine(load(images), replace(recipe, check="none"), log)
    named = [word.strip() for word in classes.split(",") if word.strip()]
    found = foresee(data, recipe, log, more=more, classes=named) | {"source": str(data.images.came_from or "pictures")}
    return shown(found, curved, html, lang)
