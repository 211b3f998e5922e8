"""An overlay: what people decided about labels, in a CSV beside the pictures, which stay as they are.

One row a decision; rows are only ever added, later ones win, and "undo" is a row too, so nothing is lost. Two people's
files are merged by writing one after the other (`cat a.csv b.csv`): rows go by their time. A row without a decision
waits for one. applied.py says what the decisions come to for pictures.
"""

import csv
import difflib
import io
import re
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from .errors import InputError, nearest
from .files import alone, write

COLUMNS = (
    "picture", "decision", "to", "from", "suggested", "score", "note", "who", "when", "hash", "folder",
)  # fmt: skip
"""picture: its name. decision: one of DECISIONS, or nothing yet. to: the right class. from: the class that it had when
the row was written. suggested: what a classifier thinks. score: why the row is there, as a number. hash: of the
picture's content. folder: the pool that it lies in, relative to this file, "" for one of the labelled pictures."""
DECISIONS = ("relabel", "keep", "accept", "drop", "bad picture", "unsure", "undo")
"""relabel: to the class in `to` (which alone means it too); keep: the label is right; accept: what is suggested is;
drop, bad picture: leave it out; unsure: nobody can say, its label stays and it is asked about no more; undo: as before
the decision that counts now."""
ALSO = {"bad": "bad picture", "confirmed": "keep", "confirm": "keep", "accepted": "accept"}
SIGN = ";"
"""What stands between labels under `to`, `from` and `suggested` where pictures have several."""
NONE = SIGN
"""Under `to` and `suggested`, where pictures have several labels: none of them. An empty cell says nothing."""
BOM = "\ufeff"
ENCODINGS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"", "utf-8"))


@dataclass(frozen=True)
class Row:
    """A row of an overlay; `line`: where it is in the file; `time`: seconds since 1970, None where `when` says none."""

    picture: str
    decision: str = ""
    to: str = ""
    given: str = ""
    suggested: str = ""
    score: str = ""
    note: str = ""
    who: str = ""
    when: str = ""
    mark: str = ""
    folder: str = ""
    line: int = 0

    @property
    def time(self) -> "float | None":
        """Of `when`; a time without a zone is UTC."""
        try:
            told = datetime.fromisoformat(self.when)
        except ValueError:
            return None
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()

    @property
    def name(self) -> str:
        """What the picture is called: its folder's name before it where it lies in a pool."""
        return f"{self.folder}/{self.picture}" if self.folder else self.picture


CALLED = {"from": "given", "hash": "mark"}
"""Columns whose name is no Python word, or says too little here."""


@dataclass(frozen=True)
class Overlay:
    """A file of decisions. rows: in order of time, those that wait included; data: its bytes."""

    path: Path
    data: bytes
    rows: tuple[Row, ...]

    @classmethod
    def read(cls, path: "str | Path") -> "Overlay":
        """The file. Raises InputError that names the line where it is no overlay or a row cannot be understood."""
        path = Path(path)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            near = [one.name for one in path.parent.glob("*.csv")]
            raise InputError(f"There is no overlay {path}. {nearest(path.name, near)} linne check --overlay "
                             f"{path.name} writes one.") from None  # fmt: skip
        except OSError as error:
            raise InputError(f"The overlay {path} cannot be read: {error.strerror or error}.") from error
        return cls(path, data, tuple(ordered(_rows(path, data))))

    @property
    def decided(self) -> tuple[Row, ...]:
        """The rows with a decision, in order of time."""
        return tuple(row for row in self.rows if row.decision)

    @property
    def waiting(self) -> tuple[Row, ...]:
        """The rows without one, of pictures that no other row decides."""
        known = {word for row in self.decided for word in (row.mark, row.name) if word}
        return tuple(row for row in self.rows if not row.decision and not {row.mark, row.name} & known)

    @property
    def hash(self) -> str:
        """Of the whole file, 32 hexadecimal digits."""
        return blake2b(self.data, digest_size=16).hexdigest()

    def home(self, folder: str) -> str:
        """Where a row's folder is: beside this file where it is there, else as it is written."""
        beside = self.path.parent / folder
        return str(beside) if beside.exists() else folder


def joined(labels: "Iterable[str]") -> str:
    """Several labels as one cell."""
    return SIGN.join(labels)


def parted(cell: str) -> list[str]:
    """A cell's several labels, each once."""
    return list(dict.fromkeys(word.strip() for word in cell.split(SIGN) if word.strip()))


def ordered(rows: Iterable[Row]) -> list[Row]:
    """By time; a row without one goes with the row before it in the file."""
    keyed, last = [], float("-inf")
    for row in rows:
        last = row.time if row.time is not None else last
        keyed.append((last, row))
    return [row for _, row in sorted(keyed, key=lambda one: one[0])]


def append(path: "str | Path", rows: Iterable[Row], *, held: bool = False) -> int:
    """Add rows to the file, or begin it; how many. Nothing that is there is changed.

    Rows that wait for a decision are left out where one of the same picture waits already. A row's time is now where
    it says none. Two processes that add at once wait for each other; held: the caller holds the file alone already.
    Raises InputError for a file that is no overlay.
    """
    with nullcontext() if held else alone(Path(path)):
        return _appended(Path(path), rows)


def _appended(path: Path, rows: Iterable[Row]) -> int:
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    there = Overlay.read(path) if path.exists() else Overlay(path, b"", ())
    waits = {word for row in there.waiting for word in (row.mark, row.name) if word}
    new = [replace(row, when=row.when or now) for row in rows if row.decision or not {row.mark, row.name} & waits]
    if not new:
        return 0
    encoding = _encoding(there.data) if there.data else "utf-8"
    old = there.data.decode(encoding)
    known = last_header(old)
    columns, sign = known or (list(COLUMNS), ",")
    if not _filled(new) <= set(columns):  # a person took a column out that these rows need: a header of their own
        columns, known = list(COLUMNS), None
    text = io.StringIO()
    table = csv.DictWriter(text, columns, restval="", extrasaction="ignore", delimiter=sign, lineterminator="\n")
    if known is None:
        table.writeheader()
    for row in new:
        table.writerow(cells(row))
    begin = BOM if not old else "" if old.endswith(("\n", "\r")) else "\n"  # with a BOM spreadsheets read UTF-8
    write(path, (old + begin + text.getvalue()).encode(encoding))
    return len(new)


def cells(row: Row) -> dict[str, str]:
    """A row as the file has it: text by column."""
    return {column: getattr(row, CALLED.get(column, column)) for column in COLUMNS}


def _filled(rows: Iterable[Row]) -> set[str]:
    """The columns in which any of the rows says something."""
    return {column for row in rows for column, value in cells(row).items() if value}


def _encoding(data: bytes) -> str:
    return next(name for mark, name in ENCODINGS if data.startswith(mark))


def _header(line: str) -> "tuple[list[str], str] | None":
    """(columns, what divides them) of a line that is a header, else None."""
    for sign in ",;\t":
        words = [word.strip().lower() for word in next(csv.reader([line.strip(BOM + "\r\n")], delimiter=sign), [])]
        if "picture" in words and {"decision", "to"} & set(words):
            return words, sign
    return None


def last_header(text: str) -> "tuple[list[str], str] | None":
    """(columns, what divides them) by which rows at the end of this text are read, None without a header."""
    return next((found for line in reversed(text.splitlines()) if (found := _header(line))), None)


def _rows(path: Path, data: bytes) -> Iterable[Row]:
    """Rows in the file's order; each header, of which a merged file has several, says what its rows hold."""
    try:
        lines = list(io.StringIO(data.decode(_encoding(data)), newline=""))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not in UTF-8 ({error.reason} at byte {error.start}). In the spreadsheet save it "
                         "as 'CSV UTF-8'.") from error  # fmt: skip
    heads = [(place, found) for place, line in enumerate(lines) if (found := _header(line))]
    before = "".join(lines[: heads[0][0] if heads else len(lines)]).strip(BOM + "\r\n ")
    if not heads or (before and not re.fullmatch("sep=.", before)):
        shown = before.splitlines()[0][:80] if before else ""
        raise InputError(f"{path} is no overlay: its first line is {shown!r} and should name the columns, "
                         f"{','.join(COLUMNS)} (picture, and decision or to, are enough).")  # fmt: skip
    for (place, (columns, sign)), end in zip(heads, [*(place for place, _ in heads[1:]), len(lines)], strict=True):
        _columns(path, columns)
        table = csv.reader((line.replace(BOM, "") for line in lines[place + 1 : end]), delimiter=sign)
        for cells in table:
            if any(cell.strip() for cell in cells):
                yield _row(path, dict(zip(columns, cells, strict=False)), place + 1 + table.line_num)


def _columns(path: Path, columns: "list[str]") -> None:
    """Raise InputError for a column that is there twice, or whose name is nearly one of ours."""
    for column in columns:
        if column and columns.count(column) > 1:
            raise InputError(f"{path} has the column {column!r} twice.")
        near = difflib.get_close_matches(column, COLUMNS, 1, 0.75) if column not in COLUMNS else []
        if near:
            raise InputError(f"{path} has a column {column!r}. Did you mean {near[0]!r}? One of your own needs a name "
                             "that is less like it.")  # fmt: skip


def _row(path: Path, cells: "dict[str, str]", line: int) -> Row:
    """A row with its decision understood. Raises InputError that says how to put it right."""
    told = {CALLED.get(name, name): (cells.get(name) or "").strip() for name in COLUMNS}
    row = Row(**told, line=line)
    where = f"{path}, line {line}"
    if not row.picture and not row.mark:
        raise InputError(f"{where} names no picture. Write its name, or take the row out.")
    word = " ".join(row.decision.lower().split())
    if word.startswith("relabel to "):
        row, word = replace(row, to=row.decision.split(maxsplit=2)[2]), "relabel"
    word = ALSO.get(word, word) or ("relabel" if row.to else "")
    if word and word not in DECISIONS:
        raise InputError(f"{where}: there is no decision {row.decision!r}. {nearest(word, DECISIONS)}")
    if word == "relabel" and not row.to:
        raise InputError(f"{where} says relabel and not what to. Write the class under 'to'.")
    if word == "accept" and not row.suggested:
        raise InputError(f"{where} accepts a suggestion, and there is none. Write the class under 'to'.")
    if word == "keep" and row.to not in ("", row.given):
        raise InputError(f"{where} says keep and names {row.to!r} under 'to'. Write relabel, or empty one of the two.")
    mark = row.mark.lower()
    if mark and not re.fullmatch("[0-9a-f]{32}", mark):
        raise InputError(f"{where}: {row.mark!r} is no content hash of 32 digits: a spreadsheet may have taken it for "
                         "a number. Empty the cell; the name finds the picture then.")  # fmt: skip
    return replace(row, decision=word, mark=mark, to=row.suggested if word == "accept" else row.to)
