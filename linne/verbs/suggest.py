"""linne suggest: which pictures to label next."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core.load import load
from ..core.overlay import append
from ..core.recipe import Recipe, setting
from ..engine.log import Log
from ._shown import Shown, asked, shown

SETTINGS = (
    "model", "weights", "size", "resize", "runtime", "group", "split", "inner_folds", "seed", "overlay", "pool", "lang",
)  # fmt: skip


@dataclass(frozen=True)
class Paged(Recipe):
    """A recipe's settings, and that of the page."""

    lang: str = setting(
        "", "the language that the page of --html shows first, en (when not given) or zh; it holds both"
    )


OPTIONS = Paged


def suggest(
    images: Any,
    *,
    n: int = 50,
    query: str = "uncertain",
    more: int = 100,
    classes: str = "",
    copies: Path | None = None,
    html: Path | None = None,
    log: Log | None = None,
    **settings: Any,
) -> Shown:
    """Say which pictures of a pool to label next, what random ones would bring instead, and what more of a class would.

    With --overlay labels.csv each gets a row there: write its class under 'to' (or accept the guess), and
    linne train --overlay labels.csv learns from it. Twins and what was decided on already are never suggested. Labels
    that the pool may have are not read. Where pictures have several labels, those with a label in doubt are asked for,
    without a curve and a replay.

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    n
        How many pictures.
    query
        What is asked for: doubt, difference, both, or chance; see: linne list query.
    more
        The learning curve says what so many more labels would bring, in all and of each class.
    classes
        Classes that get a curve of their own, e.g. 'rust,scab'; all; none; or, when not given, the weakest.
    copies
        Copy what is suggested into this new folder, in order, each with its guessed class in its name.
    html
        Write a page with the pictures and the curve to this file.
    """
    from ..engine.data import examine
    from ..engine.overlay import begun
    from ..engine.suggest import Wanted, copied, free, rows_of
    from ..engine.suggest import suggest as found_by
    from ..engine.suggest_several import suggest as found_of_several
    from ..web import suggested

    lang = settings.pop("lang", "")
    asked(html, lang)
    log = log or Log(quiet=True)
    recipe = replace(Recipe.of(settings, source="linne suggest", allowed=SETTINGS), check="none")
    wanted = Wanted(recipe.pool, n, query, more, [word.strip() for word in classes.split(",") if word.strip()])
    wanted.check()
    free(copies)
    data = examine(load(images), begun(recipe, writes=True), log, several=True)
    of = found_by if data.images.targets is None else found_of_several
    found, pictures = of(data, recipe, wanted, log)
    if recipe.overlay:
        overlay = Path(recipe.overlay)
        found |= {"overlay": str(overlay), "written": append(overlay, rows_of(found, overlay))}
    if copies is not None:
        found |= {"copies": str(copied(pictures, found, copies))}
    return shown(found, suggested.Suggested(pictures), html, lang)
