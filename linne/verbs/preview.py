"""linne preview: a sheet of pictures as the network will see them while it learns."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InputError, OptionError, Unreadable
from ..core.files import write
from ..core.images import Images, read
from ..core.load import load
from ..core.recipe import Recipe
from ..core.rng import rng
from ..engine.log import Log

SETTINGS = ("model", "weights", "size", "resize", "augment", "seed")
GAP, MARGIN, MOST = 4, 18, 4096
"""Pixels between two pictures, above and left of them for numbers, and along a side of the sheet at most."""


@dataclass(frozen=True)
class Sheet:
    """A written sheet: a row a picture, first as `predict` sees it, then its views in the epochs that follow."""

    path: Path
    names: tuple[str, ...]
    labels: tuple[str, ...]
    views: int
    augment: str
    left_out: tuple[str, ...] = ()

    def text(self) -> str:
        """For a terminal."""
        pairs = zip(self.names, self.labels, strict=True)
        rows = [f"  {row}  {label or '-'}  {name}" for row, (name, label) in enumerate(pairs, 1)]
        how = self.augment or "parts, mirror images and tints, as training shows them where no augment is given"
        return "\n".join([f"{self.path}: as predict sees it, then {self.views} views ({how})", *rows,
                          *(f"left out: {reason}" for reason in self.left_out)])  # fmt: skip

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"path": str(self.path), "names": self.names, "labels": self.labels, "views": self.views,
                "augment": self.augment, "left_out": self.left_out}  # fmt: skip


def preview(
    images: Any, *, out: str | Path = "preview.png", pictures: int = 6, views: int = 8, log: Log | None = None,
    **settings: Any,
) -> Sheet:  # fmt: skip
    """Write one picture of some pictures as training will show them: row by row, the plain one and its views.

    They are the views of a run with the same settings and seed: the same draws, not just the same kind.

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    out
        The sheet: a .png, .jpg or .webp file.
    pictures
        How many pictures, of as many classes as there are.
    views
        How many views of each.
    """
    from ..core.decode import decode, prepare
    from ..core.measure import content_hash
    from ..engine.data import geometry_of
    from ..engine.network import of
    from ..engine.views import Views

    recipe, path = Recipe.of(settings, source="linne preview", allowed=SETTINGS), Path(out)
    recipe.fixed("a preview")
    if pictures < 1 or views < 1:
        raise OptionError(f"A sheet shows at least one picture and one view, got {pictures} and {views}.")
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise OptionError(f"{path} is no picture's name: it ends with .png, .jpg or .webp.")
    found = load(images)
    geometry = geometry_of(of(recipe), recipe)
    if (views + 1) * (geometry.size + GAP) > MOST or pictures * (geometry.size + GAP) > MOST:
        raise OptionError(f"{pictures} times {views} views of {geometry.size} px pass {MOST} px. Give fewer.")
    show, rows, made = Views(geometry, recipe.seed, recipe.augment), [], []
    left_out = []
    for row in _chosen(found, recipe.seed):
        try:
            data = read(found.items[row])
            content, pixels = content_hash(data), decode(data, least=geometry.least).pixels
        except (Unreadable, OSError) as error:
            left_out.append(f"{found.names[row]}: {getattr(error, 'reason', error)}")
            continue
        made.append([prepare(pixels, geometry), *(show(pixels, number, content, 0) for number in range(1, views + 1))])
        rows.append(row)
        if len(rows) == pictures:
            break
    if not rows:
        raise InputError(f"None of the {len(found)} pictures of {found.came_from} can be read. See: linne check")
    _write(path, made)
    labels = tuple(found.classes[found.labels[row]] if found.labels[row] >= 0 else "" for row in rows)
    return Sheet(path, tuple(found.names[rows]), labels, views, recipe.augment_text(), tuple(left_out))


def _chosen(images: Images, seed: int) -> np.ndarray:
    """Rows in the order in which they are tried: one of each class in turn; no test picture where others are."""
    rows = np.flatnonzero(images.split != "test") if (images.split != "test").any() else np.arange(len(images))
    rows = rng(seed, "preview").permutation(rows)
    turn = np.zeros(len(rows), np.int64)
    for label in np.unique(images.labels[rows]):
        same = images.labels[rows] == label
        turn[same] = np.arange(same.sum())
    return rows[np.lexsort((images.labels[rows], turn))]


def _write(path: Path, made: list[list[np.ndarray]]) -> None:
    """The sheet with numbers of rows and views at its edges."""
    from PIL import Image, ImageDraw

    size = made[0][0].shape[0] + GAP
    sheet = Image.new("RGB", (MARGIN + size * len(made[0]), MARGIN + size * len(made)), "white")
    pen = ImageDraw.Draw(sheet)
    for column in range(len(made[0])):
        pen.text((MARGIN + size * column + 2, 3), "plain" if column == 0 else str(column), fill="black")
    for row, line in enumerate(made):
        pen.text((3, MARGIN + size * row + 2), str(row + 1), fill="black")
        for column, pixels in enumerate(line):
            sheet.paste(Image.fromarray(pixels), (MARGIN + size * column, MARGIN + size * row))
    kind = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}.get(path.suffix.lower(), "PNG")
    write(path, lambda aside: sheet.save(aside, kind))
