"""Files that say several labels a picture otherwise than a table does: JSON, lists line by line, arrays."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.errors import InputError
from linne.core.images import Images

from ._arrays import assemble, classes_in, parts_of
from ._cells import Table, joined, records_table
from ._coco import json_of
from ._lines import is_list, lines_of, lists_in
from ._packed import ENDS, packed
from ._say import split_of
from ._several import Cells, about_targets

TEXT = (".txt", ".lst")


def json_table(path: Path) -> Table:
    """A row a picture with the list of its labels: a list of records, or {"a.jpg": ["cat", "dog"]}."""
    content = json_of(path)
    if isinstance(content, dict) and content and not any(isinstance(value, dict) for value in content.values()):
        return Table({"image": list(content), "label": list(content.values())}, path.name)
    if isinstance(content, list) and content:
        return records_table(content, path.name)
    raise InputError(
        f"{path.name} is none of the known shapes: COCO (images, annotations, categories), Label Studio's tasks, a "
        'list of records like {"image": "1.jpg", "labels": ["cat", "dog"]}, or {"1.jpg": ["cat", "dog"]}.'
    )


def list_table(path: Path) -> "Table | None":
    """`path cat,dog` on each line of a file, or of the train_list.txt, ... of a folder; None for other files."""
    files = lists_in(path)
    if not path.is_dir() and (path.suffix.lower() not in TEXT or not is_list(path)):
        return None
    tables = []
    for file in files:
        lines = lines_of(file)
        columns: dict[str, Sequence[Any]] = {"image": [one for _, one, _ in lines], "label": [one for *_, one in lines]}
        if path.is_dir():
            columns["split"] = [split_of(file.name.split("_")[0])] * len(lines)
        tables.append(Table(columns, file.name, [number for number, *_ in lines]))
    return joined(tables, path.name) if tables else None


def hot(table: Table, names: "list[str] | None") -> "Cells | None":
    """The labels of a column of "0,1,1", where every row has as many 0 and 1 and one of them twice, since names would
    not be repeated; else None. names: of the labels, else their places. Raises InputError where they are not as many.
    """
    values = table.columns["label"]
    rows = [str(value).replace(",", " ").split() for value in values]
    plain = rows and len({len(row) for row in rows}) == 1 and all(bit in ("0", "1") for row in rows for bit in row)
    if not plain or not any(len(set(row)) < len(row) for row in rows):
        return None
    names = names or [str(place) for place in range(len(rows[0]))]
    if len(names) != len(rows[0]):
        raise InputError(f"{table.name} has {len(rows[0])} labels a picture, and {len(names)} names for them.")
    return Cells(tuple(names), np.array(rows, np.int8), ["label"], False, False)


def is_arrays(path: Path) -> bool:
    """Whether a path names arrays: by its ending, or a folder that holds any."""
    if path.is_dir():
        return any(one.name.lower().endswith(ENDS) for one in path.iterdir())
    return path.name.lower().endswith(ENDS)


def arrays_of(path: Path, image: str, label: str, names: "list[str] | None") -> Images:
    """Pictures of arrays with targets (n, K) of 1, 0, and -1 or NaN for not known. names: of the labels, else those
    that lie beside the pictures, else their places. Raises InputError for another shape or another number."""
    found, image = packed(path, image)
    parts = parts_of(found, image, label)
    told = [_targets(part.labels, len(part.pictures), path.name) for part in parts]
    wide = {one.shape[1] for one in told}
    if len(wide) > 1:
        raise InputError(f"{path.name}: its parts have {' and '.join(map(str, sorted(wide)))} labels. Give one number.")
    names = names or classes_in(found) or [str(place) for place in range(wide.pop())]
    images = assemble([replace(part, labels=None) for part in parts], None, path.name, path.parent)
    return with_targets(images, np.concatenate(told), names)


def _targets(labels: Any, n: int, name: str) -> np.ndarray:
    if labels is None:
        raise InputError(f"{name} has no labels beside its pictures. Say which array: label=NAME.")
    values = np.asarray(labels)
    if values.ndim != 2 or len(values) != n or values.dtype.kind not in "biuf":
        raise InputError(
            f"{name}: labels are {values.shape} of {values.dtype} for {n:,} pictures; several labels a picture are "
            f"({n}, labels) of 1, 0 and -1 (not known)."
        )
    values = np.where(np.isnan(values), -1, values) if values.dtype.kind == "f" else values
    wrong = np.argwhere(~np.isin(values, (-1, 0, 1)))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            f"{name}: label {column} of row {row} is {values[row, column]}; allowed: 1 (has it), 0 (has it not), or "
            "-1 (not known)."
        )
    return values.astype(np.int8)


def with_targets(images: Images, targets: np.ndarray, names: Sequence[str]) -> Images:
    """Pictures with their answers. Raises InputError where there are not as many names as labels."""
    if len(names) != targets.shape[1]:
        raise InputError(
            f"{images.came_from} has {targets.shape[1]} labels a picture, and {len(names)} names for them."
        )
    plain = ("missing labels", "one class")
    found = tuple(one for one in images.findings if one.kind not in plain)
    images = replace(images, classes=tuple(names), targets=targets, findings=found)
    return replace(images, findings=(*found, *about_targets(images, False)))
