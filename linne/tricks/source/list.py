"""list: `path label` on each line of a text file, as PaddleClas and mmpretrain keep them."""

import re
from collections.abc import Sequence
from pathlib import Path

from linne.core.errors import InputError
from linne.core.images import Images

from ._cells import Table, joined
from ._classes import class_names, named
from ._lines import lines_of, lists_in
from ._say import split_of
from ._table import images_of

suffixes = (".txt", ".lst")
holds = ("train_list.txt", "val_list.txt", "test_list.txt")


def list(path: "str | Path", *, root: str = "", classes: str = "", encoding: str = "") -> Images:
    """Pictures named line by line; what follows the picture's name is its label, so both may hold spaces.

    path: the file, or a folder with train_list.txt, val_list.txt or test_list.txt. root: the folder that paths are
    relative to, the file's own where not given. classes: a file with a class name a line, for labels that are numbers.
    encoding: UTF-8 where not given. Raises InputError for a line that names no picture, or gives several labels.
    """
    path = Path(path).expanduser()
    home = path if path.is_dir() else path.parent
    base = Path(root).expanduser() if root else home
    names = class_names(classes, home)
    tables = [_table(file, names, encoding, path.is_dir()) for file in lists_in(path)]
    return images_of(joined(tables, path.name), base, {}, names)


def _table(path: Path, names: "Sequence[str] | None", encoding: str, marked: bool) -> Table:
    lines = lines_of(path, encoding)
    for number, picture, label in lines:
        if label and re.fullmatch(r"\d+([,\s]+\d+)+", label):
            raise InputError(
                f"line {number} of {path.name} gives {picture!r} the labels {label}. Pictures of several labels are "
                f"read by several: 'several({path.name})'."
            )
    labels = named([label for _, _, label in lines], names, path.name)
    columns = {"image": [picture for _, picture, _ in lines], "label": labels}
    if marked:
        columns["split"] = [split_of(path.name.split("_")[0])] * len(lines)
    return Table(dict(columns), path.name, [number for number, _, _ in lines])
