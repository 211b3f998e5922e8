"""several: a table where a picture may have several labels: lists ("cat;dog"), 0/1 columns, or a row a label.

What is not said is never guessed: an empty list means that the picture has none of the labels, "?" that nobody looked;
in a 0/1 column an empty cell, "?" or -1 means that nobody knows.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linne.core.errors import InputError, OptionError, nearest
from linne.core.images import Images

from ._cells import Table, frame_table
from ._classes import class_names
from ._coco import home_of
from ._columns import detect
from ._exported import exported
from ._foreign import below
from ._several import ABSENT, cells_of
from ._table import images_of
from ._tables import read_folder, read_table, refuse
from ._told import arrays_of, hot, is_arrays, json_table, list_table


def several(
    path: Any,
    *,
    label: str = "",
    sign: str = "",
    absent: str = "no",
    classes: str = "",
    image: str = "",
    group: str = "",
    root: str = "",
) -> Images:
    """Pictures with `targets` (n, K) of 1, 0 and -1 (not known), of a CSV, TSV, JSONL or Parquet file, a folder of
    train and test tables, a data frame; of JSON, COCO's with any number of categories too; of lists, "a.jpg cat,dog" or
    "a.jpg 1,0,1" a line; or of arrays (npz, npy, idx) with labels (n, K) of 1, 0, and -1 or NaN.

    label: in COCO's JSON the field that names a category, of arrays the one with the labels; else the column of lists
    where it has no usual name, or 0/1 columns joined by "+" ("cat+dog"); without it and without a column that is named
    as a label is, all columns of 0 and 1. sign: what divides the labels of a list, one character or "comma",
    "semicolon", "pipe", "space", found where not given; "rows": a picture has a row for each of its labels, found too
    where no cell holds a list. absent: what it means that a list does not name a label: "no", or "unknown" where only
    some of the labels were looked for. classes: the labels there are, joined by "+" or in a file with one a line, all
    that occur where not given. image, group: columns. root: the folder that paths are relative to. A label that starts
    with "?" is not known of that picture. Where rows contradict each other the label is not known, and a finding says
    so. Raises InputError for a table that cannot be read, whose sign is unclear or that names a label beyond `classes`,
    OptionError for a column that is not there.
    """
    if absent not in ABSENT:
        raise OptionError(f"absent={absent!r} is not known. {nearest(absent, ABSENT)}")
    if not isinstance(path, (str, os.PathLike)):
        table, base, text = frame_table(path), Path(root or ".").expanduser(), False
        return _read(table, base, text, {"label": label, "image": image, "group": group}, (classes, sign, absent))
    path = Path(path).expanduser()
    base = Path(root).expanduser() if root else path if path.is_dir() else path.parent
    if root and not base.is_dir():
        raise InputError(f"root={root!r} is no folder. Give the folder that the table's paths are relative to.")
    given, how = {"label": label, "image": image, "group": group}, (classes, sign, absent)
    other = exported(path, label)
    if other is not None:
        refuse({"image": image, "group": group, "sign": sign, "classes": classes}, other.what)
        home = base if root else other.home
        return _read(
            below(other.table, home), home, False, {"image": "image", "label": "label"}, (other.known, "", absent)
        )
    if path.suffix.lower() == ".json":
        return _read(json_table(path), base if root else home_of(path), False, given, how)
    listed = list_table(path)
    if listed is not None:
        refuse({"image": image, "label": label, "group": group}, "a list, one line a picture,")
        cells = hot(listed, _named(classes, base))
        if cells is not None:
            refuse({"sign": sign, "absent": absent if absent != "no" else ""}, "a list of 0 and 1")
            return images_of(listed, base, {"image": "image", "label": "label"}, several=cells)
        return _read(listed, base, True, {"image": "image", "label": "label"}, how)
    if is_arrays(path):
        refuse({"group": group, "sign": sign, "root": root, "absent": absent if absent != "no" else ""}, "An array")
        return arrays_of(path, image, label, _named(classes, base))
    table = read_folder(path) if path.is_dir() else read_table(path)
    return _read(table, base, table.name.lower().endswith((".csv", ".tsv", ".txt", ".tab")), given, how)


def _read(
    table: Table, base: Path, text: bool, given: Mapping[str, str], how: "tuple[str | list[str], str, str]"
) -> Images:
    """Pictures of a table. given: columns by role. how: classes, sign, absent."""
    classes, sign, absent = how
    label, given = given.get("label", ""), dict(given)
    columns = [column.strip() for column in label.split("+")] if label and label not in table.columns else [label]
    roles = detect(table.columns, given | {"label": columns[0]}, table.name)
    named = (classes or None) if isinstance(classes, list) else _named(classes, base)
    cells = cells_of(table, roles, columns if label else [], named, sign, absent == "unknown", text)
    return images_of(table, base, given | {"label": cells.used[0]}, several=cells)


def _named(classes: str, base: Path) -> "list[str] | None":
    """Labels joined by "+", or in a file."""
    return class_names([name.strip() for name in classes.split("+")] if "+" in classes else classes, base)
