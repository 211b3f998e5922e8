"""Parquet: ordinary columns at once, encoded pictures a row group at a time."""

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.errors import InputError

from ._cells import Table

CACHE = 256 * 2**20


class Pictures(Sequence[bytes]):
    """Encoded pictures of one Parquet column, read a row group at a time; at most `CACHE` bytes of groups are kept.

    Reading in order touches each group once; memory stays flat however large the file is. Safe from several threads.
    """

    lazy = True

    def __init__(self, path: Path, column: str, counts: Sequence[int], names: Sequence[str] = ()) -> None:
        self.path, self.column, self.names = path, column, names
        self.ends = np.cumsum(np.array(counts, dtype=np.int64))
        self._reset()

    def _reset(self) -> None:
        self._groups: OrderedDict[int, Any] = OrderedDict()
        self._file: Any = None
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._reset()

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        group = int(np.searchsorted(self.ends, place, side="right"))
        with self._lock:
            values = self._group(group)
        return values[int(place - (self.ends[group - 1] if group else 0))].as_py() or b""

    def _group(self, group: int) -> Any:
        if group not in self._groups:
            import pyarrow as pa
            import pyarrow.parquet as pq

            try:
                if self._file is None:
                    self._file = pq.ParquetFile(self.path)
                values = self._file.read_row_group(group, columns=[self.column]).column(0)
            except pa.ArrowException as error:
                raise OSError(f"row group {group} of {self.path.name} is damaged: {error}") from error
            values = values.flatten()[0] if "." in self.column else values
            while self._groups and sum(kept.nbytes for kept in self._groups.values()) + values.nbytes > CACHE:
                self._groups.popitem(last=False)
            self._groups[group] = values
        self._groups.move_to_end(group)
        return self._groups[group]


def parquet_table(path: Path) -> Table:
    """A Parquet file as columns; a column of encoded bytes, or of Hugging Face's {bytes, path}, is lazy.

    Class names that Hugging Face wrote into the file's metadata are kept with their column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    schema, counts = file.schema_arrow, [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    blobs = {field.name: column for field in schema if (column := _blob(field.type, field.name))}
    plain = [field.name for field in schema if field.name not in blobs]
    columns: dict[str, Sequence[Any]] = dict(file.read(columns=plain).to_pydict())
    for name, column in blobs.items():
        columns[name] = _pictures(path, file, name, column, counts)
    ordered = {field.name: columns[field.name] for field in schema}
    return Table(ordered, path.name, classes=_class_names(schema.metadata or {}))


def _blob(kind: Any, name: str) -> str:
    import pyarrow.types as types

    if types.is_binary(kind) or types.is_large_binary(kind):
        return name
    fields = {kind.field(k).name for k in range(kind.num_fields)} if types.is_struct(kind) else set()
    return f"{name}.bytes" if {"bytes", "path"} <= fields else ""


def _pictures(path: Path, file: Any, name: str, column: str, counts: Sequence[int]) -> Sequence[Any]:
    if column == name:
        return Pictures(path, name, counts)
    paths = [value and value["path"] for value in file.read(columns=[f"{name}.path"]).column(0).to_pylist()]
    first = file.read_row_group(0, columns=[column]).column(0)[0].as_py() if counts and counts[0] else None
    if paths and not (first or {}).get("bytes"):
        return paths
    return Pictures(path, column, counts, names=paths)


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, Sequence[str]]:
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    return {name: kind["names"] for name, kind in features.items() if isinstance(kind, dict) and kind.get("names")}
