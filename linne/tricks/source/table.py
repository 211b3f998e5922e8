"""table: pictures by CSV, TSV, JSONL, Parquet (paths or bytes), a data frame, or a folder of train/test tables.

Columns are found by the names that fastai, AutoGluon, Ultralytics, Hugging Face and Kaggle use, in any casing;
exclusive 0/1 columns are one label. Relative paths are relative to the table's folder.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linne.core.errors import InputError, OptionError
from linne.core.images import Images

from ._cells import Table, csv_table, frame_table, joined, jsonl_table
from ._parquet import parquet_table
from ._say import split_of
from ._table import images_of

suffixes = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq")
holds = (
    "train.csv", "train.tsv", "train.jsonl", "train.parquet", "train-[0-9]*.parquet",
    "test.csv", "test.tsv", "test.jsonl", "test.parquet", "test-[0-9]*.parquet",
    "metadata.csv", "metadata.jsonl", "metadata.parquet",
)  # fmt: skip
frames = True


def table(
    path: Any,
    *,
    image: str = "",
    label: str = "",
    split: str = "",
    group: str = "",
    delimiter: str = "",
    encoding: str = "",
    root: str = "",
) -> Images:
    """Pictures of a table, row by row; rows whose file is missing are left out and named.

    image, label, split, group: the columns' names where they are not the usual ones. delimiter: one character, or
    "tab"; found out where not given. encoding: of a text table, UTF-8 where not given. root: the folder that paths are
    relative to, the table's own where not given. Raises InputError for a table that cannot be read or names no picture
    that is there, OptionError for a column that is not there or an option that this kind of table does not have.
    """
    given = {"image": image, "label": label, "split": split, "group": group}
    text = {"delimiter": delimiter, "encoding": encoding}
    if not isinstance(path, (str, os.PathLike)):
        _refuse(text, "a data frame")
        return images_of(frame_table(path), Path(root or ".").expanduser(), given)
    path = Path(path).expanduser()
    base = Path(root).expanduser() if root else path if path.is_dir() else path.parent
    if root and not base.is_dir():
        raise InputError(f"root={root!r} is no folder. Give the folder that the table's paths are relative to.")
    if not path.is_dir():
        return images_of(_table(path, delimiter, encoding), base, given)
    files = _inside(path)
    tables = [_table(file, delimiter, encoding) for file in files]
    if not split and any(split_of(_stem(file)) for file in files):
        _mark(tables, files)
    try:
        return images_of(joined(tables, " and ".join(file.name for file in files[:3])), base, given)
    except InputError as error:
        raise InputError(f"{error} If the folders in {str(path)!r} name the classes: folder({path}).") from error


def _table(path: Path, delimiter: str, encoding: str) -> Table:
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        _refuse({"delimiter": delimiter, "encoding": encoding}, "Parquet")
        return parquet_table(path)
    if suffix in (".jsonl", ".ndjson"):
        _refuse({"delimiter": delimiter}, "JSONL")
        return jsonl_table(path, encoding)
    if suffix in (".csv", ".tsv", ".txt", ".tab"):
        return csv_table(path, delimiter or ("tab" if suffix == ".tsv" else ""), encoding)
    raise InputError(f"{str(path)!r} is no table: it ends in none of {', '.join(suffixes)}.")


def _refuse(options: dict[str, str], what: str) -> None:
    for name, value in options.items():
        if value:
            raise OptionError(f"{what} has no {name}; leave {name}={value!r} away.")


def _stem(path: Path) -> str:
    return path.stem.split("-")[0]


def _inside(folder: Path) -> list[Path]:
    """The tables of a folder that name a split, else its metadata; all of one kind."""
    tables = sorted(file for file in folder.iterdir() if file.suffix.lower() in suffixes)
    chosen = [file for file in tables if split_of(_stem(file))] or [f for f in tables if f.stem.lower() == "metadata"]
    if not chosen:
        raise InputError(f"{str(folder)!r} holds no train, validation, test or metadata table. Give the table itself.")
    kinds = {file.suffix.lower() for file in chosen}
    if len(kinds) > 1:
        names = ", ".join(file.name for file in chosen)
        raise InputError(f"{str(folder)!r} holds tables of several kinds: {names}. Give one of them.")
    return chosen


def _mark(tables: Sequence[Table], files: Sequence[Path]) -> None:
    for table, file in zip(tables, files, strict=True):
        if any(column.lower() in ("split", "is_valid") for column in table.columns):
            continue
        table.columns = {**table.columns, "split": [split_of(_stem(file))] * len(table)}
