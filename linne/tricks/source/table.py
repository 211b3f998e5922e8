"""table: pictures by CSV, TSV, JSONL, Parquet (paths or bytes), a data frame, or a folder of train/test tables.

Columns are found by the names that fastai, AutoGluon, Ultralytics, Hugging Face and Kaggle use, in any casing;
exclusive 0/1 columns are one label. Relative paths are relative to the table's folder.
"""

import os
from pathlib import Path
from typing import Any

from linne.core.errors import InputError
from linne.core.images import Images

from ._cells import frame_table
from ._foreign import apart, below
from ._studio import is_short, short
from ._table import images_of
from ._tables import read_folder, read_table, refuse

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
    relative to, the table's own where not given. Label Studio's CSV is understood; `label` is its question. Raises
    InputError for a table that cannot be read or names no picture that is there, OptionError for a column that is not
    there or an option that this kind of table does not have.
    """
    given = {"image": image, "label": label, "split": split, "group": group}
    text = {"delimiter": delimiter, "encoding": encoding}
    if not isinstance(path, (str, os.PathLike)):
        refuse(text, "a data frame")
        return images_of(frame_table(path), Path(root or ".").expanduser(), given)
    path = Path(path).expanduser()
    base = Path(root).expanduser() if root else path if path.is_dir() else path.parent
    if root and not base.is_dir():
        raise InputError(f"root={root!r} is no folder. Give the folder that the table's paths are relative to.")
    if not path.is_dir():
        found = read_table(path, delimiter, encoding)
        if is_short(found.columns):  # Label Studio's CSV names pictures and labels its own way
            refuse({"image": image, "split": split, "group": group}, "Label Studio's CSV")
            return images_of(below(apart(*short(found, label, False), "error"), base), base, {})
        return images_of(found, base, given)
    found = read_folder(path, delimiter, encoding, split)
    try:
        return images_of(found, base, given)
    except InputError as error:
        raise InputError(f"{error} If the folders in {str(path)!r} name the classes: folder({path}).") from error
