"""linne labels: labels as other tools read them."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import OptionError
from ..core.files import write
from ..core.load import load
from ..core.recipe import Recipe
from ..core.spec import parse
from ..engine.log import Log

SETTINGS = ("overlay", "tree")


@dataclass(frozen=True)
class Written:
    """The files that were written, and what there is to say about them. read: the source that reads them again."""

    paths: tuple[Path, ...]
    format: str
    pictures: int
    labelled: int
    base: Path
    read: str
    notes: tuple[str, ...]

    def text(self) -> str:
        """For a terminal."""
        first = (
            f"{self.paths[0]}: {self.labelled:,} of {self.pictures:,} pictures with labels, as {self.format}; paths "
        )
        first += f"are relative to {self.base}"
        rows = [f"beside it: {path}" for path in self.paths[1:]]
        return "\n".join([first, *rows, *self.notes, f"read it again: linne train {shlex.quote(self.read)}"])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"paths": list(map(str, self.paths)), "format": self.format, "pictures": self.pictures,
                "labelled": self.labelled, "base": str(self.base), "read": self.read, "notes": self.notes}  # fmt: skip


def labels(images: Any, *, out: Path, to: str = "", log: Log | None = None, **settings: Any) -> Written:
    """Write the labels of pictures, as people corrected them, for another tool: COCO, CVAT, Label Studio, a table.

    With --overlay the labels are those that it decides, and what it drops is left out. With --tree a format that has a
    taxonomy gets each class's way. Such files are read wherever pictures are given: linne train cvat.xml

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    out
        The file to write.
    to
        The format, see: linne list labels; found by the file's ending where only one fits (.csv, .xml).
    """
    from ..engine import labels as engine

    to = engine.chosen(to, out)
    recipe = Recipe.of(settings, source="linne labels", allowed=SETTINGS)
    if out.is_dir():
        raise OptionError(f"--out {out} is a folder. Give a file in it: {out / 'labels.json'}")
    kept = engine.kept(load(images), recipe, log or Log(quiet=True))
    texts = engine.texts(kept, to)
    paths = tuple(write(out if not end else out.with_name(out.stem + end), text) for end, text in texts.items())
    found = kept.images
    labelled = int((found.labels >= 0).sum() if found.targets is None else (found.targets >= 0).any(1).sum())
    notes = [*engine.lost(kept, to), *filter(None, [engine.described(kept.left_out)])]
    read = _again(out, kept.base, found.targets is not None)
    return Written(paths, parse(to)[0].name, len(found), labelled, kept.base, read, tuple(notes))


def _again(out: Path, base: Path, several: bool) -> str:
    """The source that reads the file."""
    source = "several" if several else {".json": "annotations", ".xml": "cvat"}.get(out.suffix.lower(), "table")
    apart = out.absolute().parent != base.absolute()
    if not several and not apart:
        return str(out)
    return f"{source}({out}, root={base})" if apart else f"{source}({out})"
