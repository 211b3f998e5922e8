"""linne expand: augmented copies of learning pictures as files, with a table that says where each came from."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import OptionError, RunError, Unreadable, nearest
from ..core.files import write
from ..core.images import Images, read
from ..core.load import load
from ..core.lookup import find, offer
from ..core.recipe import Recipe
from ..core.rng import rng
from ..core.spec import chain
from ..engine.log import Log

FORMATS = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}
QUALITY = 95
COLUMNS = ("path", "label", "split", "group", "from", "copy")


@dataclass(frozen=True)
class Expanded:
    """What was written: copies of how many pictures, where the table is, what was left out and why."""

    manifest: Path
    pictures: int
    copies: int
    left_out: tuple[str, ...]

    def text(self) -> str:
        """For a terminal."""
        lines = [
            f"{self.copies:,} copies of {self.pictures:,} pictures; train on them with: linne train {self.manifest}"
        ]
        return "\n".join([*lines, *(f"left out: {reason}" for reason in self.left_out)])

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"manifest": str(self.manifest), "pictures": self.pictures, "copies": self.copies,
                "left_out": self.left_out}  # fmt: skip


def expand(
    images: Any, out: str | Path, *, augment: str, times: int = 4, format: str = "jpeg", seed: int = 0,
    log: Log | None = None,
) -> Expanded:  # fmt: skip
    """Write augmented copies of pictures to files, for programs that want files; Linne itself augments as it learns.

    Validation and test pictures are not copied. The table (manifest.csv) names every copy's original and puts both into
    one group, so that they stay on one side of every split. The originals stay where they are and are in it too.

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    out
        A new or empty folder.
    augment
        Tricks with options, e.g. 'flip,rotate(15)'; see: linne list augment.
    times
        Copies of each picture.
    format
        Of the copies: jpeg, png or webp.
    seed
        The seed of every draw.
    """
    if format not in FORMATS:
        raise OptionError(f"format={format!r} is not allowed. {nearest(format, FORMATS)}")
    if not 1 <= times <= 1000:
        raise OptionError(f"times={times} is not allowed; it lies between 1 and 1000.")
    Recipe(augment=augment).fixed("expand")
    tricks = [find("augment", part) for part in chain(augment)]
    if not tricks:
        raise OptionError("expand writes augmented copies: name at least one trick, e.g. --augment flip.")
    path, found, log = Path(out), load(images), log or Log(quiet=True)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError(f"{path} holds something already. Give a new or an empty folder.")
    rows, left_out, pictures = [], [], 0
    with log.track("expanded", len(found)) as step:
        for row in range(len(found)):
            step(1)
            original = _row(found, row)
            if found.split[row] in ("validation", "test"):
                rows.append(original)
                continue
            try:
                made = _copies(found, row, tricks, times, seed)
            except (Unreadable, OSError) as error:
                left_out.append(f"{found.names[row]}: {getattr(error, 'reason', error)}")
                continue
            rows += [original, *_saved(path, found, row, made, format)]
            pictures += 1
    manifest = path / "manifest.csv"
    write(manifest, _table([row for row in rows if row["path"]]))
    return Expanded(manifest, pictures, pictures * times, tuple(left_out))


def _copies(images: Images, row: int, tricks: list[Any], times: int, seed: int) -> list[np.ndarray]:
    """Copies of one picture at its own size, each with draws of its own."""
    from ..core.decode import decode
    from ..core.measure import content_hash

    data, out = read(images.items[row]), []
    content = content_hash(data)
    pixels = decode(data).pixels
    for copy in range(times):
        made = pixels
        for place, trick in enumerate(tricks):
            draw = rng(seed, "expand", content, copy, place)
            made = offer(trick, image=made, rng=draw, size=min(pixels.shape[:2]), epoch=copy, content=content)
        out.append(np.ascontiguousarray(made))
    return out


def _saved(path: Path, images: Images, row: int, made: list[np.ndarray], format: str) -> list[dict[str, str]]:
    """Write one picture's copies below its class's folder; their lines of the table."""
    from PIL import Image

    original = _row(images, row)
    label = original["label"].replace("/", "_").replace("\\", "_") or "unlabelled"
    stem = f"{row:07d}-{Path(images.names[row]).stem}"[:120]
    lines = []
    for copy, pixels in enumerate(made):
        file = path / label / f"{stem}-{copy + 1}{FORMATS[format]}"
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = {"quality": QUALITY} if format == "jpeg" else {"lossless": True} if format == "webp" else {}
        write(file, lambda aside, pixels=pixels, kept=kept: Image.fromarray(pixels).save(aside, format, **kept))
        own = {"path": str(file.relative_to(path)), "from": original["from"], "copy": str(copy + 1)}
        lines.append({**original, **own})
    return lines


def _row(images: Images, row: int) -> dict[str, str]:
    """The original's line: its own path where it is a file, else none."""
    item, label = images.items[row], images.labels[row]
    name = str(images.names[row])
    return {
        "path": str(item.resolve()) if isinstance(item, Path) else "",
        "label": images.classes[label] if label >= 0 else "",
        "split": str(images.split[row]), "group": str(images.group[row]) or name, "from": name, "copy": "",
    }  # fmt: skip


def _table(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
