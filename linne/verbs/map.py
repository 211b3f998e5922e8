"""linne map: where each picture lies among the others."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import OptionError
from ..core.load import load
from ..core.recipe import Recipe
from ..engine.log import Log

SETTINGS = ("model", "weights", "size", "resize", "runtime", "seed")


@dataclass(frozen=True)
class Drawn:
    """A written map. path: the .npz; pictures: how many; read: how many of them lie on it."""

    path: Path
    pictures: int
    read: int

    def text(self) -> str:
        """For a terminal."""
        return f"{self.read:,} of {self.pictures:,} pictures lie on the map {self.path}"

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"map": str(self.path), "pictures": self.pictures, "read": self.read}


def map(images: Any, *, out: Path, log: Log | None = None, **settings: Any) -> Drawn:
    """Lay pictures out by what they show, and write their places and what tells which are alike.

    The studio draws it and finds similar pictures with it. Labels are not read.

    Parameters
    ----------
    images
        A folder of pictures, a table (CSV, Parquet, ...), or a named set.
    out
        The .npz to write: 'place' (n, 2), 'near' (n, 64) whose products are cosines, 'mark' of the names.
    """
    import numpy as np

    from ..engine.mapped import mapped

    if out.suffix != ".npz":
        raise OptionError(f"out={str(out)!r}: a map is an .npz file. Give one such as --out {out.with_suffix('.npz')}")
    recipe = Recipe.of(settings, source="linne map", allowed=SETTINGS)
    pictures = load(images)
    made = mapped(pictures, recipe, log or Log(quiet=True))
    return Drawn(made.save(out), len(made), int(np.isfinite(made.place).all(1).sum()))
