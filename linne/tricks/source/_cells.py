"""Tables of any kind as columns of values: CSV, TSV, JSONL and data frames, with the place of every row kept."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linne.core.errors import InputError, OptionError
from linne.core.finding import Finding

from ._files import is_picture
from ._say import some

DELIMITERS = (",", ";", "\t", "|")
SPOKEN = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|"}
NAMED = {"\t": "tab", " ": "space"}


@dataclass
class Table:
    """columns: values by column, all of one length, None where missing. lines: line numbers of the rows in the file, or
    None where rows are numbered from 0. name: the file's name."""

    columns: dict[str, Sequence[Any]]
    name: str
    lines: Sequence[int] | None = None
    findings: tuple[Finding, ...] = ()
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return max((len(values) for values in self.columns.values()), default=0)

    def place(self, row: int) -> str:
        """ "line 7 of photos.csv"."""
        return f"row {row} of {self.name}" if self.lines is None else f"line {self.lines[row]} of {self.name}"


class Chain(Sequence[Any]):
    """Several sequences of pictures one after the other, without copying or reading them."""

    lazy = True

    def __init__(self, parts: Iterable[Sequence[Any]]) -> None:
        self.parts = list(parts)
        self.starts = [0]
        for part in self.parts:
            self.starts.append(self.starts[-1] + len(part))

    def __len__(self) -> int:
        return self.starts[-1]

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        part = next(k for k, end in enumerate(self.starts[1:]) if place < end)
        return self.parts[part][place - self.starts[part]]

    def __iter__(self) -> Iterator[Any]:
        for part in self.parts:
            yield from part


def is_lazy(values: Sequence[Any]) -> bool:
    """Whether the values are pictures that are read only when asked for."""
    return hasattr(values, "lazy")


def joined(tables: Sequence[Table], name: str) -> Table:
    """Tables below each other; a column that one of them lacks is missing (None) in its rows."""
    if len(tables) == 1:
        return tables[0]
    columns = {column: None for table in tables for column in table.columns}
    parts = {column: [t.columns.get(column, [None] * len(t)) for t in tables] for column in columns}
    chained = {
        column: Chain(each) if any(map(is_lazy, each)) else [value for part in each for value in part]
        for column, each in parts.items()
    }
    classes = {column: names for table in tables for column, names in table.classes.items()}
    found = tuple(finding for table in tables for finding in table.findings)
    return Table(dict(chained), name, findings=found, classes=classes)


def text_of(path: Path, encoding: str = "") -> str:
    """A text file's content; UTF-8 (or UTF-16 by its mark) unless `encoding` says otherwise, never guessed.

    Raises InputError naming the first byte that does not fit and what to do.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    marked = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding or marked)
    except LookupError as error:
        raise OptionError(
            f"there is no encoding {encoding!r}. Common ones: utf-8, gb18030, latin-1, utf-16."
        ) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path.name} is not {encoding or 'UTF-8'}: byte 0x{data[error.start]:02x} in line {line}. "
            f"Save it as UTF-8, or say how it is written: encoding=gb18030, encoding=latin-1."
        ) from error
    if "\0" in text:
        raise InputError(f"{path.name} holds zero bytes: it is no text table. Export it as CSV in UTF-8.")
    return text


def csv_table(path: Path, delimiter: str = "", encoding: str = "") -> Table:
    """A CSV or TSV file with a header line (or, where the first line names a picture, without)."""
    text = text_of(path, encoding)
    mark = SPOKEN.get(delimiter, delimiter) or sniff(text)
    if len(mark) != 1:
        raise OptionError(f"a delimiter is one character, got {delimiter!r}. Common: ',' ';' '|' tab.")
    rows, lines = _rows(text, mark, path.name)
    if not rows:
        raise InputError(f"{path.name} is empty.")
    header, found = [cell or f"column {place}" for place, cell in enumerate(rows[0], 1)], ()
    if any(map(is_picture, header)):
        header, found = _headless(header, path.name)
    else:
        rows, lines = rows[1:], lines[1:]
    _check(header, rows, lines, path.name, mark, text)
    cells = [[row[k] if k < len(row) and row[k] else None for row in rows] for k in range(len(header))]
    return Table(dict(zip(header, cells, strict=True)), path.name, lines, found)


def sniff(text: str) -> str:
    """The delimiter that gives the first lines the most columns, all lines alike; a comma where none does."""
    head = text[:65536].splitlines()[:20]
    widths = {}
    for mark in DELIMITERS:
        try:
            found = [len(row) for row in csv.reader(head, delimiter=mark, skipinitialspace=True) if row]
        except csv.Error:
            continue
        widths[mark] = (len(set(found)) == 1 and found[0] > 1, found[0] if found else 0)
    return max(widths, key=lambda mark: widths[mark]) if widths else ","


def _rows(text: str, mark: str, name: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True, strict=True)
    rows, lines, line = [], [], 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append(cells)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"line {line} of {name} cannot be read: {error}. Is a quote not closed?") from error
    return rows, lines


def _headless(first: list[str], name: str) -> tuple[list[str], tuple[Finding, ...]]:
    if len(first) > 2:
        raise InputError(
            f"{name} has no header: its first line is {some(first)}. Write a line with the columns' names."
        )
    header = ["image" if is_picture(cell) else "label" for cell in first]
    why = f"{name} begins with a picture, not with the columns' names; read as {', '.join(header)}."
    return header, (Finding((), "no header", "low", why, "Nothing to do; a first line 'image,label' ends this note."),)


def _check(header: list[str], rows: list[list[str]], lines: list[int], name: str, mark: str, text: str) -> None:
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise InputError(f"{name} has the column {twice[0]!r} twice. Give each its own name.")
    if len(header) == 1 and (other := sniff(text)) != mark and other in text:
        raise InputError(
            f"read with the delimiter {NAMED.get(mark, mark)!r}, {name} has one column, {header[0]!r}. "
            f"Did you mean delimiter={NAMED.get(other, other)}?"
        )
    for row, line in zip(rows, lines, strict=True):
        if len(row) > len(header) and any(row[len(header) :]):
            raise InputError(
                f"line {line} of {name} has {len(row)} values, but the header names {len(header)}. "
                f"Put a value with {NAMED.get(mark, mark)!r} in it into double quotes."
            )


def jsonl_table(path: Path, encoding: str = "") -> Table:
    """A file with one JSON object a line."""
    records, lines = [], []
    for number, line in enumerate(text_of(path, encoding).split("\n"), 1):
        if line.strip():
            try:
                records.append(json.loads(line))
            except ValueError as error:
                raise InputError(f"line {number} of {path.name} is no JSON: {error}.") from error
            lines.append(number)
    return records_table(records, path.name, lines)


def records_table(records: Sequence[Any], name: str, lines: Sequence[int] | None = None) -> Table:
    """Objects (dicts) as columns; raises InputError naming the first that is none."""
    for row, record in enumerate(records):
        if not isinstance(record, dict):
            place = Table({}, name, lines).place(row)
            raise InputError(f"{place} is a {type(record).__name__}; expected an object like {{'image': 'a.jpg'}}.")
    columns = {key: None for record in records for key in record}
    return Table({key: [record.get(key) for record in records] for key in columns}, name, lines)


def frame_table(frame: Any) -> Table:
    """A pandas, polars or pyarrow table, or a mapping of columns; missing values become None."""
    names = list(frame) if isinstance(frame, Mapping) else list(getattr(frame, "column_names", frame.columns))
    columns = {str(name): [_plain(value) for value in _values(frame[name])] for name in names}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"the table's columns have different lengths: {lengths}.")
    return Table(dict(columns), "the table")


def _values(column: Any) -> Iterable[Any]:
    for way in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, way):
            return getattr(column, way)()
    return column


def _plain(value: Any) -> Any:
    missing = (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )
    return None if missing or (isinstance(value, str) and not value) else value
