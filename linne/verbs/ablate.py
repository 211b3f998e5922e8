"""linne ablate: which tricks help on these pictures, and which only cost."""

import shlex
import time
from pathlib import Path
from typing import Any

from ..core.errors import InputError, OptionError
from ..core.files import write
from ..core.load import load
from ..core.recipe import Recipe
from ..engine.log import Log
from ._made import IN_MEMORY, flags
from ._paged import tried


class Ablated(dict[str, Any]):
    """What came of an ablation, as its JSON holds it; `path` is its folder."""

    def __init__(self, path: Path, found: dict[str, Any]) -> None:
        super().__init__(found)
        self.path = path

    def text(self) -> str:
        """The tables for a terminal."""
        from ..web.ablation import text

        return text(self, self.path / "ablation.html")

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"out": str(self.path), **self}


def ablate(
    images: Any,
    *,
    tricks: str = "all",
    out: "str | Path | None" = None,
    recipe: "str | Path | Recipe | None" = None,
    log: "Log | None" = None,
    **settings: Any,
) -> Ablated:
    """Say which tricks help on your pictures: each added to the plain recipe, then each left out of the full one.

    Every trick is fitted with the same split, order and draws, on activations that all share, and judged by pictures
    that it had not learned; the test pictures are not read. "cannot tell" is an answer too, with the smallest gain
    that would have been seen. What earned its place is kept as a recipe. The same command goes on where it stopped.

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    tricks
        all, or names with commas between: mixup,fmix,focal; also kind=trick(option=1) and lr=1e-3.
    out
        A folder for the tables, the recipe and what was fitted; the first free of runs/NAME-ablate, ... when not given.
    recipe
        The plain recipe: a TOML file or a shipped one's name; flags go over it.
    """
    from ..engine import ablate as engine
    from ..engine import folder
    from ..web.ablation import render

    begun, log = time.monotonic(), log or Log(quiet=True)
    plain = recipe if isinstance(recipe, Recipe) else Recipe.load(recipe) if recipe else Recipe()
    own = Recipe.of({"minutes": 20.0} | settings, plain)
    plain, asked = engine.asked(tricks, own)
    pictures = load(images)
    name = str(images) if isinstance(images, (str, Path)) else IN_MEMORY
    path = folder.place(out, pictures, "-ablate")
    command = " ".join([
        "linne ablate", shlex.quote(name), "--tricks", shlex.quote(tricks),
        *(["--recipe", shlex.quote(str(recipe))] if recipe else []), *flags(settings), "--out", shlex.quote(str(path)),
    ])  # fmt: skip
    with folder.alone(path):
        going = engine.begin(path, plain, asked, command)
        try:
            found = engine.run(pictures, plain, asked, path, begun, log, tricks.strip() == "all")
        except (InputError, OptionError):
            if not going:
                engine.undo(path)
            raise
        told = engine.finish(path, found, own, command)
        if page := tried(path, "ablation.html", lambda: render(told), log):
            write(path / "ablation.html", page)
    return Ablated(path, told)
