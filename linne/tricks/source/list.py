"""list: `path label` on each line of a text file, as PaddleClas and mmpretrain keep them."""

import re
from collections.abc import Sequence
from pathlib import Path

from linne.core.errors import InputError
from linne.core.images import Images

from ._cells import Table, joined, text_of
from ._classes import class_names, named
from ._files import PICTURES
from ._say import split_of
from ._table import images_of

suffixes = (".txt", ".lst")
holds = ("train_list.txt", "val_list.txt", "test_list.txt")
LINE = re.compile(rf"(.*?(?:{'|'.join(sorted(map(re.escape, PICTURES)))}))(?:[\s,;]+(.*))?", re.IGNORECASE)


def list(path: "str | Path", *, root: str = "", classes: str = "", encoding: str = "") -> Images:
    """Pictures named line by line; what follows the picture's name is its label, so both may hold spaces.

    path: the file, or a folder with train_list.txt, val_list.txt or test_list.txt. root: the folder that paths are
    relative to, the file's own where not given. classes: a file with a class name a line, for labels that are numbers.
    encoding: UTF-8 where not given. Raises InputError for a line that names no picture, or gives several labels.
    """
    path = Path(path).expanduser()
    home = path if path.is_dir() else path.parent
    base = Path(root).expanduser() if root else home
    files = sorted(home / name.name for name in home.iterdir() if name.name in holds) if path.is_dir() else [path]
    names = class_names(classes, home)
    tables = [_table(file, names, encoding, path.is_dir()) for file in files]
    return images_of(joined(tables, path.name), base, {}, names)


def _table(path: Path, names: "Sequence[str] | None", encoding: str, marked: bool) -> Table:
    pairs, lines = [], []
    for number, line in enumerate(text_of(path, encoding).splitlines(), 1):
        if line.strip():
            pairs.append(_pair(line.strip(), number, path.name))
            lines.append(number)
    labels = named([label for _, label in pairs], names, path.name)
    columns = {"image": [picture for picture, _ in pairs], "label": labels}
    if marked:
        columns["split"] = [split_of(path.name.split("_")[0])] * len(pairs)
    return Table(dict(columns), path.name, lines)


def _pair(line: str, number: int, name: str) -> tuple[str, str | None]:
    match = LINE.fullmatch(line)
    if not match and len(parts := line.rsplit(None, 1)) == 2:
        return parts[0], parts[1]
    if not match:
        raise InputError(f"line {number} of {name} is {line!r}; expected a picture and its label: 'cats/1.jpg cat'.")
    label = (match[2] or "").strip() or None
    if label and re.fullmatch(r"\d+([,\s]+\d+)+", label):
        raise InputError(
            f"line {number} of {name} gives {match[1]!r} the labels {label}. A picture has one label; "
            "several come in a later version."
        )
    return match[1], label
