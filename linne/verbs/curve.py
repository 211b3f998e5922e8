"""linne curve: what more pictures would bring."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core.files import write
from ..core.load import load
from ..core.recipe import Recipe
from ..engine.log import Log

SETTINGS = ("model", "weights", "size", "resize", "runtime", "group", "split", "inner_folds", "seed")


@dataclass(frozen=True)
class Foreseen:
    """A learning curve carried on; `page`: the HTML file that was written, or None."""

    found: dict[str, Any]
    page: "Path | None" = None

    def text(self) -> str:
        """For a terminal."""
        from ..web.curved import text

        return text(self.found) + (f"\n\nthe page, with curves: {self.page}" if self.page else "")

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return self.found | {"page": str(self.page) if self.page else None}


def curve(
    images: Any,
    *,
    more: int = 200,
    classes: str = "",
    html: Path | None = None,
    lang: str = "en",
    log: Log | None = None,
    **settings: Any,
) -> Foreseen:
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
        The language that the page shows first, en or zh; it holds both.
    """
    from ..engine.data import examine
    from ..engine.foresee import foresee

    log = log or Log(quiet=True)
    recipe = Recipe.of(settings, source="linne curve", allowed=SETTINGS)
    data = examine(load(images), replace(recipe, check="none"), log)
    named = [word.strip() for word in classes.split(",") if word.strip()]
    found = foresee(data, recipe, log, more=more, classes=named) | {"source": str(data.images.came_from or "pictures")}
    if html is None:
        return Foreseen(found)
    from ..web.curved import page

    return Foreseen(found, write(Path(html), page(found, lang)))
